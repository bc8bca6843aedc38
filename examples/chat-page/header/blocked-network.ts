/**
 * A network that blocks, for the page's own client: so that everyone can watch what the client does in one. It refuses new
 * WebSockets, and one level further event streams, and cuts those that are open; the rest of the browser is untouched.
 */
import type { RequestOptions } from "../../../client/index.ts";

export const BLOCKED = ["nothing", "websocket", "streams"] as const;
/** `streams`: WebSockets and event streams. */
export type Blocked = (typeof BLOCKED)[number];

export class Blockade {
  #blocked: Blocked;
  readonly #sockets = new Set<WebSocket>();
  #cut = new AbortController();
  /** In place of `WebSocket`. */
  readonly WebSocket: new (
    url: string,
  ) => object;

  constructor(blocked: Blocked) {
    this.#blocked = blocked;
    const open = (url: string) => this.#open(url);
    // A constructor that returns an object makes that object.
    this.WebSocket = class {
      constructor(url: string) {
        // biome-ignore lint/correctness/noConstructorReturn: what is to be made is a WebSocket, or what looks like a refused one.
        return open(url);
      }
    };
  }

  get blocked(): Blocked {
    return this.#blocked;
  }

  set(blocked: Blocked): void {
    this.#blocked = blocked;
    if (blocked !== "nothing") for (const socket of this.#sockets) cut(socket);
    if (blocked === "streams") {
      this.#cut.abort();
      this.#cut = new AbortController();
    }
    // What a device says when its network is another one: the client looks what it can have here.
    window.dispatchEvent(new Event("online"));
  }

  /** In place of `fetch`. */
  readonly fetch = (url: string, init: RequestOptions): Promise<Response> => {
    if (init.headers["accept"] !== "text/event-stream") return fetch(url, init);
    if (this.#blocked === "streams") return Promise.reject(new TypeError("blocked by the page's own switch"));
    return fetch(url, { ...init, signal: AbortSignal.any([init.signal, this.#cut.signal]) });
  };

  #open(url: string): object {
    if (this.#blocked !== "nothing") return new RefusedSocket();
    const socket = new WebSocket(url);
    this.#sockets.add(socket);
    socket.addEventListener("close", () => this.#sockets.delete(socket));
    return socket;
  }
}

/** As a network does: at once, without the goodbye that a browser waits for. */
function cut(socket: WebSocket): void {
  socket.close();
  socket.dispatchEvent(new CloseEvent("close", { code: 1006 }));
}

/** As much of a WebSocket as a client sees of one that never opens. */
class RefusedSocket extends EventTarget {
  readyState: number = WebSocket.CONNECTING;
  binaryType = "blob";

  constructor() {
    super();
    setTimeout(() => {
      this.readyState = WebSocket.CLOSED;
      this.dispatchEvent(new Event("error"));
      this.dispatchEvent(new CloseEvent("close", { code: 1006 }));
    });
  }

  send(): void {}
  close(): void {}
}
