/** A bound on how long a call to another part of the platform may take. */
import type { Clock } from "../core/ports.ts";

/** What `work` comes to, or an error after `ms`; the work itself is not stopped. */
export function inTime<T>(work: Promise<T>, ms: number, clock: Clock): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(ms, () => reject(new Error(`no answer in ${ms} ms`)));
    work.then(resolve, reject).finally(() => timer.cancel());
  });
}
