/**
 * Decides when a flush sends the text that has arrived: at once if no text was sent lately, else when the coalescing time is
 * over (F1). The coalescing time grows with the number of readers and with the object's lag. `delta-encoder.ts` merges the text.
 */
import type { MonotonicClock, Timer } from "../ports.ts";

/** A send costs about ten microseconds: at this many readers the coalescing time grows by a millisecond. */
const readersPerMs = 10;
/** Text that comes in steps longer than this no longer looks live. */
const maxWideningMs = 250;

export class Coalescing {
  readonly #clock: MonotonicClock;
  readonly #coalesceMs: number;
  readonly #flush: () => void;
  #timer: Timer | undefined;
  /** When text last left, on `clock.elapsed()`. Other frames don't count: the first words of an answer must not wait for its `turn-start`. */
  #lastTextAt = Number.NEGATIVE_INFINITY;
  /** How late the last timer rang. */
  #lagMs = 0;

  /** @param flush sends what there is. */
  constructor(clock: MonotonicClock, coalesceMs: number, flush: () => void) {
    this.#clock = clock;
    this.#coalesceMs = coalesceMs;
    this.#flush = flush;
  }

  /** Text has grown: flushes now, or sets the timer. */
  poke(readers: number): void {
    if (this.#timer !== undefined) return;
    const now = this.#clock.elapsed();
    const dueAt = this.#lastTextAt + this.#widened(readers);
    if (dueAt <= now) {
      this.#flush();
      return;
    }
    this.#timer = this.#clock.after(dueAt - now, () => {
      // A timer that rings late shows that this object has more to do than it can.
      this.#lagMs = Math.min(maxWideningMs, this.#clock.elapsed() - dueAt);
      this.#flush();
    });
  }

  /** Everything is being sent now: the timer isn't needed any more. */
  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Text has left. */
  sent(): void {
    this.#lastTextAt = this.#clock.elapsed();
  }

  #widened(readers: number): number {
    const widening = readers / readersPerMs + 2 * this.#lagMs;
    return this.#coalesceMs + Math.min(maxWideningMs, Math.floor(widening));
  }
}
