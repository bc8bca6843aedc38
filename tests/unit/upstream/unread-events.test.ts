/** Streams of which nothing is understood and that never close: what they end as, and how much of them is read. */
import { describe, expect, test } from "vitest";
import { UpstreamFailure } from "../../../party/core/ports.ts";
import { readerOf } from "../../../party/upstream/event-stream.ts";
import { maxUnreadEvents, maxUnreadUnits } from "../../../party/upstream/unread-events.ts";
import { dataEvents, readAll, readStream, utf8 } from "./reading.ts";

/** A body without end, and how many chunks of it were taken. */
function endless(chunk: string) {
  let chunks = 0;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => {
      chunks += 1;
      controller.enqueue(new TextEncoder().encode(chunk));
    },
  });
  return { body, chunks: () => chunks };
}

describe("[U5] an open stream of which nothing is understood", () => {
  test.each([
    ["events", 1, maxUnreadEvents],
    ["data", 300_000, maxUnreadUnits / 300_000],
  ])("is unrecognized after a bounded number of %s where it never closes", async (_, units, bound) => {
    const { body, chunks } = endless(dataEvents({ zork: { secret: "s".repeat(units) } }));
    const read = await readAll(readerOf("auto")(body, new AbortController().signal, "text/event-stream"));
    expect(read).toMatchObject({ parts: [], failed: "upstream-unrecognized", retryable: false });
    expect(String(read.cause)).toContain("zork: {secret: string}");
    expect(chunks()).toBeLessThan(bound + 5);
  });

  test.each([
    ["upstream-first-token-timeout", dataEvents({ zork: { words: "secret" } }), "upstream-unrecognized"],
    ["upstream-deadline", dataEvents({ zork: { words: "secret" } }), "upstream-unrecognized"],
    ["upstream-first-token-timeout", ": a comment\n\n", "upstream-first-token-timeout"],
    ["upstream-first-token-timeout", dataEvents({ type: "ping" }), "upstream-first-token-timeout"],
    ["upstream-silence", dataEvents({ type: "delta", data: "a" }, { zork: 1 }), "upstream-silence"],
  ] as const)(
    "that is left by %s with data that came before fails with what came: %j",
    async (code, events, failed) => {
      const controller = new AbortController();
      const body = new ReadableStream<Uint8Array<ArrayBuffer>>({ start: (to) => to.enqueue(utf8(events)) });
      const batches = readerOf("auto")(body, controller.signal, "text/event-stream")[Symbol.asyncIterator]();
      await batches.next();
      controller.abort(new UpstreamFailure(code, false));
      await expect(batches.next()).rejects.toMatchObject({ code: failed, retryable: false, byUpstream: false });
    },
  );

  test("keeps an answer after much progress", async () => {
    const progress = Array.from({ length: 900 }, (_, step) => ({ type: "status", step }));
    const read = await readStream(dataEvents(...progress, { type: "delta", data: "a" }, ...progress, ...progress));
    expect(read).toMatchObject({ parts: [{ type: "text-delta", delta: "a" }] });
    expect(read.failed).toBeUndefined();
  });
});
