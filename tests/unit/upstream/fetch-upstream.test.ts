/** What an HTTP answer means before a byte of it is read, and answers that come whole (U2, U4, U6). */
import { describe, expect, test } from "vitest";
import { UpstreamFailure, type UpstreamRequest } from "../../../party/core/ports.ts";
import { readerOf } from "../../../party/upstream/event-stream.ts";
import { FetchUpstream } from "../../../party/upstream/fetch-upstream.ts";
import { retryAfter } from "../../../party/upstream/status.ts";
import { lengthOf } from "../../../shared/content.ts";
import { upstreamSetting } from "../../support/backends/upstream-setting.ts";
import { dataEvents, type Read, readAll } from "./reading.ts";

const request: UpstreamRequest = { generationId: "g", messages: [{ role: "user", content: "hi" }] };

function upstreamWith(answer: () => Response): FetchUpstream {
  return new FetchUpstream({
    setting: () => upstreamSetting({ UPSTREAM_METHOD: "POST" }),
    readerOf,
    room: "r",
    authorize: async () => ({}),
    fetch: async () => answer(),
  });
}

async function read(body: string | Uint8Array<ArrayBuffer> | null, init: ResponseInit | string = {}): Promise<Read> {
  const options = typeof init === "string" ? { headers: { "content-type": init } } : init;
  const response = new Response(body, options);
  // A Response names a type by itself where none was given.
  if (typeof init !== "string" && init.headers === undefined) response.headers.delete("content-type");
  try {
    return await readAll(await upstreamWith(() => response).open(request, new AbortController().signal));
  } catch (error) {
    if (!(error instanceof UpstreamFailure)) throw error;
    return { parts: [], failed: error.code, retryable: error.retryable };
  }
}

const json = (value: unknown, type = "application/json") => read(JSON.stringify(value), type);
const shown = (text: string) => ({ parts: [{ type: "text-delta", delta: text }] });

test("a call that cannot be shown to be ours is not made, and may be tried again", async () => {
  let calls = 0;
  const upstream = new FetchUpstream({
    setting: () => upstreamSetting(),
    readerOf,
    room: "r",
    authorize: () => Promise.reject(new Error("token service: status 503")),
    fetch: async () => {
      calls += 1;
      return new Response();
    },
  });
  const opened = upstream.open(request, new AbortController().signal);
  await expect(opened).rejects.toMatchObject({ code: "upstream-unreachable", retryable: true });
  await expect(upstream.stop("g", new AbortController().signal)).rejects.toMatchObject({ retryable: true });
  expect(calls).toBe(0);
});

test("[U5] a stream whose header says that it is a UI message stream is read as one, whatever it begins with", async () => {
  const events = ['{"type":"start-step"}', '{"type":"finish-step"}', '{"type":"finish"}'];
  const body = events.map((event) => `data: ${event}\n\n`).join("");
  const headers = { "content-type": "text/event-stream" };
  const named = await read(body, { headers: { ...headers, "x-vercel-ai-ui-message-stream": "v1" } });
  expect(named.parts.map(({ type }) => type)).toEqual(["start", "start-step", "finish-step", "finish"]);
  expect((await read(body, { headers })).failed).toBe("upstream-unrecognized");
});

describe("[U6] a whole answer", () => {
  test("is one batch, marked as such, with its end", async () => {
    expect(
      await json({ text: "Noon.", model: "m", finishReason: "stop", usage: { inputTokens: 3, outputTokens: 2 } }),
    ).toEqual({
      ...shown("Noon."),
      whole: true,
      start: { model: "m", resumable: false },
      usage: { inputTokens: 3, outputTokens: 2 },
      end: { kind: "done", finishReason: "stop" },
    });
  });

  test.each([
    ["a string", "Noon."],
    ["text", { text: "Noon.", sources: [] }],
    ["content", { role: "assistant", content: "Noon." }],
    ["answer", { answer: "Noon.", error: null }],
    ["message", { message: "Noon.", error: "" }],
    ["a message", { message: { role: "assistant", content: "Noon." } }],
    ["output", { output: "Noon." }],
    [
      "the unified format",
      {
        parts: [
          { kind: "text", text: "No" },
          { kind: "text", text: "on." },
        ],
      },
    ],
    ["an AI SDK message", { role: "assistant", parts: [{ type: "step-start" }, { type: "text", text: "Noon." }] }],
  ])("may have its text in %s", async (_, value) => {
    expect(await json(value)).toMatchObject({ ...shown("Noon."), whole: true, end: { kind: "done" } });
    expect(await json(value, "application/vnd.chat+json; charset=utf-8")).toMatchObject(shown("Noon."));
  });

  test("may be a chat completion", async () => {
    const call = { id: "call_a", type: "function", function: { name: "clock", arguments: '{"zone":"UTC"}' } };
    const message = { role: "assistant", content: "Noon.", reasoning_content: "Hm", tool_calls: [call] };
    const completion = {
      model: "gpt-test",
      choices: [{ index: 0, message, finish_reason: "stop" }],
      usage: { prompt_tokens: 3, completion_tokens: 2 },
    };
    expect(await json(completion)).toEqual({
      parts: [
        { type: "reasoning-delta", delta: "Hm" },
        { type: "text-delta", delta: "Noon." },
        {
          type: "tool-input-available",
          toolCallId: "call_a",
          toolName: "clock",
          input: { zone: "UTC" },
          providerExecuted: true,
        },
      ],
      whole: true,
      start: { model: "gpt-test", resumable: false },
      usage: { inputTokens: 3, outputTokens: 2 },
      end: { kind: "done", finishReason: "stop" },
    });
  });

  const sized = (body: string | Uint8Array<ArrayBuffer>, type: string) =>
    read(body, { headers: { "content-type": type, "content-length": String(body.length) } });

  test("may be text, in the character set that it names", async () => {
    expect(await sized("Noon.", "text/plain")).toMatchObject({ ...shown("Noon."), whole: true, end: { kind: "done" } });
    expect(await sized("# Noon\n", "text/markdown; charset=UTF-8")).toMatchObject(shown("# Noon\n"));
    const gbk = Uint8Array.of(0xc4, 0xe3, 0xba, 0xc3);
    expect(await sized(gbk, "text/plain; charset=gbk")).toMatchObject(shown("你好"));
    expect(await sized(gbk, "text/plain; charset=made-up")).toMatchObject({ failed: "upstream-malformed" });
    expect(await sized("data is what we have", "text/plain")).toMatchObject(shown("data is what we have"));
  });

  test("is streamed text where the response has no length", async () => {
    const streamed = await read("Noon.", "text/plain");
    expect(streamed).toMatchObject({ ...shown("Noon."), end: { kind: "done" } });
    expect(streamed.whole).toBeUndefined();
  });

  test.each([
    ["events under a text type", dataEvents({ type: "delta", data: "Noon." }, { type: "complete" }), "text/plain"],
    ["events without a type", dataEvents({ type: "delta", data: "Noon." }, { type: "complete" }), ""],
    ["objects on lines under a JSON type", '{"text":"No"}\n{"text":"on."}\n', "application/json"],
    ["a JSON document under a stream's type", '{\n "text": "Noon."\n}', "text/event-stream"],
  ])("may be named wrong: %s", async (_, body, type) => {
    expect(await read(body, type === "" ? {} : type)).toMatchObject({ ...shown("Noon."), end: { kind: "done" } });
  });

  test.each([
    ["HTML", "<html>secret</html>", "text/html"],
    ["HTML under another name", "\n<!DOCTYPE html><p>secret", "text/plain"],
    ["HTML as an event stream", "<!DOCTYPE html>\n<html>secret", "text/event-stream"],
    ["no JSON", "secret", "application/json"],
    ["a number", "5", "application/json"],
    ["an image", "x", "image/png"],
    ["text without a type", "secret", {}],
    ["too much JSON", JSON.stringify({ text: "x".repeat(2_097_153) }), "application/json"],
    ["an unknown coding", "x", { headers: { "content-type": "text/plain", "content-encoding": "zstd" } }],
    ["nothing, on purpose", null, { status: 204 }],
  ] as const)("is never %s", async (_, body, init) => {
    const answer = await read(body, init);
    expect(answer).toMatchObject({ parts: [], failed: "upstream-malformed", retryable: false });
    expect(String(answer.cause)).not.toContain("secret");
  });

  test.each([
    ["an object without text", '{"ok":true,"secret":{"a":1}}'],
    ["a list", '["secret"]'],
    ["no choice", '{"choices":[]}'],
    ["odd parts", '{"parts":[5]}'],
  ])("is unrecognized where it is %s", async (_, body) => {
    const answer = await read(body, "application/json");
    expect(answer).toMatchObject({ parts: [], failed: "upstream-unrecognized", retryable: false });
    expect(answer.end).toBeUndefined();
  });

  test("that is empty never began", async () => {
    for (const type of ["text/event-stream", "application/json", "text/plain"]) {
      expect(await read("", type)).toEqual({ parts: [] });
    }
  });

  test("that is an error is one, whatever its status said", async () => {
    const rejected = { kind: "error", code: "upstream-rejected", retryable: false };
    expect((await json({ statusCode: 422, message: "secret", error: "Unprocessable" })).end).toEqual(rejected);
    expect((await json({ statusCode: 403, message: "secret", error: "Forbidden" })).end).toMatchObject({
      code: "upstream-auth-failed",
    });
    expect((await json({ statusCode: 429, message: "secret" })).end).toMatchObject({ code: "upstream-rate-limited" });
    expect((await json({ error: { message: "secret" } })).end).toMatchObject({ code: "upstream-unavailable" });
    expect((await json({ error: "secret" })).whole).toBeUndefined();
  });

  test("longer than an answer may be comes as far as that, and a bit more, so that the turn says so", async () => {
    const { parts } = await sized("x".repeat(3_000_000), "text/plain");
    const length = lengthOf(parts);
    expect(length).toBeGreaterThan(1_048_576);
  });
});

describe("[U2] [U4] a status", () => {
  const failure = async (status: number, headers: Record<string, string> = {}) => {
    const upstream = upstreamWith(() => new Response(status === 304 ? null : "secret", { status, headers }));
    return upstream.open(request, new AbortController().signal).then(
      () => undefined,
      (error: unknown) => error as UpstreamFailure,
    );
  };

  test.each([
    [408, "upstream-unavailable"],
    [429, "upstream-rate-limited"],
    [500, "upstream-unavailable"],
    [502, "upstream-unavailable"],
    [503, "upstream-unavailable"],
    [504, "upstream-unavailable"],
    [522, "upstream-unavailable"],
    [529, "upstream-unavailable"],
  ])("%i is worth another try", async (status, code) => {
    expect(await failure(status)).toMatchObject({ code, retryable: true, byUpstream: true, retryAfterMs: undefined });
    expect(await failure(status, { "retry-after": "2" })).toMatchObject({ retryAfterMs: 2_000 });
  });

  test.each([202, 206, 302, 304, 400, 404, 409, 410, 418, 422, 501, 505])("%i is final", async (status) => {
    expect(await failure(status, { "retry-after": "2" })).toMatchObject({
      ...{ code: "upstream-rejected", retryable: false, byUpstream: true },
    });
  });

  test("201 is an answer: NestJS gives it to a POST whose handler forgot its HttpCode(200)", async () => {
    const response = { status: 201, headers: { "content-type": "text/event-stream" } };
    expect(await read(dataEvents({ text: "Noon." }), response)).toMatchObject({
      ...shown("Noon."),
      end: { kind: "done" },
    });
  });

  test("Retry-After is seconds or a date, and anything else says nothing", () => {
    const now = Date.parse("Sun, 06 Nov 1994 08:49:30 GMT");
    expect(retryAfter("7", now)).toBe(7_000);
    expect(retryAfter(" 0 ", now)).toBe(0);
    expect(retryAfter("Sun, 06 Nov 1994 08:49:37 GMT", now)).toBe(7_000);
    expect(retryAfter("Sunday, 06-Nov-94 08:49:37 GMT", now)).toBe(7_000);
    expect(retryAfter("Sun Nov  6 08:49:37 1994", now)).toBeDefined();
    expect(retryAfter("Sun, 06 Nov 1994 08:49:00 GMT", now)).toBe(0);
    for (const odd of [null, "", "-1", "1.5", "soon", "1e3", "99999999999"])
      expect(retryAfter(odd, now)).toBeUndefined();
  });

  test("no connection is worth another try", async () => {
    const upstream = upstreamWith(() => {
      throw new TypeError("fetch failed");
    });
    const opening = upstream.open(request, new AbortController().signal);
    await expect(opening).rejects.toMatchObject({ code: "upstream-unreachable", retryable: true });
  });
});
