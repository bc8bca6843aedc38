/**
 * Sends a new token before the old one expires, over the existing connection (`token-refresh`). The room says how long a token
 * is still valid, by its own clock, because the client doesn't read tokens and the device's date may be wrong. Where no token
 * comes in time the room ends the session, and the connection asks the application once more.
 */
import type { ClientFrame } from "../../shared/protocol/client-frames.ts";
import { Timers } from "../time/timers.ts";
import { maxRefreshDelayMs, refreshAheadMs, refreshBackoff } from "../time/timing.ts";

export class TokenRefresh {
  readonly #token: () => Promise<string | undefined>;
  readonly #send: (frame: ClientFrame) => void;
  readonly #timers = new Timers<"refresh">();
  /** Refreshes in a row that failed or brought a token with little time left. */
  #fruitless = 0;
  #isStopped = false;

  constructor(token: () => Promise<string | undefined>, send: (frame: ClientFrame) => void) {
    this.#token = token;
    this.#send = send;
  }

  /** The room's word on how long the token is valid; undefined where it doesn't expire. */
  expiresIn(leftMs: number | undefined): void {
    if (this.#isStopped || leftMs === undefined || leftMs > maxRefreshDelayMs) return;
    // A short-lived token is refreshed at half of its life.
    const delayMs = leftMs - Math.min(refreshAheadMs, leftMs / 2);
    const leastMs = this.#leastDelayMs();
    this.#fruitless = delayMs < leastMs ? this.#fruitless + 1 : 0;
    this.#timers.start("refresh", Math.max(leastMs, delayMs), () => this.now());
  }

  /** The room warned, or it is time. */
  now(): void {
    this.#timers.stop("refresh");
    this.#token().then(
      (token) => {
        if (!this.#isStopped && token !== undefined) this.#send({ type: "token-refresh", token });
      },
      () => {
        // The old token is valid until it expires. Should that come first, the next attempt to connect reports the failure.
        if (this.#isStopped) return;
        this.#fruitless += 1;
        this.#timers.start("refresh", this.#leastDelayMs(), () => this.now());
      },
    );
  }

  stop(): void {
    this.#isStopped = true;
    this.#timers.stopAll();
  }

  #leastDelayMs(): number {
    return Math.min(refreshBackoff.maxMs, refreshBackoff.baseMs * 2 ** Math.min(this.#fruitless, 30));
  }
}
