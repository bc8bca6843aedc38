/**
 * A room on PartyServer: the host's callbacks, alarms and sockets, translated for the core. It decides nothing.
 */
import { type Connection, Server, type WSMessage } from "partyserver";
import type { ErrorCode } from "../shared/protocol/errors.ts";
import { ERRORS } from "../shared/protocol/errors.ts";
import { generationIdOf, principalOf } from "./auth.ts";
import { systemClock } from "./clock.ts";
import { parseConfig, type Variables } from "./config.ts";
import type { RoomPorts } from "./core/ports.ts";
import { RoomCore } from "./core/room-core.ts";
import { problem } from "./routes/problem.ts";
import { PartyRoomSocket } from "./sockets/party-socket.ts";
import { ObjectStorage } from "./storage.ts";
import { report, reportFault } from "./telemetry.ts";
import { FetchUpstream } from "./upstream/fetch-upstream.ts";

export class ChatRoom extends Server<Cloudflare.Env & Variables> {
  static override options = { hibernate: true };

  #core: RoomCore | undefined;
  readonly #sockets = new WeakMap<Connection, PartyRoomSocket>();

  constructor(ctx: DurableObjectState, env: Cloudflare.Env & Variables) {
    super(ctx, env);
    // Answered by the runtime: a heartbeat neither wakes the object nor costs a request.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  /** Runs before any event, inside the platform's start-up lock. */
  override async onStart(): Promise<void> {
    try {
      // The Worker checked these settings for its own hostname; here every name is as good as loopback.
      const config = parseConfig(this.env, "localhost");
      if (!config.ok) throw new Error(config.error);
      const core = new RoomCore(this.#portsOf(config.value), config.value.policy, this.name);
      await core.start([...this.getConnections()].map((connection) => this.#socketOf(connection)));
      this.#core = core;
    } catch (error) {
      // Thrown on, this would reach the browser as a stack (PartyServer's answer to a failed upgrade).
      reportFault("start", error);
    }
  }

  override onConnect(connection: Connection): void {
    if (this.#core === undefined) this.#hangUp(connection, "internal");
    else this.#core.handleOpen(this.#socketOf(connection));
  }

  override onMessage(connection: Connection, message: WSMessage): void {
    this.#core?.handleMessage(this.#socketOf(connection), typeof message === "string" ? message : undefined);
  }

  override onClose(connection: Connection): void {
    this.#core?.handleClose(this.#socketOf(connection));
  }

  override onError(connection: Connection): void {
    this.#core?.handleClose(this.#socketOf(connection));
  }

  override onRequest(): Response {
    return problem("not-found");
  }

  override async onAlarm(): Promise<void> {
    await this.#core?.tick();
  }

  #portsOf(config: { nestBase: string; upstreamMethod: "POST" | "GET"; tenant: string }): RoomPorts {
    const room = this.name;
    return {
      clock: systemClock,
      storage: new ObjectStorage(this.ctx.storage),
      upstream: new FetchUpstream({
        base: config.nestBase,
        method: config.upstreamMethod,
        room,
        fetch: (url, init) => fetch(url, init),
      }),
      random: Math.random,
      newId: () => crypto.randomUUID().replaceAll("-", ""),
      generationIdOf: (epoch, turnId) => generationIdOf(config.tenant, room, epoch, turnId),
      principalOf,
      report: (event) => report(room, event),
      // Memory may say what storage does not: start over from storage. Sockets drop and come back.
      onBroken: () => this.ctx.abort("storage failed"),
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

  #hangUp(connection: Connection, code: ErrorCode): void {
    this.#socketOf(connection).close(ERRORS[code].close ?? 4490, code);
  }
}
