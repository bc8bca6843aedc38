/**
 * How many requests were refused, by code, counted in the isolate that refused them. A flood must not become one of telemetry:
 * a refusal costs an addition in memory, and what came together in a second is told once, by code, after the answers have left.
 */
import type { ErrorCode } from "../../shared/protocol/errors.ts";

/** From the first refusal to the word of all since. */
export const collectMs = 1_000;
/** A word that is owed for longer has been lost with the request that was to say it. */
const lostAfterMs = 5_000;

export type RefusedCounts = ReadonlyMap<ErrorCode, number>;

export interface TellRefused {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Resolves after `collectMs`. */
  readonly collected: () => Promise<void>;
  /** What is new, for who reads: the log and the data points. */
  readonly tell: (counts: RefusedCounts) => Promise<void>;
  /** The same for who counts. Rejects where nobody took it: then it goes with the next. */
  readonly send: (counts: RefusedCounts) => Promise<void>;
}

export class Refusals {
  #counts = new Map<ErrorCode, number>();
  #unsent = new Map<ErrorCode, number>();
  #owedSince: number | undefined;

  /** Counts one. The work that tells of it, for `waitUntil`; undefined where another request has it to do. */
  count(code: ErrorCode, told: TellRefused): Promise<void> | undefined {
    add(this.#counts, code, 1);
    if (this.#owedSince !== undefined && told.now - this.#owedSince < lostAfterMs) return undefined;
    this.#owedSince = told.now;
    return told.collected().then(() => this.#tell(told));
  }

  async #tell({ tell, send }: TellRefused): Promise<void> {
    const counts = this.#counts;
    this.#counts = new Map();
    this.#owedSince = undefined;
    for (const [code, count] of counts) add(this.#unsent, code, count);
    const sent = this.#unsent;
    this.#unsent = new Map();
    await tell(counts);
    try {
      await send(sent);
    } catch {
      // Nobody waits for numbers.
      for (const [code, count] of sent) add(this.#unsent, code, count);
    }
  }
}

function add(counts: Map<ErrorCode, number>, code: ErrorCode, count: number): void {
  counts.set(code, (counts.get(code) ?? 0) + count);
}
