/**
 * The room's Durable Object class on PartyServer: passes the platform's callbacks to `chat-room-host.ts` and decides nothing.
 * The host loads when the first room of an isolate starts, so requests that need no room don't pay for it.
 */
import { type Connection, type ConnectionContext, Server, type WSMessage } from "partyserver";
import { ERRORS } from "../../shared/protocol/errors.ts";
import { reportFault } from "../telemetry/reporter.ts";
import type { RoomEnv, RoomInside } from "./chat-room-host.ts";

export class ChatRoom extends Server<RoomEnv> {
  static override options = { hibernate: true };

  /** There before any event but those of a room that is about to be reset. */
  #inside: RoomInside | undefined;

  constructor(ctx: DurableObjectState, env: RoomEnv) {
    super(ctx, env);
    // Answered by the runtime: a heartbeat neither wakes the object nor costs a request.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  /** Runs before any event, inside the platform's start-up lock. */
  override async onStart(): Promise<void> {
    try {
      const { RoomInside } = await import("./chat-room-host.ts");
      this.#inside = new RoomInside(this.name, this.ctx, this.env);
      await this.#inside.start(this.getConnections());
    } catch (error) {
      reportFault("start", error);
      // Thrown on, this would reach the browser as a stack (PartyServer's answer to a failed upgrade). A reset reaches the
      // Worker as a failed call, which it answers with "come back"; the next one starts afresh.
      this.ctx.abort("could not start");
    }
  }

  /** PartyServer obeys `x-partykit-*` headers and answers a malformed one with its stack, so none of them reaches it (S3). */
  override fetch(request: Request): Promise<Response> {
    const hostHeaders = [...request.headers.keys()].filter((name) => name.startsWith("x-partykit-"));
    if (hostHeaders.length === 0) return super.fetch(request);
    const clean = new Request(request);
    for (const name of hostHeaders) clean.headers.delete(name);
    return super.fetch(clean);
  }

  override onConnect(connection: Connection, { request }: ConnectionContext): void {
    try {
      this.#inside?.handleOpen(connection, request.headers);
    } catch (error) {
      // An error that is thrown on would reach the peer as a stack.
      reportFault("open", error);
      connection.close(ERRORS.internal.close, "internal");
    }
  }

  /** For the operator's route alone: an RPC method can't be reached by a path. Returns the newest events as JSON. */
  async readEvents(): Promise<string> {
    return (await this.#started())?.readEvents() ?? "{}";
  }

  /** For the operator's route alone. Asks every tab to reconnect and starts nothing new meanwhile. */
  async drain(): Promise<void> {
    (await this.#started())?.drain();
  }

  override onMessage(connection: Connection, message: WSMessage): void {
    this.#inside?.handleMessage(connection, message);
  }

  override onClose(connection: Connection): void {
    this.#inside?.handleClose(connection);
  }

  override onError(connection: Connection): void {
    this.#inside?.handleClose(connection);
  }

  override async onRequest(request: Request): Promise<Response> {
    return this.#inside?.handleRequest(request) ?? new Response(null, { status: 503 });
  }

  override async onAlarm(): Promise<void> {
    await this.#inside?.handleAlarm();
  }

  /** PartyServer starts the room before a request, a message and an alarm, but not before a method call. */
  async #started(): Promise<RoomInside | undefined> {
    await this.setName(this.name);
    return this.#inside;
  }
}
