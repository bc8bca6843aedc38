/** The four dialects, each by an answer as its services stream it, and what all of them do with what they do not know. */
import { describe, expect, test } from "vitest";
import { dialectOf } from "../../../party/upstream/dialects/auto.ts";
import type { DialectName } from "../../../party/upstream/dialects/names.ts";
import { dataEvents, namedEvent, readStream } from "./reading.ts";

const chunk = (delta: object, more: object = {}) => ({
  id: "c",
  object: "chat.completion.chunk",
  model: "gpt-test",
  choices: [{ index: 0, delta, finish_reason: null, ...more }],
});

describe("[U5] unified", () => {
  test("carries text, reasoning, tools, usage and the reason it ended", async () => {
    const read = await readStream(
      [
        namedEvent("start", { model: "m", resumable: true }, 1),
        namedEvent("reasoning", { text: "Hm" }, 2),
        namedEvent("tool", { toolCallId: "t", toolName: "clock", phase: "call", value: { zone: "UTC" } }, 3),
        namedEvent("token", { text: "No" }, 4),
        namedEvent("token", { text: "on" }, 5),
        namedEvent("usage", { inputTokens: 3 }, 6),
        namedEvent("done", { finishReason: "stop", usage: { outputTokens: 2 } }, 7),
      ].join(""),
    );
    expect(read).toEqual({
      start: { model: "m", resumable: true },
      parts: [
        { kind: "reasoning", text: "Hm" },
        { kind: "tool", toolCallId: "t", toolName: "clock", phase: "call", value: { zone: "UTC" } },
        { kind: "text", text: "Noon" },
      ],
      usage: { inputTokens: 3, outputTokens: 2 },
      end: { kind: "done", finishReason: "stop" },
      eventId: "7",
    });
  });

  test("[U7] an event without an id takes back the one before it, so that a resume never doubles its text", async () => {
    const before = namedEvent("token", { text: "a" }, 1);
    expect((await readStream(before + namedEvent("token", { text: "b" }))).eventId).toBeUndefined();
    expect((await readStream([before, namedEvent("token", { text: "b" })])).eventId).toBe("1");
    for (const id of ["\u4f60", "x".repeat(300), "a\0b", ""]) {
      expect((await readStream(before + namedEvent("token", { text: "b" }, id))).eventId).toBeUndefined();
    }
  });
});

describe("[U5] openai", () => {
  test("carries text, reasoning, usage and the reason it ended; its ids cannot be resumed", async () => {
    const events = dataEvents(
      chunk({ role: "assistant", content: "" }),
      chunk({ content: null, reasoning_content: "Hm" }),
      chunk({ reasoning: "m" }),
      chunk({ content: "No" }),
      chunk({ content: "on" }),
      chunk({}, { finish_reason: "stop" }),
      { ...chunk({}), choices: [], usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } },
      "[DONE]",
    );
    expect(await readStream(events.replaceAll("data:", "id: 5\ndata:"))).toEqual({
      start: { model: "gpt-test", resumable: false },
      parts: [
        { kind: "reasoning", text: "Hmm" },
        { kind: "text", text: "Noon" },
      ],
      usage: { inputTokens: 3, outputTokens: 2 },
      end: { kind: "done", finishReason: "stop" },
    });
  });

  test("appends a tool call whole, when the model has ended its turn", async () => {
    const call = (index: number, more: object) => chunk({ tool_calls: [{ index, ...more }] });
    const fragments = [
      call(0, { id: "call_a", type: "function", function: { name: "clock", arguments: "" } }),
      call(0, { function: { arguments: '{"zone":' } }),
      call(1, { id: "call_b", function: { name: "note", arguments: "not json" } }),
      call(0, { function: { arguments: '"UTC"}' } }),
    ];
    expect((await readStream(dataEvents(...fragments))).parts).toEqual([]);
    const read = await readStream(dataEvents(...fragments, chunk({}, { finish_reason: "tool_calls" }), "[DONE]"));
    expect(read.parts).toEqual([
      { kind: "tool", toolCallId: "call_a", toolName: "clock", phase: "call", value: { zone: "UTC" } },
      { kind: "tool", toolCallId: "call_b", toolName: "note", phase: "call", value: "not json" },
    ]);
    expect(read.end).toEqual({ kind: "done", finishReason: "tool_calls" });
  });

  test("bounds what it buffers of a call", async () => {
    const fragment = chunk({ tool_calls: [{ index: 0, function: { arguments: "x".repeat(1_000_000) } }] });
    const read = await readStream([dataEvents(fragment), dataEvents(fragment)]);
    expect(read).toMatchObject({ parts: [], failed: "part-too-large" });
  });

  test("only the first choice counts, and a refusal is what the model said", async () => {
    const other = { ...chunk({}), choices: [{ index: 1, delta: { content: "other" }, finish_reason: "stop" }] };
    const read = await readStream(dataEvents(chunk({ refusal: "I will not." }), other, other));
    expect(read.parts).toEqual([{ kind: "text", text: "I will not." }]);
    expect(read.end).toBeUndefined();
  });

  test("a stream that closes after a finish_reason has ended", async () => {
    const read = await readStream(dataEvents(chunk({ content: "Noon" }), chunk({}, { finish_reason: "length" })));
    expect(read.end).toEqual({ kind: "done", finishReason: "length" });
  });

  test.each([
    [{ error: { message: "busy", type: "rate_limit_exceeded" } }, "upstream-rate-limited", true],
    [{ error: { message: "busy", code: 429 } }, "upstream-rate-limited", true],
    [
      { error: { message: "pay", type: "insufficient_quota", code: "insufficient_quota" } },
      "upstream-quota-exceeded",
      false,
    ],
    [
      { error: { message: "no", type: "invalid_request_error", code: "context_length_exceeded" } },
      "upstream-context-too-long",
      false,
    ],
    [{ error: { message: "could not generate", type: "server_error" } }, "upstream-unavailable", true],
    [{ error: { code: 502, message: "bad gateway" } }, "upstream-unavailable", true],
    [{ error: { code: 403, message: "moderated" } }, "upstream-content-policy", false],
    [{ error: "secret reason" }, "upstream-unavailable", true],
    [{ statusCode: 403, message: "Forbidden resource" }, "upstream-auth-failed", false],
  ])("%j becomes %s", async (event, code, retryable) => {
    const read = await readStream(dataEvents(chunk({ content: "so far" }), event), "openai");
    expect(read.parts).toEqual([{ kind: "text", text: "so far" }]);
    expect(read.end).toEqual({ kind: "error", code, retryable });
    expect((await readStream(dataEvents(event))).end).toEqual(read.end);
  });

  test("an error may say when to come back", async () => {
    for (const wait of [{ retry_after: 2 }, { retry_after_ms: 2_000 }, { retryAfterMs: 2_000 }]) {
      const expected = { kind: "error", code: "upstream-rate-limited", retryable: true, retryAfterMs: 2_000 };
      expect((await readStream(dataEvents({ error: { code: 429, ...wait } }))).end).toEqual(expected);
      expect((await readStream(dataEvents({ error: { code: 429 }, ...wait }))).end).toEqual(expected);
    }
    const odd = { error: { code: 429, retry_after: "soon", retryAfterMs: -5 } };
    expect((await readStream(dataEvents(odd))).end).not.toHaveProperty("retryAfterMs");
  });
});

describe("[U5] ui-message", () => {
  const step = [{ type: "start", messageId: "m" }, { type: "start-step" }];

  test("carries text, reasoning, tools and data in their order, and how it ended", async () => {
    const read = await readStream(
      dataEvents(
        ...step,
        { type: "reasoning-start", id: "r" },
        { type: "reasoning-delta", id: "r", delta: "Hm" },
        { type: "reasoning-end", id: "r" },
        { type: "tool-input-start", toolCallId: "t", toolName: "clock" },
        { type: "tool-input-delta", toolCallId: "t", inputTextDelta: "{" },
        { type: "tool-input-available", toolCallId: "t", toolName: "clock", input: { zone: "UTC" } },
        { type: "tool-output-available", toolCallId: "t", output: "11", preliminary: true },
        { type: "tool-output-available", toolCallId: "t", output: "12" },
        { type: "tool-input-error", toolCallId: "u", toolName: "note", input: "{", errorText: "no JSON" },
        { type: "tool-input-available", toolCallId: "v", toolName: "mail", input: {} },
        { type: "tool-output-error", toolCallId: "v", errorText: "refused" },
        { type: "data-weather", id: "w", data: { sun: true } },
        { type: "data-progress", data: 5, transient: true },
        { type: "text-start", id: "x" },
        { type: "text-delta", id: "x", delta: "No" },
        { type: "text-delta", id: "x", delta: "on" },
        { type: "text-end", id: "x" },
        { type: "source-url", sourceId: "s", url: "https://example.com" },
        { type: "made-up-next-year" },
        { type: "finish-step" },
        { type: "message-metadata", messageMetadata: {} },
        { type: "finish", finishReason: "stop", messageMetadata: { totalUsage: { inputTokens: 3, outputTokens: 2 } } },
        "[DONE]",
      ),
    );
    const tool = (toolCallId: string, toolName: string, phase: string, value: unknown) => ({
      ...{ kind: "tool", toolCallId, toolName, phase, value },
    });
    expect(read).toEqual({
      start: { resumable: false },
      parts: [
        { kind: "reasoning", text: "Hm" },
        tool("t", "clock", "call", { zone: "UTC" }),
        tool("t", "clock", "result", "12"),
        tool("u", "note", "error", "no JSON"),
        tool("v", "mail", "call", {}),
        tool("v", "mail", "error", "refused"),
        { kind: "data", name: "weather", value: { sun: true } },
        { kind: "text", text: "Noon" },
      ],
      usage: { inputTokens: 3, outputTokens: 2 },
      end: { kind: "done", finishReason: "stop" },
    });
  });

  test("a tool without input or output, data without data and a finish without a reason are complete", async () => {
    const read = await readStream(
      dataEvents(
        { type: "tool-input-available", toolCallId: "t", toolName: "now" },
        { type: "tool-output-available", toolCallId: "t" },
        { type: "data-mark" },
        { type: "finish" },
      ),
    );
    expect(read.parts.map((part) => "value" in part && part.value)).toEqual([null, null, null]);
    expect(read.end).toEqual({ kind: "done" });
  });

  test("an error is one, in our words; an abort is an answer that broke off", async () => {
    const end = async (event: object) => (await readStream(dataEvents(...step, event))).end;
    expect(await end({ type: "error", errorText: "secret" })).toMatchObject({ code: "upstream-unavailable" });
    expect(await end({ type: "error", errorText: "Too many requests" })).toMatchObject({
      code: "upstream-rate-limited",
    });
    expect(await end({ type: "abort", reason: "shutdown" })).toMatchObject({ code: "upstream-truncated" });
  });
});

describe("[U5] text", () => {
  const cases: [name: string, events: string, text: string][] = [
    ["as it is", dataEvents("Hel", "lo, ", "42", "null", '{"text":"shown"}'), 'Hello, 42null{"text":"shown"}'],
    ["a number first", dataEvents("4", "2"), "42"],
    ["as JSON strings", dataEvents('"Hel"', '"lo\\n"', '"{}"'), "Hello\n{}"],
    ["under text", dataEvents({ text: "Hel" }, { text: "lo" }), "Hello"],
    ["under content", dataEvents({ id: 1 }, { content: "Hel", id: 2 }, { content: null }, { content: "lo" }), "Hello"],
    ["under token", dataEvents({ token: "Hel" }, { token: "lo", done: true }, { token: "more" }), "Hello"],
    ["under delta", dataEvents({ delta: "Hel" }, { delta: "lo" }), "Hello"],
    ["on several lines", "data: Hel\ndata: lo\n\n", "Hel\nlo"],
  ];
  test.each(cases)("%s, ended by what follows or by nothing", async (_, events, text) => {
    for (const ending of ["", "data: [DONE]\n\n", "event: done\ndata:\n\n", "event: end\ndata: {}\n\n"]) {
      for (const dialect of ["auto", "text"] as const) {
        const read = await readStream(events + ending, dialect);
        expect(read).toEqual({
          start: { resumable: false },
          parts: [{ kind: "text", text }],
          end: { kind: "done" },
        });
      }
    }
  });

  test("a stream that ends inside an event is cut off; one with nothing in it is no answer", async () => {
    expect((await readStream("data: Hel\n\ndata: lo\n")).end).toBeUndefined();
    expect((await readStream("data: Hel\n\ndata: l")).end).toBeUndefined();
    expect((await readStream("", "text")).end).toBeUndefined();
    expect((await readStream(": hello\n\n", "text")).end).toBeUndefined();
    expect((await readStream("data: Hel\n\n: bye\n\nid: 5\n")).end).toEqual({ kind: "done" });
  });

  test("an error in it is no text", async () => {
    const read = await readStream(dataEvents({ text: "so far" }, { error: "secret" }));
    expect(read.parts).toEqual([{ kind: "text", text: "so far" }]);
    expect(read.end).toMatchObject({ kind: "error", code: "upstream-unavailable" });
  });
});

describe("[U5] in every dialect", () => {
  const first: Record<Exclude<DialectName, "auto">, string> = {
    unified: namedEvent("token", { text: "so far" }),
    openai: dataEvents(chunk({ content: "so far" })),
    "ui-message": dataEvents({ type: "text-delta", id: "1", delta: "so far" }),
    text: dataEvents({ text: "so far" }),
  };
  const bad: Record<Exclude<DialectName, "auto">, string[]> = {
    unified: [
      namedEvent("token", "{"),
      namedEvent("token", { text: 5 }),
      namedEvent("tool", { toolCallId: "t", toolName: "n", phase: "maybe", value: 1 }),
      namedEvent("usage", { inputTokens: -1 }),
      namedEvent("start", []),
    ],
    openai: [
      dataEvents("{"),
      dataEvents("5"),
      dataEvents({ choices: "none" }),
      dataEvents({ choices: [{ index: 0, delta: { content: 5 } }] }),
      dataEvents({ choices: [], usage: { prompt_tokens: "3" } }),
    ],
    "ui-message": [
      dataEvents("{"),
      dataEvents({ delta: "x" }),
      dataEvents({ type: "text-delta", id: "1", delta: 5 }),
      dataEvents({ type: "tool-input-available", toolCallId: 5, toolName: "n" }),
      dataEvents({ type: "error" }),
    ],
    text: [dataEvents({ text: 5 }), dataEvents({ content: ["x"] }), dataEvents("{"), dataEvents("plain after JSON")],
  };
  const names = Object.keys(first) as (keyof typeof first)[];

  test.each(names)("%s: an event that fails its schema ends the answer after what came before it", async (name) => {
    for (const event of bad[name]) {
      for (const chunks of [[first[name] + event + first[name]], [first[name], event, first[name]]]) {
        const read = await readStream(chunks, name);
        expect(read).toMatchObject({ failed: "upstream-malformed", retryable: false });
        expect(read.parts).toEqual([{ kind: "text", text: "so far" }]);
      }
    }
  });

  test.each(names)("%s: a name that it does not know is ignored", async (name) => {
    const read = await readStream(first[name] + namedEvent("ping", "{") + first[name], name);
    expect(read).toMatchObject({ parts: [{ kind: "text", text: "so farso far" }] });
    expect(read.failed).toBeUndefined();
  });

  test.each(names)("%s: an event named error is a failure, as NestJS tells one after the headers", async (name) => {
    const end = async (data: unknown) => (await readStream(first[name] + namedEvent("error", data), name)).end;
    const unavailable = { kind: "error", code: "upstream-unavailable", retryable: true };
    expect(await end("Internal server error")).toEqual(unavailable);
    expect(await end({ statusCode: 500, message: "secret" })).toEqual(unavailable);
    expect(await end("ThrottlerException: Too Many Requests")).toMatchObject({ code: "upstream-rate-limited" });
    expect(await end({ code: "bad-prompt", message: "secret", retryable: false })).toMatchObject({
      ...{ code: "upstream-rejected", retryable: false },
    });
    expect(await end({ code: "rate-limited", retryAfterMs: 70 })).toMatchObject({ retryAfterMs: 70 });
    expect(await end({ code: "generate-failed" })).toEqual(unavailable);
  });

  test.each(names)("%s: what follows the end is not read", async (name) => {
    const done = name === "unified" ? namedEvent("done", {}) : dataEvents("[DONE]");
    const read = await readStream(first[name] + done + first[name] + bad[name][0] + namedEvent("error", "x"), name);
    expect(read).toMatchObject({ parts: [{ kind: "text", text: "so far" }], end: { kind: "done" } });
    expect(read.failed).toBeUndefined();
  });

  test.each(names)("%s: without its end event nothing says that it ended", async (name) => {
    const read = await readStream(first[name], name);
    expect(read.end?.kind).toBe(name === "text" ? "done" : undefined);
  });
});

describe("[U5] auto", () => {
  test.each([
    ["unified", "token", '{"text":"x"}'],
    ["unified", "error", "Internal server error"],
    ["text", "end", "bye"],
    [undefined, "ping", "{}"],
    ["text", "message", "hello"],
    ["openai", undefined, "[DONE]"],
    ["openai", undefined, '{"choices":[]}'],
    ["openai", undefined, '{"error":{"message":"x"}}'],
    ["ui-message", undefined, '{"type":"start"}'],
    ["ui-message", undefined, '{"type":"data-x","data":1}'],
    ["text", undefined, '{"type":"token","text":"x"}'],
    [undefined, undefined, '{"type":"ready"}'],
    [undefined, undefined, '{"conversation":"x","error":null}'],
    ["text", undefined, '"hello"'],
    ["text", undefined, "hello"],
    ["text", undefined, "42"],
  ] as const)("takes %s from %s: %s", (dialect, event, data) => {
    expect(dialectOf({ event, data, id: undefined })).toBe(dialect);
  });

  test("an event that tells nothing leaves the next to decide", async () => {
    const read = await readStream(
      namedEvent("ready", "{}") + dataEvents({ session: 1 }, chunk({ content: "Noon" }), "[DONE]"),
    );
    expect(read).toMatchObject({ parts: [{ text: "Noon" }], end: { kind: "done" } });
  });
});
