/**
 * `/parties/chat/:room`: the way into a room. Everything that can be refused is refused here, before an object wakes (S2);
 * what goes on carries no query but a connection id of ours.
 */
import { roomNamePattern } from "../../shared/protocol/limits.ts";
import type { GatewayConfig } from "../config.ts";
import { reportFault } from "../telemetry.ts";
import { problem } from "./problem.ts";

/** The object classes a request may reach. */
export interface RoomBindings {
  readonly Chat: DurableObjectNamespace;
}

/** When to come back after an object could not be reached: it is restarting, or its code is being updated. */
const objectRetryMs = 1_000;

export async function routeRoom(
  request: Request,
  room: string,
  bindings: RoomBindings,
  config: GatewayConfig,
): Promise<Response> {
  if (!roomNamePattern.test(room)) return problem("bad-room-name");
  if (request.method !== "GET") return problem("method-not-allowed", { headers: { allow: "GET" } });
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
    return problem("bad-request", { detail: "Connect with a WebSocket, for example with partysocket." });
  }
  try {
    return await stubOf(room, bindings, config).fetch(inward(request, room));
  } catch (error) {
    reportFault("room", error);
    return problem("draining", { retryAfterMs: objectRetryMs });
  }
}

function stubOf(room: string, bindings: RoomBindings, config: GatewayConfig): DurableObjectStub {
  const { jurisdiction, locationHint } = config;
  const namespace =
    jurisdiction === undefined ? bindings.Chat : bindings.Chat.jurisdiction(jurisdiction as DurableObjectJurisdiction);
  const id = namespace.idFromName(room);
  const options = locationHint === undefined ? {} : { locationHint: locationHint as DurableObjectLocationHint };
  return namespace.get(id, options);
}

/**
 * The request as the object sees it. partysocket keeps one `_pk` for life and PartyServer takes it as the connection's id,
 * so two sockets of one tab would share it: each gets a fresh one, and nothing else of the query goes further.
 */
function inward(request: Request, room: string): Request {
  const url = new URL(`/parties/chat/${room}`, "https://room.internal");
  url.searchParams.set("_pk", crypto.randomUUID());
  return new Request(url, request);
}
