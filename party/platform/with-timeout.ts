/** Bounds how long a call to another part of the platform may take. */
import type { Clock } from "../core/ports.ts";

/** Resolves or rejects as `work` does, or rejects after `ms`. The work itself isn't stopped. */
export function withTimeout<T>(work: Promise<T>, ms: number, clock: Clock): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(ms, () => reject(new Error(`no answer in ${ms} ms`)));
    work.then(resolve, reject).finally(() => timer.cancel());
  });
}
