/**
 * How often an address may ask, for platforms that count nothing themselves. It refuses in the gateway's format; the count is
 * `party/limits/ip-memory.ts`, which knows only this instance. A limit that must hold belongs to the platform.
 */
import { ipKeysOf, networkShare } from "../party/limits/ip-key.ts";
import { IpMemory } from "../party/limits/ip-memory.ts";
import { ipWindowMs, rateLimitFields } from "../party/limits/ip-rate-limit.ts";
import { problem } from "../party/responses/problem.ts";

export class AddressWindow {
  readonly #memory = new IpMemory();

  /** The refusal, or undefined where the address may ask. An unknown address and this machine's own always may. */
  refusalOf(address: string | undefined, requestsPerMinute: number, now: number): Response | undefined {
    const keys = address === undefined ? undefined : ipKeysOf(address);
    if (keys === undefined) return undefined;
    const own = this.#refusalOf(keys.address, requestsPerMinute, now);
    // What the address may not ask doesn't count for its network.
    if (own !== undefined || keys.network === undefined) return own;
    return this.#refusalOf(keys.network, requestsPerMinute * networkShare, now);
  }

  #refusalOf(key: string, tokens: number, now: number): Response | undefined {
    const count = this.#memory.count(key, { tokens, windowMs: ipWindowMs }, now);
    if (count.isAllowed) return undefined;
    return problem("rate-limited", { headers: rateLimitFields(count, tokens), retryAfterMs: count.retryAfterMs });
  }
}
