/** The bytes of a body as they come, until its end or the signal. A connection that breaks in the middle is a truncated answer. */
import { UpstreamFailure } from "../core/ports.ts";

/** Closes the body when the consumer leaves. Rejects with the signal's reason when that aborts. */
export async function* chunksOf(body: ReadableStream<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  // Not a BYOB reader: it halves the reads of a burst, and a burst is cheap anyway; single tokens come one a read to both.
  const reader = body.getReader();
  // A body that is being read does not always notice the abort of its fetch; the reader does.
  const cancel = () => void reader.cancel(signal.reason).catch(() => undefined);
  signal.addEventListener("abort", cancel, { once: true });
  try {
    for (;;) {
      signal.throwIfAborted();
      const { done, value } = await reader.read().catch((cause: unknown) => {
        signal.throwIfAborted();
        throw new UpstreamFailure("upstream-truncated", true, { cause });
      });
      signal.throwIfAborted();
      if (done) return;
      yield value;
    }
  } finally {
    signal.removeEventListener("abort", cancel);
    cancel();
  }
}
