/**
 * The platform's Cache API as the shared part of a `StaleCache`: the isolates of one location share what one of them fetched.
 * https://developers.cloudflare.com/workers/runtime-apis/cache/
 */
import * as z from "zod/mini";
import type { Cached, SharedCache } from "./stale-cache.ts";

const whole = z.int().check(z.minimum(0));
const schema = z.object({ body: z.string(), storedAt: whole, freshMs: whole, staleMs: whole });

/** Keys are URLs. No client can request this one. */
const urlOf = (key: string) => `https://cache.internal/${encodeURIComponent(key)}`;

export const sharedCache: SharedCache = {
  async read(key) {
    try {
      const response = await caches.default.match(urlOf(key));
      const parsed = schema.safeParse(await response?.json());
      return parsed.success ? parsed.data : undefined;
    } catch {
      // A cache that fails counts as empty: the caller fetches from the source.
      return undefined;
    }
  },
  async write(key: string, cached: Cached, keepMs: number) {
    const headers = { "content-type": "application/json", "cache-control": `max-age=${Math.floor(keepMs / 1_000)}` };
    try {
      await caches.default.put(urlOf(key), new Response(JSON.stringify(cached), { headers }));
    } catch {
      // The value isn't shared then; this isolate keeps its own copy.
    }
  },
};
