/** The timeouts of one attempt: response headers, first token, silence, and the deadline of the whole turn. */
import type { ErrorCode } from "../../../../shared/protocol/errors.ts";
import { type MonotonicClock, type Timer, UpstreamFailure } from "../../ports.ts";

/**
 * One timer serves all timeouts of an attempt (U1). A byte only moves `expiresAt`, and the timer checks it when it rings, so
 * that a token needs no timer of its own.
 */
export class AttemptWatch {
  failure: UpstreamFailure | undefined;
  readonly #clock: MonotonicClock;
  /** All times of this class are on `clock.elapsed()`. */
  readonly #deadlineAt: number;
  readonly #abort: (failure: UpstreamFailure) => void;
  #code: ErrorCode = "upstream-headers-timeout";
  #expiresAt = Number.POSITIVE_INFINITY;
  #ringsAt = Number.POSITIVE_INFINITY;
  #timer: Timer | undefined;

  /** @param deadlineAt ms since 1970. */
  constructor(clock: MonotonicClock, deadlineAt: number, abort: (failure: UpstreamFailure) => void) {
    this.#clock = clock;
    this.#deadlineAt = clock.elapsed() + deadlineAt - clock.now();
    this.#abort = abort;
  }

  /** Fails the attempt with `code` unless this is called again within `ms`. */
  expect(code: ErrorCode, ms: number): void {
    const now = this.#clock.elapsed();
    const at = now + ms;
    this.#code = at < this.#deadlineAt ? code : "upstream-deadline";
    this.#expiresAt = Math.min(at, this.#deadlineAt);
    if (this.#expiresAt < this.#ringsAt) this.#arm(now);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#expiresAt = Number.POSITIVE_INFINITY;
  }

  #arm(now: number): void {
    this.#timer?.cancel();
    this.#ringsAt = this.#expiresAt;
    this.#timer = this.#clock.after(Math.max(0, this.#expiresAt - now), () => this.#ring());
  }

  #ring(): void {
    const now = this.#clock.elapsed();
    if (now < this.#expiresAt) {
      this.#arm(now);
      return;
    }
    this.failure = new UpstreamFailure(this.#code, false);
    this.#abort(this.failure);
  }
}
