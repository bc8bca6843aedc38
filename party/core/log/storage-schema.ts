/**
 * The keys and the shape of each value that a room stores. Every value carries a version; `docs/storage.md` lists them. Values
 * stay under 64 KiB. Writing is `changes.ts`, reading is `log-reader.ts`.
 */
import * as z from "zod/mini";
import { partSchema } from "../../../shared/protocol/parts.ts";
import { partV1Schema } from "./rows-v1.ts";

/** Units of text in one row. One character outside Latin-1 makes a stored string two bytes a unit. */
export const rowUnits = 16_384;
/** Bytes of parts that share a row: half of what a value may have, and a whole piece of text. */
export const rowBytes = 2 * rowUnits + 256;
/** Bytes of the largest part without text that lies in one row, beside the row's other fields. The JSON of a larger one is cut. */
export const maxPartRowBytes = 64_000;

/** One per room. A room that never accepted a turn has none. */
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
  /** The `seq` of the turn's removal and the epoch in which it counts; absent where there never was a turn of this id. */
  readonly removed?: { readonly epoch: string; readonly seq: number };
}

const count = z.int().check(z.minimum(0));
export const roomRecordSchema = z.object({
  v: z.literal(1),
  epoch: z.string(),
  seq: count,
  floor: count,
  nextOrdinal: count,
  lastActiveAt: z.number(),
});
/** `removedSeq` is what an older version wrote: it doesn't say in which epoch it counts, so it is not read. */
export const tombstoneSchema = z.object({
  v: z.literal(1),
  at: z.number(),
  removed: z.exactOptional(z.object({ epoch: z.string(), seq: count })),
});
export const agendaSchema = z.object({ v: z.literal(1), entries: z.record(z.string(), z.number()) });
export const jsonRowSchema = z.object({ v: z.literal(1), text: z.string() });
const rowFields = { from: count, mark: z.exactOptional(z.object({ eventId: z.string(), offset: count })) };
/**
 * Version 1 had parts of other shapes: see `rows-v1.ts`. Version 3 holds a piece of the JSON of one part that is too large for a
 * row: number `index`, from 0, of `of` pieces in rows one after the other.
 */
export const rowSchema = z.discriminatedUnion("v", [
  z.object({ v: z.literal(3), ...rowFields, piece: z.string(), index: count, of: count }),
  z.object({ v: z.literal(2), ...rowFields, parts: z.array(partSchema) }),
  z.object({ v: z.literal(1), ...rowFields, parts: z.array(partV1Schema) }),
]);
/** Only the outline: a record is written by this code alone, and its version says by which. */
export const turnRecordSchema = z.looseObject({
  v: z.literal(1),
  spec: z.looseObject({ id: z.string(), ordinal: count, queuedSeq: count, inputRows: count }),
  resumes: count,
});

export const roomKey = "room";
export const agendaKey = "agenda";
export const turnPrefix = "turn/";
export const gonePrefix = "gone/";

/** Keys sort as strings: ten digits keep turns and rows in order. */
function padded(value: number): string {
  return String(value).padStart(10, "0");
}

export function turnKey(ordinal: number): string {
  return `${turnPrefix}${padded(ordinal)}`;
}

export function goneKey(turnId: string): string {
  return `${gonePrefix}${turnId}`;
}

/** All rows of a turn's `kind`. */
export function rowsPrefix(kind: "input" | "context" | "text", ordinal: number): string {
  return `${kind}/${padded(ordinal)}/`;
}

export function inputKey(ordinal: number, row: number): string {
  return `${rowsPrefix("input", ordinal)}${padded(row)}`;
}

export function contextKey(ordinal: number, row: number): string {
  return `${rowsPrefix("context", ordinal)}${padded(row)}`;
}

export function textKey(ordinal: number, row: number): string {
  return `${rowsPrefix("text", ordinal)}${padded(row)}`;
}
