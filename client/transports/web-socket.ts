/**
 * The WebSocket as a transport: one socket of partysocket's, `hello` first, pings for signs of life. partysocket's own
 * reconnecting is off: its delays have no jitter, and its queue would leave ahead of `hello`.
 */

import { PartySocket } from "partysocket";
import { defined } from "../../shared/defined.ts";
import type { ClientFrame } from "../../shared/protocol/client-frames.ts";
import { errorOfClose, isRetryableClose } from "../../shared/protocol/errors.ts";
import { parseServerFrame } from "../../shared/protocol/server-guard.ts";
import { PROTOCOL_VERSION } from "../../shared/protocol/version.ts";
import { Timers } from "../time/timers.ts";
import { maxHeartbeatMs, minHeartbeatMs, pongTimeoutMs, welcomeTimeoutMs } from "../time/timing.ts";
import type { RoomAddress } from "./room-address.ts";
import { TokenRefresh } from "./token-refresh.ts";
import type { Transport, TransportEnd, TransportEvents } from "./transport.ts";

export class WebSocketTransport implements Transport {
  readonly #address: RoomAddress;
  readonly #events: TransportEvents;
  readonly #timers = new Timers<"ping" | "pong">();
  readonly #socket: PartySocket | undefined;
  readonly #refresh: TokenRefresh;
  #token: string | undefined;
  #isGreeted = false;
  #isOver = false;

  constructor(address: RoomAddress, events: TransportEvents) {
    this.#address = address;
    this.#events = events;
    this.#refresh = new TokenRefresh(address.token, (frame) => this.send(frame));
    const { url, room, WebSocket = globalThis.WebSocket as unknown } = address;
    if (WebSocket === undefined) {
      queueMicrotask(() => this.#end({ by: "network", fault: "unavailable" }));
      return;
    }
    const socket = new PartySocket({
      host: url.host,
      protocol: url.protocol === "https:" ? "wss" : "ws",
      party: "chat",
      room,
      // Called before the socket is made; what it gets goes into the hello, never into the URL (S1).
      query: async () => {
        await this.#fetchToken();
        return {};
      },
      maxRetries: 0,
      // The link's own timers cover the whole way to `welcome` and always fire first.
      connectionTimeout: 2 * welcomeTimeoutMs,
      maxEnqueuedMessages: 0,
      WebSocket,
    });
    this.#socket = socket;
    socket.onopen = () => this.#greet();
    socket.onmessage = (event) => this.#handleMessage(event.data);
    socket.onclose = ({ code, reason }) => this.#handleClose(code, reason);
    // Without a close where no socket could be made: an address it does not take.
    socket.onerror = () => this.#end({ by: "network", fault: "blocked" });
  }

  send(frame: ClientFrame): void {
    if (!this.#isOver) this.#socket?.send(JSON.stringify(frame));
  }

  /** A ping, and a deadline for anything at all in return. One that runs is not put off. */
  probe(): void {
    if (this.#isOver || this.#socket?.readyState !== PartySocket.OPEN) return;
    this.#socket.send("ping");
    if (this.#timers.has("pong")) return;
    this.#timers.start("pong", pongTimeoutMs, () => this.#end({ by: "network", fault: "lost" }, "no pong"));
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
    const frame = data === "pong" ? undefined : parseServerFrame(data);
    if (frame === undefined) return;
    if (frame.type === "welcome" || frame.type === "token-accepted") this.#refresh.expiresAt(frame.expiresAt);
    if (frame.type === "notice" && frame.code === "token-expiring") this.#refresh.now();
    if (frame.type === "welcome") {
      this.#schedulePing(Math.min(Math.max(frame.heartbeatMs, minHeartbeatMs), maxHeartbeatMs));
      this.#events.welcomed(frame.sessionId);
    } else this.#events.frame(frame);
  }

  /** The room counts a viewer by these, so they leave also while frames arrive (R6). */
  #schedulePing(everyMs: number): void {
    this.#timers.start("ping", everyMs, () => {
      this.#schedulePing(everyMs);
      this.probe();
    });
  }

  #handleClose(close: number, message: string): void {
    // Codes outside of ours are network weather (1001, 1006, 1012…).
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
