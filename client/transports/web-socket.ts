/**
 * The WebSocket as a transport: one partysocket, `hello` as its first frame, and pings. partysocket's own reconnecting is
 * off: its delays have no jitter, and its queue would leave before `hello`.
 *
 * The handshake offers the token as a subprotocol, so that the gateway knows the client before its room does. Hosts that answer
 * no offer make a browser fail the handshake: then a second one offers nothing, and the `hello` carries the token.
 */

import ReconnectingWebSocket from "partysocket/ws";
import { defined } from "../../shared/defined.ts";
import type { ClientFrame } from "../../shared/protocol/client-frames.ts";
import { errorOfClose, isRetryableClose } from "../../shared/protocol/errors.ts";
import { offerOf } from "../../shared/protocol/handshake.ts";
import { parseServerFrame } from "../../shared/protocol/server-guard.ts";
import { PROTOCOL_VERSION } from "../../shared/protocol/version.ts";
import { monotonicMs } from "../time/clock.ts";
import { Timers } from "../time/timers.ts";
import { maxHeartbeatMs, minHeartbeatMs, pongTimeoutMs, proofTimeoutMs, welcomeTimeoutMs } from "../time/timing.ts";
import { randomId } from "./random-id.ts";
import type { RoomAddress } from "./room-address.ts";
import { TokenRefresh } from "./token-refresh.ts";
import type { Transport, TransportEnd, TransportEvents } from "./transport.ts";

/** The client's knowledge of offers on its network. Its transports share it. */
export interface OfferMemory {
  /** Undefined until it is known. */
  isOfferAnswered?: boolean;
}

export class WebSocketTransport implements Transport {
  readonly #address: RoomAddress;
  readonly #events: TransportEvents;
  readonly #timers = new Timers<"ping" | "pong" | "proof">();
  readonly #refresh: TokenRefresh;
  #socket: ReconnectingWebSocket | undefined;
  #heardAt = 0;
  #isOver = false;

  constructor(address: RoomAddress, events: TransportEvents, memory: OfferMemory) {
    this.#address = address;
    this.#events = events;
    this.#refresh = new TokenRefresh(address.token, (frame) => this.send(frame));
    const WebSocket = address.WebSocket ?? (globalThis.WebSocket as unknown);
    if (WebSocket === undefined) queueMicrotask(() => this.#end({ by: "network", fault: "unavailable" }));
    else this.#open(WebSocket, memory, memory.isOfferAnswered !== false);
  }

  /** @param token of a handshake that failed with an offer. */
  #open(WebSocket: unknown, memory: OfferMemory, mayOffer: boolean, token?: string): void {
    const { gateway, room } = this.#address;
    const scheme = gateway.scheme === "https" ? "wss" : "ws";
    // `_pk` is partysocket's name for the id of a connection. One that the library makes needs `crypto`, which React Native lacks.
    const url = `${scheme}://${gateway.hostAndPrefix}/parties/chat/${room}?_pk=${randomId()}`;
    let offer: string[] | null = null;
    let isGreeted = false;
    // Called before the socket is made. The token never goes into the URL (S1).
    const protocols = async () => {
      try {
        token ??= await this.#address.token();
      } catch (cause) {
        this.#end({ by: "token", cause });
        throw cause;
      }
      if (mayOffer) offer = offerOf(token);
      return offer;
    };
    const socket = new ReconnectingWebSocket(url, protocols, {
      maxRetries: 0,
      // The connection's own timers cover the whole way to `welcome` and always fire first.
      connectionTimeout: 2 * welcomeTimeoutMs,
      maxEnqueuedMessages: 0,
      WebSocket,
    });
    this.#socket = socket;
    socket.onopen = () => {
      if (offer || !mayOffer) memory.isOfferAnswered = mayOffer;
      if (this.#isOver) return;
      isGreeted = true;
      this.#heardAt = monotonicMs();
      this.#events.progress();
      // The host read the token in the handshake if it selected what was offered.
      const shown = socket.protocol ? undefined : token;
      this.send(defined({ type: "hello", version: PROTOCOL_VERSION, token: shown, have: this.#events.have() }));
    };
    socket.onmessage = (event) => this.#handleMessage(event.data);
    // An error comes without a close where no socket could be made, such as for an address that the runtime refuses.
    socket.onclose = socket.onerror = (event: object) => {
      if (socket !== this.#socket || this.#isOver) return;
      if (offer && memory.isOfferAnswered === undefined) this.#open(WebSocket, memory, false, token);
      else this.#end(endOf(event, isGreeted));
    };
  }

  send(frame: ClientFrame): void {
    if (this.#isOver) return;
    // A person waits for what follows, so a connection that may have died in silence isn't left to the next routine ping.
    if (monotonicMs() - this.#heardAt > proofTimeoutMs) this.#ping("pong", pongTimeoutMs);
    this.#socket?.send(JSON.stringify(frame));
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

  #handleMessage(data: unknown): void {
    if (this.#isOver || typeof data !== "string") return;
    this.#heardAt = monotonicMs();
    this.#timers.stop("pong");
    this.#timers.stop("proof");
    const frame = data === "pong" ? undefined : parseServerFrame(data);
    if (frame === undefined) return;
    if (frame.type === "welcome" || frame.type === "token-accepted") {
      const { expiresAt } = frame;
      // By the room's own clock, or by this device's where an older room gives only a date.
      this.#refresh.expiresIn(frame.expiresInMs ?? (expiresAt && expiresAt - Date.now()));
    }
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

  #end(end: TransportEnd, reason = ""): void {
    if (this.#isOver) return;
    this.close(reason);
    this.#events.ended(end);
  }
}

/** @param event an error has neither a code nor a reason. */
function endOf({ code: close = 0, reason }: { readonly code?: number; readonly reason?: string }, isGreeted: boolean) {
  // Other codes come from the network or a proxy (1001, 1006, 1012…).
  if (close < 4400 || close > 4499) return { by: "network", fault: isGreeted ? "lost" : "blocked" } as const;
  const code = errorOfClose(close) ?? String(close);
  return { by: "room", code, isTerminal: !isRetryableClose(close), message: reason || code } as const;
}
