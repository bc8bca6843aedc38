/** The bytes of a body as they come, until its end or the signal. A connection that breaks in the middle is a truncated answer. */
import { UpstreamFailure } from "../core/ports.ts";

/**
 * Closes the body when the consumer leaves. Rejects with the signal's reason when that aborts.
 *
 * Written out, not a generator: a burst comes in reads of one token each, and between two of them a generator takes as many
 * turns of the event loop's queue as all the rest of the token's way.
 */
export function chunksOf(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): AsyncIterableIterator<Uint8Array, undefined> {
  // Not a BYOB reader: it spares a tenth of a read, and asks for a stream of bytes and for consumers that keep nothing of one.
  const reader = body.getReader();
  // A body that is being read does not always notice the abort of its fetch; the reader does.
  const cancel = () => void reader.cancel(signal.reason).catch(() => undefined);
  if (signal.aborted) cancel();
  else signal.addEventListener("abort", cancel, { once: true });
  const close = () => {
    signal.removeEventListener("abort", cancel);
    cancel();
    return { done: true, value: undefined } as const;
  };
  // Not by its name: not every program that shares this file knows it.
  const taken = (read: Awaited<ReturnType<typeof reader.read>>) => {
    if (signal.aborted) return broken(signal.reason);
    return read.done ? close() : read;
  };
  const broken = (cause: unknown): never => {
    close();
    signal.throwIfAborted();
    throw new UpstreamFailure("upstream-truncated", true, { cause });
  };
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () => reader.read().then(taken, broken),
    return: async () => close(),
  };
}
