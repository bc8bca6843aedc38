/** The OpenAI provider against a local stand-in that plays what a test tells it to. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { problemOf, TestBackend } from "./support/backend.ts";

const apiKey = "sk-test-do-not-leak";

interface Asked {
  url: string | undefined;
  authorization: string | undefined;
  body: Record<string, unknown>;
}

const asked: Asked[] = [];
let play: (response: ServerResponse, request: IncomingMessage) => void | Promise<void>;
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const { url } = request;
    asked.push({
      url,
      authorization: request.headers.authorization,
      body: JSON.parse(Buffer.concat(chunks).toString()),
    });
    void play(response, request);
  });
});
let backend: TestBackend;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  backend = await TestBackend.start({
    provider: "openai",
    openai: { baseUrl: `http://127.0.0.1:${port}/v1/`, apiKey, models: ["model-a", "model-b"] },
  });
});
beforeEach(() => {
  asked.length = 0;
});
afterEach(() => server.closeAllConnections());
afterAll(async () => {
  await backend.close();
  await new Promise((resolve) => server.close(resolve));
});

const frame = (value: unknown): string => `data: ${typeof value === "string" ? value : JSON.stringify(value)}\n\n`;
const delta = (value: Record<string, unknown>, finishReason: string | null = null): string =>
  frame({
    id: "c",
    object: "chat.completion.chunk",
    model: "model-a",
    choices: [{ index: 0, delta: value, finish_reason: finishReason }],
  });

function stream(...frames: string[]): void {
  play = (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(frames.join(""));
  };
}

function refuse(status: number, headers: Record<string, string> = {}): void {
  play = (response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(
      JSON.stringify({ error: { message: `Incorrect API key provided: ${apiKey}`, type: "secret-detail" } }),
    );
  };
}

const read = async (more: Record<string, unknown> = {}) => {
  const reader = await backend.read(backend.body(backend.newId(), "hello", more));
  return { reader, events: await reader.end() };
};

test("a question with files is sent as a content array", async () => {
  stream(delta({ content: "A dot." }, "stop"), frame("[DONE]"));
  const url = "https://files.example.com/dot.png";
  const parts = [
    { type: "text", text: "What is this?" },
    { type: "file", mediaType: "image/png", url },
    { type: "file", mediaType: "application/pdf", filename: "b.pdf", url: "data:application/pdf;base64,JVBERg==" },
    { type: "data-page", data: 7 },
  ];
  await read({ messages: [{ role: "user", content: "What is this?", parts }] });
  expect(asked[0]?.body["messages"]).toEqual([
    {
      role: "user",
      content: [
        { type: "text", text: "What is this?" },
        { type: "image_url", image_url: { url } },
        { type: "file", file: { filename: "b.pdf", file_data: "data:application/pdf;base64,JVBERg==" } },
      ],
    },
  ]);
});

describe("an answer", () => {
  test("streams text, reasoning, usage and the finish reason", async () => {
    stream(
      ": keep-alive\n\n",
      delta({ role: "assistant", content: "" }),
      delta({ reasoning_content: "hmm" }),
      delta({ content: "Hel" }),
      delta({ content: "lo 世界" }),
      delta({}, "length"),
      frame({ model: "model-a", choices: [], usage: { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 } }),
      frame("[DONE]"),
    );
    const { events } = await read({ params: { temperature: 0.5, max_tokens: 100 } });
    expect(events.map(({ type, data }) => ({ type, ...data }))).toEqual([
      { type: "start", model: "model-a", resumable: true },
      { type: "reasoning", data: "hmm" },
      { type: "delta", data: "Hel" },
      { type: "delta", data: "lo 世界" },
      { type: "usage", inputTokens: 5, outputTokens: 7 },
      { type: "complete", finishReason: "length", usage: { inputTokens: 5, outputTokens: 7 } },
    ]);
    expect(asked).toEqual([
      {
        url: "/v1/chat/completions",
        authorization: `Bearer ${apiKey}`,
        body: {
          model: "model-a",
          messages: [{ role: "user", content: "hello" }],
          temperature: 0.5,
          max_tokens: 100,
          stream: true,
          stream_options: { include_usage: true },
        },
      },
    ]);
  });

  test("is the same however its bytes are cut", async () => {
    const bytes = Buffer.from(delta({ content: "Grüße 👋" }) + delta({ content: "世界" }, "stop") + frame("[DONE]"));
    play = async (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const byte of bytes) {
        response.write(Buffer.of(byte));
        await new Promise(setImmediate);
      }
      response.end();
    };
    const { reader } = await read();
    expect(reader.text).toBe("Grüße 👋世界");
  });

  test("collects tool calls whole", async () => {
    const call = (index: number, value: Record<string, unknown>): string =>
      delta({ tool_calls: [{ index, ...value }] });
    stream(
      call(0, { id: "call_a", type: "function", function: { name: "search", arguments: "" } }),
      call(0, { function: { arguments: '{"q":' } }),
      call(1, { id: "call_b", function: { name: "clock", arguments: "now" } }),
      call(0, { function: { arguments: '"x"}' } }),
      delta({}, "tool_calls"),
      frame("[DONE]"),
    );
    const { events } = await read();
    expect(events.filter(({ type }) => type === "tool_call").map(({ data }) => data)).toEqual([
      { id: "call_a", name: "search", args: { q: "x" } },
      { id: "call_b", name: "clock", args: "now" },
    ]);
    expect(events.at(-1)?.data).toEqual({ finishReason: "tool_calls" });
  });

  test("a stop hangs up on the service", async () => {
    const { promise: hungUp, resolve } = Promise.withResolvers<void>();
    play = (response) => {
      response.on("close", resolve);
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(delta({ content: "a" }));
    };
    const id = backend.newId();
    const reader = await backend.read(backend.body(id));
    await reader.until(({ type }) => type === "delta");
    expect((await backend.stop(id)).status).toBe(204);
    await hungUp;
    expect(await backend.record(id)).toMatchObject({ state: "aborted", tokens: 1, tokensAfterStop: 0 });
  });
});

describe("a refusal before the first event keeps its meaning", () => {
  test.each<[number, Record<string, string>, number, string | null, string]>([
    [429, { "retry-after": "7" }, 429, "7", "provider-rate-limited"],
    [503, { "retry-after": "1.2" }, 503, "2", "provider-unavailable"],
    [500, {}, 502, null, "provider-unavailable"],
    [502, {}, 502, null, "provider-unavailable"],
    [504, {}, 504, null, "provider-unavailable"],
    [400, {}, 422, null, "provider-rejected"],
    [401, {}, 424, null, "provider-misconfigured"],
    [404, {}, 424, null, "provider-misconfigured"],
  ])("%i %j → %i", async (status, headers, expected, retryAfter, code) => {
    refuse(status, headers);
    const response = await backend.post(backend.body(backend.newId()));
    expect(response.status).toBe(expected);
    expect(response.headers.get("retry-after")).toBe(retryAfter);
    const problem = await problemOf(response);
    expect(problem).toMatchObject({ status: expected, code });
    expect(JSON.stringify(problem)).not.toMatch(/sk-test|secret-detail/);
  });

  test("Retry-After as a date", async () => {
    refuse(429, { "retry-after": new Date(Date.now() + 30_000).toUTCString() });
    const response = await backend.post(backend.body(backend.newId()));
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(25);
    expect(Number(response.headers.get("retry-after"))).toBeLessThanOrEqual(30);
  });

  test("a service that cannot be reached is 503, and names no address", async () => {
    const other = await TestBackend.start({
      provider: "openai",
      openai: { baseUrl: "http://127.0.0.1:1/v1", apiKey, models: ["m"] },
    });
    const response = await other.post(other.body(other.newId()));
    expect(response.status).toBe(503);
    expect(await response.text()).not.toMatch(/127\.0\.0\.1|ECONNREFUSED|sk-test/);
    await other.close();
  });

  test("a failed attempt is forgotten: the retry asks again", async () => {
    refuse(503);
    const body = backend.body(backend.newId());
    expect((await backend.post(body)).status).toBe(503);
    stream(delta({ content: "ok" }, "stop"), frame("[DONE]"));
    const reader = await backend.read(body);
    await reader.end();
    expect(reader.text).toBe("ok");
  });
});

describe("a fault after the headers is an error event", () => {
  test.each<[string, () => void, string]>([
    [
      "an error in the stream",
      () => stream(delta({ content: "a" }), frame({ error: { message: apiKey } })),
      "provider-unavailable",
    ],
    ["a stream that ends early", () => stream(delta({ content: "a" })), "provider-unavailable"],
    ["nonsense", () => stream(delta({ content: "a" }), frame("not json")), "provider-unavailable"],
    [
      "a connection that breaks",
      () => {
        play = (response) => {
          response.writeHead(200, { "content-type": "text/event-stream" });
          response.write(delta({ content: "a" }));
          setTimeout(() => response.destroy(), 20);
        };
      },
      "provider-unavailable",
    ],
  ])("%s", async (_name, prepare, code) => {
    prepare();
    const { events } = await read();
    expect(events.map(({ type }) => type)).toEqual(["start", "delta", "error"]);
    expect(events.at(-1)?.data).toMatchObject({ code, retryable: true });
    expect(JSON.stringify(events)).not.toContain(apiKey);
  });
});

test("only known parameters are passed on", async () => {
  const refused = await backend.post(backend.body(backend.newId(), "x", { params: { api_key: "x" } }));
  expect(refused.status).toBe(400);
  expect(asked).toEqual([]);
});

test("the configured models can be chosen, others cannot", async () => {
  stream(delta({ content: "ok" }, "stop"), frame("[DONE]"));
  await read({ model: "model-b" });
  expect(asked[0]?.body["model"]).toBe("model-b");
  expect((await backend.post(backend.body(backend.newId(), "x", { model: "model-c" }))).status).toBe(400);
});
