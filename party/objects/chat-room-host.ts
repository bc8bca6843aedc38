/**
 * Translates PartyServer's events, sockets and bindings for the core of one room. It decides nothing. `chat-room.ts` loads it
 * with the first room of an isolate.
 */
import * as runtime from "cloudflare:workers";
import type { Connection, WSMessage } from "partyserver";
import { fail, ok } from "../../shared/result.ts";
import { CallerTokens } from "../auth/upstream-auth/caller-tokens.ts";
import { parseConfig, type Variables } from "../config/settings.ts";
import type { TenantStore } from "../config/tenant-settings.ts";
import type { FileCall, FileReply } from "../core/files/file-calls.ts";
import type { Principal } from "../core/principal.ts";
import { RoomCore } from "../core/room/room.ts";
import { eventHookSink } from "../hooks/turn-hooks.ts";
import { callerTokenHeader } from "../responses/principal-header.ts";
import { principalIn, socketIdentityIn } from "../room-http/principal-reader.ts";
import { answerInRoom } from "../room-http/room-handler.ts";
import { hasBufferedAmount, PartyRoomSocket } from "../sockets/party-socket.ts";
import { PointSink, type PointWriter } from "../telemetry/analytics-points.ts";
import type { Census } from "../telemetry/metrics/report.ts";
import { nativeSpanSink, nativeTracingOf } from "../telemetry/native-spans.ts";
import { EventRing } from "../telemetry/recent-events.ts";
import { type Limiter, limitersIn } from "./limiter-object.ts";
import type { MetricsBindings } from "./metrics-object.ts";
import { countingSinks } from "./metrics-sink.ts";
import { type Revocations, revocationsIn } from "./revocations-object.ts";
import { roomPorts, warnOfEstimate } from "./room-ports.ts";

/** Undefined in runtimes without it. */
const nativeTracing = nativeTracingOf(runtime);

/** The bindings that a room's object uses beside its settings. Each may be absent. */
export interface RoomHostBindings extends MetricsBindings {
  readonly ANALYTICS?: PointWriter;
  readonly Limiter?: DurableObjectNamespace<Limiter>;
  readonly Revocations?: DurableObjectNamespace<Revocations>;
  readonly CONFIG?: TenantStore;
  /** The bucket of uploaded files. */
  readonly FILES?: R2Bucket;
}

/** Of the runtime's 16 KiB for each socket; PartyServer keeps the connection's id and tags in it too. */
const maxAttachmentBytes = 12_288;

export type RoomEnv = Cloudflare.Env & RoomHostBindings & Variables;

export class ChatRoomHost {
  readonly #name: string;
  readonly #ctx: DurableObjectState;
  readonly #env: RoomEnv;
  /** Undefined until `start` has resolved: nothing is handed to a host before that. */
  #core: RoomCore | undefined;
  readonly #sockets = new WeakMap<Connection, PartyRoomSocket>();
  readonly #events = new EventRing();
  readonly #callerTokens = new CallerTokens();
  readonly #points: PointSink | undefined;

  /** @param name of the room. */
  constructor(name: string, ctx: DurableObjectState, env: RoomEnv) {
    this.#name = name;
    this.#ctx = ctx;
    this.#env = env;
    this.#points = env.ANALYTICS === undefined ? undefined : new PointSink(env.ANALYTICS);
  }

  /** @param survivors the sockets that outlived the object's sleep. */
  async start(survivors: Iterable<Connection>): Promise<void> {
    // The Worker checked these settings for its own hostname; here every name is as good as loopback.
    const config = parseConfig(this.#env, "localhost");
    if (!config.ok) throw new Error(config.error);
    const { Limiter: limiters, CONFIG: tenantStore, Revocations: revocations } = this.#env;
    const { limiter, jurisdiction, policy, gateway } = config.value;
    const hookSink = gateway === undefined ? undefined : eventHookSink(gateway);
    const host = {
      room: this.#name,
      limiterOf: limiters === undefined || limiter === "off" ? undefined : limitersIn(limiters, jurisdiction),
      revocationsOf: revocationsIn(revocations, jurisdiction),
      tenantStore,
      storage: this.#ctx.storage,
      bucket: this.#env.FILES,
      callerTokens: this.#callerTokens,
      sinksOf: (tenant: string) => [
        this.#events.sink,
        ...(hookSink === undefined ? [] : [hookSink]),
        ...(nativeTracing === undefined ? [] : [nativeSpanSink(nativeTracing)]),
        ...(this.#points === undefined ? [] : [this.#points.sink]),
        ...countingSinks(this.#env, config.value, { tenant, name: this.#name, census: () => this.#census() }),
      ],
      // After a failed write the object itself starts over: sockets drop and come back to a fresh one.
      onErased: () => this.#events.clear(),
      onBroken: () => this.#ctx.abort("storage failed"),
    };
    warnOfEstimate(hasBufferedAmount(WebSocket));
    const core = new RoomCore(roomPorts(host, config.value), policy, this.#name);
    await core.start([...survivors].map((connection) => this.#socketOf(connection)));
    this.#core = core;
  }

  /** @param headers as the Worker built them: they say what it verified of the client. */
  handleOpen(connection: Connection, headers: Headers): void {
    this.#points?.invoked();
    const identity = socketIdentityIn(headers);
    if (identity.principal !== undefined) this.#rememberToken(identity.principal, headers);
    this.#core?.handleOpen(this.#socketOf(connection), identity);
  }

  handleMessage(connection: Connection, message: WSMessage): void {
    this.#points?.invoked();
    this.#core?.handleMessage(this.#socketOf(connection), typeof message === "string" ? message : undefined);
  }

  handleClose(connection: Connection): void {
    this.#points?.invoked();
    this.#core?.handleClose(this.#socketOf(connection));
  }

  async handleRequest(request: Request): Promise<Response> {
    this.#points?.invoked();
    // The Worker verified who asks. A request without an identity carries a ticket, which the room checks.
    const principal = principalIn(request.headers);
    if (principal !== undefined) this.#rememberToken(principal, request.headers);
    return answerInRoom(
      request,
      this.#core,
      principal === undefined ? fail({ code: "unauthenticated" }) : ok(principal),
    );
  }

  /** Where the backend wants the caller's own token. A `hello` with a token is remembered by the room's ports. */
  #rememberToken(principal: Principal, headers: Headers): void {
    const token = headers.get(callerTokenHeader);
    if (token !== null) this.#callerTokens.remember(principal, token);
  }

  /** A call of the Worker about an uploaded file. */
  async handleFile(call: FileCall): Promise<FileReply> {
    this.#points?.invoked();
    if (this.#core === undefined) return fail({ code: "internal" });
    return this.#core.handleFile(call);
  }

  /** The newest events as JSON, for `GET /ops/events/:room`. */
  readEvents(): string {
    return JSON.stringify({ events: this.#events.read() });
  }

  drain(): void {
    this.#core?.drain();
  }

  async handleAlarm(): Promise<void> {
    this.#points?.invoked();
    await this.#core?.tick();
  }

  #census(): Census | undefined {
    const census = this.#core?.census();
    if (census === undefined) return undefined;
    const { viewers, activeTurns, queuedTurns } = census;
    return {
      edge_chat_viewers: viewers,
      edge_chat_turns_active: activeTurns,
      edge_chat_turns_queued: queuedTurns,
    };
  }

  #socketOf(connection: Connection): PartyRoomSocket {
    const known = this.#sockets.get(connection);
    if (known !== undefined) return known;
    const pongedAt = () => this.#ctx.getWebSocketAutoResponseTimestamp(connection)?.getTime();
    const socket = new PartyRoomSocket(connection, { pongedAt, maxAttachmentBytes, now: () => Date.now() });
    this.#sockets.set(connection, socket);
    return socket;
  }
}
