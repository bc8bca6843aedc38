/**
 * How many requests one address may make (S2), checked before any room wakes: by the platform's rate limit where one is
 * bound, which is approximate, else by a Limiter object for the address, which is exact. While neither can be asked, this
 * isolate counts by itself, so that a slow counter doesn't open the gateway. An IPv6 /48 is counted too (`ip-key.ts`).
 */
import type { Clock } from "../core/ports.ts";
import { withTimeout } from "../platform/with-timeout.ts";
import { type IpKeys, ipKeysOf, networkShare } from "./ip-key.ts";
import type { IpMemory } from "./ip-memory.ts";
import type { IpCount } from "./limiter-messages.ts";

/** As in `ratelimits` of wrangler.jsonc, and of the bucket in the object. */
export const ipWindowMs = 60_000;
/** A request waits no longer than this to be counted. */
const countTimeoutMs = 1_000;

/** Cloudflare's rate-limit binding. https://developers.cloudflare.com/workers/runtime-apis/bindings/rate-limit/ */
export interface RateLimitBinding {
  limit(options: { key: string }): Promise<{ success: boolean }>;
}

export interface IpLimitOptions {
  /** `IP_REQUESTS_PER_MINUTE`. The binding counts by the number in wrangler.jsonc, which must be the same. */
  readonly requestsPerMinute: number;
  /** The `RATE_LIMIT` binding, where there is one. */
  readonly binding: RateLimitBinding | undefined;
  /** The Limiter object by name, where there is one. */
  readonly stubOf: ((name: string) => { count(tokens: number, windowMs: number): Promise<IpCount> }) | undefined;
  /** Counts while neither of them can be asked. One for each isolate. */
  readonly memory: IpMemory;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Called at most once a minute while the counters can't be asked. */
  readonly onFault: (cause: unknown) => void;
}

export type IpVerdict =
  /** `headers` are for the answer, whatever it is. */
  | { readonly isAllowed: true; readonly headers: Readonly<Record<string, string>> }
  /** For `problem("rate-limited", …)`, which makes `Retry-After` of `retryAfterMs`. */
  | { readonly isAllowed: false; readonly headers: Readonly<Record<string, string>>; readonly retryAfterMs: number };

const allowed: IpVerdict = { isAllowed: true, headers: {} };

/** @param address of the client (`CF-Connecting-IP`). Without one, and on the developer's own machine, nothing is counted. */
export async function limitIp(address: string | null, options: IpLimitOptions): Promise<IpVerdict> {
  const { requestsPerMinute, binding, stubOf } = options;
  const keys = address === null ? undefined : ipKeysOf(address);
  if (keys === undefined || (binding === undefined && stubOf === undefined)) return allowed;
  const own = await countOf(keys.address, requestsPerMinute, options);
  // What the address may not ask doesn't count for its network, or one address could use up the share of all.
  if (!own.isAllowed || keys.network === undefined) return own;
  const network = await networkVerdict(keys, options);
  return network.isAllowed ? own : network;
}

/**
 * The binding has one limit for all keys. So the larger limit of a network is split over several keys, of which each
 * request counts under a random one: a neighbour is refused only when all of them are nearly full.
 */
function networkVerdict({ network = "" }: IpKeys, options: IpLimitOptions): Promise<IpVerdict> {
  const { requestsPerMinute, binding, random } = options;
  return binding === undefined
    ? countOf(network, requestsPerMinute * networkShare, options)
    : countOf(`${network}#${Math.floor(random() * networkShare)}`, requestsPerMinute, options);
}

async function countOf(key: string, tokens: number, options: IpLimitOptions): Promise<IpVerdict> {
  const { binding, stubOf, memory, clock, onFault } = options;
  const now = clock.now();
  if (!memory.isAvoided(key, now)) {
    try {
      if (binding !== undefined) {
        const { success } = await withTimeout(binding.limit({ key }), countTimeoutMs, clock);
        if (success) return allowed;
        // The binding says nothing but no. After a whole window its count is certainly over.
        const headers = { "ratelimit-policy": policyField(tokens), ratelimit: '"ip";r=0' };
        return { isAllowed: false, headers, retryAfterMs: ipWindowMs };
      }
      if (stubOf !== undefined) {
        return verdictOf(
          await withTimeout(stubOf(`ip/${key}`).count(tokens, ipWindowMs), countTimeoutMs, clock),
          tokens,
        );
      }
    } catch (cause) {
      if (memory.failed(key, now)) onFault(cause);
    }
  }
  return verdictOf(memory.count(key, { tokens, windowMs: ipWindowMs }, now), tokens);
}

function verdictOf(count: IpCount, tokens: number): IpVerdict {
  const headers = rateLimitFields(count, tokens);
  return count.isAllowed
    ? { isAllowed: true, headers }
    : { isAllowed: false, headers, retryAfterMs: count.retryAfterMs };
}

/**
 * `RateLimit-Policy` and `RateLimit` as in draft-ietf-httpapi-ratelimit-headers-11. With nothing left, `t` says when the next
 * request may come, as `Retry-After` does; otherwise, when all of the quota is back.
 */
export function rateLimitFields(count: IpCount, requestsPerMinute: number): Record<string, string> {
  const seconds = Math.ceil((count.left === 0 ? count.retryAfterMs : count.resetMs) / 1_000);
  return {
    "ratelimit-policy": policyField(requestsPerMinute),
    ratelimit: `"ip";r=${count.left};t=${seconds}`,
  };
}

function policyField(requestsPerMinute: number): string {
  return `"ip";q=${requestsPerMinute};w=${ipWindowMs / 1_000}`;
}
