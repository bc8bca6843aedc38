/**
 * Lets the requests of an isolate share what one of them fetches: a cold isolate with 300 requests fetches a key set once. On
 * Workers a request must not await another's promise, so the others look at the outcome every few ms.
 * https://developers.cloudflare.com/workers/runtime-apis/request/
 */
import type { Clock } from "../core/ports.ts";

/** A fetch that has taken longer may belong to a request that was cancelled: then the next one fetches for itself. */
export const sharedFetchMs = 250;
const lookEveryMs = 5;

interface Run {
  readonly startedAt: number;
  outcome: "open" | "done" | "failed";
}

export class SharedFetch {
  readonly #clock: Clock;
  #run: Run | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Resolves when this `work`, or one that began in the last 250 ms, is done. Rejects when it failed.
   * @param work keeps what it fetches where all callers find it.
   */
  async share(work: () => Promise<void>): Promise<void> {
    for (;;) {
      const run = this.#run;
      if (run === undefined || run.outcome === "done" || this.#clock.now() - run.startedAt >= sharedFetchMs) {
        return this.#begin(work);
      }
      if (run.outcome === "failed") throw new Error("the last fetch failed a moment ago");
      await this.#pause();
      // Changed by its owner meanwhile.
      if ((run as Run).outcome === "done") return;
    }
  }

  async #begin(work: () => Promise<void>): Promise<void> {
    const run: Run = { startedAt: this.#clock.now(), outcome: "open" };
    this.#run = run;
    try {
      await work();
      run.outcome = "done";
    } catch (error) {
      run.outcome = "failed";
      throw error;
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => this.#clock.after(lookEveryMs, resolve));
  }
}
