/**
 * The keys behind `AUTH_JWKS_URL`. They are fetched when first needed and again when they have aged. An unknown `kid` causes
 * a fetch sooner, so that a rotation is seen at once, but never more often than the cool-down: made-up kids cost nothing.
 * All requests of an isolate share the keys and the fetch.
 */
import type { Clock } from "../../core/ports.ts";
import { readBounded } from "../../platform/read-bounded.ts";
import { SharedFetch, sharedFetchMs } from "../../platform/shared-fetch.ts";
import { maxKeySetBytes, parseKeySet } from "./key-set.ts";
import type { KeyEvent, KeySource, VerifyKey } from "./keys.ts";

/** A key that was taken out of the set is refused after this at the latest. */
export const jwksMaxAgeMs = 300_000;
/** Between two fetches for unknown kids, and after a failed one. */
export const jwksCooldownMs = 10_000;
/** While the set can't be fetched, known keys stay good for this long: the provider's outage isn't ours. */
export const jwksStaleMs = 3_600_000;
const fetchTimeoutMs = 5_000;

export interface JwksOptions {
  readonly url: string;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly clock: Clock;
  readonly report: (event: KeyEvent) => void;
}

export class JwksKeys implements KeySource {
  readonly #options: JwksOptions;
  readonly #shared: SharedFetch;
  #keys: ReadonlyMap<string, VerifyKey> | undefined;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  /** When an unknown kid last caused a fetch. */
  #lookedAt = Number.NEGATIVE_INFINITY;
  #failedAt = Number.NEGATIVE_INFINITY;
  /** When the last fetch began. */
  #startedAt = Number.NEGATIVE_INFINITY;
  /** Until then a request that looks up an unknown kid waits for the fetch that another one's kid caused. */
  #lookingUntil = Number.NEGATIVE_INFINITY;

  constructor(options: JwksOptions) {
    this.#options = options;
    this.#shared = new SharedFetch(options.clock);
  }

  async find(kid: string): Promise<VerifyKey | undefined> {
    const now = this.#options.clock.now();
    if (this.#needsFetch(kid, now)) await this.#shared.share(() => this.#refresh()).catch(() => undefined);
    if (this.#keys === undefined || now - this.#fetchedAt >= jwksStaleMs) throw new Error("no key set");
    return this.#keys.get(kid);
  }

  #needsFetch(kid: string, now: number): boolean {
    if (now - this.#failedAt < jwksCooldownMs) return false;
    if (this.#keys === undefined) return true;
    // Only one request waits for the new set. The others use the known keys meanwhile.
    if (now - this.#fetchedAt >= jwksMaxAgeMs) return now - this.#startedAt >= fetchTimeoutMs;
    if (this.#keys.has(kid)) return false;
    // A rotation reaches many requests at once: they all wait for the one fetch.
    if (now < this.#lookingUntil) return true;
    if (now - this.#lookedAt < jwksCooldownMs) return false;
    this.#lookedAt = now;
    this.#lookingUntil = now + sharedFetchMs;
    return true;
  }

  async #refresh(): Promise<void> {
    const startedAt = this.#options.clock.now();
    this.#startedAt = startedAt;
    try {
      const keys = await this.#fetch();
      // Of two at once, the later answer may be the older set.
      if (startedAt < this.#fetchedAt) return;
      for (const kid of this.#keys?.keys() ?? [])
        if (!keys.has(kid)) this.#options.report({ name: "key-retired", kid });
      this.#keys = keys;
      this.#fetchedAt = startedAt;
    } catch (cause) {
      this.#failedAt = startedAt;
      this.#options.report({ name: "keys-unread", cause });
      throw cause;
    } finally {
      this.#lookingUntil = Number.NEGATIVE_INFINITY;
    }
  }

  async #fetch(): Promise<ReadonlyMap<string, VerifyKey>> {
    const response = await this.#options.fetch(this.#options.url, {
      headers: { accept: "application/jwk-set+json, application/json" },
      redirect: "manual",
      signal: AbortSignal.timeout(fetchTimeoutMs),
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new Error(`status ${response.status}`);
    }
    const text = await readBounded(response, maxKeySetBytes);
    const keys = text === undefined ? undefined : await parseKeySet(text);
    if (keys === undefined) throw new Error("not a key set");
    return keys;
  }
}
