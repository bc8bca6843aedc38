/**
 * Encodes `turn-delta` frames for one flush: everything that arrived after a reader's position is merged into one frame.
 * Readers at the same position of a turn share one string. A frame has a size bound, and the rest follows in the next flush (F2).
 */
import { isRun, lengthOf, type Part, sliceParts, textIn } from "../../../shared/content.ts";
import { utf8Length } from "../../../shared/text.ts";
import type { Turn } from "../turn/turn.ts";

/** Bytes that a UTF-16 unit of text takes in UTF-8 at most, JSON escapes aside. */
const bytesPerUnit = 3;
/** A cut smaller than this could fall inside one character. */
const minUnits = 16;

export interface EncodedDelta {
  readonly text: string;
  /** Bytes of `text` in UTF-8. */
  readonly bytes: number;
  /** The position after this delta. */
  readonly end: number;
}

export class DeltaEncoder {
  readonly #maxBytes: number;
  /** By turn and offset. Made only when a second question comes: a flush of one turn to readers at one position has none. */
  #encoded: Map<Turn, Map<number, EncodedDelta | undefined>> | undefined;
  /** What was asked for last. Readers are almost always at one position, so most questions are the same again. */
  #last: { readonly turn: Turn; readonly offset: number; readonly delta: EncodedDelta | undefined } | undefined;

  /** @param maxBytes of one delta; more only where a single part is larger. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** No delta was encoded: no reader lacked any content. */
  get isEmpty(): boolean {
    return this.#last === undefined;
  }

  /** What follows `offset`; undefined where nothing does. */
  encode(turn: Turn, offset: number): EncodedDelta | undefined {
    if (this.#last?.offset === offset && this.#last.turn === turn) return this.#last.delta;
    if (offset >= turn.length) return undefined;
    this.#keepLast();
    const known = this.#encoded?.get(turn);
    const delta = known?.has(offset) === true ? known.get(offset) : encodeDelta(turn, offset, this.#maxBytes);
    this.#last = { turn, offset, delta };
    return delta;
  }

  #keepLast(): void {
    if (this.#last === undefined) return;
    const { turn, offset, delta } = this.#last;
    this.#encoded ??= new Map();
    const ofTurn = this.#encoded.get(turn);
    if (ofTurn === undefined) this.#encoded.set(turn, new Map([[offset, delta]]));
    else ofTurn.set(offset, delta);
  }
}

function encodeDelta(turn: Turn, offset: number, maxBytes: number): EncodedDelta | undefined {
  const upTo = offset + Math.max(minUnits, Math.floor(maxBytes));
  const following = turn.slice(offset, upTo);
  if (following.length === 0) return undefined;
  const from = upTo < turn.length ? startOf(turn, offset) : turn.length - lengthOf(following);
  const parts = fitting(following, maxBytes);
  const simulated = turn.record.simulated === undefined ? "" : ',"simulated":true';
  const text = `{"type":"turn-delta","turnId":"${turn.id}","offset":${from},"parts":${JSON.stringify(parts)}${simulated}}`;
  return { text, bytes: utf8Length(text), end: from + lengthOf(parts) };
}

/** Where the content from `offset` begins: a position inside a surrogate pair moves down to its start. */
function startOf(turn: Turn, offset: number): number {
  return offset > 0 && turn.slice(offset - 1, offset).length === 0 ? offset - 1 : offset;
}

/** As much as fits, at least a few characters or one part. A part that isn't text counts one unit and may have 32 KiB. */
function fitting(parts: Part[], maxBytes: number): Part[] {
  let left = maxBytes;
  for (let index = 0; index < parts.length; index += 1) {
    const part = parts[index] as Part;
    const isOfText = isRun(part);
    const bytes = utf8Length(isOfText ? textIn(part) : JSON.stringify(part));
    if (bytes > left) {
      const units = Math.max(index === 0 ? minUnits : 0, Math.floor(left / bytesPerUnit));
      const rest = isOfText ? sliceParts([part], 0, units) : index === 0 ? [part] : [];
      return [...parts.slice(0, index), ...rest];
    }
    left -= bytes;
  }
  return parts;
}
