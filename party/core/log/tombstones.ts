/**
 * Ids that must not run (again): turns that were removed or trimmed, and cancels that came before their submit (T1).
 * Remembered for a day, and the newest thousand.
 */
import type { Changes, Tombstone } from "./storage-schema.ts";

const rememberMs = 24 * 3_600_000;
const remembered = 1_000;

export class Tombstones {
  #entries = new Map<string, Tombstone>();

  get size(): number {
    return this.#entries.size;
  }

  has(id: string): boolean {
    return this.#entries.has(id);
  }

  load(stored: ReadonlyMap<string, Tombstone>): void {
    // Oldest first, because that is the order in which they are forgotten.
    this.#entries = new Map([...stored].sort(([, a], [, b]) => a.at - b.at));
  }

  clear(): void {
    this.#entries.clear();
  }

  /** Removed turn ids with the `seq` that said so. */
  *removed(): Iterable<readonly [string, number]> {
    for (const [id, { removedSeq }] of this.#entries) if (removedSeq !== undefined) yield [id, removedSeq];
  }

  /**
   * Remembers an id and forgets old ones, as part of `changes`. Returns the highest `seq` that a forgotten removal was told
   * with, 0 for none: who knows only what came before it must get a snapshot.
   */
  bury(changes: Changes, id: string, now: number, removedSeq?: number): number {
    const tombstone: Tombstone = { v: 1, at: now, ...(removedSeq === undefined ? {} : { removedSeq }) };
    this.#entries.delete(id);
    this.#entries.set(id, tombstone);
    changes.tombstone(id, tombstone);
    let forgotten = 0;
    for (const [oldId, old] of this.#entries) {
      if (now - old.at < rememberMs && this.#entries.size <= remembered) break;
      this.#entries.delete(oldId);
      changes.forgetTombstone(oldId);
      forgotten = Math.max(forgotten, old.removedSeq ?? 0);
    }
    return forgotten;
  }
}
