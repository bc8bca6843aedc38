/** The hot path of the dialects: events that differ only in text, times and counts are read as a full read would read them. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BatchBuilder } from "../../../party/upstream/batch-builder.ts";
import { parseMapping } from "../../../party/upstream/dialects/mapping-settings.ts";
import { streamEvent } from "../../../party/upstream/dialects/stream-event.ts";
import { TextTemplate } from "../../../party/upstream/dialects/text-template.ts";
import { readStream } from "./reading.ts";

type Format = (text: string, n: unknown) => unknown;

/** Formats with a time, a number or counts in each event. */
const formats: Readonly<Record<string, Format>> = {
  ollama: (text, n) => ({ model: "m", created_at: n, message: { role: "assistant", content: text }, done: false }),
  gemini: (text, n) => ({
    candidates: [{ content: { parts: [{ text }], role: "model" }, index: 0 }],
    usageMetadata: { promptTokenCount: 9, candidatesTokenCount: n, totalTokenCount: n },
  }),
  openai: (text, n) => ({
    ...{ id: "c", created: n, choices: [{ index: 0, delta: { content: text } }] },
    usage: { prompt_tokens: 3, completion_tokens: n, total_tokens: n },
  }),
  responses: (text, n) => ({ type: "response.output_text.delta", sequence_number: n, delta: text }),
  dashscope: (text, n) => ({ output: { text: `${text}.` }, usage: { output_tokens: n }, request_id: "q" }),
  "a format of one's own": (text, n) => ({ type: "token", timestamp: n, content: text }),
  "an id in each event": (text, n) => ({ code: 0, data: { messageId: n, answer: text }, trace_id: n }),
  "a number under id": (text, n) => ({ id: n, delta: text }),
};

const scalars = fc.oneof(
  fc.nat(),
  fc.constantFrom<unknown>(-1, 1.5, 1e21, 2 ** 53, null, "", "2026-11-30T13:00:00Z", 'a "quoted" time', true, {}, [1]),
);

/** One event a line. White space that differs in each event keeps the hot path from ever fitting. */
const stream = (events: readonly unknown[], isPadded: boolean) =>
  events.map((event, index) => `data: ${JSON.stringify(event)}${isPadded ? " ".repeat(1 + index) : ""}\n\n`).join("");

describe("[U5] events that differ in text, times and counts", () => {
  test.each(Object.entries(formats))(
    "of %s read as events that are parsed in full",
    async (_, format) => {
      const events = fc.array(fc.tuple(fc.string({ unit: "binary" }), scalars), { minLength: 1, maxLength: 12 });
      await fc.assert(
        fc.asyncProperty(events, async (pieces) => {
          const said = pieces.map(([text, n]) => format(text, n));
          expect(await readStream(stream(said, false))).toEqual(await readStream(stream(said, true)));
        }),
        { numRuns: 300 },
      );
    },
    60_000,
  );

  test("count a usage that grows", async () => {
    const said = [1, 2, 3, 4].map((n) => formats["gemini"]?.("a", n));
    expect((await readStream(stream(said, false))).usage).toEqual({ inputTokens: 9, outputTokens: 4 });
  });

  test("keep each piece of a tool call, where two events hold the same piece", async () => {
    const calls = (id: string | undefined, args: string) => [
      { index: 0, id, function: { name: "f", arguments: args } },
    ];
    const chunk = (content: string, tool_calls?: unknown) => ({
      choices: [{ index: 0, delta: { content, tool_calls } }],
    });
    const said = [chunk("a"), chunk("b", calls("1", "[")), ...["c", "d"].map((text) => chunk(text, calls("1", "1")))];
    const over = { choices: [{ index: 0, delta: { tool_calls: calls("1", "]") }, finish_reason: "tool_calls" }] };
    const events = [...said, over];
    expect(await readStream(stream(events, false))).toEqual(await readStream(stream(events, true)));
  });

  test("end an answer by a field that the operator's mapping names, even a time", async () => {
    const parsed = parseMapping((name) => (name === "UPSTREAM_END_PATH" ? "/timestamp=3" : undefined));
    if (!parsed.ok || parsed.value === undefined) throw new Error("the mapping is refused");
    const mapping = parsed.value;
    const said = [1, 2, 3, 4].map((n) => formats["a format of one's own"]?.(`${n}x`, n));
    const read = await readStream(stream(said, false), { mapping });
    expect(read.parts).toEqual([{ type: "text-delta", delta: "1x2x3x" }]);
  });
});

describe("the template of an event", () => {
  const event = (format: Format | undefined, text: string, n: unknown) =>
    streamEvent(undefined, JSON.stringify(format?.(text, n)), undefined);

  function fits(format: Format | undefined, first: unknown, second: unknown, counts?: { outputTokens: number }) {
    const template = new TextTemplate(false);
    template.learn(event(format, "one", first), { kind: "text", text: "one", usage: {} }, counts);
    return template.read(undefined, event(format, "two", second).data, new BatchBuilder());
  }

  test.each(["ollama", "responses", "a format of one's own", "an id in each event", "a number under id"])(
    "fits an event of %s with another time or id",
    (name) => {
      expect(fits(formats[name], 1, 20.5)).toBe(true);
      expect(fits(formats[name], "13:00", "13:01")).toBe(true);
    },
  );

  test("fits an event with other counts, and passes them on", () => {
    const template = new TextTemplate(false);
    template.learn(
      event(formats["gemini"], "one", 1),
      { kind: "text", text: "one", usage: {} },
      { inputTokens: 9, outputTokens: 1 },
    );
    const into = new BatchBuilder();
    expect(template.read(undefined, event(formats["gemini"], "two", 25).data, into)).toBe(true);
    expect(into.take()).toEqual({
      parts: [{ type: "text-delta", delta: "two" }],
      usage: { inputTokens: 9, outputTokens: 25 },
    });
  });

  test("doesn't fit an event that differs in a field that a dialect reads", () => {
    const done: Format = (text, n) => ({ content: text, code: n });
    expect(fits(done, 0, 500)).toBe(false);
    expect(fits(done, 0, 0)).toBe(true);
  });

  test("isn't learned from an event whose counts stand twice", () => {
    const twice: Format = (text, n) => ({ content: text, usage: { output_tokens: n }, sum: { output_tokens: n } });
    expect(fits(twice, 1, 2, { outputTokens: 1 })).toBe(false);
  });
});
