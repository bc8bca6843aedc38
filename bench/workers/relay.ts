/** An object that sends each read of the backend's body to its sockets as it is: nothing parsed, nothing kept, no protocol. */
import { DurableObject } from "cloudflare:workers";

interface Env {
  readonly NEST_BASE: string;
  readonly Relay: DurableObjectNamespace<Relay>;
}

export class Relay extends DurableObject<Env> {
  override async fetch(): Promise<Response> {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    return new Response(null, { status: 101, webSocket: client });
  }

  /** A message is the body of the call. */
  override async webSocketMessage(_socket: WebSocket, body: string): Promise<void> {
    const answer = await fetch(`${this.env.NEST_BASE}/model/chat`, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "text/event-stream" },
      body,
    });
    const decoder = new TextDecoder();
    for await (const bytes of answer.body ?? []) {
      const text = decoder.decode(bytes, { stream: true });
      for (const socket of this.ctx.getWebSockets()) socket.send(text);
    }
  }
}

export default {
  fetch(request: Request, env: Env): Promise<Response> {
    return env.Relay.getByName(new URL(request.url).pathname).fetch(request);
  },
};
