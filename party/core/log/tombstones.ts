/**
 * Ids that must not run again: turns that were removed or are no longer kept, and stops that came before their submit (T1).
 * They are remembered for a day, at most the newest thousand. A removal counts in one epoch: after a clear its `seq` means
 * nothing any more.
 */
import { defined } from "../../../shared/defined.ts";
import type { Changes } from "./changes.ts";
import type { Tombstone } from "./storage-schema.ts";

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

  /** Ids of turns that were removed in `epoch`, with the `seq` of the removal. */
  *removed(epoch: string): Iterable<readonly [string, number]> {
    for (const [id, { removed }] of this.#entries) if (removed?.epoch === epoch) yield [id, removed.seq];
  }

  /**
   * Remembers an id and forgets old ones, as part of `changes`. `removed` says when a turn of this id was removed. Returns the
   * highest `seq` of `epoch` with which a forgotten removal was sent, 0 for none: a reader that knows only what came before it
   * must get a snapshot.
   */
  bury(changes: Changes, id: string, now: number, epoch: string, removed?: Tombstone["removed"]): number {
    const tombstone: Tombstone = { v: 1, at: now, ...defined({ removed }) };
    this.#entries.delete(id);
    this.#entries.set(id, tombstone);
    changes.tombstone(id, tombstone);
    let forgotten = 0;
    for (const [oldId, old] of this.#entries) {
      if (now - old.at < rememberMs && this.#entries.size <= remembered) break;
      this.#entries.delete(oldId);
      changes.forgetTombstone(oldId);
      if (old.removed?.epoch === epoch) forgotten = Math.max(forgotten, old.removed.seq);
    }
    return forgotten;
  }
}
