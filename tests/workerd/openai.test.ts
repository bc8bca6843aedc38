/** OpenAI's chat completions over rooms, with OpenAI's own client, in the real runtime. */
import { SELF } from "cloudflare:test";
import OpenAI, { APIError } from "openai";
import { describe, expect, inject, test } from "vitest";
import { fresh, SocketTab, upstream } from "./room/tab.ts";

const origin = "http://localhost";
const client = new OpenAI({
  baseURL: `${origin}/v1`,
  apiKey: "none-needed",
  maxRetries: 0,
  dangerouslyAllowBrowser: true,
  fetch: (url, init) => SELF.fetch(url as string, init as RequestInit),
});
const model = "default";
const user = (content: string) => ({ role: "user" as const, content });

function post(body: object | string, headers: Record<string, string> = {}): Promise<Response> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return SELF.fetch(`${origin}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: text,
  });
}

/** Lets the backend answer in words, and end. */
async function answered(prompt: string, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) await upstream("text", prompt, { text });
  await upstream("done", prompt);
}

/** Has the backend answer with parts of a UI message stream. */
async function chunks(prompt: string, parts: readonly unknown[], isLast: boolean): Promise<void> {
  const events = [...parts, ...(isLast ? ["[DONE]"] : [])].map(
    (part) => `data: ${typeof part === "string" ? part : JSON.stringify(part)}\n\n`,
  );
  const query = new URLSearchParams({ prompt });
  const body = JSON.stringify({ events, isLast });
  await fetch(`${inject("upstreamUrl")}/control/chunks?${query}`, { method: "POST", body });
}

describe("[C9] POST /v1/chat/completions", () => {
  test("answers whole, in the room that a header names, where other tabs see it", async () => {
    const [room, prompt] = [fresh("room"), fresh("whole")];
    const tab = await new SocketTab().join(room);
    const asked = client.chat.completions
      .create({ model, messages: [user(prompt)] }, { headers: { "x-gateway-room": room } })
      .withResponse();
    await answered(prompt, "a whole ", "answer");
    const { data, response } = await asked;
    expect(data).toMatchObject({
      object: "chat.completion",
      choices: [{ index: 0, message: { role: "assistant", content: "a whole answer" }, finish_reason: "stop" }],
    });
    expect(response.headers.get("x-gateway-room")).toBe(room);
    expect(tab.view.turns[0]).toMatchObject({ outcome: "completed", input: { prompt } });
  });

  test("streams the answer, with its usage at the end where that is asked for", async () => {
    const prompt = fresh("stream");
    const options = { model, messages: [user(prompt)], stream_options: { include_usage: true }, stream: true as const };
    const asked = client.chat.completions.create(options);
    await upstream("text", prompt, { text: "one " });
    const chunks = [];
    const stream = await asked;
    await answered(prompt, "two");
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("")).toBe("one two");
    expect(chunks[0]?.choices[0]?.delta.role).toBe("assistant");
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe("stop");
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: null });
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
  });

  test("works with the client's helpers for streams", async () => {
    const prompt = fresh("helper");
    const runner = client.chat.completions.stream({ model, messages: [user(prompt)] });
    await answered(prompt, "in ", "pieces");
    expect((await runner.finalChatCompletion()).choices[0]?.message.content).toBe("in pieces");
  });

  test("passes the conversation, the model and other fields on to the backend", async () => {
    const [room, prompt] = [fresh("room"), fresh("context")];
    const asked = client.chat.completions.create({
      model: "large",
      temperature: 0.5,
      messages: [
        { role: "developer", content: "Be brief." },
        user("one"),
        { role: "assistant", content: [{ type: "text", text: "eins" }] },
        user(prompt),
      ],
      metadata: { room, topic: "numbers" },
    });
    await answered(prompt, "ok");
    await asked;
    const { requests } = await upstream("until", prompt, { requests: 1 });
    expect(requests[0]?.body).toMatchObject({
      ...{ model: "large", params: { temperature: 0.5 }, room },
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "one" },
        { role: "assistant", content: "eins" },
        { role: "user", content: prompt },
      ],
    });
    const tab = await new SocketTab().join(room);
    expect(tab.view.turns[0]?.metadata).toEqual({ topic: "numbers" });
  });

  test("opens a room for each request that names none, and the same one for the same idempotency key", async () => {
    const [one, two] = [fresh("one"), fresh("two")];
    const roomOf = async (prompt: string, headers = {}) => {
      const asked = post({ messages: [user(prompt)] }, headers);
      await answered(prompt, "ok");
      return (await asked).headers.get("x-gateway-room");
    };
    const [first, second] = [await roomOf(one), await roomOf(two)];
    expect(first).toMatch(/^v1-[0-9a-f-]{36}$/);
    expect(second).not.toBe(first);
    const prompt = fresh("again");
    const key = { "idempotency-key": fresh("key") };
    const rooms = [await roomOf(prompt, key), await roomOf(prompt, key)];
    expect(rooms[0]).toBe(rooms[1]);
    // The same request sent again is answered from the room: the backend was called once.
    expect((await upstream("until", prompt, { requests: 1 })).requests).toHaveLength(1);
  });

  test("leaves when its client aborts: without another reader the turn is stopped", async () => {
    const [room, prompt] = [fresh("room"), fresh("abort")];
    const asked = client.chat.completions.create(
      { model, messages: [user(prompt)], stream: true },
      { headers: { "x-gateway-room": room } },
    );
    await upstream("text", prompt, { text: "half" });
    const stream = await asked;
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content === "half") break;
    stream.controller.abort();
    await upstream("until", prompt, { stops: 1 });
    const tab = await new SocketTab().join(room);
    await tab.until(({ view }) => view.turns[0]?.state === "settled");
    expect(tab.view.turns[0]).toMatchObject({ outcome: "cancelled" });
  });

  test("an answer can be read again by its id, and from where its reader was", async () => {
    const prompt = fresh("again");
    const asked = post({ messages: [user(prompt)], stream: true });
    await answered(prompt, "one two three");
    const text = await (await asked).text();
    const [, id = ""] = /"id":"([^"]+)"/.exec(text) ?? [];
    expect(text).toContain("\nid: 13\n".slice(1));
    const whole = await client.chat.completions.retrieve(id);
    expect(whole.choices[0]?.message.content).toBe("one two three");
    const headers = { accept: "text/event-stream", "last-event-id": "4" };
    const rest = await (await SELF.fetch(`${origin}/v1/chat/completions/${id}`, { headers })).text();
    const words = [...rest.matchAll(/"content":"([^"]*)"/g)].map(([, word]) => word).join("");
    expect([words, rest.trimEnd().endsWith("data: [DONE]")]).toEqual(["two three", true]);
  });
});

describe("[C9] What is refused is an error of OpenAI's shape:", () => {
  test.each([
    ["no JSON", "{", 400, "bad-request", null],
    ["no messages", {}, 400, "bad-request", "messages"],
    ["an unknown role", { messages: [{ role: "root", content: "x" }] }, 400, "bad-request", "messages.0.role"],
    ["two answers", { messages: [user("x")], n: 2 }, 400, "bad-request", "n"],
    ["no question", { messages: [{ role: "assistant", content: "x" }] }, 422, "unsupported-content", "messages"],
    ["an empty question", { messages: [user(" ")] }, 400, "bad-request", null],
    [
      "a room that can't be",
      { messages: [user("x")], metadata: { room: "a b" } },
      400,
      "bad-room-name",
      "metadata.room",
    ],
    ["fields that are too long", { messages: [user("x")], tools: ["x".repeat(5_000)] }, 400, "bad-request", "tools"],
    ["JSON that is too deep", `{"messages":${"[".repeat(100)}${"]".repeat(100)}}`, 400, "bad-request", null],
  ])("%s", async (_, body, status, code, param) => {
    const response = await post(body);
    expect(response.status).toBe(status);
    const { error } = (await response.json()) as { readonly error: { readonly message: string } };
    expect(error).toMatchObject({ type: "invalid_request_error", code, param });
    expect(error.message).not.toBe("");
    expect(response.headers.get("x-should-retry")).toBe("false");
  });

  test("a body that is too large, a wrong method, an unknown completion", async () => {
    const large = await post({ messages: [user("x".repeat(5_000_000))] });
    const agUi = await SELF.fetch(`${origin}/ag-ui`, { method: "POST", body: "x".repeat(5_000_000) });
    expect([agUi.status, await agUi.json()]).toMatchObject([413, { code: "frame-too-large" }]);
    const method = await SELF.fetch(`${origin}/v1/chat/completions`);
    const unknown = await SELF.fetch(`${origin}/v1/chat/completions/chatcmpl-room.turn`);
    const odd = await SELF.fetch(`${origin}/v1/chat/completions/nothing`);
    expect([large.status, method.status, unknown.status, odd.status]).toEqual([413, 405, 404, 404]);
    for (const response of [large, method, unknown, odd]) {
      expect(await response.json()).toMatchObject({ error: { type: "invalid_request_error" } });
    }
    expect(method.headers.get("allow")).toBe("POST");
  });

  test("an answer that fails before its first word has a status, streamed or whole", async () => {
    for (const stream of [true, false]) {
      const asked = client.chat.completions.create({ model, messages: [user("status 400")], stream });
      const error = await asked.catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(APIError);
      expect(error).toMatchObject({ status: 502, code: "upstream-rejected", type: "server_error" });
      expect(String(error)).not.toContain("secret");
    }
  });

  test("an answer that fails after words ends in an error event", async () => {
    const prompt = fresh("late");
    const [start, ...rest] = [
      ...[{ type: "start" }, { type: "text-start", id: "a" }, { type: "text-delta", id: "a", delta: "half" }],
      { type: "error", errorText: "secret" },
    ];
    await chunks(prompt, [start], false);
    const asked = client.chat.completions.create({ model, messages: [user(prompt)], stream: true });
    await chunks(prompt, rest, true);
    let text = "";
    const read = async () => {
      for await (const chunk of await asked) text += chunk.choices[0]?.delta.content ?? "";
    };
    await expect(read()).rejects.toMatchObject({ type: "server_error" });
    expect(text).toBe("half");
  });
});

test("[C9] a tool that the client must run is a tool call, one that the backend ran isn't mentioned", async () => {
  const prompt = fresh("tools");
  const call = (toolCallId: string) => ({
    type: "tool-input-available",
    toolCallId,
    toolName: "weather",
    input: { at: toolCallId },
  });
  const parts = [
    ...[{ type: "start" }, { type: "reasoning-start", id: "r" }, { type: "reasoning-delta", id: "r", delta: "hm" }],
    ...[
      { type: "reasoning-end", id: "r" },
      call("ran"),
      { type: "tool-output-available", toolCallId: "ran", output: 1 },
    ],
    ...[call("open"), { type: "finish", finishReason: "tool-calls" }],
  ];
  await chunks(prompt, parts, true);
  const whole = await client.chat.completions.create({ model, messages: [user(prompt)] });
  const calls = [{ id: "open", type: "function", function: { name: "weather", arguments: '{"at":"open"}' } }];
  expect(whole.choices[0]).toMatchObject({
    finish_reason: "tool_calls",
    message: { content: null, reasoning_content: "hm", tool_calls: calls },
  });
  const runner = client.chat.completions.stream({ model, messages: [user(prompt)] });
  expect((await runner.finalChatCompletion()).choices[0]?.message.tool_calls).toMatchObject(calls);
});

test("[C9] GET /v1/models lists the backend's models, or the one that leaves the choice to it", async () => {
  const models = await client.models.list();
  expect(models.data.length).toBeGreaterThan(0);
  expect(models.data[0]).toMatchObject({ object: "model", id: expect.any(String) });
});
