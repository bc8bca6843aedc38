/** The request adapters: what a turn is as an HTTP request, for each format and method. */
import { describe, expect, test } from "vitest";
import type { UpstreamVariables } from "../../../party/config/upstream-settings.ts";
import type { UpstreamFailure } from "../../../party/core/ports.ts";
import type { RequestFacts } from "../../../party/upstream/requests/adapter.ts";
import { type CallMethod, callFor, stopCallFor } from "../../../party/upstream/requests/turn-request.ts";
import type { UiPart } from "../../../shared/ui-parts.ts";
import { upstreamSetting } from "../../support/backends/upstream-setting.ts";

const facts: RequestFacts = {
  room: "r 1",
  generationId: "g1",
  user: "user-7",
  messages: [
    { role: "user", content: "Hi" },
    { role: "assistant", content: "Hello" },
    { role: "user", content: "你好 & 再见?" },
  ],
};

function call(variables: UpstreamVariables, more: Partial<RequestFacts> = {}, method: CallMethod = "POST") {
  const { body, ...rest } = callFor({ ...facts, ...more }, upstreamSetting(variables).request, method);
  return { ...rest, body: body === undefined ? undefined : (JSON.parse(body) as unknown) };
}

describe("contract", () => {
  test("posts the whole conversation under the generation's key", () => {
    const { path, headers, body } = call({}, { provider: "guide", params: { temperature: 0 }, lastEventId: "7" });
    expect(path).toBe("/model/chat");
    expect(headers).toMatchObject({
      "content-type": "application/json",
      "idempotency-key": "g1",
      "last-event-id": "7",
    });
    expect(body).toEqual({
      generationId: "g1",
      room: "r 1",
      provider: "guide",
      messages: facts.messages,
      params: { temperature: 0 },
    });
  });

  test("gets with the newest question and the brief's provider, and no body", () => {
    const { path, headers, body } = call({}, {}, "GET");
    const url = new URL(path, "http://b");
    expect(url.pathname).toBe("/model/chat");
    expect(Object.fromEntries(url.searchParams)).toEqual({ provider: "openai", prompt: "你好 & 再见?" });
    expect(headers).not.toHaveProperty("content-type");
    expect(body).toBeUndefined();
  });

  test.each([
    [{}, {}, "POST", undefined],
    [{}, {}, "GET", "openai"],
    [{ UPSTREAM_PROVIDER: "vllm" }, {}, "GET", "vllm"],
    [{ UPSTREAM_PROVIDER: "vllm" }, {}, "POST", "vllm"],
    [{ UPSTREAM_PROVIDER: "backend" }, {}, "GET", undefined],
    [{ UPSTREAM_PROVIDER: "vllm" }, { provider: "ollama" }, "GET", "ollama"],
  ] as const)("with %j and a question with %j, a %s names the provider %s", (variables, more, method, provider) => {
    const { path, body } = call(variables, more, method);
    const named = new URL(path, "http://b").searchParams.get("provider") ?? undefined;
    expect(method === "GET" ? named : (body as { provider?: string }).provider).toBe(provider);
  });

  test("sends well-formed text where a question was cut within an emoji", () => {
    const { path } = call({}, { messages: [{ role: "user", content: "cut \ud83d" }] }, "GET");
    expect(new URL(path, "http://b").searchParams.get("prompt")).toBe("cut �");
  });
});

describe("ui-messages", () => {
  test("posts what useChat's default transport posts: id, UI messages with parts, trigger", () => {
    const { path, body } = call({ UPSTREAM_ADAPTER: "ui-messages" }, { params: { model: "small", id: "not this" } });
    expect(path).toBe("/api/chat");
    expect(body).toEqual({
      id: "r 1",
      model: "small",
      trigger: "submit-message",
      messages: facts.messages.map(({ role, content }) => ({
        id: expect.any(String),
        role,
        parts: [{ type: "text", text: content }],
      })),
    });
    const ids = (body as { messages: { id: string }[] }).messages.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

test("ui-messages sends each message with its id, an answer with its metadata, and names the answer that is given again", () => {
  const messages = [
    { id: "user-t1", role: "user" as const, content: "Hi" },
    { id: "msg_9", role: "assistant" as const, content: "Hello", metadata: { model: "m" } },
    { role: "user" as const, content: "And?" },
  ];
  const { body } = call({ UPSTREAM_ADAPTER: "ui-messages" }, { messages, regenerates: "msg_10" });
  expect(body).toMatchObject({ trigger: "regenerate-message", messageId: "msg_10" });
  expect((body as { messages: unknown[] }).messages).toEqual([
    { id: "user-t1", role: "user", parts: [{ type: "text", text: "Hi" }] },
    { id: "msg_9", role: "assistant", metadata: { model: "m" }, parts: [{ type: "text", text: "Hello" }] },
    { id: "g1-2", role: "user", parts: [{ type: "text", text: "And?" }] },
  ]);
});

describe("[U2] an earlier answer at OpenAI's API", () => {
  const sent = (parts: readonly UiPart[], content = "") => {
    const messages = [
      { role: "user" as const, content: "?" },
      { role: "assistant" as const, content, parts },
      { role: "user" as const, content: "And now?" },
    ];
    const { body } = call({ UPSTREAM_ADAPTER: "openai" }, { messages });
    return (body as { messages: unknown[] }).messages.slice(1, -1);
  };
  const tool = (toolCallId: string, facts: object): UiPart =>
    ({ type: "tool-clock", toolCallId, input: { zone: "utc" }, ...facts }) as UiPart;

  test("has its tool calls and their results, step by step", () => {
    expect(
      sent([
        { type: "step-start" },
        { type: "reasoning", text: "hm", state: "done" },
        { type: "text", text: "Let me look. ", state: "done" },
        tool("c1", { state: "output-available", output: { time: 12 } }),
        tool("c2", { state: "output-error", errorText: "no clock" }),
        { type: "step-start" },
        { type: "text", text: "Noon.", state: "done" },
      ]),
    ).toEqual([
      {
        role: "assistant",
        content: "Let me look. ",
        tool_calls: [
          { id: "c1", type: "function", function: { name: "clock", arguments: '{"zone":"utc"}' } },
          { id: "c2", type: "function", function: { name: "clock", arguments: '{"zone":"utc"}' } },
        ],
      },
      { role: "tool", tool_call_id: "c1", content: '{"time":12}' },
      { role: "tool", tool_call_id: "c2", content: "Error: no clock" },
      { role: "assistant", content: "Noon." },
    ]);
  });

  test("has text behind a result in a message of its own, also without steps", () => {
    expect(
      sent([tool("c1", { state: "output-available", output: "12" }), { type: "text", text: "Noon.", state: "done" }]),
    ).toMatchObject([
      { role: "assistant", content: null, tool_calls: [{ id: "c1" }] },
      { role: "tool", tool_call_id: "c1", content: "12" },
      { role: "assistant", content: "Noon." },
    ]);
  });

  test("leaves out calls without a result, which the API refuses, and tells that one was denied", () => {
    expect(
      sent([
        tool("c1", { state: "input-available" }),
        tool("c2", { state: "approval-requested" }),
        { type: "text", text: "So.", state: "done" },
        {
          type: "dynamic-tool",
          toolName: "mcp/read file",
          toolCallId: "c3",
          state: "output-denied",
          input: {},
        } as UiPart,
      ]),
    ).toMatchObject([
      { role: "assistant", content: "So.", tool_calls: [{ id: "c3", function: { name: "mcp_read_file" } }] },
      { role: "tool", tool_call_id: "c3", content: '{"approved":false}' },
    ]);
  });

  test("names a file by its address, and an inline one by its type", () => {
    expect(
      sent([
        { type: "text", text: "Here:", state: "done" },
        { type: "file", mediaType: "application/pdf", filename: "a.pdf", url: "https://files.example.com/a.pdf" },
        { type: "file", mediaType: "image/png", url: "data:image/png;base64,AAAA" },
      ]),
    ).toEqual([
      {
        role: "assistant",
        content: "Here:\n[file a.pdf, application/pdf: https://files.example.com/a.pdf]\n\n[file image/png]\n",
      },
    ]);
  });
});

test("ui-messages and the contract send an earlier answer with its parts, a template its text", () => {
  const parts = [
    { type: "step-start" },
    { type: "tool-clock", toolCallId: "c", state: "output-available" as const, input: {}, output: "12" },
    { type: "text" as const, text: "Noon.", state: "done" as const },
  ];
  const messages = [
    { role: "user" as const, content: "What time is it?" },
    { role: "assistant" as const, content: "Noon.", parts },
    { role: "user" as const, content: "And now?" },
  ];
  const sent = (variables: Readonly<Record<string, string>>) =>
    (call(variables, { messages }).body as { messages: unknown[] }).messages[1];
  expect(sent({ UPSTREAM_ADAPTER: "ui-messages" })).toEqual({ id: expect.any(String), role: "assistant", parts });
  expect(sent({})).toEqual({ role: "assistant", content: "Noon.", parts });
  const template = { UPSTREAM_ADAPTER: "template", UPSTREAM_BODY: '{"messages":"{messages}"}' };
  expect(sent(template)).toEqual({ role: "assistant", content: "Noon." });
});

describe("[T7] a question of parts", () => {
  const parts = [
    { type: "file", mediaType: "image/png", filename: "a.png", url: "https://files.example.com/a.png" },
    { type: "text", text: "What is " },
    { type: "text", text: "this?" },
    { type: "file", mediaType: "application/pdf", filename: "b.pdf", url: "data:application/pdf;base64,JVBERg==" },
    { type: "file", mediaType: "audio/mpeg", url: "data:audio/mpeg;base64,SUQz" },
    { type: "data-page", data: { path: "/reports/7" } },
  ];
  const earlier = { role: "user" as const, content: "", parts: parts.slice(0, 1) };
  const messages = [
    earlier,
    { role: "assistant" as const, content: "A chart." },
    { ...earlier, content: "What is this?", parts },
  ];
  const sent = (variables: Readonly<Record<string, string>>) =>
    (call(variables, { messages }).body as { messages: unknown[] }).messages;

  test("goes to the contract with its parts beside its text", () => {
    expect(sent({})).toEqual(messages);
  });

  test("goes to a useChat backend part by part as it was asked", () => {
    expect(sent({ UPSTREAM_ADAPTER: "ui-messages" })).toMatchObject([
      { role: "user", parts: parts.slice(0, 1) },
      { role: "assistant", parts: [{ type: "text", text: "A chart." }] },
      { role: "user", parts },
    ]);
  });

  test("goes to OpenAI's API as a content array, without the application's data", () => {
    const image = { type: "image_url", image_url: { url: "https://files.example.com/a.png" } };
    expect(sent({ UPSTREAM_ADAPTER: "openai" })).toEqual([
      { role: "user", content: [image] },
      { role: "assistant", content: "A chart." },
      {
        role: "user",
        content: [
          image,
          { type: "text", text: "What is " },
          { type: "text", text: "this?" },
          { type: "file", file: { filename: "b.pdf", file_data: "data:application/pdf;base64,JVBERg==" } },
          { type: "input_audio", input_audio: { data: "SUQz", format: "mp3" } },
        ],
      },
    ]);
  });

  test("goes into a template as its text, or as its parts where the template names them", () => {
    const template = (body: string) => call({ UPSTREAM_ADAPTER: "template", UPSTREAM_BODY: body }, { messages }).body;
    expect(template('{"q":"{prompt}"}')).toEqual({ q: "What is this?" });
    expect(template('{"q":"{prompt}","parts":"{parts}"}')).toEqual({ q: "What is this?", parts });
    const plain = { role: "user" as const, content: "Hi" };
    expect(
      call({ UPSTREAM_ADAPTER: "template", UPSTREAM_BODY: '{"parts":"{parts}"}' }, { messages: [plain] }).body,
    ).toEqual({ parts: [{ type: "text", text: "Hi" }] });
  });

  test("of files alone is refused where the request carries text alone", () => {
    const template = { UPSTREAM_ADAPTER: "template", UPSTREAM_BODY: '{"q":"{prompt}"}' };
    const refusal = expect.objectContaining({ code: "unsupported-content", retryable: false }) as UpstreamFailure;
    expect(() => call(template, { messages: [earlier] })).toThrow(refusal);
    expect(() => call({}, { messages: [earlier] }, "GET")).toThrow(refusal);
    expect(call({ ...template, UPSTREAM_BODY: '{"q":"{parts}"}' }, { messages: [earlier] }).body).toEqual({
      q: earlier.parts,
    });
  });
});

describe("[T8] an answer that is continued", () => {
  const parts = [
    { type: "step-start" },
    { type: "text", text: "Looking.", state: "done" },
    {
      type: "tool-findPlace",
      toolCallId: "c1",
      state: "output-available",
      input: { exact: true },
      output: { city: "Bern" },
    },
    { type: "tool-photo", toolCallId: "c2", state: "output-error", input: {}, errorText: "no camera" },
    {
      type: "tool-send",
      toolCallId: "c3",
      state: "approval-responded",
      input: {},
      approval: { id: "p1", approved: false },
    },
  ];
  const messages = [
    { role: "user" as const, content: "Where am I?" },
    { id: "root", role: "assistant" as const, content: "Looking.", parts },
  ];
  const answers = [
    {
      type: "tool-output" as const,
      toolCallId: "c1",
      toolName: "findPlace",
      output: { city: "Bern" },
      by: "anna",
      at: 7,
    },
  ];
  const sent = (variables: Readonly<Record<string, string>>) => call(variables, { messages, answers }).body;

  test("goes to the contract with its parts, and with what is new", () => {
    expect(sent({})).toMatchObject({
      messages: [messages[0], { role: "assistant", content: "Looking.", parts }],
      answers,
    });
    expect(call({}).body).not.toHaveProperty("answers");
  });

  test("goes to a useChat backend as the SDK sends it again", () => {
    expect(sent({ UPSTREAM_ADAPTER: "ui-messages" })).toMatchObject({
      messageId: "root",
      messages: [{ role: "user" }, { id: "root", role: "assistant", parts }],
    });
  });

  test("goes to OpenAI's API as calls with a tool message for each", () => {
    const fn = (id: string, name: string, args: string) => ({
      id,
      type: "function",
      function: { name, arguments: args },
    });
    expect(sent({ UPSTREAM_ADAPTER: "openai" })).toMatchObject({
      messages: [
        { role: "user", content: "Where am I?" },
        {
          role: "assistant",
          content: "Looking.",
          tool_calls: [fn("c1", "findPlace", '{"exact":true}'), fn("c2", "photo", "{}"), fn("c3", "send", "{}")],
        },
        { role: "tool", tool_call_id: "c1", content: '{"city":"Bern"}' },
        { role: "tool", tool_call_id: "c2", content: "Error: no camera" },
        { role: "tool", tool_call_id: "c3", content: '{"approved":false}' },
      ],
    });
  });

  test("goes into a template that names the answers, and is refused where they would be lost", () => {
    const template = (body: string) => ({ UPSTREAM_ADAPTER: "template", UPSTREAM_BODY: body });
    expect(sent(template('{"q":"{prompt}","answers":"{answers}"}'))).toEqual({ q: "Where am I?", answers });
    const refusal = expect.objectContaining({ code: "unsupported-content", retryable: false }) as UpstreamFailure;
    expect(() => sent(template('{"q":"{prompt}"}'))).toThrow(refusal);
    expect(() => call({}, { messages, answers }, "GET")).toThrow(refusal);
  });
});

describe("openai", () => {
  test("posts a chat completions body that streams, with parameters beside it", () => {
    const variables = { UPSTREAM_ADAPTER: "openai", UPSTREAM_MODEL: "small" };
    const { path, body } = call(variables, { params: { temperature: 0, stream: false } });
    expect(path).toBe("/v1/chat/completions");
    expect(body).toEqual({
      model: "small",
      messages: facts.messages,
      stream: true,
      stream_options: { include_usage: true },
      temperature: 0,
      user: "user-7",
    });
    expect(call(variables, { model: "large" }).body).toMatchObject({ model: "large" });
  });
});

describe("template", () => {
  const dify = {
    UPSTREAM_ADAPTER: "template",
    UPSTREAM_PATH: "/v1/chat-messages",
    UPSTREAM_BODY:
      '{"query":"{prompt}","inputs":{},"response_mode":"streaming","user":"{user}","conversation_id":"{conversation}"}',
  };

  test("fills names of fields, and leaves out what isn't known yet", () => {
    expect(call(dify)).toMatchObject({
      path: "/v1/chat-messages",
      body: { query: "你好 & 再见?", inputs: {}, response_mode: "streaming", user: "user-7" },
    });
    expect(call(dify).body).not.toHaveProperty("conversation_id");
    expect(call(dify, { conversation: "c-1" }).body).toMatchObject({ conversation_id: "c-1" });
  });

  test("fills placeholders within texts and lists, and values that aren't texts", () => {
    const UPSTREAM_BODY = '{"m":"{messages}","q":["{prompt}","{conversation}"],"s":"room-{room}","p":"{params}","n":1}';
    expect(call({ UPSTREAM_ADAPTER: "template", UPSTREAM_BODY }, { params: { a: 1 } }).body).toEqual({
      m: facts.messages,
      q: ["你好 & 再见?"],
      s: "room-r 1",
      p: { a: 1 },
      n: 1,
    });
  });

  test("never reads a placeholder out of a question", () => {
    const messages = [{ role: "user", content: "what is {user} in {room}?" }] as const;
    expect(call(dify, { messages }).body).toMatchObject({ query: "what is {user} in {room}?" });
  });

  test("fills a query, without what isn't known yet", () => {
    const variables = { UPSTREAM_ADAPTER: "template", UPSTREAM_QUERY: "q={prompt}&s={conversation}&mode=fast" };
    const { path } = call(variables, {}, "GET");
    expect(Object.fromEntries(new URL(path, "http://b").searchParams)).toEqual({ q: "你好 & 再见?", mode: "fast" });
  });
});

describe("a path", () => {
  test("takes names of the turn, each encoded as one segment, and a query of its own", () => {
    const { path } = call({ UPSTREAM_PATH: "/rooms/{room}/chat?user={user}" }, { user: "a/b?c" }, "GET");
    const url = new URL(path, "http://b");
    expect(url.pathname).toBe("/rooms/r%201/chat");
    expect(url.searchParams.get("user")).toBe("a/b?c");
    expect(url.searchParams.get("prompt")).toBe("你好 & 再见?");
  });

  test.each([".", ".."])("never has the segment %j, which would ask another address", (room) => {
    const asked = () => call({ UPSTREAM_PATH: "/rooms/{room}/chat" }, { room });
    expect(asked).toThrow(expect.objectContaining({ code: "upstream-rejected", retryable: false }) as UpstreamFailure);
  });
});

describe("headers", () => {
  test("that are set go with each call and each stop, beside the gateway's own", () => {
    const variables = { UPSTREAM_HEADERS: '{"X-Api-Version":"2"}' };
    expect(call(variables).headers).toMatchObject({ "x-api-version": "2", accept: expect.any(String) });
    expect(stopCallFor({ generationId: "g", room: "r" }, upstreamSetting(variables).request)).toEqual({
      method: "DELETE",
      path: "/model/chat/g",
      headers: { "x-api-version": "2" },
    });
  });
});

describe("a stop", () => {
  const stop = (variables: UpstreamVariables) =>
    stopCallFor({ generationId: "g/1", room: "r" }, upstreamSetting(variables).request);

  test("goes to the contract's route, or where it is told, by its method", () => {
    expect(stop({})).toMatchObject({ method: "DELETE", path: "/model/chat/g%2F1" });
    const own = { UPSTREAM_STOP_PATH: "/chats/{room}/stop", UPSTREAM_STOP_METHOD: "POST" };
    expect(stop(own)).toMatchObject({ method: "POST", path: "/chats/r/stop" });
  });

  test("isn't sent where the backend isn't known to have a route for it", () => {
    expect(stop({ UPSTREAM_STOP_PATH: "none" })).toBeUndefined();
    expect(stop({ UPSTREAM_METHOD: "GET" })).toBeUndefined();
    expect(stop({ UPSTREAM_ADAPTER: "ui-messages" })).toBeUndefined();
    expect(stop({ UPSTREAM_ADAPTER: "openai" })).toBeUndefined();
  });
});
