/** The upstream contract (docs: README of this folder) over real HTTP, against the real application. */
import { setTimeout as after } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { echoText } from "../src/providers/echo-text.ts";
import { problemOf, TestBackend } from "./support/backend.ts";
import { SseReader, textOf } from "./support/sse.ts";

let backend: TestBackend;
const others: TestBackend[] = [];

beforeAll(async () => {
  backend = await TestBackend.start();
});
afterEach(async () => {
  for (const other of others.splice(0)) await other.close();
});
afterAll(() => backend.close());

async function startOther(options: Parameters<typeof TestBackend.start>[0]): Promise<TestBackend> {
  const other = await TestBackend.start(options);
  others.push(other);
  return other;
}

const burst = { burst: true };

describe("POST /model/chat", () => {
  test("answers 200 with the exact text as an event stream", async () => {
    const id = backend.newId();
    const prompt = "Grüße, 世界! 👩‍👩‍👧 line\nbreak \u2028 end";
    const reader = await backend.read(backend.body(id, prompt, { params: burst }), { traceparent: "00-ab-cd-01" });
    expect(reader.response.status).toBe(200);
    expect(reader.response.headers.get("content-type")).toBe("text/event-stream");
    expect(reader.response.headers.get("cache-control")).toContain("no-transform");
    expect(reader.response.headers.get("x-accel-buffering")).toBe("no");
    expect(reader.response.headers.get("generation-id")).toBe(id);
    const events = await reader.end();
    expect(textOf(events)).toBe(prompt);
    expect(events.map(({ id: eventId }) => eventId)).toEqual(events.map((_, i) => i + 1));
    expect(events[0]).toEqual({ id: 1, type: "start", data: { model: "echo-1", resumable: true } });
    expect(events.at(-2)?.type).toBe("usage");
    expect(events.at(-1)).toMatchObject({
      type: "complete",
      data: { finishReason: "stop", usage: { outputTokens: expect.any(Number) } },
    });
  });

  test("takes the id from the Idempotency-Key alone", async () => {
    const id = backend.newId();
    const { generationId: _, ...body } = backend.body(id, "hi", { params: burst });
    await (await backend.read(body, { "idempotency-key": id })).end();
    expect(await backend.record(id)).toEqual({ id, state: "finished", starts: 1, tokens: 1, tokensAfterStop: 0 });
  });

  test("says what came with a question: its text, its files and its data", async () => {
    const parts = [
      { type: "text", text: "What is this?" },
      { type: "file", mediaType: "image/png", filename: "dot.png", url: "data:image/png;base64,iVBORw0KGgo=" },
      { type: "file", mediaType: "application/pdf", url: "https://files.example.com/b.pdf" },
      { type: "data-page", data: { path: "/7" } },
    ];
    const messages = [{ role: "user", content: "What is this?", parts }];
    const reader = await backend.read({ ...backend.body(backend.newId(), "", { params: burst }), messages });
    expect(textOf(await reader.end())).toBe(
      'What is this?\n[dot.png, image/png: 8 bytes]\n[a file, application/pdf: https://files.example.com/b.pdf]\n[data-page: {"path":"/7"}]',
    );
  });

  test("says the last message of the user", async () => {
    const messages = [
      { role: "user", content: "first" },
      { role: "assistant", content: "first" },
      { role: "user", content: "second" },
    ];
    const reader = await backend.read(backend.body(backend.newId(), "", { messages, params: burst }));
    await reader.end();
    expect(reader.text).toBe("second");
  });

  test("takes a conversation of more than a mebibyte, and refuses one of more than four", async () => {
    const prompt = "x".repeat(1_500_000);
    const reader = await backend.read(
      backend.body(backend.newId(), prompt, { params: { burst: true, chunkSize: 65_536 } }),
    );
    await reader.end();
    expect(reader.text).toBe(prompt);
    const refused = await backend.post(backend.body(backend.newId(), "x".repeat(4_300_000)));
    expect(refused.status).toBe(413);
    expect(await problemOf(refused)).toMatchObject({ status: 413, code: "body-too-large" });
  });

  test("a fault before the first event is an HTTP status, with Retry-After", async () => {
    const params = {
      failStatus: 503,
      failTimes: 1,
      burst: true,
      failWith: { code: "busy", message: "Busy.", retryAfterMs: 1_200 },
    };
    const body = backend.body(backend.newId(), "hello", { params });
    const refused = await backend.post(body);
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toBe("2");
    expect(refused.headers.get("content-type")).toBe("application/problem+json");
    expect(await problemOf(refused)).toMatchObject({ status: 503, code: "busy", detail: "Busy." });
    const retry = await backend.read(body);
    await retry.end();
    expect(retry.text).toBe("hello");
  });

  test("a fault after content is an error event on a stream that ends", async () => {
    const params = { burst: true, tokens: 10, failAfter: 3, failWith: { retryAfterMs: 5_000 } };
    const reader = await backend.read(backend.body(backend.newId(), "hello", { params }));
    const events = await reader.end();
    expect(textOf(events)).toBe(echoText(params, "hello"));
    expect(events.at(-1)).toEqual({
      id: 5,
      type: "error",
      data: { code: "provider-failed", message: "The model failed.", retryable: true, retryAfterMs: 5_000 },
    });
  });

  test("writes a comment while it is silent", async () => {
    const other = await startOther({ resumable: { heartbeatMs: 20 } });
    const id = other.newId();
    other.scripted.script(id).start();
    const reader = await other.read(other.body(id, "x", { provider: "scripted" }));
    expect(await reader.comment()).toBe("hb");
  });
});

describe("resume", () => {
  test("gives the events after Last-Event-ID, then the live ones; the old reader's stream ends", async () => {
    const id = backend.newId();
    const script = backend.scripted.script(id).start().tokens("a", "b", "c");
    const body = backend.body(id, "x", { provider: "scripted" });
    const first = await backend.read(body);
    await first.until(({ id: eventId }) => eventId === 4);
    const second = await backend.read(body, { "last-event-id": "2", "idempotency-key": id });
    await first.end();
    script.tokens("d").done();
    const events = await second.end();
    expect(events.map(({ id: eventId, type }) => `${eventId} ${type}`)).toEqual([
      "3 delta",
      "4 delta",
      "5 delta",
      "6 complete",
    ]);
    expect(first.text + textOf(events.slice(2))).toBe("abcd");
    expect(await backend.record(id)).toMatchObject({ starts: 1, state: "finished" });
  });

  test("a connection that broke loses nothing and runs nothing twice", async () => {
    const id = backend.newId();
    const params = { tokens: 300, tokensPerSecond: 2_000 };
    const body = backend.body(id, "x", { params });
    let held = "";
    let lastId = 0;
    for (let isDone = false; !isDone; ) {
      const reader = await backend.read(body, lastId === 0 ? {} : { "last-event-id": String(lastId) });
      const from = lastId;
      const event = await reader.until(({ id: eventId, type }) => type === "complete" || eventId >= from + 60);
      reader.close();
      const read = reader.events.filter(({ id: eventId }) => eventId <= event.id);
      held += textOf(read);
      lastId = event.id;
      isDone = event.type === "complete";
    }
    expect(held).toBe(echoText(params, "x"));
    expect(await backend.record(id)).toMatchObject({ starts: 1, state: "finished", tokens: 300 });
  });

  test("of an unknown key is 410, and starts nothing", async () => {
    const id = backend.newId();
    const { started } = await backend.stats();
    const refused = await backend.post(backend.body(id), { "last-event-id": "7" });
    expect(refused.status).toBe(410);
    expect(await problemOf(refused)).toMatchObject({ code: "generation-unknown" });
    expect((await backend.stats()).started).toBe(started);
  });

  test("an empty Last-Event-ID is none", async () => {
    const reader = await backend.read(backend.body(backend.newId(), "hi", { params: burst }), { "last-event-id": "" });
    await reader.end();
    expect(reader.text).toBe("hi");
  });

  test("one key for another request is 409; the order of keys is no difference", async () => {
    const id = backend.newId();
    await (await backend.read(backend.body(id, "hello", { params: { burst: true, chunkSize: 2 } }))).end();
    const same = await backend.read(backend.body(id, "hello", { params: { chunkSize: 2, burst: true } }));
    await same.end();
    expect(same.text).toBe("hello");
    const refused = await backend.post(backend.body(id, "other", { params: { burst: true, chunkSize: 2 } }));
    expect(refused.status).toBe(409);
    expect(await problemOf(refused)).toMatchObject({ code: "generation-conflict" });
  });
});

describe("DELETE /model/chat/:generationId", () => {
  test("204, and no token is made after it", async () => {
    const id = backend.newId();
    const reader = await backend.read(backend.body(id, "x", { params: { tokens: 100_000, tokensPerSecond: 5_000 } }));
    await reader.until(({ id: eventId }) => eventId > 20);
    const stopped = await backend.stop(id);
    expect(stopped.status).toBe(204);
    const { tokens, state } = await backend.record(id);
    expect(state).toBe("aborted");
    const last = (await reader.end()).at(-1);
    expect(last).toMatchObject({ type: "complete", data: { finishReason: "cancelled" } });
    // Long enough for hundreds of tokens at this pace, had it gone on.
    await after(100);
    expect(await backend.record(id)).toMatchObject({ tokens, tokensAfterStop: 0 });
  });

  test("stops a generation that nobody reads, at once", async () => {
    const id = backend.newId();
    const script = backend.scripted.script(id).start();
    const reader = await backend.read(backend.body(id, "x", { provider: "scripted" }));
    reader.close();
    expect((await backend.stop(id)).status).toBe(204);
    expect(script.signal?.aborted).toBe(true);
    expect(await backend.record(id)).toMatchObject({ state: "aborted" });
  });

  test("204 again, and 204 when it was over", async () => {
    const id = backend.newId();
    await (await backend.read(backend.body(id, "hi", { params: burst }))).end();
    expect((await backend.stop(id)).status).toBe(204);
    expect((await backend.stop(id)).status).toBe(204);
    expect(await backend.record(id)).toMatchObject({ state: "finished" });
  });

  test("of an unknown id is remembered: a late POST is 409 and starts nothing", async () => {
    const id = backend.newId();
    expect((await backend.stop(id)).status).toBe(204);
    const refused = await backend.post(backend.body(id));
    expect(refused.status).toBe(409);
    expect(await problemOf(refused)).toMatchObject({ code: "generation-stopped" });
    expect((await fetch(`${backend.url}/model/stats?id=${id}`)).status).toBe(404);
  });

  test("while the POST still waits for its headers: both are answered, and it never runs", async () => {
    const id = backend.newId();
    const waiting = backend.post(backend.body(id, "x", { params: { startDelayMs: 60_000 } }));
    await expect.poll(async () => (await fetch(`${backend.url}/model/stats?id=${id}`)).status).toBe(200);
    expect((await backend.stop(id)).status).toBe(204);
    expect((await waiting).status).toBe(409);
    expect(await backend.record(id)).toMatchObject({ state: "aborted", tokens: 0 });
  });

  test("refuses an id that cannot be one", async () => {
    const refused = await backend.stop("no%20id");
    expect(refused.status).toBe(400);
    expect(await problemOf(refused)).toMatchObject({
      code: "invalid-request",
      errors: [{ parameter: "generationId" }],
    });
  });
});

describe("leaving", () => {
  test("with no hold time, unsubscribing stops the generation and counts it", async () => {
    const other = await startOther({ resumable: { holdMs: 0 } });
    const id = other.newId();
    const script = other.scripted.script(id).start().tokens("a");
    const reader = await other.read(other.body(id, "x", { provider: "scripted" }));
    await reader.until(({ type }) => type === "delta");
    reader.close();
    await expect
      .poll(() => other.stats(), { interval: 5 })
      .toMatchObject({ started: 1, aborted: 1, finished: 0, active: 0 });
    expect(script.signal?.aborted).toBe(true);
  });

  test("with a hold time, it goes on, and then stops", async () => {
    const other = await startOther({ resumable: { holdMs: 150 } });
    const id = other.newId();
    const script = other.scripted.script(id).start().tokens("a");
    const reader = await other.read(other.body(id, "x", { provider: "scripted" }));
    await reader.until(({ type }) => type === "delta");
    reader.close();
    script.tokens("b");
    await expect.poll(() => other.record(id), { interval: 5 }).toMatchObject({ state: "running", tokens: 2 });
    await expect.poll(() => other.record(id), { interval: 5 }).toMatchObject({ state: "aborted" });
    expect(await other.stats()).toMatchObject({ aborted: 1, active: 0 });
  });

  test("before the headers is leaving too", async () => {
    const other = await startOther({ resumable: { holdMs: 0 } });
    const abort = new AbortController();
    const body = JSON.stringify(other.body(other.newId(), "x", { params: { startDelayMs: 60_000 } }));
    const waiting = fetch(`${other.url}/model/chat`, {
      method: "POST",
      body,
      headers: { "content-type": "application/json" },
      signal: abort.signal,
    });
    await expect.poll(() => other.stats(), { interval: 5 }).toMatchObject({ active: 1 });
    abort.abort();
    await expect(waiting).rejects.toThrow();
    await expect.poll(() => other.stats(), { interval: 5 }).toMatchObject({ active: 0, aborted: 1 });
  });

  test("a backend that closes says so", async () => {
    const other = await TestBackend.start();
    const id = other.newId();
    other.scripted.script(id).start();
    const reader = await other.read(other.body(id, "x", { provider: "scripted" }));
    await reader.until(({ type }) => type === "start");
    const ended = reader.end();
    await other.close();
    expect((await ended).at(-1)).toMatchObject({ type: "error", data: { code: "shutting-down", retryable: true } });
  });
});

describe("GET /model/chat", () => {
  test("streams the prompt's answer under an id of its own, which can be stopped", async () => {
    const params = encodeURIComponent(JSON.stringify({ stallAfter: 1 }));
    const reader = await SseReader.open(
      `${backend.url}/model/chat?provider=echo&prompt=hello%20there&params=${params}`,
    );
    expect(reader.response.status).toBe(200);
    await reader.until(({ type }) => type === "delta");
    const id = reader.response.headers.get("generation-id") ?? "";
    expect((await backend.stop(id)).status).toBe(204);
    expect((await reader.end()).at(-1)).toMatchObject({ data: { finishReason: "cancelled" } });
  });

  test("takes an Idempotency-Key and resumes by it", async () => {
    const id = backend.newId();
    const url = `${backend.url}/model/chat?prompt=hello`;
    await (await SseReader.open(url, { headers: { "idempotency-key": id } })).end();
    const again = await SseReader.open(url, { headers: { "idempotency-key": id, "last-event-id": "2" } });
    await again.end();
    expect(again.text).toBe("o");
    expect(await backend.record(id)).toMatchObject({ starts: 1 });
  });

  test("a reconnecting EventSource has no key: 410 ends it, instead of a second answer", async () => {
    const refused = await fetch(`${backend.url}/model/chat?prompt=hello`, { headers: { "last-event-id": "3" } });
    expect(refused.status).toBe(410);
  });

  test("HEAD runs nothing", async () => {
    const { started } = await backend.stats();
    const refused = await fetch(`${backend.url}/model/chat?prompt=hello`, { method: "HEAD" });
    expect(refused.status).toBe(405);
    expect(refused.headers.get("allow")).toBe("GET, POST");
    expect((await backend.stats()).started).toBe(started);
  });
});

describe("a malformed request is a 400 problem", () => {
  const user = [{ role: "user", content: "hi" }];
  test.each<[string, unknown, string]>([
    ["no body", "", "#/room"],
    ["an array", [], "#"],
    ["no room", { generationId: "g", messages: user }, "#/room"],
    ["no id at all", { room: "r", messages: user }, "#/generationId"],
    ["a bad id", { generationId: "a b", room: "r", messages: user }, "#/generationId"],
    ["no messages", { generationId: "g", room: "r" }, "#/messages"],
    ["empty messages", { generationId: "g", room: "r", messages: [] }, "#/messages"],
    [
      "nothing of the user",
      { generationId: "g", room: "r", messages: [{ role: "assistant", content: "" }] },
      "#/messages",
    ],
    [
      "a strange role",
      { generationId: "g", room: "r", messages: [{ role: "tool", content: "" }] },
      "#/messages/0/role",
    ],
    [
      "content that is no text",
      { generationId: "g", room: "r", messages: [{ role: "user", content: [] }] },
      "#/messages/0/content",
    ],
    ["params that are no object", { generationId: "g", room: "r", messages: user, params: [] }, "#/params"],
    ["an unknown parameter", { generationId: "g", room: "r", messages: user, params: { speed: 1 } }, "#/params"],
    [
      "a parameter of the wrong type",
      { generationId: "g", room: "r", messages: user, params: { tokens: "3" } },
      "#/params/tokens",
    ],
    [
      "a parameter out of range",
      { generationId: "g", room: "r", messages: user, params: { tokensPerSecond: 0 } },
      "#/params/tokensPerSecond",
    ],
    [
      "params too deep",
      `{"generationId":"g","room":"r","messages":[],"params":{"a":${"[".repeat(50_000)}${"]".repeat(50_000)}}}`,
      "#/params",
    ],
    [
      "params too large",
      { generationId: "g", room: "r", messages: user, params: { reasoning: "x".repeat(20_000) } },
      "#/params",
    ],
    ["an unknown provider", { generationId: "g", room: "r", messages: user, provider: "nobody" }, "#/provider"],
    ["an unknown model", { generationId: "g", room: "r", messages: user, model: "nothing" }, "#/model"],
  ])("%s", async (_name, body, pointer) => {
    const refused = await backend.post(body);
    expect(refused.status).toBe(400);
    expect(refused.headers.get("content-type")).toBe("application/problem+json");
    const problem = await problemOf(refused);
    expect(problem).toMatchObject({
      type: "about:blank",
      title: "Bad Request",
      status: 400,
      code: expect.stringMatching(/^[a-z-]+$/),
    });
    expect(problem.errors?.map((error) => error.pointer)).toContain(pointer);
  });

  test("JSON that is none", async () => {
    const refused = await backend.post("{");
    expect(refused.status).toBe(400);
    const text = await refused.text();
    expect(JSON.parse(text)).toMatchObject({ code: "bad-request" });
    expect(text).not.toMatch(/node_modules|SyntaxError|position/);
  });

  test.each<[string, Record<string, string>, string]>([
    ["two ids that differ", { "idempotency-key": "other" }, "#/generationId"],
    ["an Idempotency-Key that is no id", { "idempotency-key": "a b" }, "Idempotency-Key"],
    ["a Last-Event-ID that is no number", { "last-event-id": "x1" }, "Last-Event-ID"],
  ])("%s", async (_name, headers, where) => {
    const refused = await backend.post(backend.body(backend.newId()), headers);
    expect(refused.status).toBe(400);
    const [error] = (await problemOf(refused)).errors ?? [];
    expect(error?.pointer ?? error?.header).toBe(where);
  });

  test.each<[string, string]>([
    ["no prompt", "provider=echo"],
    ["an empty prompt", "prompt="],
    ["two prompts", "prompt=a&prompt=b"],
    ["a prompt that is too long", `prompt=${"x".repeat(9_000)}`],
    ["an unknown parameter", "prompt=a&speed=3"],
    ["an unknown provider", "prompt=a&provider=nobody"],
    ["params that are not JSON", "prompt=a&params=%7B"],
    ["params that are no object", "prompt=a&params=3"],
    ["params too deep", `prompt=a&params=${"[".repeat(5_000)}${"]".repeat(5_000)}`],
  ])("GET with %s", async (_name, query) => {
    const refused = await fetch(`${backend.url}/model/chat?${query}`);
    expect(refused.status).toBe(400);
    expect(refused.headers.get("content-type")).toBe("application/problem+json");
    expect((await problemOf(refused)).errors?.length).toBeGreaterThan(0);
  });

  test("none of them started anything", async () => {
    expect((await backend.stats()).generations.some(({ id }) => id === "g")).toBe(false);
  });
});

describe("the other routes", () => {
  const get = async (path: string): Promise<{ response: Response; body: unknown }> => {
    const response = await fetch(`${backend.url}${path}`);
    return { response, body: await response.json() };
  };

  test("echo does what a request says, so it exists only where the environment asks for it", async () => {
    const other = await startOther({ provider: "guide" });
    const { models } = (await (await fetch(`${other.url}/model/models`)).json()) as { models: { provider: string }[] };
    expect(models.map(({ provider }) => provider)).not.toContain("echo");
    const refused = await other.post(other.body(other.newId(), "hi", { provider: "echo" }));
    expect(await problemOf(refused)).toMatchObject({ status: 400, code: "provider-unknown" });
    const asked = await startOther({ provider: "guide", echo: true });
    expect((await asked.post(asked.body(asked.newId(), "hi", { provider: "echo" }))).status).toBe(200);
  });

  test("/model/models lists what can be asked for", async () => {
    const { body } = await get("/model/models");
    expect(body).toMatchObject({
      models: [
        { provider: "guide", id: "guide-1", name: "Guide", description: expect.any(String) },
        { provider: "agent", id: "agent-1", name: "Agent", description: expect.any(String) },
        { provider: "echo", id: "echo-1", name: "Echo" },
        { provider: "scripted", id: "scripted-1", name: "Scripted" },
      ],
    });
  });

  test("/model/context is public and cacheable, in both languages", async () => {
    const { response, body } = await get("/model/context");
    expect(response.headers.get("cache-control")).toBe("public, max-age=60, stale-while-revalidate=600");
    const text = { en: expect.any(String), "zh-CN": expect.any(String) };
    expect(body).toMatchObject({
      greeting: text,
      suggestions: [text, text, text, text],
      limits: { maxBodyBytes: 4_194_304 },
    });
  });

  test("/health is ok", async () => {
    expect((await get("/health")).body).toEqual({ status: "ok" });
  });

  test("/model/stats counts generations and tokens", async () => {
    const before = await backend.stats();
    const id = backend.newId();
    await (await backend.read(backend.body(id, "x", { params: { tokens: 7, burst: true } }))).end();
    const now = await backend.stats();
    expect(now).toMatchObject({
      started: before.started + 1,
      finished: before.finished + 1,
      tokens: before.tokens + 7,
      failed: before.failed,
    });
    expect(now.generations.at(-1)).toEqual({ id, state: "finished", starts: 1, tokens: 7, tokensAfterStop: 0 });
  });

  test.each(["/", "/nope", "/model", "/model/chat/x/y", "/model/nothing"])("%s is a 404 problem", async (path) => {
    const { response, body } = await get(path);
    expect(response.status).toBe(404);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(body).toEqual({
      type: "about:blank",
      title: "Not Found",
      status: 404,
      detail: "There is nothing at this address.",
      code: "not-found",
    });
  });

  test("nothing tells what it is built with", async () => {
    const { response } = await get("/health");
    expect(response.headers.get("x-powered-by")).toBeNull();
  });
});
