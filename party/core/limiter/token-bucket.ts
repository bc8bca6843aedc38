/**
 * So many in a window, and a window's worth at once at most: the bucket behind turns per minute and behind requests per
 * address. Pure, and exact: it counts in whole units, so that no rounding ever mints or loses a token.
 */
export interface BucketRate {
  /** How many a window refills, and how many the bucket holds. */
  readonly tokens: number;
  readonly windowMs: number;
}

/** As stored. One token is `windowMs` units; each millisecond adds `tokens` units. */
export interface BucketState {
  readonly units: number;
  readonly at: number;
}

export class TokenBucket {
  #rate: BucketRate;
  #units: number;
  #at: number;

  /** Full at `now`, or as stored. */
  constructor(rate: BucketRate, now: number, state?: BucketState) {
    this.#rate = rate;
    this.#units = Math.min(state?.units ?? Number.POSITIVE_INFINITY, rate.tokens * rate.windowMs);
    this.#at = state?.at ?? now;
  }

  /** Changes how many a window holds. What is there stays, as far as it fits. */
  resize(tokens: number, now: number): void {
    if (tokens === this.#rate.tokens) return;
    this.#fill(now);
    this.#rate = { ...this.#rate, tokens };
    this.#fill(now);
  }

  /** Whole tokens that can be taken now. */
  left(now: number): number {
    this.#fill(now);
    return Math.floor(this.#units / this.#rate.windowMs);
  }

  /** Takes one, or takes nothing and answers false. */
  take(now: number): boolean {
    if (this.left(now) === 0) return false;
    this.#units -= this.#rate.windowMs;
    return true;
  }

  /** A token that was taken for something that did not happen. */
  giveBack(now: number): void {
    this.#units += this.#rate.windowMs;
    this.#fill(now);
  }

  /** Until `count` more could have been taken one by one as they come; 0 when they are there. */
  msUntil(count: number, now: number): number {
    this.#fill(now);
    return Math.max(0, Math.ceil((count * this.#rate.windowMs - this.#units) / this.#rate.tokens));
  }

  /** Until it is full again, which is when it need not be remembered. */
  msUntilFull(now: number): number {
    return this.msUntil(this.#rate.tokens, now);
  }

  state(): BucketState {
    return { units: this.#units, at: this.#at };
  }

  /** A clock that was set back adds nothing and takes nothing. */
  #fill(now: number): void {
    const { tokens, windowMs } = this.#rate;
    const grown = this.#units + Math.max(0, now - this.#at) * tokens;
    this.#units = Math.min(grown, tokens * windowMs);
    this.#at = Math.max(this.#at, now);
  }
}
