/**
 * `/parties/chat/:room`: the way into a room. Everything that can be refused is refused here, before an object wakes (S2);
 * what goes on carries no query but a connection id of ours.
 */
import { maxPageTurns, roomNamePattern, turnIdPattern } from "../../shared/protocol/limits.ts";
import { authorize } from "../auth.ts";
import type { GatewayConfig } from "../config.ts";
import type { Principal } from "../core/principal.ts";
import { reportFault } from "../telemetry.ts";
import { setPrincipal } from "./principal-header.ts";
import { problem } from "./problem.ts";

/** The object classes a request may reach. */
export interface RoomBindings {
  readonly Chat: DurableObjectNamespace;
}

/** When to come back after an object could not be reached: it is restarting, or its code is being updated. */
const objectRetryMs = 1_000;

/** `/parties/chat/:room`: the WebSocket, and `DELETE` to erase the room. */
export async function routeRoom(
  request: Request,
  room: string,
  bindings: RoomBindings,
  config: GatewayConfig,
): Promise<Response> {
  if (!roomNamePattern.test(room)) return problem("bad-room-name");
  if (request.method !== "GET" && request.method !== "DELETE") {
    return problem("method-not-allowed", { headers: { allow: "GET, DELETE" } });
  }
  if (request.method === "GET" && request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
    return problem("bad-request", { detail: "Connect with a WebSocket, for example with partysocket." });
  }
  const inside = roomUrl(room, "");
  // partysocket keeps one `_pk` for life and PartyServer takes it as the connection's id, so two sockets of one tab would
  // share it: each gets a fresh one.
  if (request.method === "GET") inside.searchParams.set("_pk", crypto.randomUUID());
  // A socket says who it is in its `hello`.
  if (request.method === "GET") return forward(room, inward(inside, request, undefined), bindings, config);
  return forwardAs(room, inside, request, bindings, config);
}

/** `/parties/chat/:room/turns?before=&limit=`: older turns. */
export async function routeTurns(
  request: Request,
  room: string,
  bindings: RoomBindings,
  config: GatewayConfig,
): Promise<Response> {
  if (!roomNamePattern.test(room)) return problem("bad-room-name");
  if (request.method !== "GET") return problem("method-not-allowed", { headers: { allow: "GET" } });
  const query = new URL(request.url).searchParams;
  const [before, limit] = [query.get("before"), query.get("limit") ?? "20"];
  if (before !== null && !turnIdPattern.test(before)) return problem("bad-request", { detail: "before is a turn id." });
  if (!/^\d{1,2}$/.test(limit) || Number(limit) < 1 || Number(limit) > maxPageTurns) {
    return problem("bad-request", { detail: `limit is a number from 1 to ${maxPageTurns}.` });
  }
  const inside = roomUrl(room, "/turns");
  if (before !== null) inside.searchParams.set("before", before);
  inside.searchParams.set("limit", limit);
  return forwardAs(room, inside, request, bindings, config);
}

/** `POST /ops/drain/:room`, for operators: tabs leave, spread out, and nothing new is started meanwhile. */
export async function routeDrain(
  request: Request,
  room: string,
  bindings: RoomBindings,
  config: GatewayConfig,
): Promise<Response> {
  const { operatorToken } = config;
  if (operatorToken === undefined) return problem("not-found");
  const given = /^Bearer (.+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
  if (given === undefined || !(await isSameSecret(given, operatorToken))) {
    return problem("unauthenticated", { headers: { "www-authenticate": "Bearer" } });
  }
  if (!roomNamePattern.test(room)) return problem("bad-room-name");
  // Nothing of the operator's request goes further, the token least of all.
  return forward(room, new Request(roomUrl(room, "/drain"), { method: "POST" }), bindings, config);
}

/** Finds out who asks, and only then wakes the room. */
async function forwardAs(
  room: string,
  inside: URL,
  request: Request,
  bindings: RoomBindings,
  config: GatewayConfig,
): Promise<Response> {
  const principal = await authorize(request, room, config);
  if (!principal.ok) return problem(principal.error);
  return forward(room, inward(inside, request, principal.value), bindings, config);
}

/** The request as the object gets it: at an address of ours, from whom we say. */
function inward(inside: URL, request: Request, principal: Principal | undefined): Request {
  const inner = new Request(inside, request);
  setPrincipal(inner.headers, principal);
  return inner;
}

async function forward(
  room: string,
  request: Request,
  bindings: RoomBindings,
  config: GatewayConfig,
): Promise<Response> {
  try {
    const response = await stubOf(room, bindings, config).fetch(request);
    // During a deploy the object may be of another version, and its host answers a fault of its own with a stack (S3).
    const isOurs = response.status < 500 || response.headers.get("content-type") === "application/problem+json";
    if (isOurs) return response;
    await response.body?.cancel();
    reportFault("room", `status ${response.status}`);
    return problem("internal", { retryAfterMs: objectRetryMs });
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

/** The address as the object sees it: ours, with none of the visitor's query. */
function roomUrl(room: string, path: string): URL {
  return new URL(`/parties/chat/${room}${path}`, "https://room.internal");
}

/** Compares digests, so that neither content nor length shows in the time it takes. */
async function isSameSecret(given: string, secret: string): Promise<boolean> {
  const digests = [given, secret].map((text) => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  const [a, b] = (await Promise.all(digests)) as [ArrayBuffer, ArrayBuffer];
  return crypto.subtle.timingSafeEqual(a, b);
}
