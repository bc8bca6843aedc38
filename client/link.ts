/**
 * One lasting connection to a room, over sockets that come and go: when to try, `hello` first on every socket, signs of
 * life, and when to give up. partysocket makes the sockets; everything about *when* is decided here, because its own
 * delays have no jitter and its queue would leave ahead of `hello`. What frames mean is the chat client's business.
 */
import { PartySocket } from "partysocket";
import { backoffMs } from "../shared/backoff.ts";
import type { ClientFrame, Have } from "../shared/protocol/client-frames.ts";
import { errorOfClose, isRetryableClose } from "../shared/protocol/errors.ts";
import { roomNamePattern } from "../shared/protocol/limits.ts";
import type { ErrorFrame, ServerFrame, WelcomeFrame } from "../shared/protocol/server-frames.ts";
import { parseServerFrame } from "../shared/protocol/server-guard.ts";
import { PROTOCOL_VERSION } from "../shared/protocol/version.ts";
import type { ChatClientOptions, ConnectionState } from "./api.ts";
import { Timers } from "./timers.ts";
import {
  maxAskedDelayMs,
  maxHeartbeatMs,
  minHeartbeatMs,
  pongTimeoutMs,
  reconnectPolicy,
  stableAfterMs,
  syncTimeoutMs,
  welcomeTimeoutMs,
} from "./timing.ts";

export interface LinkEvents {
  /** What the reader has, for the next `hello`. */
  have(): Have | undefined;
  /** A frame of a welcomed socket, or an `error` or `notice` before that. */
  frame(frame: ServerFrame): void;
  /** A failure on this side that a person should know of. */
  error(error: ErrorFrame): void;
  /** The connection state changed. */
  change(): void;
  /** A socket is gone; the next one starts from `hello`. */
  lost(): void;
}

/**
 * waiting → opening → greeted (hello sent) → welcomed → waiting …; `ended` by `close()` for good, by a terminal close code
 * until `reconnect()`.
 */
type Phase = "waiting" | "opening" | "greeted" | "welcomed" | "ended";

export class Link {
  readonly #events: LinkEvents;
  readonly #token: ChatClientOptions["token"];
  readonly #socket: PartySocket;
  readonly #timers = new Timers<"retry" | "welcome" | "sync" | "ping" | "pong" | "stable" | "goaway">();
  readonly #stopListening: () => void;
  #phase: Phase = "waiting";
  #state: ConnectionState = { state: "connecting" };
  #closed = false;
  #helloToken: string | undefined;
  #sessionId = "";
  /** Connections and tries in a row that did not last. */
  #failures = 0;
  #retryAt = 0;
  /** The room asked not to be called before this. */
  #notBefore = 0;
  /** The last error frame of this socket that named no turn: it explains the close that follows it. */
  #lastError: ErrorFrame | undefined;
  #endWait: (() => void) | undefined;

  constructor(options: ChatClientOptions, events: LinkEvents) {
    if (!roomNamePattern.test(options.room)) throw new TypeError(`not a room name: ${JSON.stringify(options.room)}`);
    const url = gatewayUrl(options.url);
    this.#events = events;
    this.#token = options.token;
    this.#socket = new PartySocket({
      host: url.host,
      protocol: url.protocol === "https:" || url.protocol === "wss:" ? "wss" : "ws",
      party: "chat",
      room: options.room,
      // Called before each try: the wait between tries happens here, where it can be cut short.
      query: async () => {
        await this.#beforeTry();
        return {};
      },
      minReconnectionDelay: 0,
      maxReconnectionDelay: 0,
      // Ours covers the whole way to `welcome` and always fires first.
      connectionTimeout: 2 * welcomeTimeoutMs,
      maxEnqueuedMessages: 0,
      shouldReconnectOnClose: ({ code }) => isRetryableClose(code),
      ...(options.WebSocket === undefined ? {} : { WebSocket: options.WebSocket }),
    });
    this.#socket.onopen = () => this.#handleOpen();
    this.#socket.onmessage = (event) => this.#handleMessage(event.data);
    this.#socket.onclose = (event) => this.#handleClose(event.code, event.reason);
    this.#stopListening = this.#listenToDevice();
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Sends on a welcomed socket; otherwise drops the frame, which its owner keeps until it is answered. */
  send(frame: ClientFrame): void {
    if (this.#phase === "welcomed") this.#socket.send(JSON.stringify(frame));
  }

  /** The owner's transcript is in step with the room. */
  synced(): void {
    if (this.#phase !== "welcomed" || this.#state.state === "online") return;
    this.#timers.start("stable", stableAfterMs, () => {
      this.#failures = 0;
    });
    this.#setState({ state: "online", sessionId: this.#sessionId });
  }

  /** A sync is due: a room that owes one and stays silent is not worth waiting for. */
  expectSync(): void {
    this.#timers.start("sync", syncTimeoutMs, () => this.drop("no sync"));
  }

  /** Gives the socket up and tries again after the usual wait. */
  drop(reason: string): void {
    if (this.#phase === "waiting" || this.#phase === "ended") return;
    // Reports a close of the old socket before it asks for the next, also where no network is left to close it over.
    this.#socket.reconnect(1000, reason);
  }

  /** Tries now: ends a wait, or starts over after a terminal close. A connection that stands is only asked whether it does. */
  reconnect(): void {
    if (this.#closed) return;
    if (this.#phase === "ended") {
      this.#phase = "waiting";
      this.#failures = 0;
      this.#retryAt = 0;
      this.#notBefore = 0;
      this.#setState({ state: "connecting" });
      this.#socket.reconnect();
    } else if (this.#phase === "waiting") this.#endWait?.();
    else this.#probe();
  }

  /** Ends everything and leaves nothing running. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopListening();
    this.#end({ state: "closed" });
    this.#socket.close(1000, "closed by the page");
  }

  /** Waits until it is time, and for a token. */
  async #beforeTry(): Promise<void> {
    // The last try made no socket that could report its end: nothing to make one with, or an address it does not take.
    if (this.#phase === "opening") this.#planRetry();
    for (;;) {
      if (this.#closed) return;
      await this.#wait();
      if (this.#closed) return;
      try {
        this.#helloToken = await this.#token?.();
        break;
      } catch (cause) {
        if (this.#closed) return;
        const message = cause instanceof Error ? cause.message : String(cause);
        this.#planRetry();
        this.#events.error({ type: "error", code: "unauthenticated", message, retryable: true });
      }
    }
    if (this.#closed) return;
    this.#phase = "opening";
    this.#timers.start("welcome", welcomeTimeoutMs, () => this.drop("no welcome"));
  }

  #wait(): Promise<void> {
    const waitMs = this.#retryAt - Date.now();
    if (waitMs <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#endWait = () => {
        this.#endWait = undefined;
        this.#timers.stop("retry");
        resolve();
      };
      this.#timers.start("retry", waitMs, this.#endWait);
    });
  }

  #planRetry(): void {
    const now = Date.now();
    const delayMs = backoffMs(this.#failures, reconnectPolicy, Math.random);
    this.#failures += 1;
    this.#retryAt = Math.max(now + delayMs, this.#notBefore);
    this.#phase = "waiting";
    // The device's word is a hint for the page: tries go on, because it is sometimes wrong (no route but to this machine).
    this.#setState(
      isDeviceOffline()
        ? { state: "offline" }
        : { state: "reconnecting", attempt: this.#failures, retryAt: this.#retryAt },
    );
  }

  #handleOpen(): void {
    if (this.#closed) return;
    this.#phase = "greeted";
    const have = this.#events.have();
    // Not through `send`: nothing but this may leave before the welcome (R1).
    this.#socket.send(
      JSON.stringify({
        type: "hello",
        version: PROTOCOL_VERSION,
        ...(this.#helloToken === undefined ? {} : { token: this.#helloToken }),
        ...(have === undefined ? {} : { have }),
      } satisfies ClientFrame),
    );
  }

  #handleMessage(data: unknown): void {
    if (this.#closed || typeof data !== "string") return;
    this.#timers.stop("pong");
    const frame = data === "pong" ? undefined : parseServerFrame(data);
    if (frame === undefined) return;
    switch (frame.type) {
      case "welcome":
        if (this.#phase === "greeted") this.#handleWelcome(frame);
        return;
      case "goaway":
        this.#handleGoaway(frame.reconnectInMs);
        return;
      case "error":
        if (frame.turnId === undefined) this.#lastError = frame;
        this.#events.frame(frame);
        return;
      case "sync":
        if (this.#phase !== "welcomed") return;
        this.#timers.stop("sync");
        this.#events.frame(frame);
        return;
      default:
        // R2: a room that speaks of turns before its welcome is not believed.
        if (this.#phase === "welcomed" || frame.type === "notice") this.#events.frame(frame);
    }
  }

  #handleWelcome(frame: WelcomeFrame): void {
    this.#phase = "welcomed";
    this.#sessionId = frame.sessionId;
    this.#timers.stop("welcome");
    this.#scheduleHeartbeat(Math.min(Math.max(frame.heartbeatMs, minHeartbeatMs), maxHeartbeatMs));
    this.expectSync();
  }

  /** The room counts a viewer by these, so they leave also while frames arrive (R6). */
  #scheduleHeartbeat(everyMs: number): void {
    this.#timers.start("ping", everyMs, () => {
      this.#scheduleHeartbeat(everyMs);
      this.#probe();
    });
  }

  /** A ping, and a deadline for anything at all in return. One that runs is not put off. */
  #probe(): void {
    if (this.#phase !== "welcomed") return;
    this.#socket.send("ping");
    if (!this.#timers.has("pong")) this.#timers.start("pong", pongTimeoutMs, () => this.drop("no pong"));
  }

  /** The room will close, now or later; the time to come back is its choice, so that not all come at once. */
  #handleGoaway(reconnectInMs: number): void {
    const delayMs = Math.min(reconnectInMs, maxAskedDelayMs);
    this.#notBefore = Date.now() + delayMs;
    this.#timers.start("goaway", delayMs, () => this.drop("goaway"));
  }

  #handleClose(code: number, reason: string): void {
    if (this.#closed || this.#phase === "waiting") return;
    const error = this.#lastError;
    this.#lastError = undefined;
    if (isRetryableClose(code)) {
      this.#timers.stopAll();
      if (error?.retryAfterMs !== undefined && error.code === errorOfClose(code)) {
        this.#notBefore = Math.max(this.#notBefore, Date.now() + Math.min(error.retryAfterMs, maxAskedDelayMs));
      }
      this.#planRetry();
    } else {
      const known = errorOfClose(code) ?? String(code);
      this.#end({ state: "closed", code: known, message: error?.message ?? (reason || known) });
    }
    this.#events.lost();
  }

  #handleOffline(): void {
    if (this.#phase === "waiting") this.#setState({ state: "offline" });
    else this.#probe();
  }

  #end(state: ConnectionState): void {
    this.#phase = "ended";
    this.#timers.stopAll();
    this.#endWait?.();
    this.#setState(state);
  }

  #setState(state: ConnectionState): void {
    this.#state = state;
    this.#events.change();
  }

  /** A network that returned, or a page that someone looks at again, is a reason not to wait. */
  #listenToDevice(): () => void {
    const controller = new AbortController();
    const { signal } = controller;
    if (typeof window !== "undefined") {
      const wake = () => {
        if (this.#phase !== "ended") this.reconnect();
      };
      window.addEventListener("online", wake, { signal });
      window.addEventListener("offline", () => this.#handleOffline(), { signal });
      if (typeof document !== "undefined") {
        document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && wake(), {
          signal,
        });
      }
    }
    return () => controller.abort();
  }
}

/** Where the gateway is: by option, or where the page came from. */
export function gatewayUrl(url: string | undefined): URL {
  const base = url ?? (typeof location === "undefined" ? undefined : location.href);
  if (base === undefined) throw new TypeError("`url` is needed where there is no page");
  return new URL(base);
}

function isDeviceOffline(): boolean {
  return typeof navigator !== "undefined" && navigator.onLine === false;
}
