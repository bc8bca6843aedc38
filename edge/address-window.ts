/**
 * How often an address may ask, counted in this instance's memory: for platforms that count nothing themselves. Best effort — an
 * instance knows its own requests alone, and forgets them when it ends. A limit that must hold belongs to the platform.
 */
import { TokenBucket } from "../party/core/limiter/token-bucket.ts";
import { ipKey, ipWindowMs, rateLimitFields } from "../party/limits/ip-rate-limit.ts";
import { problem } from "../party/responses/problem.ts";

/** Addresses remembered at a time; beyond it the one that was idle longest is forgotten. */
const maxAddresses = 10_000;

export class AddressWindow {
  readonly #buckets = new Map<string, TokenBucket>();

  /** The refusal, or undefined where the address may ask. One that is not known, or is this machine's own, always may. */
  refusalOf(address: string | undefined, requestsPerMinute: number, now: number): Response | undefined {
    const key = address === undefined ? undefined : ipKey(address);
    if (key === undefined) return undefined;
    const bucket = this.#buckets.get(key) ?? new TokenBucket({ tokens: requestsPerMinute, windowMs: ipWindowMs }, now);
    bucket.resize(requestsPerMinute, now);
    // Set anew, so that the first key is the one that was idle longest.
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > maxAddresses && oldest !== undefined) this.#buckets.delete(oldest);
    if (bucket.take(now)) return undefined;
    const count = { isAllowed: false, left: 0, retryAfterMs: bucket.msUntil(1, now), resetMs: bucket.msUntilFull(now) };
    return problem("rate-limited", {
      headers: rateLimitFields(count, requestsPerMinute),
      retryAfterMs: count.retryAfterMs,
    });
  }
}
