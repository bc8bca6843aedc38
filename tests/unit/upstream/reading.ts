/** Reads bytes as the upstream port does, and says what came of it. */
import { type UpstreamBatch, type UpstreamEnd, UpstreamFailure } from "../../../party/core/ports.ts";
import type { MappingSettings } from "../../../party/upstream/dialects/mapping-settings.ts";
import type { DialectName } from "../../../party/upstream/dialects/names.ts";
import { readerOf } from "../../../party/upstream/event-stream.ts";
import { joinParts, type Part } from "../../../shared/content.ts";
import type { Usage } from "../../../shared/protocol/server-frames.ts";

export interface Read {
  readonly parts: readonly Part[];
  readonly end?: UpstreamEnd;
  readonly start?: UpstreamBatch["start"];
  readonly usage?: Usage;
  readonly whole?: true;
  readonly conversation?: string;
  /** Code of what was thrown. */
  readonly failed?: string;
  readonly retryable?: boolean;
  /** Why it was thrown, for the log. */
  readonly cause?: unknown;
  /** The last id that was reported. */
  readonly eventId?: string;
}

export const utf8 = (text: string) => new TextEncoder().encode(text);

export function bodyOf(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array<ArrayBuffer>> {
  // A byte stream takes no empty chunk.
  const queue = chunks.filter(({ length }) => length > 0);
  return new ReadableStream({
    type: "bytes",
    pull(controller) {
      const next = queue.shift();
      if (next === undefined) {
        controller.close();
        // A pending read into a buffer of the reader's own is answered, too.
        controller.byobRequest?.respond(0);
      } else controller.enqueue(new Uint8Array(next));
    },
  });
}

export async function readAll(batches: AsyncIterable<UpstreamBatch>): Promise<Read> {
  const read: { -readonly [K in keyof Read]: Read[K] } = { parts: [] };
  try {
    for await (const batch of batches) {
      read.parts = joinParts(read.parts, batch.parts);
      if (batch.end !== undefined) read.end = batch.end;
      if (batch.start !== undefined) read.start = batch.start;
      if (batch.usage !== undefined) read.usage = { ...read.usage, ...batch.usage };
      if (batch.whole !== undefined) read.whole = batch.whole;
      if (batch.conversation !== undefined) read.conversation = batch.conversation;
      if (batch.eventId !== undefined) read.eventId = batch.eventId;
    }
  } catch (error) {
    if (!(error instanceof UpstreamFailure)) throw error;
    read.failed = error.code;
    read.retryable = error.retryable;
    if (error.cause !== undefined) read.cause = error.cause;
  }
  return read;
}

export interface ReadOptions {
  readonly dialect?: DialectName;
  readonly mapping?: MappingSettings;
  readonly contentType?: string;
  readonly isSized?: boolean;
}

/** What is read of a body that came in these chunks. */
export function readStream(
  chunks: string | readonly (string | Uint8Array)[],
  options: DialectName | ReadOptions = {},
): Promise<Read> {
  const all = (typeof chunks === "string" ? [chunks] : chunks).map((chunk) =>
    typeof chunk === "string" ? utf8(chunk) : chunk,
  );
  const {
    dialect = "auto",
    mapping,
    contentType = "text/event-stream",
    isSized = false,
  } = typeof options === "string" ? { dialect: options } : options;
  const read = readerOf(dialect, mapping);
  return readAll(read(bodyOf(all), new AbortController().signal, contentType, isSized));
}

/** Events without names, JSON unless they are text already. */
export const dataEvents = (...events: readonly unknown[]) =>
  events.map((event) => `data: ${typeof event === "string" ? event : JSON.stringify(event)}\n\n`).join("");

export const namedEvent = (event: string, data: unknown, id?: number | string) =>
  `${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`;
