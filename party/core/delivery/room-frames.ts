/**
 * The newest room-level frames in `seq` order, kept for readers that lag. A reader that lags further gets a sync. Written by
 * the delivery, once for each durable change.
 */

/** A room-level change: durable, and encoded once for all readers. */
export interface RoomFrame {
  readonly seq: number;
  readonly text: string;
  /** Bytes of `text` in UTF-8, counted once for all readers. */
  readonly bytes: number;
  readonly kind: "queued" | "start" | "end" | "removed";
  /** The turn that changed; of several, the first. */
  readonly turnId: string;
  /** Of a turn's end: the length of its answer. */
  readonly length?: number;
}

/** UTF-16 units of frames that are kept. */
const keptUnits = 1_048_576;

export class RoomFrames {
  #frames: RoomFrame[] = [];
  #units = 0;
  #seq = 0;

  /** The newest published `seq`. */
  get seq(): number {
    return this.#seq;
  }

  /** Starts at `seq` and keeps nothing before it, so that a reader before it is synced. */
  reset(seq: number): void {
    this.#frames = [];
    this.#units = 0;
    this.#seq = seq;
  }

  add(frame: RoomFrame): void {
    this.#frames.push(frame);
    this.#units += frame.text.length;
    this.#seq = frame.seq;
    while (this.#units > keptUnits && this.#frames.length > 1) this.#units -= this.#frames.shift()?.text.length ?? 0;
  }

  /** The frame that follows `seq`; undefined where it isn't kept any more. */
  after(seq: number): RoomFrame | undefined {
    const first = this.#frames[0];
    return first === undefined ? undefined : this.#frames[seq + 1 - first.seq];
  }
}
