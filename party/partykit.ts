/**
 * The room on PartyKit's local runtime, the second host. It handles what differs there: events arrive while `onStart` runs, an
 * instance that an alarm woke doesn't know its name, the room answers pings and closes itself, and every path is public.
 */
import type * as Party from "partykit/server";
import { ERRORS } from "../shared/protocol/errors.ts";
import { authorize } from "./auth/authorize.ts";
import { bearerOf } from "./auth/bearer.ts";
import { CallerTokens } from "./auth/upstream-auth/caller-tokens.ts";
import { type GatewayConfig, parseConfig } from "./config/settings.ts";
import { RoomCore } from "./core/room/room.ts";
import { routeBackend } from "./http/backend-route.ts";
import { refuseRoom } from "./http/room-name.ts";
import { roomPorts, warnOfEstimate } from "./objects/room-ports.ts";
import { preflight, refuseOrigin, withCors } from "./responses/cors.ts";
import { notConfigured, problem, wrongMethod } from "./responses/refusal-response.ts";
import { deletedBy } from "./responses/room-methods.ts";
import { answerInRoom } from "./room-http/room-handler.ts";
import { hasBufferedAmount, PartyRoomSocket } from "./sockets/party-socket.ts";
import { reportFault } from "./telemetry/reporter.ts";

/** The key of the room's name: `room.id` throws for the whole life of an instance that an alarm woke first. */
const nameKey = "host/name";

/** Of the 2 KiB that this host has for each socket; it keeps the connection's id and address in them too. */
const maxAttachmentBytes = 1_280;

export default class PartykitRoom implements Party.Server {
  readonly options = { hibernate: true };
  readonly #room: Party.Room;
  readonly #callerTokens = new CallerTokens();
  readonly #sockets = new WeakMap<Party.Connection, PartyRoomSocket>();
  /** Resolves with the core once it has started, or with undefined where it couldn't. Every event waits for it. */
  #ready: Promise<RoomCore | undefined> = Promise.resolve(undefined);

  constructor(room: Party.Room) {
    this.#room = room;
  }

  async onStart(): Promise<void> {
    // Before any await: a socket that arrives while the core starts hasn't outlived a sleep.
    const survivors = [...this.#room.getConnections()].map((connection) => this.#socketOf(connection));
    this.#ready = this.#start(survivors);
    await this.#ready;
  }

  async onConnect(connection: Party.Connection): Promise<void> {
    // A room that couldn't start may start now: a failure must not outlive its cause.
    if ((await this.#ready) === undefined) this.#ready = this.#start([]);
    const core = await this.#ready;
    const socket = this.#socketOf(connection);
    if (core === undefined) socket.close(ERRORS.internal.close, "internal");
    else core.handleOpen(socket);
  }

  async onMessage(message: string | ArrayBuffer | ArrayBufferView, connection: Party.Connection): Promise<void> {
    const core = await this.#ready;
    core?.handleMessage(this.#socketOf(connection), typeof message === "string" ? message : undefined);
  }

  async onClose(connection: Party.Connection): Promise<void> {
    // This runtime does not answer a close by itself: the browser would wait for it until it gives up.
    connection.close();
    (await this.#ready)?.handleClose(this.#socketOf(connection));
  }

  async onError(connection: Party.Connection): Promise<void> {
    (await this.#ready)?.handleClose(this.#socketOf(connection));
  }

  async onRequest(request: Party.Request): Promise<Response> {
    const asked = request as unknown as Request;
    // No Worker of ours runs in front of this host, so the token is verified here.
    const config = parseConfig(this.#room.env, "localhost");
    if (!config.ok) return notConfigured(config.error);
    // From the address: `room.id` throws where an alarm came first.
    const [, , , name = ""] = new URL(asked.url).pathname.split("/");
    const principal = await authorize(asked, name, config.value, undefined);
    const token = bearerOf(asked);
    if (principal.ok && token !== undefined) this.#callerTokens.remember(principal.value, token);
    const answer = await answerInRoom(asked, await this.#ready, principal);
    return withCors(answer, asked.headers.get("origin"));
  }

  async onAlarm(): Promise<void> {
    await (await this.#ready)?.tick();
  }

  static onBeforeConnect(request: Party.Request, lobby: Party.Lobby): Party.Request | Response {
    const url = new URL(request.url);
    // The same party answers at /parties/main/:room and /party/:room as well; only one address is ours (S4).
    if (!/^\/parties\/chat\/[^/]+$/.test(url.pathname)) return problem("not-found");
    const config = configOf(lobby.env, url.hostname);
    if (config instanceof Response) return config;
    const refused = refuseRoom(lobby.id, config);
    if (refused !== undefined) return refused;
    const otherOrigin = refuseOrigin(request as unknown as Request, config.allowedOrigins);
    if (otherOrigin !== undefined) return otherOrigin;
    // As the Worker does: a fresh connection id, and nothing else of the query. It also keeps the attachment, which holds
    // this URL and at most 2 KiB, free for us.
    url.search = "";
    url.searchParams.set("_pk", crypto.randomUUID());
    return new Request(url, request as unknown as Request) as unknown as Party.Request;
  }

  static onBeforeRequest(request: Party.Request, lobby: Party.Lobby): Party.Request | Response {
    const url = new URL(request.url);
    // This host has no store for files. Data URLs within questions work.
    if (/^\/parties\/chat\/[^/]+\/files(?:\/|$)/.test(url.pathname)) return problem("uploads-off");
    if (!/^\/parties\/chat\/[^/]+(?:\/turns(?:\/[^/]+(?:\/cancel)?)?|\/tickets|\/clear|\/erase)?$/.test(url.pathname)) {
      return problem("not-found");
    }
    const config = configOf(lobby.env, url.hostname);
    if (config instanceof Response) return config;
    const refused = refuseRoom(lobby.id, config);
    if (refused !== undefined) return refused;
    if (request.method === "OPTIONS") return preflight(request as unknown as Request);
    const otherOrigin = refuseOrigin(request as unknown as Request, config.allowedOrigins);
    if (otherOrigin !== undefined) return otherOrigin;
    const origin = request.headers.get("origin");
    const [, room = "", path = ""] = /^(\/parties\/chat\/[^/]+)(.*)$/.exec(url.pathname) ?? [];
    const deleted = deletedBy(path);
    if (deleted === undefined) return request;
    if (request.method !== "POST") return withCors(wrongMethod("POST"), origin);
    url.pathname = `${room}${deleted}`;
    const { headers } = request as unknown as Request;
    return new Request(url, { method: "DELETE", headers }) as unknown as Party.Request;
  }

  static async onFetch(
    request: Party.Request,
    lobby: Party.FetchLobby,
    ctx: Party.ExecutionContext,
  ): Promise<Response> {
    const url = new URL(request.url);
    const { pathname, hostname } = url;
    if (pathname === "/health") return Response.json({ status: "ok" });
    const path = pathname === "/context" ? "/model/context" : pathname === "/models" ? "/model/models" : undefined;
    if (path === undefined) return problem("not-found");
    const config = configOf(lobby.env, hostname);
    if (config instanceof Response) return config;
    const otherOrigin = refuseOrigin(request as unknown as Request, config.allowedOrigins);
    if (otherOrigin !== undefined) return otherOrigin;
    return routeBackend(path, config, (work) => ctx.waitUntil(work));
  }

  /** Never rejects: an error that is thrown here would reach the browser. */
  async #start(survivors: readonly PartyRoomSocket[]): Promise<RoomCore | undefined> {
    try {
      const config = parseConfig(this.#room.env, "localhost");
      if (!config.ok) throw new Error(config.error);
      const room = await this.#name();
      warnOfEstimate(hasBufferedAmount(WebSocket));
      const storage = this.#room.storage as unknown as DurableObjectStorage;
      const core: RoomCore = new RoomCore(
        roomPorts(
          {
            ...{ room, storage, callerTokens: this.#callerTokens, kept: { [nameKey]: room } },
            onBroken: () => this.#startOver(core),
          },
          config.value,
        ),
        config.value.policy,
        room,
      );
      await core.start(survivors);
      return core;
    } catch (error) {
      reportFault("start", error);
      return undefined;
    }
  }

  /** This host can't reset an object: the broken core closes its sockets, and the next one finds a new core. */
  #startOver(broken: RoomCore): void {
    broken.close("internal");
    this.#ready = this.#start([]);
  }

  async #name(): Promise<string> {
    const stored = await this.#room.storage.get<string>(nameKey);
    if (stored !== undefined) return stored;
    const name = this.#room.id;
    await this.#room.storage.put(nameKey, name);
    return name;
  }

  #socketOf(connection: Party.Connection): PartyRoomSocket {
    const known = this.#sockets.get(connection);
    if (known !== undefined) return known;
    const socket = new PartyRoomSocket(connection, {
      pongedAt: () => undefined,
      maxAttachmentBytes,
      now: () => Date.now(),
    });
    this.#sockets.set(connection, socket);
    return socket;
  }
}

function configOf(env: Record<string, unknown>, hostname: string): GatewayConfig | Response {
  const config = parseConfig(env, hostname);
  return config.ok ? config.value : notConfigured(config.error);
}
