/**
 * This life of the room's log: its epoch, how far it has come, and from which earlier lives a submit is still good (T1). What
 * of it is stored, and when, is the commits' business.
 */
import type { Have } from "../../../shared/protocol/client-frames.ts";
import type { RoomRecord } from "./storage-schema.ts";

/** Of lives that ended before the first turn: each wake of an unused room makes one more, and old tabs forget theirs. */
const maxEmptyEpochs = 32;

export class LogPosition {
  readonly #newId: () => string;
  #epoch = "";
  #seq = 0;
  #floor = 0;
  #nextOrdinal = 0;
  /** When something was last told, ms since 1970; 0 before that. */
  lastActiveAt = 0;
  /** Epochs of earlier lives of this room that ended before anything was stored: nothing made in them can be stale. */
  readonly #emptyEpochs = new Set<string>();
  /** Turns were cleared or erased in this life: what was made before that is stale even in a room without turns. */
  #wasCleared = false;

  constructor(newId: () => string) {
    this.#newId = newId;
  }

  get epoch(): string {
    return this.#epoch;
  }
  get seq(): number {
    return this.#seq;
  }
  get floor(): number {
    return this.#floor;
  }

  /** No turn was ever accepted. */
  get isUnused(): boolean {
    return this.#nextOrdinal === 0;
  }

  /** Goes on where storage says that it was; a new life where storage holds none. */
  load(stored: RoomRecord | undefined): void {
    this.#epoch = stored?.epoch ?? this.#newId();
    this.#seq = stored?.seq ?? 0;
    this.#floor = stored?.floor ?? 0;
    this.#nextOrdinal = stored?.nextOrdinal ?? 0;
    this.lastActiveAt = stored?.lastActiveAt ?? 0;
  }

  record(): RoomRecord {
    return {
      v: 1,
      epoch: this.#epoch,
      seq: this.#seq,
      floor: this.#floor,
      nextOrdinal: this.#nextOrdinal,
      lastActiveAt: this.lastActiveAt,
    };
  }

  nextSeq(): number {
    this.#seq += 1;
    return this.#seq;
  }

  takeOrdinal(): number {
    this.#nextOrdinal += 1;
    return this.#nextOrdinal - 1;
  }

  /** Who knows nothing after `seq` needs a snapshot. */
  raiseFloor(seq: number): void {
    this.#floor = Math.max(this.#floor, seq);
  }

  /** All turns are gone: a new epoch. Ordinals go on, unless nothing stored is left that has one. */
  beginAnew(keepOrdinals: boolean): void {
    this.#wasCleared = true;
    this.#emptyEpochs.clear();
    this.#epoch = this.#newId();
    this.#seq = 0;
    this.#floor = 0;
    if (!keepOrdinals) this.#nextOrdinal = 0;
  }

  /**
   * A reader says what it has. A room stores nothing before its first turn, its epoch not either, so a kill or a sleep
   * before that leaves readers with an epoch that only they remember. What they submit in it is as good as new (T1).
   */
  recognize(have: Have | undefined): void {
    if (have?.seq === 0 && this.isUnused) this.#rememberEmpty(have.epoch);
  }

  /**
   * Whether what was made in `epoch` was made in a life of the log that is over (T1). In a room that never accepted a turn
   * nothing is: it stores nothing, so each sleep or kill makes it a new epoch, and old ones come back with those who heard them.
   */
  isStale(epoch: string): boolean {
    if (epoch === this.#epoch) return false;
    if (this.isUnused && !this.#wasCleared) this.#rememberEmpty(epoch);
    return !this.#emptyEpochs.has(epoch);
  }

  #rememberEmpty(epoch: string): void {
    if (this.#emptyEpochs.size < maxEmptyEpochs) this.#emptyEpochs.add(epoch);
  }
}
