/** The MonotonicClock port on the platform's own clock and timers. */
import type { MonotonicClock } from "../core/ports.ts";

/**
 * In Workers `performance.now()` follows `Date.now()`, so the durations are added up here: a step back counts as no time.
 * https://developers.cloudflare.com/workers/runtime-apis/performance/
 */
export function monotonic(now: () => number): () => number {
  let [elapsedMs, lastAt] = [0, now()];
  return () => {
    const at = now();
    elapsedMs += Math.max(0, at - lastAt);
    lastAt = at;
    return elapsedMs;
  };
}

export const systemClock: MonotonicClock = {
  now: () => Date.now(),
  elapsed: monotonic(() => Date.now()),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return { cancel: () => clearTimeout(timer) };
  },
};
