/**
 * What a Limiter tells of sparing the upstream: once when that begins or ends, and while it lasts its state again and again,
 * because what a reporter said is not believed for ever and a call may be lost. What it told is what its record says: the
 * Limiter stores that when there is news.
 */
import type { LimiterEvent } from "./catalogue.ts";
import type { Census } from "./metrics/report.ts";

/** Well within the time for which a gauge is believed (`FAMILIES`), with the longest sleep between two calls of a Limiter. */
export const retellMs = 600_000;

/** What is used of `LimiterCore`. */
export interface Sparing {
  readonly isCircuitOpen: boolean;
  readonly isSlowedDown: boolean;
}

export interface SparingOptions {
  readonly report: (event: LimiterEvent) => void;
  /** Sends what is so, without an event. */
  readonly retell: (now: number) => void;
}

export class SparingReports {
  #told: Sparing = { isCircuitOpen: false, isSlowedDown: false };
  /** Unknown after a restart: then it is told again at once. */
  #toldAt = Number.NEGATIVE_INFINITY;
  readonly #options: () => SparingOptions;
  #made: SparingOptions | undefined;

  /** @param options made when there is first something to tell: most Limiters never have. */
  constructor(options: () => SparingOptions) {
    this.#options = options;
  }

  /** What the record says was told by whoever wrote it. */
  restore({ isCircuitOpen, isSlowedDown }: Sparing): void {
    this.#told = { isCircuitOpen, isSlowedDown };
  }

  isNews({ isCircuitOpen, isSlowedDown }: Sparing): boolean {
    return isCircuitOpen !== this.#told.isCircuitOpen || isSlowedDown !== this.#told.isSlowedDown;
  }

  tell(sparing: Sparing, now: number): void {
    const before = this.#told;
    const { isCircuitOpen: isOpen, isSlowedDown: isSlowing } = sparing;
    const isNews = this.isNews(sparing);
    if (!isNews && (!(isOpen || isSlowing) || now - this.#toldAt < retellMs)) return;
    this.restore(sparing);
    this.#toldAt = now;
    this.#made ??= this.#options();
    const { report, retell } = this.#made;
    if (isOpen !== before.isCircuitOpen) report({ name: "circuit-changed", isOpen });
    if (isSlowing !== before.isSlowedDown) report({ name: "slow-down-changed", isSlowing });
    if (!isNews) retell(now);
  }

  census(): Census {
    return {
      edge_chat_circuits_open: Number(this.#told.isCircuitOpen),
      edge_chat_slow_downs: Number(this.#told.isSlowedDown),
    };
  }
}
