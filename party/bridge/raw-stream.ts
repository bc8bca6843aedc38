/**
 * The backend's stream as it is: for `BRIDGE_PARSE=off`, and where the parser cannot be had. Bytes in, the same bytes out; the
 * end of the body is the end of the answer, and what the events say is the reader's to find out.
 */
import type { UpstreamBatch } from "../core/ports.ts";
import { chunksOf } from "../upstream/chunks.ts";
import { promisedBy } from "../upstream/content-type.ts";
import { wholeAnswer } from "../upstream/whole-answer.ts";

/** A batch of bytes nobody looked into. */
export interface RawBatch extends UpstreamBatch {
  readonly bytes: Uint8Array;
}

export async function* rawBatches(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
  contentType: string,
): AsyncGenerator<UpstreamBatch> {
  if (promisedBy(contentType) !== "events") {
    yield* wholeAnswer(body, contentType, signal);
    return;
  }
  for await (const bytes of chunksOf(body, signal)) {
    const batch: RawBatch = { parts: [], bytes };
    yield batch;
  }
  yield { parts: [], end: { kind: "done" } };
}

export function isRaw(batch: UpstreamBatch): batch is RawBatch {
  return "bytes" in batch;
}

const [cr, lf] = [0x0d, 0x0a];

/** Whether these bytes end with a blank line, in any of the three ways of writing one. */
export function endsEvent(bytes: Uint8Array): boolean {
  const [last, before, third] = [bytes.at(-1), bytes.at(-2), bytes.at(-3)];
  return (last === lf && (before === lf || (before === cr && third === lf))) || (last === cr && before === cr);
}
