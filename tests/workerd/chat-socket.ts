/** A client of the AI SDK's chat socket, in the real runtime. It speaks raw frames; the SDK's own transport is tested in e2e. */
import { SELF } from "cloudflare:test";

export interface Answered {
  readonly type: string;
  readonly requestId: string;
  readonly sequence?: number;
  readonly chunk?: {
    readonly type: string;
    readonly delta?: string;
    readonly messageId?: string;
    readonly data?: unknown;
  };
  readonly errorText?: string;
}

export class ChatSocketClient {
  readonly answers: Answered[] = [];
  closed: { readonly code: number; readonly reason: string } | undefined;
  /** The subprotocol that the gateway selected. */
  protocol: string | null = null;
  #socket: WebSocket | undefined;
  #wakers: Array<() => void> = [];

  /** @param query with `?`. */
  async open(headers: Readonly<Record<string, string>> = {}, query = ""): Promise<this> {
    const response = await SELF.fetch(`http://localhost/api/chat${query}`, {
      headers: { ...headers, upgrade: "websocket" },
    });
    if (response.webSocket === null) throw new Error(`no socket: ${response.status} ${await response.text()}`);
    this.protocol = response.headers.get("sec-websocket-protocol");
    this.#socket = response.webSocket;
    this.#socket.addEventListener("message", ({ data }) => {
      this.answers.push(JSON.parse(String(data)) as Answered);
      this.#wake();
    });
    this.#socket.addEventListener("close", ({ code, reason }) => {
      this.closed = { code, reason };
      this.#wake();
    });
    this.#socket.accept();
    return this;
  }

  /** Asks, as the SDK does. Returns the request's id. */
  send(id: string, text: string, more: object = {}): string {
    const requestId = crypto.randomUUID();
    const message = { id: crypto.randomUUID(), role: "user", parts: [{ type: "text", text }] };
    this.say({
      type: "send",
      requestId,
      id,
      trigger: "submit-message",
      messages: [message],
      headers: {},
      body: {},
      ...more,
    });
    return requestId;
  }

  resume(id: string, more: object = {}): string {
    const requestId = crypto.randomUUID();
    this.say({ type: "resume", requestId, id, headers: {}, body: {}, ...more });
    return requestId;
  }

  abort(requestId: string): void {
    this.say({ type: "abort", requestId });
  }

  say(frame: object): void {
    this.sayRaw(JSON.stringify(frame));
  }

  sayRaw(data: string | ArrayBuffer): void {
    this.#socket?.send(data);
  }

  close(): void {
    this.#socket?.close(1000);
  }

  of(requestId: string): Answered[] {
    return this.answers.filter((answer) => answer.requestId === requestId);
  }

  textOf(requestId: string): string {
    return this.of(requestId)
      .map(({ chunk }) => (chunk?.type === "text-delta" ? chunk.delta : ""))
      .join("");
  }

  /** Resolves when `done` holds; looks again at each frame and at the close. */
  async until(done: (client: this) => boolean): Promise<void> {
    while (!done(this)) {
      if (this.closed !== undefined) throw new Error(`closed: ${JSON.stringify(this.closed)}`);
      await new Promise<void>((resolve) => this.#wakers.push(resolve));
    }
  }

  async untilClosed(): Promise<{ readonly code: number; readonly reason: string }> {
    while (this.closed === undefined) await new Promise<void>((resolve) => this.#wakers.push(resolve));
    return this.closed;
  }

  untilEnd(requestId: string): Promise<void> {
    return this.until(() => this.of(requestId).some(({ type }) => ["end", "error", "no-active"].includes(type)));
  }

  #wake(): void {
    for (const wake of this.#wakers.splice(0)) wake();
  }
}
