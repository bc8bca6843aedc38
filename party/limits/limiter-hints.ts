/**
 * Which Limiters spare their upstream, as far as this isolate has heard: rooms that share it learn from each other's answers,
 * so that one that comes late need not be refused to learn it by itself (U3). A hint, not a truth: it only decides
 * whether the Limiter is asked.
 */
import type { Clock } from "../core/ports.ts";

/**
 * A hint is good for this long after the last answer that confirmed it. Long, because it ends with the first answer that says
 * otherwise: one that is out of date costs an isolate one call to the Limiter, one that was forgotten a refusal.
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

  /** @param limiter the object's name. @param isSlowing what it said with its last answer. */
  note(limiter: string, isSlowing: boolean): void {
    this.#until.delete(limiter);
    if (!isSlowing) return;
    this.#until.set(limiter, this.#clock.now() + hintMs);
    const [oldest] = this.#until.keys();
    if (this.#until.size > maxLimiters && oldest !== undefined) this.#until.delete(oldest);
  }
}
