/**
 * The position of the room's log: its epoch, the newest `seq`, the `floor` below which a reader gets a snapshot, and the
 * earlier epochs whose questions are still accepted (T1). `conversation/commit.ts` stores it.
 */
import type { Have } from "../../../shared/protocol/client-frames.ts";
import type { RoomRecord } from "./storage-schema.ts";

/** How many epochs of unused lives are remembered: each wake of an unused room makes one more. */
const maxEmptyEpochs = 32;

export class LogPosition {
  readonly #newId: () => string;
  #epoch = "";
  #seq = 0;
  #floor = 0;
  #nextOrdinal = 0;
  /** When a change was last sent to readers, ms since 1970; 0 before that. */
  lastActiveAt = 0;
  /** Epochs of earlier lives that ended before anything was stored: no question made in them is stale. */
  readonly #emptyEpochs = new Set<string>();
  /** Turns were cleared or erased in this life: a question from before that is stale even in a room without turns. */
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

  /** Continues the stored position, or begins a new epoch where none is stored. */
  load(stored: RoomRecord | undefined): void {
    this.#epoch = stored?.epoch ?? this.#newId();
    this.#seq = stored?.seq ?? 0;
    // A floor beyond `seq` would send every reader a snapshot for ever.
    this.#floor = Math.min(stored?.floor ?? 0, this.#seq);
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

  /** A reader that knows nothing after `seq` gets a snapshot from now on. */
  raiseFloor(seq: number): void {
    this.#floor = Math.max(this.#floor, seq);
  }

  /** All turns are gone: begins a new epoch. Ordinals continue, unless nothing that is left in storage has one. */
  beginAnew(keepOrdinals: boolean): void {
    this.#wasCleared = true;
    this.#emptyEpochs.clear();
    this.#epoch = this.#newId();
    this.#seq = 0;
    this.#floor = 0;
    if (!keepOrdinals) this.#nextOrdinal = 0;
  }

  /**
   * A reader's hello or poll names what it has. A room that never accepted a turn stores nothing, also not its epoch, so a kill
   * or a sleep leaves readers with an epoch that only they remember. A question that was made in it is not stale (T1).
   */
  recognize(have: Have | undefined): void {
    if (have?.seq === 0 && this.isUnused && !this.#wasCleared && this.#emptyEpochs.size < maxEmptyEpochs) {
      this.#emptyEpochs.add(have.epoch);
    }
  }

  /**
   * Whether a question that was made in `epoch` belongs to a life of the log that is over (T1). An unknown epoch is stale even
   * in an unused room: the room may have been erased before it slept.
   */
  isStale(epoch: string): boolean {
    return epoch !== this.#epoch && !this.#emptyEpochs.has(epoch);
  }
}
