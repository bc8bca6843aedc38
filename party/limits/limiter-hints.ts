/**
 * Which Limiters slow down or pause an upstream, as far as this isolate knows (U3). Rooms of one isolate learn it from each
 * other's replies, so that a late one need not be refused to learn it. A hint only decides whether the Limiter is asked.
 */
import type { Clock } from "../core/ports.ts";

/**
 * A hint holds this long after the last reply that confirmed it. An outdated hint costs one call to the Limiter, which also
 * ends it; a forgotten hint costs a refusal. So the time is long.
 */
export const hintMs = 600_000;
const maxLimiters = 1_000;

export class SlowingHints {
  readonly #clock: Clock;
  readonly #until = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  isSlowing(limiter: string): boolean {
    return (this.#until.get(limiter) ?? 0) > this.#clock.now();
  }

  /** @param limiter the object's name. @param isSlowing as its last reply said. */
  note(limiter: string, isSlowing: boolean): void {
    this.#until.delete(limiter);
    if (!isSlowing) return;
    this.#until.set(limiter, this.#clock.now() + hintMs);
    const [oldest] = this.#until.keys();
    if (this.#until.size > maxLimiters && oldest !== undefined) this.#until.delete(oldest);
  }
}
