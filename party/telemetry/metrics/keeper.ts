/**
 * What a metrics object counts, kept through its sleep. The first report after a pause is stored at once; more within the
 * next seconds are stored together at their end, by a timer that keeps the object awake for no longer than it would be
 * anyway. Nobody waits for these writes. A scrape does: what Prometheus was told is on disk first, so that no counter is
 * ever lower than it was, which would be read as a restart from zero and counted again.
 */
import type { Clock, Timer } from "../../core/ports.ts";
import { foldReport } from "./fold.ts";
import type { MetricsReport, Sample } from "./report.ts";
import { rowsOf, stateOf } from "./rows.ts";
import { MetricStore } from "./store.ts";

/** Shorter than the ten seconds after which an idle object leaves memory. What is counted in them is lost in a crash. */
export const saveEveryMs = 5_000;
/** Of many rows the writes are further apart, so that they are one a second at most. */
export const saveEveryMsOfRow = 1_000;

const prefix = "row/";
const rowKey = (index: number) => `${prefix}${String(index).padStart(4, "0")}`;

/** What is used of a Durable Object's storage. */
export interface RowStorage {
  list(options: { prefix: string }): Promise<Map<string, unknown>>;
  put(rows: Record<string, string>, options: { allowUnconfirmed: boolean }): Promise<void>;
  delete(keys: string[], options: { allowUnconfirmed: boolean }): Promise<unknown>;
  sync(): Promise<void>;
}

export class MetricsKeeper {
  readonly #storage: RowStorage;
  readonly #clock: Clock;
  readonly #store: MetricStore;
  /** What storage holds, row by row. */
  #stored: readonly unknown[];
  #isChanged = false;
  #savedAt = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;

  private constructor(storage: RowStorage, clock: Clock, stored: readonly unknown[]) {
    this.#storage = storage;
    this.#clock = clock;
    this.#stored = stored;
    this.#store = new MetricStore(clock.now(), stateOf(stored));
  }

  static async open(storage: RowStorage, clock: Clock): Promise<MetricsKeeper> {
    const rows = await storage.list({ prefix });
    return new MetricsKeeper(storage, clock, [...rows.values()]);
  }

  record(report: MetricsReport): void {
    const now = this.#clock.now();
    foldReport(this.#store, report, now);
    this.#isChanged = true;
    if (this.#timer !== undefined) return;
    const dueInMs = this.#savedAt + Math.max(saveEveryMs, this.#stored.length * saveEveryMsOfRow) - now;
    if (dueInMs <= 0) this.#save(now);
    else this.#timer = this.#clock.after(dueInMs, () => this.#save(this.#clock.now()));
  }

  /** Resolves when everything in the answer is durable. */
  async read(): Promise<Sample[]> {
    const now = this.#clock.now();
    const samples = this.#store.samples(now);
    if (this.#isChanged) this.#save(now);
    await this.#storage.sync();
    return samples;
  }

  /** Nothing is awaited: writes without an await between them become visible together. One that fails resets the object. */
  #save(now: number): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#isChanged = false;
    this.#savedAt = now;
    const options = { allowUnconfirmed: true };
    const rows = rowsOf(this.#store.state());
    const changed = rows.flatMap((text, index) =>
      text === this.#stored[index] ? [] : [[rowKey(index), text] as const],
    );
    const gone = this.#stored.slice(rows.length).map((_, index) => rowKey(rows.length + index));
    this.#stored = rows;
    if (changed.length > 0) void this.#storage.put(Object.fromEntries(changed), options);
    if (gone.length > 0) void this.#storage.delete(gone, options);
  }
}
