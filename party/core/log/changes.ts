/**
 * What one write to storage changes, and how values become rows that a Durable Object accepts (at most 64 KiB each). Reading
 * the rows back is `log-reader.ts`; order and durability are `journal.ts`.
 */
import { isRun, type Part, sliceParts, unitsOf } from "../../../shared/content.ts";
import type { ContextMessage, TurnInput } from "../../../shared/protocol/client-frames.ts";
import { safeCut } from "../../../shared/text.ts";
import {
  agendaKey,
  contextKey,
  goneKey,
  inputKey,
  maxPartRowBytes,
  type RoomRecord,
  roomKey,
  rowBytes,
  rowUnits,
  type Tombstone,
  textKey,
  turnKey,
} from "./storage-schema.ts";
import { storedBytes } from "./stored-bytes.ts";
import type { TurnRecord, UpstreamMark } from "./turn-record.ts";

/** Collects what one commit writes. The last word about a key counts. */
export class Changes {
  readonly put = new Map<string, unknown>();
  readonly #deleted = new Set<string>();

  get delete(): string[] {
    return [...this.#deleted];
  }

  get isEmpty(): boolean {
    return this.put.size + this.#deleted.size === 0;
  }

  room(record: RoomRecord): void {
    this.#put(roomKey, record);
  }

  dropRoom(): void {
    this.#drop(roomKey);
  }

  agenda(entries: Readonly<Record<string, number>>): void {
    this.#put(agendaKey, { v: 1, entries });
  }

  dropAgenda(): void {
    this.#drop(agendaKey);
  }

  turn(record: TurnRecord): void {
    this.#put(turnKey(record.spec.ordinal), record);
  }

  /** The question, as rows of JSON text. */
  input(ordinal: number, rows: readonly string[]): void {
    for (const [row, text] of rows.entries()) this.#put(inputKey(ordinal, row), { v: 1, text });
  }

  /** The messages that came with the question for the upstream alone, as rows of JSON text; kept until the turn settles. */
  context(ordinal: number, rows: readonly string[]): void {
    for (const [row, text] of rows.entries()) this.#put(contextKey(ordinal, row), { v: 1, text });
  }

  dropContext({ ordinal, contextRows = 0 }: TurnRecord["spec"]): void {
    for (let row = 0; row < contextRows; row += 1) this.#drop(contextKey(ordinal, row));
  }

  /** Rows of an answer, numbered from `firstRow`. */
  text(ordinal: number, firstRow: number, rows: readonly unknown[]): void {
    for (const [index, row] of rows.entries()) this.#put(textKey(ordinal, firstRow + index), row);
  }

  tombstone(turnId: string, tombstone: Tombstone): void {
    this.#put(goneKey(turnId), tombstone);
  }

  forgetTombstone(turnId: string): void {
    this.#drop(goneKey(turnId));
  }

  /** A value of a part that has keys of its own, such as files. */
  other(key: string, value: unknown): void {
    this.#put(key, value);
  }

  dropOther(key: string): void {
    this.#drop(key);
  }

  /** Removes everything stored of a turn. `rows`: how many rows of its answer may be there. */
  removeTurn(record: TurnRecord, rows: number): void {
    const { ordinal, inputRows } = record.spec;
    this.#drop(turnKey(ordinal));
    for (let row = 0; row < inputRows; row += 1) this.#drop(inputKey(ordinal, row));
    for (let row = 0; row < rows; row += 1) this.#drop(textKey(ordinal, row));
    if (record.end === undefined) this.dropContext(record.spec);
  }

  #put(key: string, value: unknown): void {
    this.put.set(key, value);
    this.#deleted.delete(key);
  }

  #drop(key: string): void {
    this.put.delete(key);
    this.#deleted.add(key);
  }
}

/** A value's JSON as storable rows. */
export function jsonRows(value: TurnInput | readonly ContextMessage[]): string[] {
  return piecesOf(JSON.stringify(value));
}

function piecesOf(json: string): string[] {
  const rows: string[] = [];
  for (let start = 0; start < json.length; ) {
    const end = safeCut(json, start + rowUnits);
    rows.push(json.slice(start, end));
    start = end;
  }
  return rows;
}

interface RowFields {
  readonly from: number;
  mark?: UpstreamMark;
}
type PartsRow = RowFields & { readonly v: 2; readonly parts: Part[] };
type PieceRow = RowFields & { readonly v: 3; readonly piece: string; readonly index: number; readonly of: number };

/**
 * Parts that begin at `from` as storable rows. Text and other parts share rows; a part too large for a row is cut into several. The
 * mark goes with the last row: only there all of its event is logged.
 */
export function textRows(from: number, parts: readonly Part[], mark: UpstreamMark | undefined): unknown[] {
  const rows: (PartsRow | PieceRow)[] = [];
  /** The row that takes more parts, and how many bytes of them. */
  let open: PartsRow | undefined;
  let freeBytes = 0;
  let start = from;
  for (const part of parts) {
    for (const piece of isRun(part) ? cutText(part) : [part]) {
      const bytes = storedBytes(piece);
      if (bytes > maxPartRowBytes) {
        rows.push(...pieceRows(start, piece));
        open = undefined;
      } else {
        if (open === undefined || bytes > freeBytes) {
          open = { v: 2, from: start, parts: [] };
          rows.push(open);
          freeBytes = rowBytes;
        }
        open.parts.push(piece);
        freeBytes -= bytes;
      }
      start += unitsOf(piece);
    }
  }
  const last = rows.at(-1);
  if (last !== undefined && mark !== undefined) last.mark = mark;
  return rows;
}

function pieceRows(from: number, part: Part): PieceRow[] {
  const pieces = piecesOf(JSON.stringify(part));
  return pieces.map((piece, index) => ({ v: 3, from, piece, index, of: pieces.length }));
}

function cutText(part: Part): Part[] {
  const pieces: Part[] = [];
  const units = unitsOf(part);
  for (let start = 0; start < units; start += rowUnits) pieces.push(...sliceParts([part], start, start + rowUnits));
  return pieces;
}
