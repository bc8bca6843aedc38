/**
 * An SSE body as batches: read with back-pressure, a chunk at a time, each chunk's events merged into one batch (U8). Nothing
 * is read ahead of the consumer. Bytes that are no UTF-8 become U+FFFD; comments and blank lines are empty batches, signs of
 * life; an event that the body ends in the middle of is discarded, as the format says.
 */
import { createParser, type EventSourceMessage } from "eventsource-parser";
import { type UpstreamBatch, UpstreamFailure } from "../core/ports.ts";
import { BatchBuilder } from "./batch-builder.ts";
import { chunksOf } from "./chunks.ts";
import { dialectFor } from "./dialects/auto.ts";
import type { Dialect } from "./dialects/dialect.ts";
import type { MappingSettings } from "./dialects/mapping-settings.ts";
import type { DialectName } from "./dialects/names.ts";
import type { StreamReader } from "./fetch-upstream.ts";

/** One event larger than this is not an answer, it is a fault: in UTF-16 units. */
const maxEventUnits = 1_048_576;

/** Reads streams of this dialect, a fresh one each. `mapping`: what the operator wrote down of the backend's events. */
export function readerOf(dialect: DialectName, _mapping?: MappingSettings): StreamReader {
  return (body, signal) => batchesOf(body, dialectFor(dialect), signal);
}

/** Ends with a batch that has `end`, or without one where the stream was cut off; throws `UpstreamFailure`. */
export async function* batchesOf(
  body: ReadableStream<Uint8Array>,
  dialect: Dialect,
  signal: AbortSignal,
): AsyncGenerator<UpstreamBatch> {
  const builder = new BatchBuilder();
  let failure: UpstreamFailure | undefined;
  let isOver = false;
  let isCut = false;
  const parser = createParser({
    maxBufferSize: maxEventUnits,
    onEvent: (event) => {
      // The blank line that would have ended this event is ours.
      if (isOver) isCut = true;
      else if (failure === undefined && !builder.ended) failure = read(event, dialect, builder);
    },
    onError: (error) => {
      // Lines that are no field are ignored, as the format says; an event without end is not.
      if (error.type === "max-buffer-size-exceeded" && !builder.ended)
        failure ??= new UpstreamFailure("upstream-malformed", false, { cause: error });
    },
  });
  const decoder = new TextDecoder();
  for await (const bytes of chunksOf(body, signal)) {
    parser.feed(decoder.decode(bytes, { stream: true }));
    yield builder.take();
    // U5: a failure ends the answer after what came before it.
    if (failure !== undefined) throw failure;
    if (builder.ended) return;
  }
  isOver = true;
  parser.feed(`${decoder.decode()}\n\n`);
  if (!isCut && dialect.endOfStream(builder) !== undefined) yield builder.take();
}

function read(event: EventSourceMessage, dialect: Dialect, builder: BatchBuilder): UpstreamFailure | undefined {
  try {
    dialect.read(event, builder);
    return undefined;
  } catch (error) {
    return error instanceof UpstreamFailure
      ? error
      : new UpstreamFailure("upstream-malformed", false, { cause: error });
  }
}
