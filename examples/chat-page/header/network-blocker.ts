/**
 * Simulates a network that blocks, for the page's own client, to demonstrate its fallbacks. It refuses new WebSockets, on the
 * next level also event streams, and cuts the open ones. Nothing else in the browser is affected.
 */
import type { RequestOptions } from "../../../client/index.ts";

export const BLOCKED = ["nothing", "websocket", "streams"] as const;
/** `streams` blocks WebSockets and event streams. */
export type Blocked = (typeof BLOCKED)[number];

export class NetworkBlocker {
  #blocked: Blocked;
  readonly #sockets = new Set<WebSocket>();
  #cut = new AbortController();
  /** Given to the client in place of `WebSocket`. */
  readonly WebSocket: new (
    url: string,
  ) => object;

  constructor(blocked: Blocked) {
    this.#blocked = blocked;
    const open = (url: string) => this.#open(url);
    // `new` on a constructor that returns an object gives that object.
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
    // A device sends this event when its network changes. The client then tries its transports again.
    window.dispatchEvent(new Event("online"));
  }

  /** Given to the client in place of `fetch`. */
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

/** Cuts at once, as a network does, without the closing handshake that a browser waits for. */
function cut(socket: WebSocket): void {
  socket.close();
  socket.dispatchEvent(new CloseEvent("close", { code: 1006 }));
}

/** The part of a WebSocket that a client uses when it never opens. */
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
