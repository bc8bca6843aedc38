/**
 * Decides how long to wait before the next attempt: exponential backoff with full jitter, and never before the time that the
 * room asked for. It holds no timer. Used by the connection.
 */
import { backoffMs } from "../../shared/backoff.ts";
import { monotonicMs } from "../time/clock.ts";
import { blockedPolicy, maxAskedDelayMs, reconnectPolicy } from "../time/timing.ts";

export class RetrySchedule {
  /** Attempts and connections in a row that did not last. */
  #failures = 0;
  /** By the monotonic clock. */
  #notBefore = 0;

  get failures(): number {
    return this.#failures;
  }

  /** The room asked not to be called for `delayMs`. Its latest word counts. @returns the delay, within its bound */
  askedToWait(delayMs: number): number {
    const boundedMs = Math.min(delayMs, maxAskedDelayMs);
    this.#notBefore = monotonicMs() + boundedMs;
    return boundedMs;
  }

  /** As `askedToWait`, but never shortens a delay that runs. */
  askedToWaitAtLeast(delayMs: number): void {
    this.#notBefore = Math.max(this.#notBefore, monotonicMs() + Math.min(delayMs, maxAskedDelayMs));
  }

  /** Whether an attempt may follow at once. */
  isFree(): boolean {
    return this.#notBefore <= monotonicMs();
  }

  /** Counts a failure and returns the wait after it. @param isBlocked something is known to be in the way */
  nextDelayMs(isBlocked: boolean): number {
    const delayMs = backoffMs(this.#failures, isBlocked ? blockedPolicy : reconnectPolicy, Math.random);
    this.#failures += 1;
    return Math.max(delayMs, this.#notBefore - monotonicMs());
  }

  /** A connection lasted, or another transport has taken over: the next loss starts counting anew. */
  forgetFailures(): void {
    this.#failures = 0;
  }

  /** A person asks: neither failures nor the room's wish count any more. */
  reset(): void {
    this.#failures = 0;
    this.#notBefore = 0;
  }
}
