/**
 * Caches values that many pages request and that change rarely: fresh for a while, then served stale while one call fetches them
 * again, and served stale when that call fails (RFC 5861). Kept in the isolate's memory and in a cache that isolates share.
 */
import type { Clock } from "../core/ports.ts";

export interface Cached {
  readonly body: string;
  /** ms since 1970. */
  readonly storedAt: number;
  /** How long the value is fresh, from `storedAt`, and how long after that it may be served while a new one is fetched. */
  readonly freshMs: number;
  readonly staleMs: number;
}

export interface SharedCache {
  /** Undefined where the value is missing or the cache can't be reached. Never rejects. */
  read(key: string): Promise<Cached | undefined>;
  /** Never rejects. */
  write(key: string, cached: Cached, keepMs: number): Promise<void>;
}

/** How long old content is served while the source fails: a page with yesterday's suggestions is better than none. */
const keepMs = 86_400_000;
/** The pause after a failed fetch, while there is something to serve. */
const afterFailureMs = 5_000;

/** A load that has taken longer belongs to a request that was cancelled, and its promise never settles. */
const maxLoadMs = 12_000;

interface Loading {
  readonly startedAt: number;
  readonly cached: Promise<Cached>;
}

interface Kept {
  readonly cached: Cached;
  /** The earliest time for the next fetch, after the source failed; ms since 1970. */
  readonly notBefore: number;
}

export class StaleCache {
  readonly #clock: Pick<Clock, "now">;
  readonly #kept = new Map<string, Kept>();
  readonly #loading = new Map<string, Loading>();

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  /**
   * @param load fetches it anew; called once, however many ask meanwhile. Rejects with what `load` rejects with, where there is
   * nothing to serve instead.
   * @param inBackground keeps work alive after the answer.
   */
  async get(
    key: string,
    load: () => Promise<Cached>,
    shared: SharedCache,
    inBackground: (work: Promise<unknown>) => void,
  ): Promise<Cached> {
    let kept = this.#kept.get(key);
    if (kept === undefined || !this.#isFresh(kept.cached)) {
      const theirs = await shared.read(key);
      if (theirs !== undefined && theirs.storedAt > (kept?.cached.storedAt ?? 0)) {
        kept = { cached: theirs, notBefore: kept?.notBefore ?? 0 };
        this.#kept.set(key, kept);
      }
    }
    if (kept !== undefined && (this.#isFresh(kept.cached) || this.#clock.now() < kept.notBefore)) return kept.cached;
    const loading = this.#load(key, load, shared);
    // The fetch goes on when the first requester has left: others may wait for it.
    inBackground(loading.catch(() => undefined));
    if (kept === undefined || this.#ageOf(kept.cached) >= keepMs) return loading;
    const { cached } = kept;
    if (this.#ageOf(cached) < cached.freshMs + cached.staleMs) return cached;
    return loading.catch(() => cached);
  }

  #load(key: string, load: () => Promise<Cached>, shared: SharedCache): Promise<Cached> {
    const known = this.#loading.get(key);
    if (known !== undefined && this.#clock.now() - known.startedAt < maxLoadMs) return known.cached;
    const loading = (async () => {
      try {
        const cached = await load();
        if (cached.freshMs > 0) {
          this.#kept.set(key, { cached, notBefore: 0 });
          await shared.write(key, cached, keepMs);
        }
        return cached;
      } catch (error) {
        const kept = this.#kept.get(key);
        if (kept !== undefined) this.#kept.set(key, { ...kept, notBefore: this.#clock.now() + afterFailureMs });
        throw error;
      } finally {
        this.#loading.delete(key);
      }
    })();
    this.#loading.set(key, { startedAt: this.#clock.now(), cached: loading });
    return loading;
  }

  #isFresh(cached: Cached): boolean {
    return this.#ageOf(cached) < cached.freshMs;
  }

  #ageOf({ storedAt }: Cached): number {
    return this.#clock.now() - storedAt;
  }
}
