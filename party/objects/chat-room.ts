/**
 * The room's Durable Object class on PartyServer. It hands the platform's events to the host (`chat-room-host.ts`), and the
 * operator's calls, which come over RPC and therefore have no address that a client could request. The host loads when the
 * first room of an isolate starts, so a request that needs no room never pays for it.
 */
import { type Connection, type ConnectionContext, Server, type WSMessage } from "partyserver";
import { ERRORS } from "../../shared/protocol/errors.ts";
import type { FileCall, FileReply } from "../core/files/file-calls.ts";
import { envOfObject } from "../hooks/gateway-env.ts";
import { reportFault } from "../telemetry/reporter.ts";
import type { ChatRoomHost, RoomEnv } from "./chat-room-host.ts";

/** The pause after a failed start: settings and storage rarely recover sooner, and every attempt is logged. */
export const startRetryMs = 1_000;
/** The alarm of a room that could not start. The platform itself gives up after six failed alarms. */
export const alarmRetryMs = 60_000;

export class ChatRoom extends Server<RoomEnv> {
  static override options = { hibernate: true };

  /** Undefined until the room has started, and while it can't start. */
  #host: ChatRoomHost | undefined;
  #starting: Promise<void> | undefined;
  #failedAt = Number.NEGATIVE_INFINITY;

  constructor(ctx: DurableObjectState, env: RoomEnv) {
    super(ctx, env);
    // The runtime answers these pings: a heartbeat neither wakes the object nor costs a request.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  /**
   * Runs before any event, inside the platform's start-up lock. Never throws: PartyServer answers a failed start with a stack,
   * and the platform gives up an alarm whose object keeps failing.
   */
  override async onStart(): Promise<void> {
    await this.#start();
  }

  /** PartyServer obeys `x-partykit-*` headers and answers a malformed one with its stack, so none of them reaches it (S3). */
  override fetch(request: Request): Promise<Response> {
    const hostHeaders = [...request.headers.keys()].filter((name) => name.startsWith("x-partykit-"));
    if (hostHeaders.length === 0) return super.fetch(request);
    const clean = new Request(request);
    for (const name of hostHeaders) clean.headers.delete(name);
    return super.fetch(clean);
  }

  override async onConnect(connection: Connection, { request }: ConnectionContext): Promise<void> {
    try {
      const host = this.#host ?? (await this.#retry(connection));
      if (host === undefined) connection.close(ERRORS.internal.close, "internal");
      else host.handleOpen(connection, request.headers);
    } catch (error) {
      // PartyServer would answer the peer with the stack of this error.
      reportFault("open", error);
      connection.close(ERRORS.internal.close, "internal");
    }
  }

  override async onMessage(connection: Connection, message: WSMessage): Promise<void> {
    const host = this.#host ?? (await this.#retry());
    if (host === undefined) connection.close(ERRORS.internal.close, "internal");
    else host.handleMessage(connection, message);
  }

  override onClose(connection: Connection): void {
    this.#host?.handleClose(connection);
  }

  override onError(connection: Connection): void {
    this.#host?.handleClose(connection);
  }

  override async onRequest(request: Request): Promise<Response> {
    const host = this.#host ?? (await this.#retry());
    return host === undefined ? new Response(null, { status: 503 }) : host.handleRequest(request);
  }

  /** Never throws: a failing alarm is retried into the same failure, and then never rings again (A1). */
  override async onAlarm(): Promise<void> {
    if (this.#host === undefined) await this.ctx.storage.setAlarm(Date.now() + alarmRetryMs);
    else await this.#host.handleAlarm();
  }

  /** For the operator's route alone. Returns the newest events as JSON. */
  async readEvents(): Promise<string> {
    return (await this.#started())?.readEvents() ?? "{}";
  }

  /** For the Worker's routes of files alone: it has verified who asks. */
  async handleFile(call: FileCall): Promise<FileReply> {
    return (
      (await this.#started())?.handleFile(call) ?? {
        ok: false,
        error: { code: "internal", retryAfterMs: startRetryMs },
      }
    );
  }

  /** For the operator's route alone. Asks every tab to reconnect later and starts no turn meanwhile. */
  async drain(): Promise<void> {
    (await this.#started())?.drain();
  }

  /** PartyServer starts the room before a request, a message and an alarm, but not before a method call. */
  async #started(): Promise<ChatRoomHost | undefined> {
    await this.setName(this.name);
    return this.#host ?? this.#retry();
  }

  /** Starts a room that could not start before. @param arriving a connection that is handled after the start. */
  async #retry(arriving?: Connection): Promise<ChatRoomHost | undefined> {
    if (Date.now() - this.#failedAt >= startRetryMs) await this.#start(arriving);
    return this.#host;
  }

  /** One start at a time: events arrive while a start outside of the platform's lock runs. */
  #start(arriving?: Connection): Promise<void> {
    this.#starting ??= this.#startOnce(arriving).finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  async #startOnce(arriving: Connection | undefined): Promise<void> {
    try {
      const { ChatRoomHost } = await import("./chat-room-host.ts");
      const host = new ChatRoomHost(this.name, this.ctx, envOfObject(this.constructor, this.env));
      await host.start([...this.getConnections()].filter((connection) => connection !== arriving));
      this.#host = host;
    } catch (error) {
      this.#failedAt = Date.now();
      reportFault("start", error);
    }
  }
}
