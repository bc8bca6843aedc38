/**
 * Requests by address, counted in this instance's memory: where the platform's rate limit or the Limiter can't be asked, and
 * on platforms that have neither. It knows only the requests of its own instance and forgets them when that ends.
 */
import { type BucketRate, TokenBucket } from "../core/limiter/token-bucket.ts";
import type { IpCount } from "./limiter-messages.ts";

/** Keys that are remembered at a time. Beyond that the one that was idle longest is forgotten. */
const maxKeys = 10_000;
/** For this long after a failed call the address is counted here, so that its requests don't wait for another failure. */
const avoidMs = 5_000;
/** A counter that fails is reported once in this time. */
const reportEveryMs = 60_000;

export class IpMemory {
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #avoidUntil = new Map<string, number>();
  #reportedAt = Number.NEGATIVE_INFINITY;

  /** Counts a request. */
  count(key: string, rate: BucketRate, now: number): IpCount {
    const bucket = this.#buckets.get(key) ?? new TokenBucket(rate, now);
    bucket.resize(rate.tokens, now);
    remember(this.#buckets, key, bucket);
    const isAllowed = bucket.take(now);
    return {
      isAllowed,
      left: bucket.left(now),
      retryAfterMs: bucket.msUntil(1, now),
      resetMs: bucket.msUntilFull(now),
    };
  }

  isAvoided(key: string, now: number): boolean {
    return (this.#avoidUntil.get(key) ?? 0) > now;
  }

  /** The counter of this key could not be asked. Returns whether that should be reported. */
  failed(key: string, now: number): boolean {
    remember(this.#avoidUntil, key, now + avoidMs);
    if (now - this.#reportedAt < reportEveryMs) return false;
    this.#reportedAt = now;
    return true;
  }
}

/** Sets the value as the youngest one, so that the first key is the one that was idle longest. */
function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > maxKeys && oldest !== undefined) map.delete(oldest);
}
