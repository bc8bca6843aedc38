/**
 * A WebSocket without a network: what either side says waits until the test delivers it, so that the test chooses the race.
 * Each test makes its own class, which counts the sockets that partysocket opens.
 */
import type { ClientFrame } from "../../../shared/protocol/client-frames.ts";
import type { ServerFrame } from "../../../shared/protocol/server-frames.ts";

export class FakeSocket extends EventTarget {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;

  readonly url: string;
  /** The subprotocols that the client offered. */
  readonly offered: readonly string[];
  /** The one that the host selected; "" for none. */
  protocol = "";
  readyState = FakeSocket.CONNECTING;
  binaryType = "blob";
  /** What the client said, in order: frames parsed, `ping` as it is. */
  readonly said: (ClientFrame | "ping")[] = [];
  closedWith: { code: number | undefined; reason: string | undefined } | undefined;
  #waiting: string[] = [];

  constructor(url: string, offered: readonly string[] = []) {
    super();
    this.url = url;
    this.offered = offered;
  }

  send(text: string): void {
    if (this.readyState !== FakeSocket.OPEN) throw new Error("send on a socket that is not open");
    this.said.push(text === "ping" ? text : (JSON.parse(text) as ClientFrame));
  }

  close(code?: number, reason?: string): void {
    this.closedWith ??= { code, reason };
    this.readyState = FakeSocket.CLOSING;
  }

  /** The room's side. */
  open(protocol = ""): void {
    this.protocol = protocol;
    this.readyState = FakeSocket.OPEN;
    this.dispatchEvent(new Event("open"));
  }

  /** Queues frames for the client. */
  queue(...frames: (ServerFrame | string | object)[]): this {
    this.#waiting.push(...frames.map((frame) => (typeof frame === "string" ? frame : JSON.stringify(frame))));
    return this;
  }

  /** Delivers the oldest `count` of what is queued. */
  deliver(count = this.#waiting.length): this {
    for (const data of this.#waiting.splice(0, count)) this.dispatchEvent(new MessageEvent("message", { data }));
    return this;
  }

  /** Ends the socket, as the room or the network would; what is queued is lost. */
  end(code: number, reason = ""): void {
    this.readyState = FakeSocket.CLOSED;
    this.dispatchEvent(new CloseEvent("close", { code, reason, wasClean: code !== 1006 }));
  }

  /** No connection was made. */
  refuse(): void {
    this.readyState = FakeSocket.CLOSED;
    this.dispatchEvent(Object.assign(new Event("error"), { error: new Error("refused"), message: "refused" }));
  }

  saidOf<T extends ClientFrame["type"]>(type: T): Extract<ClientFrame, { type: T }>[] {
    return this.said.filter((frame) => frame !== "ping" && frame.type === type) as Extract<ClientFrame, { type: T }>[];
  }
}

export interface FakeNetwork {
  readonly WebSocket: typeof FakeSocket;
  readonly sockets: FakeSocket[];
  /** The newest socket. */
  readonly last: FakeSocket;
}

export function fakeNetwork(): FakeNetwork {
  const sockets: FakeSocket[] = [];
  class Counted extends FakeSocket {
    constructor(url: string, offered?: readonly string[]) {
      super(url, offered);
      sockets.push(this);
    }
  }
  return {
    WebSocket: Counted,
    sockets,
    get last() {
      const socket = sockets.at(-1);
      if (socket === undefined) throw new Error("no socket was opened");
      return socket;
    },
  };
}

/** Options of a client that knows this network and no other way. */
export function over({ WebSocket }: FakeNetwork) {
  const fetch = () => Promise.reject<Response>(new TypeError("fetch failed"));
  return { WebSocket, fetch, transports: ["websocket"] } as const;
}

export const welcome: ServerFrame = {
  type: "welcome",
  version: 2,
  sessionId: "s-1",
  room: "demo",
  heartbeatMs: 25_000,
  limits: { maxFrameBytes: 65_536, maxQueuedTurns: 16, maxActiveTurns: 1 },
};

/** Web storage for one tab. `items` may be copied: that is what duplicating a tab does. */
export function memoryStorage(items: ReadonlyMap<string, string> = new Map()) {
  const kept = new Map(items);
  return {
    items: kept,
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
}
