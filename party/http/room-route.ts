/**
 * `/parties/chat/:room`: the way into a room. Everything that can be refused is refused here, before an object wakes (S2);
 * what goes on carries of the query what the room reads.
 */
import { maxFrameBytes, maxPageTurns, turnIdPattern } from "../../shared/protocol/limits.ts";
import { authorize } from "../auth/authorize.ts";
import type { GatewayConfig } from "../config/settings.ts";
import type { Principal } from "../core/principal.ts";
import { type Revocations, revocationsIn } from "../objects/revocations-object.ts";
import { setPrincipal } from "../responses/principal-header.ts";
import { problem, refused, refuseMethod, tooLarge } from "../responses/refusal-response.ts";
import { ROOM_METHODS } from "../responses/room-methods.ts";
import { refuse, wantsStream } from "../responses/sse-response.ts";
import { aiSdkPath } from "../room-http/room-request.ts";
import { reportFault } from "../telemetry/reporter.ts";
import { refuseRoom } from "./room-name.ts";

/** The object classes a request may reach. */
export interface RoomBindings {
  readonly Chat: DurableObjectNamespace;
  readonly Revocations?: DurableObjectNamespace<Revocations>;
}

/** As the room makes them. */
const ticketPattern = /^[A-Za-z0-9_-]{16,64}$/;
/** When to come back after an object could not be reached: it is restarting, or its code is being updated. */
const objectRetryMs = 1_000;

/** An address of a room. */
interface RoomRoute {
  /** What follows the room's name. */
  readonly path: "" | "/turns" | "/turns/:turn" | "/tickets";
  readonly allow: string;
  /** Of the visitor's query the room sees what it reads, and nothing else. */
  readonly query: readonly string[];
  /** What is wrong with a request beyond names and method. */
  readonly refuse?: (request: Request) => Response | undefined;
}

export const roomRoutes: readonly RoomRoute[] = [
  // The WebSocket; the room as a stream, a poll or a snapshot; `DELETE` erases it.
  { path: "", allow: ROOM_METHODS.room, query: ["cursor", "wait", "ticket"] },
  // `POST` submits a turn, `GET` pages older ones, `DELETE` clears the room.
  { path: "/turns", allow: ROOM_METHODS.turns, query: ["before", "limit", "watching"], refuse: refuseTurns },
  // What has become of a turn, as JSON or as a stream; `DELETE` stops it.
  { path: "/turns/:turn", allow: ROOM_METHODS.turn, query: ["cursor", "ticket"] },
  // `POST` gives a ticket for an `EventSource`, which can send no header (S1).
  { path: "/tickets", allow: ROOM_METHODS.tickets, query: [] },
];

/** @param names as the address has them. */
export async function routeRoom(
  request: Request,
  { path, allow, query, refuse: refuseRequest }: RoomRoute,
  { room, turn = "" }: { readonly room: string; readonly turn?: string },
  bindings: RoomBindings,
  config: GatewayConfig,
): Promise<Response> {
  const refusal =
    refuseRoom(room, config) ??
    (path === "/turns/:turn" && !turnIdPattern.test(turn) ? problem("turn-unknown") : undefined) ??
    refuseMethod(request, allow) ??
    refuseRequest?.(request);
  if (refusal !== undefined) return refusal;
  const inside = roomUrl(room, path.replace(":turn", turn));
  if (path === "" && request.headers.get("upgrade")?.toLowerCase() === "websocket") {
    // partysocket keeps one `_pk` for life and PartyServer takes it as the connection's id, so two sockets of one tab would
    // share it: each gets a fresh one. Who it is the socket says in its `hello`.
    inside.searchParams.set("_pk", crypto.randomUUID());
    return forward(room, inward(inside, request, undefined), bindings, config);
  }
  const asked = new URL(request.url).searchParams;
  for (const name of query) {
    const value = asked.get(name);
    if (value !== null) inside.searchParams.set(name, value);
  }
  return forwardAs(room, inside, request, bindings, config);
}

function refuseTurns(request: Request): Response | undefined {
  // The room counts for itself; what says its length need not wake it.
  if (Number(request.headers.get("content-length") ?? 0) > maxFrameBytes) return refused(tooLarge);
  const query = new URL(request.url).searchParams;
  const [before, limit] = [query.get("before"), query.get("limit") ?? "20"];
  if (before !== null && !turnIdPattern.test(before)) return problem("bad-request", { detail: "before is a turn id." });
  if (/^\d{1,2}$/.test(limit) && Number(limit) >= 1 && Number(limit) <= maxPageTurns) return undefined;
  return problem("bad-request", { detail: `limit is a number from 1 to ${maxPageTurns}.` });
}

/** Finds out who asks, and only then wakes the room. */
export async function forwardAs(
  room: string,
  inside: URL,
  request: Request,
  bindings: RoomBindings,
  config: GatewayConfig,
): Promise<Response> {
  // A ticket is kept in the room, which alone can say whether it is good.
  const ticket = request.headers.has("authorization") ? null : inside.searchParams.get("ticket");
  if (ticket !== null && ticketPattern.test(ticket) && request.method === "GET" && wantsStream(request)) {
    return forward(room, inward(inside, request, undefined), bindings, config);
  }
  inside.searchParams.delete("ticket");
  const revocationsOf = revocationsIn(bindings.Revocations, config.jurisdiction);
  const principal = await authorize(request, room, config, revocationsOf);
  if (!principal.ok) return refuse(request, principal.error);
  return forward(room, inward(inside, request, principal.value), bindings, config);
}

/** The request as the object gets it: at an address of ours, from whom we say, and without what proved it. */
function inward(inside: URL, request: Request, principal: Principal | undefined): Request {
  // A body that nobody reads is left behind: the runtime minds one that is still on its way when the answer leaves.
  const { method, headers, signal } = request;
  const takesBody =
    method === "POST" && (inside.pathname.endsWith("/turns") || inside.pathname.endsWith(`/${aiSdkPath}`));
  const inner = new Request(inside, takesBody ? request : { method, headers, signal });
  inner.headers.delete("authorization");
  inner.headers.delete("cookie");
  setPrincipal(inner.headers, principal);
  return inner;
}

/** Passes a request of ours on to the room. Answers in every case. */
export async function forward(
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
    return refuse(request, { code: "internal", retryAfterMs: objectRetryMs });
  } catch (error) {
    reportFault("room", error);
    return refuse(request, { code: "draining", retryAfterMs: objectRetryMs });
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
export function roomUrl(room: string, path: string): URL {
  return new URL(`/parties/chat/${room}${path}`, "https://room.internal");
}
