/** Keeps the newest events of one room in memory. Operators read them when one conversation has a problem. */
import { plainFields } from "./log.ts";
import type { Entry, Sink } from "./sink.ts";

/** Some ten turns with all that happened in them; about 50 KiB. */
export const ringSize = 200;

export class EventRing {
  #entries: Entry[] = [];

  /** Keeps the newest `ringSize` of what it is given. */
  readonly sink: Sink = (entry) => {
    this.#entries.push(entry);
    // Cut now and then, so that an event costs no move of all others.
    if (this.#entries.length >= 2 * ringSize) this.#entries = this.#entries.slice(-ringSize);
  };

  /** The room was erased: nothing of what was said or done in it stays. */
  clear(): void {
    this.#entries = [];
  }

  /** Oldest first, as the log would have them and with their times. */
  read(): readonly Readonly<Record<string, unknown>>[] {
    return this.#entries.slice(-ringSize).map(({ at, level, event }) => ({ at, level, ...plainFields(event) }));
  }
}
