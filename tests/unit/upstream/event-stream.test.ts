/** Reading an event stream byte by byte (U8): line ends, cuts, encodings, bounds, signs of life, back-pressure. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { UpstreamBatch } from "../../../party/core/ports.ts";
import { readerOf } from "../../../party/upstream/event-stream.ts";
import { bodyOf, dataEvents, namedEvent, readStream, utf8 } from "./reading.ts";

const text = "Hé, 世界 👩‍👩‍👧‍👦!\n";
const answer = [
  ": hello\n\n",
  namedEvent("start", { model: "m", resumable: true }, 1),
  "retry: 10\n",
  ...[...text].map((token, index) => namedEvent("token", { text: token }, index + 2)),
  namedEvent("done", { finishReason: "stop" }, 99),
].join("");
const expected = {
  start: { model: "m", resumable: true },
  parts: [{ type: "text-delta", delta: text }],
  end: { kind: "done", finishReason: "stop" },
  eventId: "99",
};

describe("[U8] the bytes of a stream", () => {
  test.each([
    ["LF", "\n"],
    ["CR", "\r"],
    ["CRLF", "\r\n"],
  ])("read the same with %s, with a BOM and without, cut at every byte", async (_, lineEnd) => {
    for (const bom of ["", "\uFEFF"]) {
      const bytes = utf8(bom + answer.replaceAll("\n", lineEnd));
      expect(await readStream([bytes])).toEqual(expected);
      const each = Array.from(bytes, (byte) => Uint8Array.of(byte));
      expect(await readStream(each)).toEqual(expected);
      for (let at = 0; at < bytes.length; at += 1) {
        expect(await readStream([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(expected);
      }
    }
  });

  test("mean the same however they are cut", async () => {
    const bytes = utf8(answer);
    const cuts = fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(cuts, async (unsorted) => {
        const at = [0, ...unsorted.sort((a, b) => a - b), bytes.length];
        const chunks = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
        expect(await readStream(chunks)).toEqual(expected);
      }),
    );
  });

  test("that are no UTF-8 become U+FFFD, and the answer goes on", async () => {
    const wrong = [
      utf8('event: token\ndata: {"text":"a'),
      Uint8Array.of(0xff, 0xc3),
      utf8('b"}\n\nevent: done\ndata: {}\n\n'),
    ];
    expect(await readStream(wrong)).toMatchObject({ parts: [{ delta: "a\uFFFD\uFFFDb" }], end: { kind: "done" } });
  });

  test("of any kind never throw anything but a failure with a code", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 64 })), async (chunks) => {
        await readStream(chunks);
        await readStream([namedEvent("token", { text: "x" }), ...chunks]);
      }),
    );
  });

  test("of an event without end are bounded", async () => {
    const mebi = "x".repeat(1_048_576);
    const read = await readStream([namedEvent("token", { text: "so far" }), "data: ", ...Array(10).fill(mebi)]);
    expect(read).toMatchObject({ parts: [{ delta: "so far" }], failed: "upstream-malformed" });
    const lines = await readStream([
      namedEvent("token", { text: "so far" }),
      ...Array(80).fill(`data: ${"x".repeat(131_072)}\n`),
    ]);
    expect(lines).toMatchObject({ parts: [{ delta: "so far" }], failed: "upstream-malformed" });
    const named = await readStream(["event: ", ...Array(10).fill(mebi)]);
    expect(named).toMatchObject({ parts: [], failed: "upstream-malformed" });
  });

  test("of a comment without end are let go", async () => {
    const comment = [": ", ...Array(10).fill("x".repeat(1_048_576)), "\n\n"];
    expect(await readStream([...comment, answer])).toEqual(expected);
  });

  test("after the end of an answer are not read", async () => {
    const read = await readStream([answer + namedEvent("token", { text: "more" }) + "data: ".repeat(1_048_576)]);
    expect(read).toEqual(expected);
  });

  test("of an event that was not ended are read where its data is whole JSON, and else discarded", async () => {
    const kept = namedEvent("token", { text: "kept" }, 1);
    for (const rest of ['event: token\ndata: {"text":"lo', "event: to", "data: lost\n", "data: lost"]) {
      expect(await readStream(kept + rest)).toEqual({ parts: [{ type: "text-delta", delta: "kept" }], eventId: "1" });
    }
    for (const rest of ['event: token\ndata: {"text":" too"}', 'event: token\ndata: {"text":" too"}\n']) {
      const read = await readStream(kept + rest);
      expect(read.parts).toEqual([{ type: "text-delta", delta: "kept too" }]);
      expect(read.end).toBeUndefined();
    }
    expect(await readStream(`${kept}event: done\ndata: {}`)).toMatchObject({ end: { kind: "done" } });
    expect(await readStream(`${dataEvents({ text: "kept" })}data: [DONE]`)).toMatchObject({ end: { kind: "done" } });
  });

  test("in several data lines are one value", async () => {
    const read = await readStream('event: token\ndata: {"text":\ndata: "a"}\n\nevent: done\ndata: {}\n\n');
    expect(read).toMatchObject({ parts: [{ delta: "a" }], end: { kind: "done" } });
  });
});

const batchesOf = (body: ReadableStream<Uint8Array>, signal = new AbortController().signal) =>
  readerOf("auto")(body, signal, "text/event-stream");

async function batches(chunks: readonly string[]): Promise<UpstreamBatch[]> {
  const all: UpstreamBatch[] = [];
  const body = bodyOf(chunks.map(utf8));
  for await (const batch of batchesOf(body)) all.push(batch);
  return all;
}

describe("[U8] batches", () => {
  test("merge what came at once", async () => {
    const tokens = Array.from({ length: 500 }, (_, index) => namedEvent("token", { text: "x" }, index + 1)).join("");
    expect(await batches([tokens])).toEqual([
      { parts: [{ type: "text-delta", delta: "x".repeat(500) }], eventId: "500" },
    ]);
  });

  test("are empty for comments, blank lines and halves of events: signs of life", async () => {
    const seen = await batches([": still here\n\n", "\n\n", 'event: token\ndata: {"te', 'xt":"x"}\n\n']);
    expect(seen.map(({ parts }) => parts.length)).toEqual([0, 0, 0, 1]);
  });

  test("are read one at a time: a slow room holds the upstream back", async () => {
    let pulled = 0;
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        type: "bytes",
        pull(controller) {
          pulled += 1;
          controller.enqueue(new Uint8Array(utf8(namedEvent("token", { text: "x" }))));
        },
      },
      { highWaterMark: 0 },
    );
    const reading = batchesOf(body)[Symbol.asyncIterator]();
    for (let index = 0; index < 5; index += 1) await reading.next();
    await new Promise((resolve) => setTimeout(resolve));
    expect(pulled).toBe(5);
    await reading.return?.(undefined);
  });

  test("end with the signal: a pending read rejects with its reason, and the body is closed", async () => {
    const controller = new AbortController();
    let cancelled: unknown;
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      type: "bytes",
      cancel: (reason) => {
        cancelled = reason;
      },
    });
    const reading = batchesOf(body, controller.signal)[Symbol.asyncIterator]().next();
    const reason = new Error("stopped");
    controller.abort(reason);
    await expect(reading).rejects.toBe(reason);
    expect(cancelled).toBe(reason);
  });

  test("close the body when the room has read enough", async () => {
    let cancelled = false;
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      type: "bytes",
      pull: (controller) => controller.enqueue(new Uint8Array(utf8(answer))),
      cancel: () => {
        cancelled = true;
      },
    });
    for await (const { end } of batchesOf(body)) expect(end).toBeDefined();
    expect(cancelled).toBe(true);
  });

  test("a connection that breaks leaves a truncated answer", async () => {
    let first = true;
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      type: "bytes",
      pull(controller) {
        if (first) controller.enqueue(new Uint8Array(utf8(namedEvent("token", { text: "kept" }))));
        else controller.error(new TypeError("Network connection lost."));
        first = false;
      },
    });
    const seen: UpstreamBatch[] = [];
    const reading = (async () => {
      for await (const batch of batchesOf(body)) seen.push(batch);
    })();
    await expect(reading).rejects.toMatchObject({ code: "upstream-truncated", retryable: true });
    expect(seen).toEqual([{ parts: [{ type: "text-delta", delta: "kept" }] }]);
  });
});
