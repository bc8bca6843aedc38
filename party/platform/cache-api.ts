/**
 * The platform's Cache API as the shared part of a `StaleCache`: what one isolate fetched, the others of its location have.
 * https://developers.cloudflare.com/workers/runtime-apis/cache/
 */
import * as z from "zod/mini";
import type { Cached, SharedCache } from "./stale-cache.ts";

const whole = z.int().check(z.minimum(0));
const schema = z.object({ body: z.string(), storedAt: whole, freshMs: whole, staleMs: whole });

/** Keys are URLs; this one nobody can ask for. */
const urlOf = (key: string) => `https://cache.internal/${encodeURIComponent(key)}`;

export const sharedCache: SharedCache = {
  async read(key) {
    try {
      const response = await caches.default.match(urlOf(key));
      const parsed = schema.safeParse(await response?.json());
      return parsed.success ? parsed.data : undefined;
    } catch {
      // A cache that fails is an empty one: the source is asked.
      return undefined;
    }
  },
  async write(key: string, cached: Cached, keepMs: number) {
    const headers = { "content-type": "application/json", "cache-control": `max-age=${Math.floor(keepMs / 1_000)}` };
    try {
      await caches.default.put(urlOf(key), new Response(JSON.stringify(cached), { headers }));
    } catch {
      // Not kept for the others, that is all.
    }
  },
};
