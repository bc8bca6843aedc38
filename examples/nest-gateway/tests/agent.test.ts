/** The offline agent on the real application: what the AI SDK shows of its answer, its pace, its stop and its resume. */
import { inflateSync } from "node:zlib";
import { readUIMessageStream, type UIMessage, type UIMessageChunk } from "ai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { drawBarChart } from "../src/agent/bar-chart.ts";
import { TestBackend } from "./support/backend.ts";
import type { SseEvent } from "./support/sse.ts";

let backend: TestBackend;
beforeAll(async () => {
  backend = await TestBackend.start();
});
afterAll(() => backend.close());

const fast = { tokensPerSecond: 10_000 };
const question = "How does a stream reconnect?";

const ask = (id: string, prompt = question, params: object = fast, headers: Record<string, string> = {}) =>
  backend.read(backend.body(id, prompt, { provider: "agent", params }), headers);

const chunksOf = (events: readonly SseEvent[]) =>
  events.map(({ type, data }) => ({ type, ...data }) as unknown as UIMessageChunk);

async function answerTo(prompt: string): Promise<UIMessageChunk[]> {
  return chunksOf(await (await ask(backend.newId(), prompt)).end());
}

async function messageOf(chunks: readonly UIMessageChunk[]): Promise<UIMessage> {
  let last: UIMessage | undefined;
  const stream = ReadableStream.from(chunks);
  for await (const message of readUIMessageStream({ stream, terminateOnError: true })) last = message;
  if (last === undefined) throw new Error("the stream makes no message");
  return last;
}

describe("the agent", () => {
  test("answers in three steps with reasoning, two tools, sources and a picture", async () => {
    const id = backend.newId();
    const message = await messageOf(chunksOf(await (await ask(id)).end()));
    expect(message).toMatchObject({
      id,
      metadata: { model: "agent-1", usage: { inputTokens: 7, outputTokens: expect.any(Number) } },
    });
    expect(message.parts.map(({ type }) => type)).toEqual([
      ...["step-start", "data-progress", "reasoning", "text", "tool-search"],
      ...["step-start", "reasoning", "tool-countWords"],
      ...["step-start", "source-url", "source-url", "text", "file"],
    ]);
    expect(message.parts[1]).toEqual({ type: "data-progress", id: "progress", data: { step: 3, of: 3 } });
    expect(message.parts.find(({ type }) => type === "tool-search")).toMatchObject({
      state: "output-available",
      title: "Search the reading list",
      input: { query: question },
      output: { status: "found", pages: [{ title: "HTML: server-sent events" }, { title: expect.any(String) }] },
    });
    expect(message.parts.find(({ type }) => type === "tool-countWords")).toMatchObject({
      output: { words: 5, lengths: [3, 4, 1, 6, 9] },
    });
    expect(message.parts.find(({ type }) => type === "source-url")).toMatchObject({
      url: "https://html.spec.whatwg.org/multipage/server-sent-events.html",
      title: "HTML: server-sent events",
    });
    expect(message.parts.at(-1)).toMatchObject({
      mediaType: "image/png",
      url: `data:image/png;base64,${drawBarChart([3, 4, 1, 6, 9])}`,
    });
  });

  test("gives the same chunks for the same question", async () => {
    const [first, second] = [await answerTo(question), await answerTo(question)];
    expect(second.slice(1)).toEqual(first.slice(1));
  });

  test("answers in Chinese when it is asked in Chinese", async () => {
    const message = await messageOf(await answerTo("流断开后如何重连？"));
    const texts = message.parts.flatMap((part) => (part.type === "text" ? [part.text] : []));
    expect(texts.at(-1)).toMatch(/^以下页面与您的问题相关：/);
  });

  test("sends the header by which clients of the AI SDK recognize the stream", async () => {
    const reader = await ask(backend.newId());
    expect(reader.response.headers.get("x-vercel-ai-ui-message-stream")).toBe("v1");
    await reader.end();
  });

  test("follows the conversation, of which the last question counts", async () => {
    const messages = [
      { role: "system", content: "Be brief." },
      { role: "user", content: "one two three" },
      { role: "assistant", content: "Three." },
      { role: "user", content: "and now five more words" },
    ];
    const body = { ...backend.body(backend.newId()), messages, provider: "agent", params: fast };
    const message = await messageOf(chunksOf(await (await backend.read(body)).end()));
    expect(message.parts.find(({ type }) => type === "tool-countWords")).toMatchObject({ output: { words: 5 } });
  });

  test("is resumed at every event, with exactly the rest", async () => {
    const id = backend.newId();
    const events = await (await ask(id)).end();
    expect(events.map((event) => event.id)).toEqual(events.map((_, index) => index + 1));
    for (const { id: position } of events) {
      const rest = await (await ask(id, question, fast, { "last-event-id": String(position) })).end();
      expect(rest).toEqual(events.slice(position));
    }
  });

  test("promises that it can be resumed in its first chunk", async () => {
    const [first] = await answerTo(question);
    expect(first).toMatchObject({ type: "start", resumable: true });
  });

  test("stops in the middle of a step: its stream ends with an abort, and nothing is made after it", async () => {
    const id = backend.newId();
    const reader = await ask(id, question, { tokensPerSecond: 1 });
    await reader.until(({ type }) => type === "reasoning-delta");
    expect((await backend.stop(id)).status).toBe(204);
    expect(chunksOf(await reader.end()).at(-1)).toEqual({ type: "abort" });
    expect(await backend.record(id)).toMatchObject({ state: "aborted", tokensAfterStop: 0 });
  });

  test("ends with an error of the stream's own kind when its process stops", async () => {
    const other = await TestBackend.start();
    const reader = await other.read(
      other.body(other.newId(), question, { provider: "agent", params: { tokensPerSecond: 1 } }),
    );
    await reader.until(({ type }) => type === "reasoning-delta");
    await other.close();
    expect(chunksOf(await reader.end()).at(-1)).toEqual({
      type: "error",
      errorText: "The model service is restarting.",
    });
  });
});

describe("a producer of chunks", () => {
  const asked = (id: string) => backend.read(backend.body(id, "hi", { provider: "scripted" }));

  test.each([
    [{ type: "finish", finishReason: "stop" }, "finished"],
    [{ type: "abort" }, "failed"],
    [{ type: "error", errorText: "no" }, "failed"],
  ] as const)("ends with its %o", async (chunk, state) => {
    const id = backend.newId();
    const script = backend.scripted.script(id);
    const reading = asked(id);
    script.say({ type: "chunk", chunk: { type: "start" } }, { type: "chunk", chunk });
    expect(chunksOf(await (await reading).end()).at(-1)).toEqual(chunk);
    expect(await backend.record(id)).toMatchObject({ state });
  });

  test("that throws ends with an error chunk, and runs again if it showed nothing", async () => {
    const id = backend.newId();
    const script = backend.scripted.script(id);
    const reading = asked(id);
    script.say({ type: "chunk", chunk: { type: "start" } }, { type: "chunk", chunk: { type: "start-step" } });
    script.say(new Error("a secret"));
    const last = chunksOf(await (await reading).end()).at(-1);
    expect(last).toMatchObject({ type: "error", errorText: expect.not.stringContaining("secret") });
    const again = asked(id);
    script.say({ type: "chunk", chunk: { type: "start" } }, { type: "chunk", chunk: { type: "text-start", id: "t" } });
    script.say("return");
    expect(chunksOf(await (await again).end()).at(-1)).toEqual({ type: "finish", finishReason: "stop" });
    expect(script.runs).toBe(2);
  });

  test("begins with a start, also where the producer has none", async () => {
    const id = backend.newId();
    const script = backend.scripted.script(id);
    const reading = asked(id);
    script.say({ type: "chunk", chunk: { type: "text-start", id: "t" } }, "return");
    expect(chunksOf(await (await reading).end()).map(({ type }) => type)).toEqual(["start", "text-start", "finish"]);
  });
});

test("The picture is a PNG of the size that its bars need", () => {
  const png = Buffer.from(drawBarChart([1, 2, 3]), "base64");
  expect(png.subarray(0, 8)).toEqual(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]));
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const dataLength = png.readUInt32BE(33);
  const pixels = inflateSync(png.subarray(41, 41 + dataLength));
  expect([width, height, pixels.length]).toEqual([52, 64, 64 * (1 + 52 * 3)]);
});
