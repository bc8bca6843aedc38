/**
 * Finds out by a plain request why no attempt reaches the room. A browser tells its page nothing of a refused WebSocket and
 * nothing of an answer without CORS headers, so without this request a refusal looks like a lost network. Used by the
 * connection, after failures that explain nothing.
 */
import type { RoomAddress } from "../room-address.ts";
import type { TransportEnd } from "../transport.ts";
import { endOf, ForeignAnswer, RoomRefusal, readAnswer, requestRoom, roomHref, TokenFault } from "./room-fetch.ts";

/**
 * Returns the end that a transport over HTTP would report, or undefined where nothing answers.
 * @param isOnlySocket no transport over HTTP is used: an answer from the room means that WebSockets alone are blocked
 */
export async function findObstacle(
  address: RoomAddress,
  isOnlySocket: boolean,
  signal: AbortSignal,
): Promise<TransportEnd | undefined> {
  try {
    // The room makes the same checks as for a `hello`, and the answer is small.
    await readAnswer(await requestRoom(address, { path: "/turns", query: { limit: "1" }, signal }));
    if (!isOnlySocket) return undefined;
    const message = "The gateway answers requests, but no WebSocket gets through";
    return { by: "network", fault: "blocked", obstacle: { code: "websocket-blocked", message, isLasting: true } };
  } catch (cause) {
    const isExplained = [RoomRefusal, ForeignAnswer, TokenFault].some((kind) => cause instanceof kind);
    if (isExplained) return endOf(cause, "blocked");
  }
  try {
    const { type } = await address.fetch(roomHref(address), { method: "GET", headers: {}, mode: "no-cors", signal });
    if (type !== "opaque") return undefined;
    const message = "Something without the gateway's CORS headers answers at its address";
    return { by: "network", fault: "blocked", obstacle: { code: "gateway-unrecognized", message, isLasting: false } };
  } catch {
    return undefined; // Nothing answers: the network or the gateway is down.
  }
}
