/**
 * What a tenant may use, or this shard's share of it: turns at a time, and turns per minute with what is left of them. It
 * doesn't count leases; `leases.ts` does.
 */
import type { LimiterLimits } from "./limiter-state.ts";
import { type BucketState, TokenBucket } from "./token-bucket.ts";

const minuteMs = 60_000;

export class TenantBudget {
  #limits: LimiterLimits;
  /** Undefined where turns per minute are not limited. */
  #bucket: TokenBucket | undefined;

  constructor(now: number, limits: LimiterLimits = {}, bucket?: BucketState) {
    this.#limits = limits;
    this.#bucket = bucketOf(limits, now, bucket);
  }

  get limits(): LimiterLimits {
    return this.#limits;
  }

  /** Whether a turn takes a token. */
  get isPaid(): boolean {
    return this.#bucket !== undefined;
  }

  get activeTurns(): number {
    return this.#limits.activeTurns ?? Number.POSITIVE_INFINITY;
  }

  limit(limits: LimiterLimits, now: number): void {
    const { turnsPerMinute } = limits;
    this.#limits = limits;
    if (turnsPerMinute === undefined) this.#bucket = undefined;
    else if (this.#bucket === undefined) this.#bucket = bucketOf(limits, now);
    else this.#bucket.resize(turnsPerMinute, now);
  }

  /** How many of this minute's turns are left. */
  turnsLeft(now: number): number {
    return this.#bucket?.left(now) ?? Number.POSITIVE_INFINITY;
  }

  take(now: number): void {
    this.#bucket?.take(now);
  }

  giveBack(now: number): void {
    this.#bucket?.giveBack(now);
  }

  /** Until `count` turns could have begun one by one. */
  msUntil(count: number, now: number): number {
    return this.#bucket?.msUntil(count, now) ?? 0;
  }

  /** When all turns of the minute are back and nothing need be remembered. */
  fullAt(now: number): number {
    const ms = this.#bucket?.msUntilFull(now) ?? 0;
    return ms > 0 ? now + ms : Number.POSITIVE_INFINITY;
  }

  bucketState(): BucketState | undefined {
    return this.#bucket?.state();
  }
}

function bucketOf({ turnsPerMinute }: LimiterLimits, now: number, state?: BucketState): TokenBucket | undefined {
  return turnsPerMinute === undefined
    ? undefined
    : new TokenBucket({ tokens: turnsPerMinute, windowMs: minuteMs }, now, state);
}
