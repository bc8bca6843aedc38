/**
 * The WebSocket as a transport: one partysocket, `hello` as its first frame, and pings. partysocket's own reconnecting is
 * off: its delays have no jitter, and its queue would leave before `hello`.
 */

import ReconnectingWebSocket from "partysocket/ws";
import { defined } from "../../shared/defined.ts";
import type { ClientFrame } from "../../shared/protocol/client-frames.ts";
import { errorOfClose, isRetryableClose } from "../../shared/protocol/errors.ts";
import { parseServerFrame } from "../../shared/protocol/server-guard.ts";
import { PROTOCOL_VERSION } from "../../shared/protocol/version.ts";
import { Timers } from "../time/timers.ts";
import { maxHeartbeatMs, minHeartbeatMs, pongTimeoutMs, proofTimeoutMs, welcomeTimeoutMs } from "../time/timing.ts";
import { randomId } from "./random-id.ts";
import type { RoomAddress } from "./room-address.ts";
import { TokenRefresh } from "./token-refresh.ts";
import type { Transport, TransportEnd, TransportEvents } from "./transport.ts";

export class WebSocketTransport implements Transport {
  readonly #address: RoomAddress;
  readonly #events: TransportEvents;
  readonly #timers = new Timers<"ping" | "pong" | "proof">();
  readonly #socket: ReconnectingWebSocket | undefined;
  readonly #refresh: TokenRefresh;
  #token: string | undefined;
  #isGreeted = false;
  #isOver = false;

  constructor(address: RoomAddress, events: TransportEvents) {
    this.#address = address;
    this.#events = events;
    this.#refresh = new TokenRefresh(address.token, (frame) => this.send(frame));
    const { gateway, room, WebSocket = globalThis.WebSocket as unknown } = address;
    if (WebSocket === undefined) {
      queueMicrotask(() => this.#end({ by: "network", fault: "unavailable" }));
      return;
    }
    const scheme = gateway.scheme === "https" ? "wss" : "ws";
    // `_pk` is partysocket's name for the id of a connection. One that the library makes needs `crypto`, which React Native lacks.
    const url = `${scheme}://${gateway.hostAndPrefix}/parties/chat/${room}?_pk=${randomId()}`;
    // Called before the socket is made. The token goes into the hello, never into the URL (S1).
    const whenReady = async () => {
      await this.#fetchToken();
      return url;
    };
    const socket = new ReconnectingWebSocket(whenReady, undefined, {
      maxRetries: 0,
      // The connection's own timers cover the whole way to `welcome` and always fire first.
      connectionTimeout: 2 * welcomeTimeoutMs,
      maxEnqueuedMessages: 0,
      WebSocket,
    });
    this.#socket = socket;
    socket.onopen = () => this.#greet();
    socket.onmessage = (event) => this.#handleMessage(event.data);
    socket.onclose = ({ code, reason }) => this.#handleClose(code, reason);
    // No close follows where no socket could be made, such as for an address that the runtime refuses.
    socket.onerror = () => this.#end({ by: "network", fault: "blocked" });
  }

  send(frame: ClientFrame): void {
    if (!this.#isOver) this.#socket?.send(JSON.stringify(frame));
  }

  prove(): void {
    this.#ping("proof", proofTimeoutMs);
  }

  /** Sends a ping, with a deadline for any frame in return. A deadline that runs isn't moved. */
  #ping(deadline: "pong" | "proof", withinMs: number): void {
    if (this.#isOver) return;
    if (this.#socket?.readyState === ReconnectingWebSocket.OPEN) this.#socket.send("ping");
    if (this.#timers.has(deadline)) return;
    this.#timers.start(deadline, withinMs, () => this.#end({ by: "network", fault: "lost" }, "no pong"));
  }

  close(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timers.stopAll();
    this.#refresh.stop();
    this.#socket?.close(1000, reason);
  }

  async #fetchToken(): Promise<void> {
    try {
      this.#token = await this.#address.token();
    } catch (cause) {
      this.#end({ by: "token", cause });
      throw cause;
    }
  }

  #greet(): void {
    if (this.#isOver) return;
    this.#isGreeted = true;
    this.#events.progress();
    const version = PROTOCOL_VERSION;
    this.send(defined({ type: "hello", version, token: this.#token, have: this.#events.have() }));
  }

  #handleMessage(data: unknown): void {
    if (this.#isOver || typeof data !== "string") return;
    this.#timers.stop("pong");
    this.#timers.stop("proof");
    const frame = data === "pong" ? undefined : parseServerFrame(data);
    if (frame === undefined) return;
    if (frame.type === "welcome" || frame.type === "token-accepted") this.#refresh.expiresIn(leftMs(frame));
    if (frame.type === "notice" && frame.code === "token-expiring") this.#refresh.now();
    if (frame.type === "welcome") {
      this.#schedulePing(Math.min(Math.max(frame.heartbeatMs, minHeartbeatMs), maxHeartbeatMs));
      this.#events.welcomed(frame.sessionId);
    } else this.#events.frame(frame);
  }

  /** The room counts viewers by their pings, so they leave also while frames arrive (R6). */
  #schedulePing(everyMs: number): void {
    this.#timers.start("ping", everyMs, () => {
      this.#schedulePing(everyMs);
      this.#ping("pong", pongTimeoutMs);
    });
  }

  #handleClose(close: number, message: string): void {
    // Other codes come from the network or a proxy (1001, 1006, 1012…).
    if (close < 4400 || close > 4499) {
      this.#end({ by: "network", fault: this.#isGreeted ? "lost" : "blocked" });
      return;
    }
    const code = errorOfClose(close) ?? String(close);
    this.#end({ by: "room", code, isTerminal: !isRetryableClose(close), message: message || code });
  }

  #end(end: TransportEnd, reason = ""): void {
    if (this.#isOver) return;
    this.close(reason);
    this.#events.ended(end);
  }
}

/** By the room's own clock, or by this device's where an older room gives only a date. */
function leftMs({ expiresInMs, expiresAt }: { readonly expiresInMs?: number; readonly expiresAt?: number }) {
  return expiresInMs ?? (expiresAt === undefined ? undefined : expiresAt - Date.now());
}
