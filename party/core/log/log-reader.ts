/** Reads a room's log from storage: its records when the room starts, and the texts of a turn when they are needed. */
import * as z from "zod/mini";
import type { Part } from "../../../shared/content.ts";
import {
  type ContextMessage,
  contextMessageSchema,
  inputSchema,
  type TurnInput,
} from "../../../shared/protocol/client-frames.ts";
import { partSchema } from "../../../shared/protocol/parts.ts";
import type { RoomStorage } from "../ports.ts";
import { partOfV1 } from "./rows-v1.ts";
import {
  agendaKey,
  agendaSchema,
  gonePrefix,
  jsonRowSchema,
  type RoomRecord,
  roomKey,
  roomRecordSchema,
  rowSchema,
  rowsPrefix,
  type Tombstone,
  tombstoneSchema,
  turnPrefix,
  turnRecordSchema,
} from "./storage-schema.ts";
import type { TurnRecord, UpstreamMark } from "./turn-record.ts";

export interface StoredText {
  readonly parts: readonly Part[];
  readonly rows: number;
  /** The mark of the newest row that has one. */
  readonly mark: UpstreamMark | undefined;
}

export interface StoredRoom {
  readonly room: RoomRecord | undefined;
  /** In order. */
  readonly turns: readonly TurnRecord[];
  readonly tombstones: ReadonlyMap<string, Tombstone>;
  readonly agenda: Readonly<Record<string, number>>;
}

/** A value of another shape is an error: a newer version wrote it, or the storage is damaged. */
export class LogReader {
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
    return inputSchema.parse(await this.#readJson(rowsPrefix("input", ordinal)));
  }

  async readContext(ordinal: number): Promise<ContextMessage[]> {
    return z.array(contextMessageSchema).parse(await this.#readJson(rowsPrefix("context", ordinal)));
  }

  async #readJson(prefix: string): Promise<unknown> {
    const rows = await this.#storage.list({ prefix });
    return JSON.parse([...rows.values()].map((row) => jsonRowSchema.parse(row).text).join(""));
  }

  async readText(ordinal: number): Promise<StoredText> {
    const stored = await this.#storage.list({ prefix: rowsPrefix("text", ordinal) });
    const parts: Part[] = [];
    let mark: UpstreamMark | undefined;
    // The pieces of a large part. A crash may have lost the last of them: then the rest says nothing, and other rows follow.
    let pieces: string[] = [];
    for (const value of stored.values()) {
      const row = rowSchema.parse(value);
      if (row.v === 3) {
        pieces = row.index === 0 ? [row.piece] : [...pieces, row.piece];
        if (row.index !== pieces.length - 1 || pieces.length < row.of) continue;
        parts.push(partSchema.parse(JSON.parse(pieces.join(""))));
      } else parts.push(...(row.v === 1 ? row.parts.map(partOfV1) : row.parts));
      pieces = [];
      if (row.mark !== undefined) mark = row.mark;
    }
    return { parts, rows: stored.size, mark };
  }
}
