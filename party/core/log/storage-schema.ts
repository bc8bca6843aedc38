/**
 * What a room keeps: its keys, the shape of each value, and how a turn's text becomes rows. Every value carries a version;
 * `docs/storage.md` lists them. Values stay under 64 KiB: text is split at 16 Ki units, because one character outside
 * Latin-1 makes a stored string two bytes a unit. Writing order and durability are the journal's business.
 */
import * as z from "zod/mini";
import { isText, type Part, sliceParts, unitsOf } from "../../../shared/content.ts";
import {
  type ChatMessage,
  inputSchema,
  messageSchema,
  type TurnInput,
} from "../../../shared/protocol/client-frames.ts";
import { partSchema } from "../../../shared/protocol/parts.ts";
import { safeCut } from "../../../shared/text.ts";
import type { RoomStorage } from "../ports.ts";
import type { TurnRecord, UpstreamMark } from "./turn-record.ts";

export const rowUnits = 16_384;

/** One per room. Its absence means that the room never accepted a turn. */
export interface RoomRecord {
  readonly v: 1;
  readonly epoch: string;
  readonly seq: number;
  readonly floor: number;
  /** The ordinal the next turn gets. */
  readonly nextOrdinal: number;
  readonly lastActiveAt: number;
}

/** An id that must never run (again): a turn that was removed or trimmed, or a cancel that came before its submit (T1). */
export interface Tombstone {
  readonly v: 1;
  readonly at: number;
  /** The room's `seq` when a turn of this id was removed; absent where there never was one. */
  readonly removedSeq?: number;
}

const count = z.int().check(z.minimum(0));
const roomRecordSchema = z.object({
  v: z.literal(1),
  epoch: z.string(),
  seq: count,
  floor: count,
  nextOrdinal: count,
  lastActiveAt: z.number(),
});
const tombstoneSchema = z.object({ v: z.literal(1), at: z.number(), removedSeq: z.exactOptional(count) });
const agendaSchema = z.object({ v: z.literal(1), entries: z.record(z.string(), z.number()) });
const jsonRowSchema = z.object({ v: z.literal(1), text: z.string() });
const rowSchema = z.object({
  v: z.literal(1),
  from: count,
  parts: z.array(partSchema),
  mark: z.exactOptional(z.object({ eventId: z.string(), offset: count })),
});
/** Only the outline: a record is written by this code alone, and its version says by which. */
const turnRecordSchema = z.looseObject({
  v: z.literal(1),
  spec: z.looseObject({ id: z.string(), ordinal: count, queuedSeq: count, inputRows: count }),
  resumes: count,
});

const roomKey = "room";
const agendaKey = "agenda";
const turnPrefix = "turn/";
const gonePrefix = "gone/";

/** Keys sort as strings: ten digits keep turns and rows in order. */
function padded(value: number): string {
  return String(value).padStart(10, "0");
}

function turnKey(ordinal: number): string {
  return `${turnPrefix}${padded(ordinal)}`;
}

function inputKey(ordinal: number, row: number): string {
  return `input/${padded(ordinal)}/${padded(row)}`;
}

function contextKey(ordinal: number, row: number): string {
  return `context/${padded(ordinal)}/${padded(row)}`;
}

function textKey(ordinal: number, row: number): string {
  return `text/${padded(ordinal)}/${padded(row)}`;
}

export interface StoredText {
  readonly parts: readonly Part[];
  readonly rows: number;
  /** Where the upstream stood at the newest row that knows. */
  readonly mark: UpstreamMark | undefined;
}

export interface StoredRoom {
  readonly room: RoomRecord | undefined;
  /** In order. */
  readonly turns: readonly TurnRecord[];
  readonly tombstones: ReadonlyMap<string, Tombstone>;
  readonly agenda: Readonly<Record<string, number>>;
}

/** Collects what one commit writes. */
export class Changes {
  readonly put = new Map<string, unknown>();
  readonly delete: string[] = [];

  room(record: RoomRecord): void {
    this.put.set(roomKey, record);
  }

  agenda(entries: Readonly<Record<string, number>>): void {
    this.put.set(agendaKey, { v: 1, entries });
  }

  turn(record: TurnRecord): void {
    this.put.set(turnKey(record.spec.ordinal), record);
  }

  /** The submit's words, as rows of JSON text. */
  input(ordinal: number, rows: readonly string[]): void {
    for (const [row, text] of rows.entries()) this.put.set(inputKey(ordinal, row), { v: 1, text });
  }

  /** What the upstream is told beside the submit's words, as rows of JSON text: kept until the turn is over. */
  context(ordinal: number, rows: readonly string[]): void {
    for (const [row, text] of rows.entries()) this.put.set(contextKey(ordinal, row), { v: 1, text });
  }

  /** Nobody will be asked with it again. */
  dropContext({ ordinal, contextRows = 0 }: TurnRecord["spec"]): void {
    for (let row = 0; row < contextRows; row += 1) this.delete.push(contextKey(ordinal, row));
  }

  /** Rows of an answer, numbered from `firstRow`. */
  text(ordinal: number, firstRow: number, rows: readonly unknown[]): void {
    for (const [index, row] of rows.entries()) this.put.set(textKey(ordinal, firstRow + index), row);
  }

  tombstone(turnId: string, tombstone: Tombstone): void {
    this.put.set(`${gonePrefix}${turnId}`, tombstone);
  }

  forgetTombstone(turnId: string): void {
    this.delete.push(`${gonePrefix}${turnId}`);
  }

  /** Everything stored of a turn. `rows`: how many of its answer may be there. */
  removeTurn(record: TurnRecord, rows: number): void {
    const { ordinal, inputRows } = record.spec;
    this.delete.push(turnKey(ordinal));
    for (let row = 0; row < inputRows; row += 1) this.delete.push(inputKey(ordinal, row));
    for (let row = 0; row < rows; row += 1) this.delete.push(textKey(ordinal, row));
    if (record.end === undefined) this.dropContext(record.spec);
  }
}

/** A value's JSON as storable rows. */
export function jsonRows(value: TurnInput | readonly ChatMessage[]): string[] {
  const json = JSON.stringify(value);
  const rows: string[] = [];
  for (let start = 0; start < json.length; ) {
    const end = safeCut(json, start + rowUnits);
    rows.push(json.slice(start, end));
    start = end;
  }
  return rows;
}

/** Parts that begin at `from` as storable rows. The mark goes with the last: only there all of its event is logged. */
export function textRows(from: number, parts: readonly Part[], mark: UpstreamMark | undefined): unknown[] {
  const rows: { v: 1; from: number; parts: Part[]; mark?: UpstreamMark }[] = [];
  let start = from;
  let room = 0;
  for (const part of parts) {
    for (const piece of isText(part) ? cutText(part) : [part]) {
      const units = isText(piece) ? unitsOf(piece) : rowUnits;
      const last = rows.at(-1);
      if (last !== undefined && units <= room) last.parts.push(piece);
      else {
        rows.push({ v: 1, from: start, parts: [piece] });
        room = rowUnits;
      }
      room -= units;
      start += unitsOf(piece);
    }
  }
  const last = rows.at(-1);
  if (last !== undefined && mark !== undefined) last.mark = mark;
  return rows;
}

function cutText(part: Part): Part[] {
  const pieces: Part[] = [];
  const units = unitsOf(part);
  for (let start = 0; start < units; start += rowUnits) pieces.push(...sliceParts([part], start, start + rowUnits));
  return pieces;
}

/** Reads what `Changes` wrote. A value of another shape is an error: a newer version wrote it, or the storage is damaged. */
export class TurnLog {
  readonly #storage: RoomStorage;

  constructor(storage: RoomStorage) {
    this.#storage = storage;
  }

  async load(): Promise<StoredRoom> {
    const [singles, turns, gone] = await Promise.all([
      this.#storage.get([roomKey, agendaKey]),
      this.#storage.list({ prefix: turnPrefix }),
      this.#storage.list({ prefix: gonePrefix }),
    ]);
    const room = singles.get(roomKey);
    const agenda = singles.get(agendaKey);
    return {
      room: room === undefined ? undefined : roomRecordSchema.parse(room),
      agenda: agenda === undefined ? {} : agendaSchema.parse(agenda).entries,
      turns: [...turns.values()].map((value) => {
        turnRecordSchema.parse(value);
        return value as TurnRecord;
      }),
      tombstones: new Map(
        [...gone].map(([key, value]) => [key.slice(gonePrefix.length), tombstoneSchema.parse(value)]),
      ),
    };
  }

  async readInput(ordinal: number): Promise<TurnInput> {
    return inputSchema.parse(await this.#readJson(`input/${padded(ordinal)}/`));
  }

  async readContext(ordinal: number): Promise<ChatMessage[]> {
    return z.array(messageSchema).parse(await this.#readJson(`context/${padded(ordinal)}/`));
  }

  async #readJson(prefix: string): Promise<unknown> {
    const rows = await this.#storage.list({ prefix });
    return JSON.parse([...rows.values()].map((row) => jsonRowSchema.parse(row).text).join(""));
  }

  async readText(ordinal: number): Promise<StoredText> {
    const stored = await this.#storage.list({ prefix: `text/${padded(ordinal)}/` });
    const parts: Part[] = [];
    let mark: UpstreamMark | undefined;
    for (const value of stored.values()) {
      const row = rowSchema.parse(value);
      parts.push(...row.parts);
      if (row.mark !== undefined) mark = row.mark;
    }
    return { parts, rows: stored.size, mark };
  }
}
