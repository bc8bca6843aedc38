/**
 * A token bucket: it holds the tokens of one window and refills them evenly. Turns per minute and requests per address use
 * it. Pure, and exact: it counts in whole units, so that rounding never mints or loses a token.
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

  /** Changes how many tokens a window holds. The tokens that are left stay, as far as they fit. */
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

  /** Takes `count` tokens. False where fewer are left; then none is taken. */
  take(now: number, count = 1): boolean {
    if (this.left(now) < count) return false;
    this.#units -= count * this.#rate.windowMs;
    return true;
  }

  /** Returns a token that was taken for something that did not happen. */
  giveBack(now: number): void {
    this.#units += this.#rate.windowMs;
    this.#fill(now);
  }

  /** The time until `count` tokens could have been taken one by one; 0 where they are left. */
  msUntil(count: number, now: number): number {
    this.#fill(now);
    return Math.max(0, Math.ceil((count * this.#rate.windowMs - this.#units) / this.#rate.tokens));
  }

  /** The time until the bucket is full again and need not be remembered. */
  msUntilFull(now: number): number {
    return this.msUntil(this.#rate.tokens, now);
  }

  state(): BucketState {
    return { units: this.#units, at: this.#at };
  }

  /**
   * A clock that was set back adds no tokens: the bucket fills again when the clock is where it was, after one window at the
   * latest.
   */
  #fill(now: number): void {
    const { tokens, windowMs } = this.#rate;
    if (now < this.#at - windowMs) this.#at = now;
    const grown = this.#units + Math.max(0, now - this.#at) * tokens;
    this.#units = Math.min(grown, tokens * windowMs);
    this.#at = Math.max(this.#at, now);
  }
}
