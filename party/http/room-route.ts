/**
 * `/parties/chat/:room`: the Worker's routes into a room. A request that can be refused is refused here, before an object
 * wakes (S2). What the room gets is built by `inner-request.ts`; what it answers is decided in `room-http/`.
 */
import { maxPageTurns, maxSubmitBytes, turnIdPattern } from "../../shared/protocol/limits.ts";
import { ok } from "../../shared/result.ts";
import { type Caller, Gate } from "../auth/authorize.ts";
import { bearerOf } from "../auth/bearer.ts";
import { ticketSealOf } from "../auth/ticket-seal.ts";
import type { GatewayConfig } from "../config/settings.ts";
import { badTicket, mayDo, type Principal } from "../core/principal.ts";
import type { ChatRoom } from "../objects/chat-room.ts";
import { type Revocations, revocationsIn } from "../objects/revocations-object.ts";
import { notConfigured, problem, refused, refuseMethod, tooLarge } from "../responses/refusal-response.ts";
import { refuseSocket } from "../responses/refuse-socket.ts";
import { deletedBy, ROOM_METHODS } from "../responses/room-methods.ts";
import { wantsStream } from "../responses/sse.ts";
import { refuse } from "../responses/sse-response.ts";
import { reportFault } from "../telemetry/reporter.ts";
import { ROOM_PATHS, type RoomPath } from "../telemetry/routes.ts";
import { addressOf, innerRequest, innerUpgrade, roomUrl } from "./inner-request.ts";
import { refuseRoom } from "./room-name.ts";
import { handshakeOffer, withSocketProtocol } from "./socket-token.ts";

/** The object classes a request may reach. */
export interface RoomBindings {
  readonly Chat: DurableObjectNamespace<ChatRoom>;
  readonly Revocations?: DurableObjectNamespace<Revocations>;
}

/** Retry delay after an object could not be reached: it is restarting, or its code is being updated. */
const objectRetryMs = 1_000;

/** An address of a room. */
interface RoomRoute {
  /** The part of the address after the room's name. */
  readonly path: RoomPath;
  readonly allow: string;
  /** The query parameters that the room reads. Others are not passed on. */
  readonly query: readonly string[];
  /** A POST to it carries a body that the room reads. */
  readonly takesBody?: boolean;
  /** Refuses a request for more than its names and its method. */
  readonly refuse?: (request: Request) => Response | undefined;
}

const details: Readonly<Record<RoomPath, Omit<RoomRoute, "path">>> = {
  // The WebSocket; the room as a stream, a poll or a snapshot; `DELETE` erases it.
  "": { allow: ROOM_METHODS.room, query: ["cursor", "wait", "ticket"] },
  // `POST` submits a turn, `GET` pages older ones, `DELETE` clears the room.
  "/turns": {
    allow: ROOM_METHODS.turns,
    query: ["before", "limit", "watching"],
    takesBody: true,
    refuse: refuseTurns,
  },
  // The state of a turn, as JSON or as a stream; `DELETE` stops it.
  "/turns/:turn": { allow: ROOM_METHODS.turn, query: ["cursor", "ticket"] },
  // `POST` gives a ticket for an `EventSource`, which can send no header (S1).
  "/tickets": { allow: ROOM_METHODS.tickets, query: [] },
  // Each of the following stands for a DELETE (`deletedBy`).
  "/erase": { allow: "POST", query: [] },
  "/clear": { allow: "POST", query: [] },
  "/turns/:turn/cancel": { allow: "POST", query: [] },
};

export const roomRoutes: readonly RoomRoute[] = ROOM_PATHS.map((path) => ({ path, ...details[path] }));

/** @param names the variable parts of the address. */
export async function routeRoom(
  request: Request,
  route: RoomRoute,
  { room, turn = "" }: { readonly room: string; readonly turn?: string },
  bindings: RoomBindings,
  config: GatewayConfig,
): Promise<Response> {
  const { path, allow } = route;
  const refusal =
    refuseRoom(room, config) ??
    (path.includes(":turn") && !turnIdPattern.test(turn) ? problem("turn-unknown") : undefined) ??
    refuseMethod(request, allow) ??
    route.refuse?.(request);
  if (refusal !== undefined) return refusal;
  const deleted = deletedBy(path);
  const inside = roomUrl(room, (deleted ?? path).replace(":turn", turn));
  if (path === "" && isUpgrade(request)) {
    return openSocket(room, { inside, request }, bindings, config);
  }
  const asked = new URL(request.url).searchParams;
  for (const name of route.query) {
    const value = asked.get(name);
    if (value !== null) inside.searchParams.set(name, value);
  }
  const body = route.takesBody === true && request.method === "POST" ? request.body : undefined;
  const method = deleted === undefined ? request.method : "DELETE";
  const response = await forwardAs(room, { inside, request, method, body }, bindings, config);
  return path === "/tickets" && response.status === 201 ? sealTicket(room, response, config) : response;
}

/** A token of the handshake is verified before the room sees the socket. Without one, the `hello` must carry it. */
async function openSocket(
  room: string,
  { inside, request }: Pick<Forwarded, "inside" | "request">,
  bindings: RoomBindings,
  config: GatewayConfig,
): Promise<Response> {
  const offer = handshakeOffer(request);
  const isChecked = config.auth.mode === "jwt" && offer.token !== undefined;
  const admitted = isChecked ? await gateOf(bindings, config).admit(offer.token, room) : ok(undefined);
  if (!admitted.ok) return withSocketProtocol(refuseSocket(admitted.error), offer);
  const principal = admitted.value;
  if (principal !== undefined && !mayDo(principal, "hello")) {
    return withSocketProtocol(refuseSocket({ code: "forbidden" }), offer);
  }
  const callerToken = config.upstreamAuth.mode === "forward" ? offer.token : undefined;
  const upgrade = innerUpgrade(inside, request, {
    identity: { principal, address: addressOf(request) },
    callerToken,
  });
  return withSocketProtocol(await forward(room, upgrade, bindings, config), offer);
}

/** The ticket as clients get it. The room's own answer holds the id that it keeps. */
async function sealTicket(room: string, response: Response, config: GatewayConfig): Promise<Response> {
  // Nobody needs a ticket where nobody needs a token.
  if (config.auth.mode === "none") return response;
  const seal = await ticketSealOf(config);
  if (seal === undefined) return notConfigured(needsSecret);
  const issued: { readonly ticket: string; readonly expiresAt: number } = await response.json();
  const sealed = { ...issued, ticket: await seal.seal(room, issued.ticket, Date.now()) };
  return Response.json(sealed, { status: 201, headers: { "cache-control": "no-store" } });
}

const needsSecret =
  "UPSTREAM_SIGNING_KEYS is needed for stream tickets with AUTH_JWKS_URL: there is no secret to seal them with. An OPERATOR_TOKEN of 32 characters or more does, too.";

export function isUpgrade({ method, headers }: Request): boolean {
  return method === "GET" && headers.get("upgrade")?.toLowerCase() === "websocket";
}

function refuseTurns(request: Request): Response | undefined {
  // The room counts for itself; what says its length need not wake it.
  if (Number(request.headers.get("content-length") ?? 0) > maxSubmitBytes) return refused(tooLarge);
  const query = new URL(request.url).searchParams;
  const [before, limit] = [query.get("before"), query.get("limit") ?? "20"];
  if (before !== null && !turnIdPattern.test(before)) return problem("bad-request", { detail: "before is a turn id." });
  if (/^\d{1,2}$/.test(limit) && Number(limit) >= 1 && Number(limit) <= maxPageTurns) return undefined;
  return problem("bad-request", { detail: `limit is a number from 1 to ${maxPageTurns}.` });
}

export function gateOf(bindings: RoomBindings, config: GatewayConfig): Gate {
  return new Gate(config, revocationsIn(bindings.Revocations, config.jurisdiction));
}

/** A request on its way to a room. */
export interface Forwarded {
  readonly inside: URL;
  readonly request: Request;
  readonly method: string;
  readonly body?: BodyInit | null | undefined;
  /** Absent: the caller is verified here. */
  readonly caller?: Caller | undefined;
  /** Who asks, where this room knew it before: by a ticket that was shown earlier on the same connection. */
  readonly principal?: Principal | undefined;
}

/** Verifies who asks, and only then wakes the room. */
export async function forwardAs(
  room: string,
  { inside, request, method, body = null, caller, principal: known }: Forwarded,
  bindings: RoomBindings,
  config: GatewayConfig,
): Promise<Response> {
  const address = addressOf(request);
  const ticket = request.headers.has("authorization") ? null : inside.searchParams.get("ticket");
  inside.searchParams.delete("ticket");
  if (ticket !== null && config.auth.mode === "jwt" && method === "GET" && wantsStream(request)) {
    const id = await (await ticketSealOf(config))?.open(room, ticket, Date.now());
    if (id === undefined) return refuse(request, badTicket);
    // The room alone knows whether the ticket was used.
    inside.searchParams.set("ticket", id);
    const identity = { principal: undefined, address };
    return forward(room, innerRequest(inside, request, { method, identity }), bindings, config);
  }
  const gate = gateOf(bindings, config);
  const principal = await admitted(gate, room, known ?? caller ?? bearerOf(request));
  if (!principal.ok) return refuse(request, principal.error);
  const identity = { principal: principal.value, address };
  const callerToken = config.upstreamAuth.mode === "forward" ? bearerOf(request) : undefined;
  return forward(room, innerRequest(inside, request, { method, body, identity, callerToken }), bindings, config);
}

function admitted(gate: Gate, room: string, by: Principal | Caller | string | undefined) {
  if (by === undefined || typeof by === "string") return gate.admit(by, room);
  return "facts" in by ? gate.enter(by, room) : gate.renew(by);
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

/** The room's object, where its data must stay. */
export function stubOf(room: string, bindings: RoomBindings, config: GatewayConfig): DurableObjectStub<ChatRoom> {
  const { jurisdiction, locationHint } = config;
  const namespace =
    jurisdiction === undefined ? bindings.Chat : bindings.Chat.jurisdiction(jurisdiction as DurableObjectJurisdiction);
  const id = namespace.idFromName(room);
  const options = locationHint === undefined ? {} : { locationHint: locationHint as DurableObjectLocationHint };
  return namespace.get(id, options);
}
