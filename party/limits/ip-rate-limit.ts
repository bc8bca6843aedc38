/**
 * How many requests one address may make (S2), asked before any room wakes: of the platform's own rate limit where one is
 * bound, which is near and roughly right, else of a Limiter object for that address, which is exact.
 */
import type { Clock } from "../core/ports.ts";
import { withTimeout } from "../platform/with-timeout.ts";
import type { IpCount } from "./limiter-messages.ts";

/** As in `ratelimits` of wrangler.jsonc, and of the bucket in the object. */
export const ipWindowMs = 60_000;
/** Longer than that a request does not wait to be counted. */
const countTimeoutMs = 1_000;

/** Cloudflare's rate-limit binding. https://developers.cloudflare.com/workers/runtime-apis/bindings/rate-limit/ */
export interface RateLimitBinding {
  limit(options: { key: string }): Promise<{ success: boolean }>;
}

export interface IpLimitOptions {
  /** `IP_REQUESTS_PER_MINUTE`. The binding counts by the number in wrangler.jsonc, which is to be the same. */
  readonly requestsPerMinute: number;
  /** The `RATE_LIMIT` binding, where there is one. */
  readonly binding: RateLimitBinding | undefined;
  /** The Limiter object by name, where there is one. */
  readonly stubOf: ((name: string) => { count(tokens: number, windowMs: number): Promise<IpCount> }) | undefined;
  readonly clock: Clock;
  /** Neither could be asked: the request passes. A limit that fails must not take the service with it. */
  readonly onFault: (cause: unknown) => void;
}

export type IpVerdict =
  /** `headers` are for the answer, whatever it is. */
  | { readonly isAllowed: true; readonly headers: Readonly<Record<string, string>> }
  /** For `problem("rate-limited", …)`, which makes `Retry-After` of `retryAfterMs`. */
  | { readonly isAllowed: false; readonly headers: Readonly<Record<string, string>>; readonly retryAfterMs: number };

/** @param address of the visitor (`CF-Connecting-IP`). Without one, and on the developer's own machine, nothing is counted. */
export async function limitIp(address: string | null, options: IpLimitOptions): Promise<IpVerdict> {
  const { requestsPerMinute, binding, stubOf, clock, onFault } = options;
  const key = address === null ? undefined : ipKey(address);
  if (key === undefined || (binding === undefined && stubOf === undefined)) return { isAllowed: true, headers: {} };
  try {
    if (binding !== undefined) {
      const { success } = await withTimeout(binding.limit({ key }), countTimeoutMs, clock);
      if (success) return { isAllowed: true, headers: {} };
      // It says no more than no: nothing is left, and after a whole window that is certainly over.
      const headers = { "ratelimit-policy": policyField(requestsPerMinute), ratelimit: '"ip";r=0' };
      return { isAllowed: false, headers, retryAfterMs: ipWindowMs };
    }
    if (stubOf === undefined) return { isAllowed: true, headers: {} };
    const count = await withTimeout(stubOf(`ip/${key}`).count(requestsPerMinute, ipWindowMs), countTimeoutMs, clock);
    const headers = rateLimitFields(count, requestsPerMinute);
    return count.isAllowed
      ? { isAllowed: true, headers }
      : { isAllowed: false, headers, retryAfterMs: count.retryAfterMs };
  } catch (cause) {
    onFault(cause);
    return { isAllowed: true, headers: {} };
  }
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

/**
 * What is counted together: an IPv4 address, or the /64 of an IPv6 one, because that is what one household or host gets.
 * Undefined for loopback.
 */
export function ipKey(address: string): string | undefined {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
  if (mapped === "::1" || /^127\./.test(mapped)) return undefined;
  if (!mapped.includes(":")) return mapped;
  const [head = "", tail] = mapped.split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const after = tail === "" ? [] : tail.split(":");
    while (groups.length + after.length < 8) groups.push("0");
    groups.push(...after);
  }
  const prefix = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${prefix.join(":")}::/64`;
}
