/** Builds the body of the bridge's answer from the outbox, with comments while the outbox is empty. */
import type { Clock } from "../core/ports.ts";
import { sseCommentLine } from "../responses/sse.ts";
import type { Outbox } from "./byte-queue.ts";

/** Has no blank line after it, because a blank line would end an event that is still arriving. */
const heartbeat = new TextEncoder().encode(sseCommentLine);

/**
 * Pulled, so that nothing is taken before the reader wants it. A heartbeat keeps proxies from closing a silent line, and it is
 * how a reader's departure is noticed at all: a runtime sees a closed connection only when it writes to it.
 */
export function streamOf(
  outbox: Outbox,
  { heartbeatMs, clock, onLeave }: { heartbeatMs: number; clock: Clock; onLeave: () => void },
): ReadableStream<Uint8Array> {
  let taking: Promise<Uint8Array | undefined> | undefined;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        for (;;) {
          // Kept across heartbeats: what was asked for is answered once.
          taking ??= outbox.take();
          const next = await within(taking, heartbeatMs, clock);
          if (next === "late") {
            if (!outbox.isBetweenLines) continue;
            controller.enqueue(heartbeat);
            return;
          }
          taking = undefined;
          if (next === undefined) controller.close();
          else controller.enqueue(next);
          return;
        }
      },
      cancel: onLeave,
    },
    { highWaterMark: 0 },
  );
}

/** The promise's value, or "late" when it takes longer. */
export async function within<T>(promise: Promise<T>, ms: number, clock: Clock): Promise<T | "late"> {
  let timer: ReturnType<Clock["after"]> | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = clock.after(ms, () => resolve("late"));
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    timer?.cancel();
  }
}
