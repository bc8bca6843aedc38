/**
 * A new token before the old one runs out, over the connection that stands (`token-refresh`). The room says when a token runs
 * out, because to this side a token is a text and no more. Where none comes in time the room ends the session, and the link
 * asks the application once more.
 */
import type { ClientFrame } from "../../shared/protocol/client-frames.ts";
import { Timers } from "../time/timers.ts";
import { maxRefreshDelayMs, refreshAgainMs, refreshAheadMs } from "../time/timing.ts";

export class TokenRefresh {
  readonly #token: () => Promise<string | undefined>;
  readonly #send: (frame: ClientFrame) => void;
  readonly #timers = new Timers<"refresh">();
  #isStopped = false;

  constructor(token: () => Promise<string | undefined>, send: (frame: ClientFrame) => void) {
    this.#token = token;
    this.#send = send;
  }

  /** The room's word on when the token runs out, ms since 1970; undefined where it does not. */
  expiresAt(at: number | undefined): void {
    const leftMs = (at ?? Number.POSITIVE_INFINITY) - Date.now();
    if (this.#isStopped || leftMs > maxRefreshDelayMs) return;
    // Of a short-lived token the second half is what is ahead.
    this.#timers.start("refresh", Math.max(refreshAgainMs, leftMs - Math.min(refreshAheadMs, leftMs / 2)), () =>
      this.now(),
    );
  }

  /** The room warned, or it is time. */
  now(): void {
    this.#timers.stop("refresh");
    this.#token().then(
      (token) => {
        if (!this.#isStopped && token !== undefined) this.#send({ type: "token-refresh", token });
      },
      // The old token stands until it runs out; the next try at a connection asks again, and tells why there is none.
      () => undefined,
    );
  }

  stop(): void {
    this.#isStopped = true;
    this.#timers.stopAll();
  }
}
