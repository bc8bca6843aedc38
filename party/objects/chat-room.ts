/**
 * A room on PartyServer: the platform's callbacks, handed on to what is inside (`room-inside.ts`). That loads when the first
 * room of an isolate starts: who asks for no room (a file, health, cached context, an answer of the bridge) never pays for it.
 */
import { type Connection, Server, type WSMessage } from "partyserver";
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

  override onConnect(connection: Connection): void {
    this.#inside?.handleOpen(connection);
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
}
