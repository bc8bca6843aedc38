/**
 * Reports whether a Limiter slows down or pauses an upstream: an event once when that begins or ends, and its state again
 * and again while it lasts, because a gauge is believed only for a time and a call may be lost. It remembers what it
 * reported; after a restart that is what the stored record says.
 */
import type { LimiterEvent } from "./catalogue.ts";
import type { Census } from "./metrics/report.ts";

/** Well within the time for which a gauge is believed (`FAMILIES`), with the longest sleep between two calls of a Limiter. */
export const repeatMs = 600_000;

/** What is used of `LimiterCore`. */
export interface Status {
  readonly isCircuitOpen: boolean;
  readonly isSlowedDown: boolean;
}

export interface StatusOptions {
  readonly report: (event: LimiterEvent) => void;
  /** Sends the current state without an event. */
  readonly repeat: (now: number) => void;
}

export class LimiterStatus {
  #reported: Status = { isCircuitOpen: false, isSlowedDown: false };
  /** Unknown after a restart: the state is then sent again at once. */
  #reportedAt = Number.NEGATIVE_INFINITY;
  readonly #makeOptions: () => StatusOptions;
  #options: StatusOptions | undefined;

  /** @param makeOptions called when there is first something to report: most Limiters never have anything. */
  constructor(makeOptions: () => StatusOptions) {
    this.#makeOptions = makeOptions;
  }

  /** The state that the object before this one stored, and therefore reported. */
  restore({ isCircuitOpen, isSlowedDown }: Status): void {
    this.#reported = { isCircuitOpen, isSlowedDown };
  }

  isNews({ isCircuitOpen, isSlowedDown }: Status): boolean {
    return isCircuitOpen !== this.#reported.isCircuitOpen || isSlowedDown !== this.#reported.isSlowedDown;
  }

  report(status: Status, now: number): void {
    const before = this.#reported;
    const { isCircuitOpen: isOpen, isSlowedDown: isSlowing } = status;
    const isNews = this.isNews(status);
    if (!isNews && (!(isOpen || isSlowing) || now - this.#reportedAt < repeatMs)) return;
    this.restore(status);
    this.#reportedAt = now;
    this.#options ??= this.#makeOptions();
    const { report, repeat } = this.#options;
    if (isOpen !== before.isCircuitOpen) report({ name: "circuit-changed", isOpen });
    if (isSlowing !== before.isSlowedDown) report({ name: "slow-down-changed", isSlowing });
    if (!isNews) repeat(now);
  }

  census(): Census {
    return {
      edge_chat_circuits_open: Number(this.#reported.isCircuitOpen),
      edge_chat_slow_downs: Number(this.#reported.isSlowedDown),
    };
  }
}
