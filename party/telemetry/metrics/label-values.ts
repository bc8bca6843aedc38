/**
 * Keeps the values of one label few: the busiest of the last ten minutes have series of their own, the rest are `other`.
 * A place is taken at once while there is one; at the end of each ten minutes the places go to the busiest. Who loses its
 * place is counted under `other` from then on, and nothing ever moves from one series to another: a counter never falls.
 */

export const other = "other";
export const windowMs = 600_000;
/** Values that are counted in a window. Beyond them none comes into its own before the next one. */
const maxCounted = 1_000;

/** As stored: who has a place, and how busy each was in this window. */
export interface LabelState {
  readonly own: readonly string[];
  readonly counts: readonly (readonly [value: string, count: number])[];
  readonly windowEndsAt: number;
}

export class LabelValues {
  readonly #max: number;
  readonly #own: Set<string>;
  #counts: Map<string, number>;
  #windowEndsAt: number;

  constructor(max: number, now: number, state?: LabelState) {
    this.#max = max;
    this.#own = new Set(state?.own);
    this.#counts = new Map(state?.counts);
    this.#windowEndsAt = state?.windowEndsAt ?? now + windowMs;
  }

  state(): LabelState {
    return { own: [...this.#own], counts: [...this.#counts], windowEndsAt: this.#windowEndsAt };
  }

  /** The value itself, or `other`. @param onFreed told of a value that lost its place: its series must go. */
  of(value: string, now: number, onFreed: (value: string) => void): string {
    if (now >= this.#windowEndsAt) this.#reassign(now, onFreed);
    const count = this.#counts.get(value);
    if (count !== undefined || this.#counts.size < maxCounted) this.#counts.set(value, (count ?? 0) + 1);
    if (this.#own.has(value)) return value;
    if (this.#own.size >= this.#max) return other;
    this.#own.add(value);
    return value;
  }

  #reassign(now: number, onFreed: (value: string) => void): void {
    const places = this.#max;
    const byUse = [...this.#counts].sort(([, a], [, b]) => b - a).map(([value]) => value);
    const quiet = [...this.#own].filter((value) => !this.#counts.has(value));
    // The quiet ones stay where nobody wants their place.
    const keep = new Set([...byUse, ...quiet].slice(0, places));
    for (const value of this.#own) {
      if (keep.has(value)) continue;
      this.#own.delete(value);
      onFreed(value);
    }
    for (const value of keep) this.#own.add(value);
    this.#counts = new Map();
    this.#windowEndsAt = now + windowMs;
  }
}
