/**
 * Finds out by a plain request why no attempt reaches the room. A browser tells its page nothing of a refused WebSocket and
 * nothing of an answer without CORS headers, so without this request a refusal looks like a lost network. Used by the
 * connection, after failures that explain nothing.
 */
import type { RoomAddress } from "../room-address.ts";
import type { Obstacle, TransportEnd } from "../transport.ts";
import { endOf, readAnswer, requestRoom, roomHref, unrecognized } from "./room-fetch.ts";

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
    return blockedBy({ code: "websocket-blocked", message: "WebSockets are blocked", isLasting: true });
  } catch (cause) {
    // `fetch` throws it where there is no answer, or none that the page may read.
    if (!(cause instanceof TypeError)) return endOf(cause, "blocked");
  }
  try {
    const { type } = await address.fetch(roomHref(address), { method: "GET", headers: {}, mode: "no-cors", signal });
    if (type !== "opaque") return undefined;
    return blockedBy(unrecognized("something else answers", false));
  } catch {
    return undefined; // Nothing answers: the network or the gateway is down.
  }
}

function blockedBy(obstacle: Obstacle): TransportEnd {
  return { by: "network", fault: "blocked", obstacle };
}
