/**
 * The keys behind `AUTH_JWKS_URL`. Fetched when first needed and again when they have aged; an unknown `kid` makes it look
 * sooner, so that a rotation is seen at once, but never more often than the cool-down: made-up kids cost nothing.
 *
 * Keys are shared by all requests of an isolate; a fetch under way is not, because on Workers a request may not wait for
 * another's. https://developers.cloudflare.com/workers/runtime-apis/request/
 */
import type { Clock } from "../core/ports.ts";
import { readBounded } from "../platform/read-bounded.ts";
import { maxKeySetBytes, parseKeySet } from "./key-set.ts";
import type { KeyEvent, KeySource, VerifyKey } from "./keys.ts";

/** A key taken out of the set is refused after this at the latest. */
export const jwksMaxAgeMs = 300_000;
/** Between two fetches for unknown kids, and after a failed one. */
export const jwksCooldownMs = 10_000;
/** While the set cannot be fetched, known keys stay good for this long: an outage there is none here. */
export const jwksStaleMs = 3_600_000;
const fetchTimeoutMs = 5_000;

export interface JwksOptions {
  readonly url: string;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly clock: Pick<Clock, "now">;
  readonly report: (event: KeyEvent) => void;
}

export class JwksKeys implements KeySource {
  readonly #options: JwksOptions;
  #keys: ReadonlyMap<string, VerifyKey> | undefined;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  /** When a kid that nobody knew last made it look. */
  #lookedAt = Number.NEGATIVE_INFINITY;
  #failedAt = Number.NEGATIVE_INFINITY;
  /** When the last fetch began. */
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(options: JwksOptions) {
    this.#options = options;
  }

  async find(kid: string): Promise<VerifyKey | undefined> {
    const now = this.#options.clock.now();
    if (this.#mustAsk(kid, now)) await this.#refresh(now);
    if (this.#keys === undefined || now - this.#fetchedAt >= jwksStaleMs) throw new Error("no key set");
    return this.#keys.get(kid);
  }

  #mustAsk(kid: string, now: number): boolean {
    // With no keys at all each request asks for itself, because it cannot wait for another's fetch.
    if (this.#keys === undefined) return now - this.#failedAt >= jwksCooldownMs;
    if (now - this.#failedAt < jwksCooldownMs) return false;
    // Of many at that moment one asks; the others go by what is known.
    if (now - this.#fetchedAt >= jwksMaxAgeMs) return now - this.#askedAt >= fetchTimeoutMs;
    if (this.#keys.has(kid) || now - this.#lookedAt < jwksCooldownMs) return false;
    this.#lookedAt = now;
    return true;
  }

  async #refresh(now: number): Promise<void> {
    this.#askedAt = now;
    try {
      const keys = await this.#fetch();
      // Of two at once the later one may have begun earlier.
      if (now < this.#fetchedAt) return;
      for (const kid of this.#keys?.keys() ?? [])
        if (!keys.has(kid)) this.#options.report({ name: "key-retired", kid });
      this.#keys = keys;
      this.#fetchedAt = now;
    } catch (cause) {
      this.#failedAt = now;
      this.#options.report({ name: "keys-unread", cause });
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
