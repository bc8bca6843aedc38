/** Each dialect by an answer as its services stream it, and what all of them do with what they don't know. */

import { describe, expect, test } from "vitest";
import type { KnownDialect } from "../../../party/upstream/dialects/recognition/recognize.ts";
import { textOf } from "../../../shared/content.ts";
import { toolPart } from "../../support/tool-part.ts";
import { dataEvents, namedEvent, readStream } from "./reading.ts";

const chunk = (delta: object, more: object = {}) => ({
  id: "c",
  object: "chat.completion.chunk",
  model: "gpt-test",
  choices: [{ index: 0, delta, finish_reason: null, ...more }],
});

describe("[U5] unified", () => {
  test("carries the brief's events and their extensions", async () => {
    const read = await readStream(
      dataEvents(
        { type: "start", model: "m", resumable: true },
        { type: "ping", ts: 1 },
        { type: "reasoning", data: "Hm" },
        { type: "tool_call", id: "t", name: "clock", args: { zone: "UTC" } },
        { type: "tool_result", id: "t", result: "12" },
        { type: "tool_call", name: "note", args: "x" },
        { type: "tool_result", name: "note", error: "full" },
        { type: "source", url: "https://example.com" },
        { type: "data", name: "weather", value: { sun: true } },
        { type: "delta", data: "No" },
        { type: "delta", data: "on" },
        { type: "delta", data: { text: "!" } },
        { type: "usage", inputTokens: 3 },
        { type: "complete", finishReason: "stop", usage: { outputTokens: 2 } },
      ),
    );
    expect(read).toEqual({
      start: { model: "m", resumable: true },
      parts: [
        { type: "reasoning-delta", delta: "Hm" },
        toolPart("t", "clock", "call", { zone: "UTC" }),
        toolPart("t", "clock", "result", "12"),
        toolPart("call-2", "note", "call", "x"),
        toolPart("call-2", "note", "error", "full"),
        { type: "source-url", sourceId: "https://example.com", url: "https://example.com" },
        { type: "data-weather", data: { sun: true } },
        { type: "text-delta", delta: "Noon!" },
      ],
      usage: { inputTokens: 3, outputTokens: 2 },
      end: { kind: "done", finishReason: "stop" },
    });
  });

  test("is cut off where it closes without complete", async () => {
    const read = await readStream(dataEvents({ type: "delta", data: "so far" }));
    expect(read).toEqual({ parts: [{ type: "text-delta", delta: "so far" }] });
  });

  test("reads an error with its code, its retryable and its wait", async () => {
    const end = async (error: object) => (await readStream(dataEvents({ type: "error", ...error }))).end;
    expect(await end({ code: "MODEL_TIMEOUT", message: "secret" })).toEqual({
      ...{ kind: "error", code: "upstream-unavailable", retryable: true },
    });
    expect(await end({ code: "x", message: "secret", retryable: false })).toMatchObject({ retryable: false });
    expect(await end({ code: "rate_limited", retryAfterMs: 70 })).toEqual({
      ...{ kind: "error", code: "upstream-rate-limited", retryable: true, retryAfterMs: 70 },
    });
  });

  test("keeps the names of the first round readable: token, tool, done", async () => {
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
        { type: "reasoning-delta", delta: "Hm" },
        {
          type: "tool-input-available",
          toolCallId: "t",
          toolName: "clock",
          input: { zone: "UTC" },
          providerExecuted: true,
        },
        { type: "text-delta", delta: "Noon" },
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
        { type: "reasoning-delta", delta: "Hmm" },
        { type: "text-delta", delta: "Noon" },
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
      {
        type: "tool-input-available",
        toolCallId: "call_a",
        toolName: "clock",
        input: { zone: "UTC" },
        providerExecuted: true,
      },
      {
        type: "tool-input-available",
        toolCallId: "call_b",
        toolName: "note",
        input: "not json",
        providerExecuted: true,
      },
      // The answer ends with them, so a client is to run them (T8).
      { ...read.parts[0], providerExecuted: false },
      { ...read.parts[1], providerExecuted: false },
    ]);
    expect(read.end).toEqual({ kind: "done", finishReason: "tool_calls" });
  });

  test("joins fragments by the call's id, also where every index is 0 and the name is repeated", async () => {
    const part = (id: string, args: string) =>
      chunk({ tool_calls: [{ index: 0, id, function: { name: "weather", arguments: args } }] });
    const read = await readStream(
      dataEvents(part("a", '{"city":'), part("a", '"Rome"}'), part("b", '{"city":"Oslo"}'), chunk({}), "[DONE]"),
    );
    expect(read.parts).toEqual([
      {
        type: "tool-input-available",
        toolCallId: "a",
        toolName: "weather",
        input: { city: "Rome" },
        providerExecuted: true,
      },
      {
        type: "tool-input-available",
        toolCallId: "b",
        toolName: "weather",
        input: { city: "Oslo" },
        providerExecuted: true,
      },
    ]);
  });

  test("tells two calls without ids apart, and joins a call whose id changes with each fragment", async () => {
    const whole = (name: string, args: string) =>
      chunk({ tool_calls: [{ index: 0, function: { name, arguments: args } }] });
    const two = await readStream(dataEvents(whole("a", "{}"), whole("b", "{}"), whole("b", '{"x":1}'), "[DONE]"));
    expect(two.parts.map((part) => "toolName" in part && [part["toolName"], part["input"]])).toEqual([
      ["a", {}],
      ["b", {}],
      ["b", { x: 1 }],
    ]);
    const call = (id: string, fn: object) => chunk({ tool_calls: [{ index: 0, id, function: fn }] });
    const one = await readStream(
      dataEvents(call("x1", { name: "a", arguments: "{" }), call("x2", { arguments: "}" }), "[DONE]"),
    );
    expect(one.parts).toEqual([
      { type: "tool-input-available", toolCallId: "x1", toolName: "a", input: {}, providerExecuted: true },
    ]);
  });

  test.each([
    ["choices that are null", { ...chunk({}), choices: null }],
    [
      'usage of -1, 3.5 and "3"',
      { ...chunk({}), usage: { prompt_tokens: -1, completion_tokens: 3.5, total_tokens: "3" } },
    ],
    ["a usage that is text", { ...chunk({}), choices: [], usage: "3" }],
    ["a chunk that is null", "null"],
    ["a content that is null", chunk({ content: null })],
    ["a delta that is null", { ...chunk({}), choices: [{ index: 0, delta: null, finish_reason: null }] }],
    ["an odd index", { ...chunk({}), choices: [{ index: "0", delta: { content: "other" } }] }],
  ])("completes an answer with %s in it", async (_, odd) => {
    for (const events of [
      [odd, chunk({ content: "Noon" })],
      [chunk({ content: "Noon" }), odd],
    ]) {
      const read = await readStream(dataEvents(...events, chunk({}, { finish_reason: "stop" }), odd, "[DONE]"));
      expect(read).toMatchObject({
        parts: [{ type: "text-delta", delta: "Noon" }],
        end: { kind: "done", finishReason: "stop" },
      });
    }
  });

  test("reads content blocks as text and reasoning", async () => {
    const thinking = { type: "thinking", thinking: [{ type: "text", text: "Hm" }] };
    const read = await readStream(
      dataEvents(chunk({ content: [thinking, { type: "text", text: "No" }] }), chunk({ content: "on" }), "[DONE]"),
    );
    expect(read.parts).toEqual([
      { type: "reasoning-delta", delta: "Hm" },
      { type: "text-delta", delta: "Noon" },
    ]);
  });

  test("bounds what it buffers of a call", async () => {
    const fragment = chunk({ tool_calls: [{ index: 0, function: { arguments: "x".repeat(1_000_000) } }] });
    const read = await readStream([dataEvents(fragment), dataEvents(fragment)], "openai");
    expect(read).toMatchObject({ parts: [], failed: "part-too-large" });
  });

  test("only the first choice counts, and a refusal is what the model said", async () => {
    const other = { ...chunk({}), choices: [{ index: 1, delta: { content: "other" }, finish_reason: "stop" }] };
    const read = await readStream(dataEvents(chunk({ refusal: "I will not." }), other, other));
    expect(read.parts).toEqual([{ type: "text-delta", delta: "I will not." }]);
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
    expect(read.parts).toEqual([{ type: "text-delta", delta: "so far" }]);
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

describe("[U5] unified events beside the text", () => {
  test.each([
    [
      { type: "source", url: "https://a.example", title: "A", id: 7 },
      { type: "source-url", sourceId: "7", url: "https://a.example", title: "A" },
    ],
    [
      { type: "source", data: { title: "Notes", mediaType: "text/markdown" } },
      { type: "source-document", sourceId: "Notes", mediaType: "text/markdown", title: "Notes" },
    ],
    [
      { type: "source", chunks: 3 },
      { type: "data-source", data: { chunks: 3 } },
    ],
    [
      { type: "file", url: "https://a.example/i.png", mediaType: "image/png" },
      { type: "file", url: "https://a.example/i.png", mediaType: "image/png" },
    ],
    [
      { type: "file", mimeType: "image/png", data: "AAAA" },
      { type: "file", url: "data:image/png;base64,AAAA", mediaType: "image/png" },
    ],
    [
      { type: "file", url: "https://a.example/i" },
      { type: "data-file", data: { url: "https://a.example/i" } },
    ],
  ])("%j is the part %j", async (event, part) => {
    const read = await readStream(dataEvents({ type: "delta", data: "so" }, event, { type: "complete" }));
    expect(read).toMatchObject({ parts: [{ type: "text-delta", delta: "so" }, part], end: { kind: "done" } });
  });
});

describe("[U5] ui-message", () => {
  const step = [{ type: "start", messageId: "m" }, { type: "start-step" }];

  test("carries text, reasoning, tools and data in their order, and how it ended", async () => {
    const chunks = [
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
      { type: "text-delta", id: "x", delta: "Noon" },
      { type: "text-end", id: "x" },
      { type: "source-url", sourceId: "s", url: "https://example.com" },
      { type: "made-up-next-year" },
      { type: "finish-step" },
      { type: "message-metadata", messageMetadata: {} },
      { type: "finish", finishReason: "stop", messageMetadata: { totalUsage: { inputTokens: 3, outputTokens: 2 } } },
    ];
    const read = await readStream(dataEvents(...chunks, "[DONE]"));
    expect(read).toEqual({
      start: { resumable: false, messageId: "m" },
      parts: chunks,
      usage: { inputTokens: 3, outputTokens: 2 },
      end: { kind: "done", finishReason: "stop" },
    });
  });

  test("metadata of a delta follows its text", async () => {
    const providerMetadata = { p: { signature: "s" } };
    const { parts } = await readStream(
      dataEvents(
        ...step,
        { type: "reasoning-start", id: "r", providerMetadata },
        { type: "reasoning-delta", id: "r", delta: "Hm" },
        { type: "reasoning-delta", id: "r", delta: "m", providerMetadata },
        { type: "reasoning-delta", id: "r", delta: "", providerMetadata },
      ),
    );
    const signed = { type: "reasoning-delta", id: "r", delta: "", providerMetadata };
    expect(parts.slice(2)).toEqual([
      { type: "reasoning-start", id: "r", providerMetadata },
      { type: "reasoning-delta", id: "r", delta: "Hmm" },
      signed,
      signed,
    ]);
  });

  test("texts with two ids are two parts, however they are interleaved, and keep what looks like a tag", async () => {
    const delta = (id: string, text: string) => ({ type: "text-delta", id, delta: text });
    const starts = ["a", "__proto__"].map((id) => ({ type: "text-start", id }));
    const { parts } = await readStream(
      dataEvents(...step, ...starts, delta("a", "<think>1"), delta("__proto__", "2"), delta("a", "3"), delta("a", "4")),
    );
    expect(parts.slice(4)).toEqual([delta("a", "<think>1"), delta("__proto__", "2"), delta("a", "34")]);
  });

  test("an attempt that dies before any content has none", async () => {
    const begun = [...step, { type: "text-start", id: "0" }];
    const { parts } = await readStream(dataEvents(...begun, { type: "error", errorText: "busy" }), "ui-message");
    expect(parts).toEqual([]);
  });

  test("a stream without a start gets one, by which readers know its form", async () => {
    const { parts } = await readStream(dataEvents({ type: "data-x", data: 1 }, { type: "finish" }));
    expect(parts).toEqual([{ type: "start" }, { type: "data-x", data: 1 }, { type: "finish" }]);
  });

  test("what comes between the finish and the end of the stream belongs to the answer", async () => {
    const title = { type: "data-title", data: "Weather" };
    const { parts, end } = await readStream(dataEvents(...step, { type: "finish" }, title), "ui-message");
    expect(parts).toEqual([...step, { type: "finish" }, title]);
    expect(end).toEqual({ kind: "done" });
  });

  test("a call of an earlier step survives a reset, and one of this step doesn't", async () => {
    const call = (toolCallId: string) => ({ type: "tool-input-available", toolCallId, toolName: "clock", input: {} });
    const output = (toolCallId: string) => ({ type: "tool-output-available", toolCallId, output: 1 });
    const begun = [...step, call("a"), { type: "start-step" }, call("b"), { type: "reset-step" }];
    expect(await readStream(dataEvents(...begun, output("a"), "[DONE]"))).toMatchObject({ end: { kind: "done" } });
    expect(await readStream(dataEvents(...begun, output("b")))).toMatchObject({ failed: "upstream-malformed" });
  });

  test("an id longer than any SDK makes is too large", async () => {
    const read = await readStream(dataEvents(...step, { type: "text-start", id: "x".repeat(300) }), "ui-message");
    expect(read).toMatchObject({ failed: "part-too-large", retryable: false });
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
    expect(read.parts.map(({ type }) => type)).toEqual([
      "start",
      "tool-input-available",
      "tool-output-available",
      "data-mark",
      "finish",
    ]);
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
  test.each(cases)("%s, ended by what follows or by nothing", async (name, events, text) => {
    for (const ending of ["", "data: [DONE]\n\n", "event: done\ndata:\n\n", "event: end\ndata: {}\n\n"]) {
      for (const dialect of ["auto", "text"] as const) {
        if (dialect === "text" && name.startsWith("under")) continue;
        const read = await readStream(events + ending, dialect);
        expect(read).toMatchObject({ parts: [{ type: "text-delta", delta: text }], end: { kind: "done" } });
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
    expect(read.parts).toEqual([{ type: "text-delta", delta: "so far" }]);
    expect(read.end).toMatchObject({ kind: "error", code: "upstream-unavailable" });
  });
});

describe("[U5] in every dialect", () => {
  const soFar = "so far";
  const first: Readonly<Record<KnownDialect, string>> = {
    unified: dataEvents({ type: "delta", data: soFar }),
    tagged: dataEvents({ type: "answer", content: soFar }),
    openai: dataEvents(chunk({ content: soFar })),
    responses: dataEvents({ type: "response.output_text.delta", delta: soFar }),
    anthropic: dataEvents({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: soFar } }),
    gemini: dataEvents({ candidates: [{ content: { parts: [{ text: soFar }] } }] }),
    "ui-message": dataEvents({ type: "text-start", id: "1" }, { type: "text-delta", id: "1", delta: soFar }),
    "data-stream": dataEvents(`0:${JSON.stringify(soFar)}`),
    dashscope: dataEvents({ output: { text: soFar, finish_reason: "null" }, request_id: "q" }),
    text: dataEvents(soFar),
  };
  const end: Readonly<Record<KnownDialect, string>> = {
    unified: dataEvents({ type: "complete" }),
    tagged: dataEvents({ type: "done" }),
    openai: dataEvents("[DONE]"),
    responses: dataEvents({ type: "response.completed", response: {} }),
    anthropic: dataEvents({ type: "message_stop" }),
    gemini: dataEvents({ candidates: [{ finishReason: "STOP" }] }),
    "ui-message": dataEvents({ type: "finish" }, "[DONE]"),
    "data-stream": dataEvents('d:{"finishReason":"stop"}'),
    dashscope: dataEvents({ output: { text: "", finish_reason: "stop" }, request_id: "q" }),
    text: dataEvents("[DONE]"),
  };
  /** Formats whose text is known by a fixed field: something else there is no answer. */
  const bad: Partial<Record<KnownDialect, readonly unknown[]>> = {
    unified: [{ type: "delta", data: 5 }, "{"],
    tagged: [{ type: "answer", content: 5 }, "{"],
    openai: ["{", "5", { choices: "none" }, { choices: [{ index: 0, delta: { content: 5 } }] }],
    responses: ["{", { type: "response.output_text.delta", delta: 5 }],
    anthropic: ["{", { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: 5 } }],
    gemini: ["{"],
    "ui-message": [
      "{",
      { type: "text-delta", id: "1", delta: 5 },
      { type: "text-delta", id: "2", delta: "no start" },
      { type: "text-end", id: "2" },
      { type: "reasoning-delta", id: "1", delta: "no start" },
      { type: "tool-input-delta", toolCallId: "c", inputTextDelta: "no start" },
      { type: "tool-output-available", toolCallId: 5 },
      { type: "tool-output-available", toolCallId: "c", output: "no call" },
      { type: "tool-output-denied", toolCallId: "__proto__" },
      { type: "tool-approval-request", approvalId: "a", toolCallId: "c" },
      { type: "tool-approval-response", approvalId: "a", approved: true },
      { type: "source-url", sourceId: "s" },
      { type: "file", url: "https://example.com", mediaType: 5 },
      { type: "data-x", id: 5, data: 1 },
      { type: "text-end", id: "1", providerMetadata: null },
    ],
    "data-stream": ["0:5", "0:{", "{"],
    dashscope: ["{"],
  };
  const names = Object.keys(first) as KnownDialect[];
  const completed = { text: soFar, end: { kind: "done" } };
  const textOfRead = async (...asked: Parameters<typeof readStream>) => {
    const { parts, ...read } = await readStream(...asked);
    return { ...read, text: textOf(parts) };
  };

  test.each(names)("%s is recognized by its first text, and ends with its end", async (name) => {
    for (const dialect of ["auto", name] as const) {
      const read = await textOfRead(first[name] + end[name], dialect);
      expect(read).toMatchObject(completed);
      expect(read.failed).toBeUndefined();
    }
  });

  test.each(names)(
    "%s: an event that isn't what it must be ends the answer after what came before it",
    async (name) => {
      for (const event of bad[name] ?? []) {
        for (const chunks of [[first[name] + dataEvents(event) + first[name]], [first[name], dataEvents(event)]]) {
          const read = await textOfRead(chunks, name);
          expect(read).toMatchObject({ failed: "upstream-malformed", retryable: false });
          expect(read.text).toBe(soFar);
        }
      }
    },
  );

  test.each(names)("%s: a name that it doesn't know is ignored", async (name) => {
    const read = await textOfRead(
      first[name] + namedEvent("metrics", "{") + namedEvent("ping", "{}") + end[name],
      name,
    );
    expect(read).toMatchObject(completed);
    expect(read.failed).toBeUndefined();
  });

  test.each(names)("%s: an event named error is a failure, as NestJS tells one after the headers", async (name) => {
    const endOf = async (data: unknown) => (await textOfRead(first[name] + namedEvent("error", data), name)).end;
    const unavailable = { kind: "error", code: "upstream-unavailable", retryable: true };
    expect(await endOf("Internal server error")).toEqual(unavailable);
    expect(await endOf({ statusCode: 500, message: "secret" })).toEqual(unavailable);
    expect(await endOf("ThrottlerException: Too Many Requests")).toMatchObject({ code: "upstream-rate-limited" });
    expect(await endOf({ code: "bad-prompt", message: "secret", retryable: false })).toMatchObject({
      ...{ code: "upstream-rejected", retryable: false },
    });
    expect(await endOf({ code: "rate-limited", retryAfterMs: 70 })).toMatchObject({ retryAfterMs: 70 });
  });

  test.each(names)("%s: what follows the end is not read", async (name) => {
    const read = await textOfRead(first[name] + end[name] + first[name] + namedEvent("error", "x"), name);
    // Gemini and DashScope have no end event: a stream goes on until it closes.
    const isOpen = name === "gemini" || name === "dashscope";
    if (!isOpen) expect(read).toMatchObject(completed);
  });

  test.each(names)("%s: without its end nothing says that it ended, unless the format has none", async (name) => {
    const read = await textOfRead(first[name]);
    const hasNone = name === "text" || name === "tagged" || name === "data-stream";
    expect(read.end?.kind).toBe(hasNone ? "done" : undefined);
  });

  // A line of the data stream between plain text is text as any other.
  const turns = names.flatMap((from) => names.filter((to) => to !== from).map((to) => [from, to] as const));
  test.each(turns.filter(([from, to]) => !(from === "text" && to === "data-stream")))(
    "a stream that turns from %s into %s keeps the text so far and fails",
    async (from, to) => {
      const read = await textOfRead(first[from] + first[to].replaceAll(soFar, "leaked") + end[to]);
      expect(read.text).toBe(soFar);
      expect(read).toMatchObject({ failed: "upstream-malformed", retryable: false });
      expect(read.end).toBeUndefined();
    },
  );

  test.each(names)("%s: HTML in the middle fails the answer, and nothing of it is shown", async (name) => {
    for (const page of [
      "<html><body>secret</body></html>\n\n",
      "data: <!doctype html><p>secret\n\n",
      "<!DOCTYPE html>\n<p>secret",
    ]) {
      const read = await textOfRead(`${first[name]}${page}\n`);
      expect(read.text).toBe(soFar);
      if (page.startsWith("data")) expect(read).toMatchObject({ failed: "upstream-malformed", retryable: false });
      expect(JSON.stringify(read)).not.toContain("secret");
    }
  });
});

describe("[U5] an answer of which nothing is understood", () => {
  test.each([
    ["objects under unknown keys", dataEvents({ foo: { say: "secret words" }, id: "x" }, { foo: { say: "more" } })],
    ["unknown tags", dataEvents({ type: "zork", payload: "secret words" }, { type: "done" })],
    ["a named event with text", namedEvent("zork", "secret words")],
    ["progress and nothing else", dataEvents({ type: "status", message: "secret words" }, "[DONE]")],
  ])("is unrecognized and never asked for again: %s", async (_, events) => {
    const read = await readStream(events);
    expect(read).toMatchObject({ parts: [], failed: "upstream-unrecognized", retryable: false });
    expect(read.end).toBeUndefined();
    expect(String(read.cause)).toContain("UPSTREAM_TEXT_PATH=");
    expect(String(read.cause)).not.toContain("secret");
  });

  test("tells the operator the keys and types of the event, and the setting that would read it", async () => {
    const read = await readStream(dataEvents({ id: 7, wrapped: { zork: "some secret words" } }));
    expect(read.cause).toBe(
      "nothing was understood; the first event is {id: number, wrapped: {zork: string}}. If the text is there, set UPSTREAM_TEXT_PATH=/wrapped/zork.",
    );
  });

  test("is an answer that never began where there was no data at all", async () => {
    expect(await readStream(": hello\n\n")).toEqual({ parts: [] });
    expect(await readStream(dataEvents({ type: "ping", ts: 1 }))).toEqual({ parts: [] });
  });
});

describe("[U5] by tag", () => {
  test("the text of an end event never repeats what was received, and brings what was not", async () => {
    const text = async (...events: unknown[]) => (await readStream(dataEvents(...events))).parts;
    const said = [
      { type: "text", content: "Hello, " },
      { type: "text", content: "world" },
    ];
    expect(await text(...said, { type: "done", content: "Hello, world" })).toEqual([
      { type: "text-delta", delta: "Hello, world" },
    ]);
    expect(await text(...said, { type: "done", content: "Hello, world!" })).toEqual([
      { type: "text-delta", delta: "Hello, world!" },
    ]);
    expect(await text(...said, { type: "done", content: "A summary" })).toEqual([
      { type: "text-delta", delta: "Hello, world" },
    ]);
    expect(await text({ type: "done", result: { answer: "Hello" } })).toEqual([{ type: "text-delta", delta: "Hello" }]);
    expect(await text({ text: "ha" }, { text: "ha", done: true })).toEqual([{ type: "text-delta", delta: "haha" }]);
  });

  test.each(["token", "delta"])(
    "raw text in an event named %s after JSON in such events is a coded failure",
    async (name) => {
      for (const raw of ["leaked", '"leaked"', "{leaked"]) {
        const read = await readStream(
          namedEvent(name, { text: "so far" }) + namedEvent(name, raw) + namedEvent("done", {}),
        );
        expect(read).toMatchObject({ parts: [{ type: "text-delta", delta: "so far" }], failed: "upstream-malformed" });
      }
    },
  );

  test("text that goes on under another tag is a coded failure", async () => {
    const known = await readStream(
      dataEvents({ type: "delta", content: "so far" }, { type: "token", content: "leaked" }, { type: "done" }),
    );
    expect(known).toMatchObject({ parts: [{ delta: "so far" }], failed: "upstream-malformed" });
    const unknown = { type: "zork", content: "lost" };
    const lost = await readStream(dataEvents({ type: "delta", content: "so far" }, unknown, unknown, { type: "done" }));
    expect(lost).toMatchObject({ parts: [{ delta: "so far" }], failed: "upstream-malformed" });
    const back = dataEvents(
      { type: "delta", content: "so " },
      unknown,
      unknown,
      { type: "delta", content: "far" },
      { type: "done" },
    );
    expect(await readStream(back)).toMatchObject({ parts: [{ delta: "so far" }], end: { kind: "done" } });
  });

  test.each([
    { type: "status", content: "x" },
    { type: "citation", content: "x", text: "y" },
    { type: "title", data: "x" },
    { event: "metadata", data: "x" },
    { type: "suggestion", text: "x" },
    { type: "usage", data: { inputTokens: 1 } },
    { role: "user", content: "x" },
    { type: "log", message: "x" },
  ])("%j is not text", async (event) => {
    const read = await readStream(dataEvents(event, { type: "text", content: "Hello" }, event, { type: "done" }));
    expect(read).toMatchObject({ parts: [{ type: "text-delta", delta: "Hello" }], end: { kind: "done" } });
  });
});
