/**
 * A room on PartyServer: the host's callbacks, alarms and sockets, translated for the core. It decides nothing.
 */
import * as runtime from "cloudflare:workers";
import { type Connection, Server, type WSMessage } from "partyserver";
import { ERRORS } from "../shared/protocol/errors.ts";
import { fail, ok, type Result } from "../shared/result.ts";
import { authorize } from "./auth.ts";
import { parseConfig, type Variables } from "./config.ts";
import type { Principal, Refusal } from "./core/principal.ts";
import type { RoomCore } from "./core/room-core.ts";
import { type Limiter, limitersIn } from "./limiter.ts";
import { countingSinks, type MetricsBindings } from "./metrics.ts";
import { type Revocations, revocationsIn } from "./revocations.ts";
import { principalIn } from "./routes/principal-header.ts";
import { PartyRoomSocket } from "./sockets/party-socket.ts";
import type { Census } from "./telemetry/metrics/report.ts";
import { nativeSpanSink, nativeTracingOf } from "./telemetry/native-spans.ts";
import { PointSink, type PointWriter } from "./telemetry/points.ts";
import { EventRing } from "./telemetry/ring.ts";
import { reportFault } from "./telemetry.ts";
import type { TenantStore } from "./tenant-config.ts";

/** Undefined in runtimes without it. */
const nativeTracing = nativeTracingOf(runtime);

/** What a room's object may be given beside its settings. */
export interface RoomHostBindings extends MetricsBindings {
  readonly ANALYTICS?: PointWriter;
  readonly Limiter?: DurableObjectNamespace<Limiter>;
  readonly Revocations?: DurableObjectNamespace<Revocations>;
  readonly CONFIG?: TenantStore;
}

export class ChatRoom extends Server<Cloudflare.Env & RoomHostBindings & Variables> {
  static override options = { hibernate: true };

  #core: RoomCore | undefined;
  readonly #sockets = new WeakMap<Connection, PartyRoomSocket>();
  /** The newest events, for `GET /ops/events/:room`. */
  readonly #events = new EventRing();

  readonly #points: PointSink | undefined;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env & RoomHostBindings & Variables) {
    super(ctx, env);
    this.#points = env.ANALYTICS === undefined ? undefined : new PointSink(env.ANALYTICS);
    // Answered by the runtime: a heartbeat neither wakes the object nor costs a request.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  /** Runs before any event, inside the platform's start-up lock. */
  override async onStart(): Promise<void> {
    try {
      // The Worker checked these settings for its own hostname; here every name is as good as loopback.
      const config = parseConfig(this.env, "localhost");
      if (!config.ok) throw new Error(config.error);
      // After a failed write the object itself starts over: sockets drop and come back to a fresh one.
      const { Limiter: limiters, CONFIG: tenantStore } = this.env;
      const limiterOf =
        limiters === undefined || config.value.limiter === "off"
          ? undefined
          : limitersIn(limiters, config.value.jurisdiction);
      const host = {
        room: this.name,
        limiterOf,
        revocationsOf: revocationsIn(this.env.Revocations, config.value.jurisdiction),
        tenantStore,
        storage: this.ctx.storage,
        sinksOf: (tenant: string) => [
          this.#events.sink,
          ...(nativeTracing === undefined ? [] : [nativeSpanSink(nativeTracing)]),
          ...(this.#points === undefined ? [] : [this.#points.sink]),
          ...countingSinks(this.env, config.value, { tenant, name: this.name, census: () => this.#census() }),
        ],
        onBroken: () => this.ctx.abort("storage failed"),
      };
      const { startRoom } = await import("./room-start.ts");
      this.#core = await startRoom(
        host,
        config.value,
        [...this.getConnections()].map((connection) => this.#socketOf(connection)),
      );
    } catch (error) {
      reportFault("start", error);
      // Thrown on, this would reach the browser as a stack (PartyServer's answer to a failed upgrade). A reset reaches the
      // Worker as a failed call, which it answers with "come back"; the next one starts afresh.
      this.ctx.abort("could not start");
    }
  }

  override onConnect(connection: Connection): void {
    this.#points?.invoked();
    const socket = this.#socketOf(connection);
    if (this.#core === undefined) socket.close(ERRORS.internal.close, "internal");
    else this.#core.handleOpen(socket);
  }

  override onMessage(connection: Connection, message: WSMessage): void {
    this.#points?.invoked();
    this.#core?.handleMessage(this.#socketOf(connection), typeof message === "string" ? message : undefined);
  }

  override onClose(connection: Connection): void {
    this.#points?.invoked();
    this.#core?.handleClose(this.#socketOf(connection));
  }

  override onError(connection: Connection): void {
    this.#points?.invoked();
    this.#core?.handleClose(this.#socketOf(connection));
  }

  override async onRequest(request: Request): Promise<Response> {
    this.#points?.invoked();
    // Of the operator: no visitor's request comes here under this path.
    if (new URL(request.url).pathname.endsWith("/events")) return Response.json({ events: this.#events.read() });
    const { answerInRoom } = await import("./room-start.ts");
    return answerInRoom(request, this.#core, await this.#askerOf(request));
  }

  override async onAlarm(): Promise<void> {
    this.#points?.invoked();
    await this.#core?.tick();
  }

  /** The Worker says who asks. One of an older version, during a deploy, does not: then the room finds out itself. */
  async #askerOf(request: Request): Promise<Result<Principal, Refusal>> {
    const principal = principalIn(request.headers);
    if (principal !== undefined) return ok(principal);
    const config = parseConfig(this.env, "localhost");
    if (!config.ok) return fail({ code: "not-configured" });
    return authorize(request, this.name, config.value, revocationsIn(this.env.Revocations, config.value.jurisdiction));
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
    const pongedAt = () => this.ctx.getWebSocketAutoResponseTimestamp(connection)?.getTime();
    const socket = new PartyRoomSocket(connection, pongedAt);
    this.#sockets.set(connection, socket);
    return socket;
  }
}
