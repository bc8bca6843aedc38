/**
 * When a queued turn asks the Limiter again (Q4). The Limiter calls nobody, so a lease that comes free stands idle until a
 * turn asks for it: asking too rarely wastes the upstream, asking too often wastes the Limiter. So the delay follows how
 * fast the queue can move, which is estimated from how long leases last. Pure.
 */

/** Free capacity is kept at most this long for the first in the queue, which asks at least this often. */
export const maxHoldMs = 2_000;
/** The shortest delay where answers take a second or more, or their length is unknown: a person doesn't notice it. */
export const minRetryMs = 200;
/** The shortest delay where answers are that short themselves: about what a call to the Limiter takes. */
const quickRetryMs = 25;
/** Delays grow at least this much with each position, so that a queue of thousands asks some hundred times a second. */
const spacingMs = 20;
/** The same while the length of a lease is unknown. */
const unknownSpacingMs = 10;
/** The same where leases end faster than that: one shard can grant about two hundred leases a second. */
const quickSpacingMs = 5;
/** The longest guess: it says how fast the queue has moved, not how fast it will. */
const maxGuessMs = 2_000;
/** The first backoff of a turn that is refused too often to be retried at once; doubled with each further refusal. */
const firstBackoffMs = 1_000;
const maxBackoffMs = 20_000;

/**
 * How long a lease lasts of late, after another one lasted `lastedMs`. Shorter ones count more: a delay that is too long
 * leaves an upstream idle, a delay that is too short only asks once too often.
 */
export function usualAfter(usualMs: number | undefined, lastedMs: number): number {
  if (usualMs === undefined) return lastedMs;
  return usualMs + (lastedMs - usualMs) / (lastedMs < usualMs ? 3 : 8);
}

/** How long a turn waits by itself, whatever the upstream said. @param count refusals beyond those that cost nothing. */
export function refusalBackoffMs(count: number): number {
  return count <= 0 ? 0 : Math.min(maxBackoffMs, firstBackoffMs * 2 ** Math.min(count - 1, 10));
}

/** What is added to a known time, such as the end of a pause, so that not all turns ask at that moment. */
export function spreadMs(position: number): number {
  return position * spacingMs;
}

export class RetryPace {
  readonly #leaseMs: number;
  readonly #isKnown: boolean;

  /**
   * @param usualMs how long a lease lasts of late; undefined before the first has ended.
   * @param idleMs for how long no lease has ended: those that are held now last at least that long.
   */
  constructor(usualMs: number | undefined, idleMs: number) {
    this.#leaseMs = Math.max(usualMs ?? 0, idleMs);
    this.#isKnown = usualMs !== undefined;
  }

  /** How long free capacity is kept for a turn that is about to ask: a quarter of a lease. */
  get holdMs(): number {
    return clamp(Math.floor(this.#leaseMs / 4), this.#isKnown ? quickRetryMs : minRetryMs, maxHoldMs);
  }

  get shortestMs(): number {
    return Math.min(minRetryMs, this.holdMs);
  }

  /** When a turn with `position` others before it should ask again, where `allowed` leases may be held at a time. */
  delayMs(position: number, allowed: number): number {
    // Half of the time that it will probably take: a guess that is too long leaves capacity idle.
    const eachMs = this.#leaseMs / allowed / 2;
    const leastMs = this.#isKnown ? clamp(eachMs, quickSpacingMs, spacingMs) : unknownSpacingMs;
    const guess = Math.max(Math.min((position + 1) * eachMs, maxGuessMs), (position + 1) * leastMs);
    // The first asks so often that it always has a claim; the others may be overtaken while they sleep.
    return Math.min(guess, (position + 1) * this.holdMs);
  }
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
