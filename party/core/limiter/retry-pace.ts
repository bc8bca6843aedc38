/**
 * When those that wait for a lease ask again (Q4). The Limiter calls nobody, so a slot that comes free stands idle until
 * somebody asks: too rarely wastes the upstream, too often the Limiter. What is asked follows how fast the line moves. Pure.
 */

/** A free slot waits at most this long for whoever is in front, who asks at least this often. */
export const maxHoldMs = 2_000;
/** The shortest wait where answers take a second or more, or nobody knows yet: a person does not notice it. */
export const minRetryMs = 200;
/** The shortest where answers are that short themselves: about what a call to the Limiter takes. */
const quickRetryMs = 25;
/** Waits grow at least this much with each place, so that a line of thousands asks some hundred times a second; */
const spacingMs = 20;
/** this much while nobody knows how fast it moves; */
const unknownSpacingMs = 10;
/** and this much where leases come free faster than that: two hundred turns a second are what one shard is good for. */
const quickSpacingMs = 5;
/** The longest guess: it says how fast the line has moved, not how fast it will, and who sleeps longer sleeps through that. */
const maxGuessMs = 2_000;

/**
 * What leases last, after another one that `lasted` so long. Shorter ones are believed sooner: those who wait too long leave an
 * upstream idle that has just become fast again, those who ask too early only ask.
 */
export function usualAfter(usualMs: number | undefined, lastedMs: number): number {
  if (usualMs === undefined) return lastedMs;
  return usualMs + (lastedMs - usualMs) / (lastedMs < usualMs ? 3 : 8);
}

export class LinePace {
  readonly #leaseMs: number;
  readonly #isKnown: boolean;

  /**
   * @param usualMs what a lease lasts, of late; undefined before one was seen to end.
   * @param oldestMs how old the oldest lease is: before any has ended, they last at least that long.
   */
  constructor(usualMs: number | undefined, oldestMs: number) {
    this.#leaseMs = usualMs ?? oldestMs;
    this.#isKnown = usualMs !== undefined;
  }

  /** How long a free slot waits for those in front: a quarter of a lease, or slots would stand idle for longer than they are used. */
  get holdMs(): number {
    return clamp(Math.floor(this.#leaseMs / 4), this.#isKnown ? quickRetryMs : minRetryMs, maxHoldMs);
  }

  get shortestMs(): number {
    return Math.min(minRetryMs, this.holdMs);
  }

  /** Until somebody with `place` others before it should look again. */
  guessMs(place: number, allowed: number): number {
    // Half the time it will probably take: a guess that is too long leaves slots idle.
    const eachMs = this.#leaseMs / allowed / 2;
    const leastMs = this.#isKnown ? clamp(eachMs, quickSpacingMs, spacingMs) : unknownSpacingMs;
    const guess = Math.max(Math.min((place + 1) * eachMs, maxGuessMs), (place + 1) * leastMs);
    // The one in front asks often enough to be always due; whoever stands behind may be overtaken while it is not.
    return Math.min(guess, (place + 1) * this.holdMs);
  }

  /** Until somebody with `place` others before it should look again after a pause that holds everybody back. */
  afterPauseMs(place: number): number {
    return place * spacingMs;
  }
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
