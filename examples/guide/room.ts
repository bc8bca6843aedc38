/**
 * The smallest room: everybody in it sees one answer grow, anybody may stop it, and it stops when nobody is left. It forgets everything
 * when its object leaves memory, and who comes late has missed what was said: `party/core` is about that.
 */
// #region room
import { DurableObject } from "cloudflare:workers";
import { EventSourceParserStream } from "eventsource-parser/stream";

export class Room extends DurableObject<Env> {
  #call: AbortController | undefined;

  override async fetch(request: Request): Promise<Response> {
    if (request.headers.get("upgrade") !== "websocket") return new Response("Expected a WebSocket\n", { status: 426 });
    const { 0: browser, 1: room } = new WebSocketPair();
    this.ctx.acceptWebSocket(room); // may hibernate: an idle room costs nothing
    return new Response(null, { status: 101, webSocket: browser });
  }

  override async webSocketMessage(_socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    if (message === "stop") this.#call?.abort();
    else if (typeof message === "string" && this.#call === undefined) await this.#answer(message);
  }

  /** The object's own call does not end with the socket that began it: this has to. */
  override webSocketClose(closed: WebSocket): void {
    if (this.ctx.getWebSockets().every((socket) => socket === closed)) this.#call?.abort();
  }

  async #answer(prompt: string): Promise<void> {
    const call = new AbortController();
    this.#call = call;
    try {
      const upstream = await fetch(`${this.env.NEST_BASE}/model/chat`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          generationId: crypto.randomUUID(),
          room: this.ctx.id.toString(),
          messages: [{ role: "user", content: prompt }],
        }),
        signal: call.signal,
      });
      if (!upstream.ok || upstream.body === null) throw new Error(`The backend answered ${upstream.status}`);
      const events = upstream.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
      for await (const { event, data } of events) this.#tell(`{"type":"${event}","data":${data}}`);
    } catch {
      this.#tell(`{"type":"${call.signal.aborted ? "stopped" : "failed"}"}`);
    } finally {
      this.#call = undefined;
    }
  }

  #tell(frame: string): void {
    for (const socket of this.ctx.getWebSockets()) socket.send(frame);
  }
}
// #endregion
