/** Time for providers that pretend to think: a sleep that ends on abort, and a schedule that does not drift. */
import { setTimeout as after, setImmediate as nextLoop } from "node:timers/promises";

/** Rejects with an AbortError as soon as `signal` aborts. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await after(ms, undefined, { signal });
  else signal.throwIfAborted();
}

/** Items sent without a pause before other work gets a turn: requests must be answered during a burst. */
const burstLength = 64;

/**
 * Yields each item when it is due, counted from the start: a late one does not delay the next, so the rate holds at thousands a
 * second although timers are a millisecond coarse.
 */
export async function* paced<T>(items: Iterable<T>, perSecond: number, signal: AbortSignal): AsyncGenerator<T> {
  const startedAt = performance.now();
  let index = 0;
  let sinceBreak = 0;
  for (const item of items) {
    const waitMs = startedAt + (index * 1000) / perSecond - performance.now();
    if (waitMs > 0.5) {
      await sleep(waitMs, signal);
      sinceBreak = 0;
    } else if (++sinceBreak >= burstLength) {
      await nextLoop(undefined, { signal });
      sinceBreak = 0;
    } else {
      signal.throwIfAborted();
    }
    yield item;
    index += 1;
  }
}
