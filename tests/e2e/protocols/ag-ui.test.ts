/** AG-UI over rooms, with its own client and with TanStack's, on the real runtime. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { HttpAgent, type Message } from "@ag-ui/client";
import { EventSchemas } from "@ag-ui/core/schemas";
import { fetchServerSentEvents } from "@tanstack/ai-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Part } from "../../../scripts/lib/local-process.ts";
import { startGateway } from "../../../scripts/lib/local-processes.ts";
import { startControlledUpstream } from "../../support/backends/workerd-upstream.ts";

let persistTo: string;
let backend: Awaited<ReturnType<typeof startControlledUpstream>>;
let gateway: Part;
let url: string;

beforeAll(async () => {
  persistTo = await mkdtemp(join(tmpdir(), "edge-chat-gateway-ag-ui-"));
  backend = await startControlledUpstream();
  const vars = { LIMITER: "off", IP_REQUESTS_PER_MINUTE: "1000000", ORPHAN_GRACE_MS: "200" };
  gateway = await startGateway({ backendUrl: backend.url, vars, persistTo });
  url = `${gateway.url}/ag-ui`;
});
afterAll(async () => {
  await gateway?.stop();
  backend?.stop();
  await rm(persistTo, { recursive: true, force: true });
});

const fresh = (prefix: string) => `${prefix}-${crypto.randomUUID()}`;

interface Seen {
  readonly requests: readonly { readonly body: { readonly messages: readonly { readonly content: string }[] } }[];
}

/** Moves the backend's answer to `prompt` on, or waits for what it has seen. */
async function upstream(
  verb: "text" | "done" | "until",
  prompt: string,
  more: Record<string, string | number> = {},
): Promise<Seen> {
  const query = new URLSearchParams({ prompt });
  for (const [key, value] of Object.entries(more)) query.set(key, String(value));
  return (await fetch(`${backend.url}/control/${verb}?${query}`)).json() as Promise<Seen>;
}

/** The turns of a room. */
async function turnsOf(room: string): Promise<readonly object[]> {
  const snapshot = (await (await fetch(`${gateway.url}/parties/chat/${room}`)).json()) as { turns: object[] };
  return snapshot.turns;
}

function agentOf(threadId: string, messages: Message[] = []): HttpAgent {
  return new HttpAgent({ url, threadId, initialMessages: messages });
}

const user = (content: string) => ({ id: crypto.randomUUID(), role: "user" as const, content });

interface AgUiEvent {
  readonly type: string;
  readonly delta?: string;
  readonly [field: string]: unknown;
}

interface Read {
  readonly events: AgUiEvent[];
  readonly ids: string[];
}

function post(body: object | string, headers: Record<string, string> = {}): Promise<Response> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return fetch(url, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: text });
}

async function read(response: Response): Promise<Read> {
  const blocks = (await response.text()).split("\n\n").filter((block) => block.includes("data: "));
  const field = (block: string, name: string) =>
    block
      .split("\n")
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2) ?? "";
  return {
    events: blocks.map((block) => JSON.parse(field(block, "data")) as AgUiEvent),
    ids: blocks.map((block) => field(block, "id")),
  };
}

const textIn = (events: readonly AgUiEvent[]) =>
  events.map(({ type, delta }) => (type === "TEXT_MESSAGE_CONTENT" ? delta : "")).join("");

async function answered(prompt: string, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) await upstream("text", prompt, { text });
  await upstream("done", prompt);
}

/** Has the backend answer with parts of a UI message stream. */
async function chunks(prompt: string, parts: readonly object[]): Promise<void> {
  const events = [...parts.map((part) => JSON.stringify(part)), "[DONE]"].map((data) => `data: ${data}\n\n`);
  const query = new URLSearchParams({ prompt });
  const body = JSON.stringify({ events, isLast: true });
  await fetch(`${backend.url}/control/chunks?${query}`, { method: "POST", body });
}

const rich = [
  { type: "start" },
  { type: "start-step" },
  { type: "reasoning-start", id: "r" },
  { type: "reasoning-delta", id: "r", delta: "I should look." },
  { type: "reasoning-end", id: "r" },
  { type: "text-start", id: "a" },
  { type: "text-delta", id: "a", delta: "Looking" },
  { type: "text-end", id: "a" },
  { type: "tool-input-start", toolCallId: "one", toolName: "search" },
  { type: "tool-input-delta", toolCallId: "one", inputTextDelta: '{"q":' },
  { type: "tool-input-delta", toolCallId: "one", inputTextDelta: '"x"}' },
  { type: "tool-input-available", toolCallId: "one", toolName: "search", input: { q: "x" } },
  { type: "tool-output-available", toolCallId: "one", output: { hits: 2 } },
  { type: "finish-step" },
  { type: "start-step" },
  { type: "source-url", sourceId: "s", url: "https://example.com" },
  { type: "text-start", id: "b" },
  { type: "text-delta", id: "b", delta: "Found two." },
  { type: "text-end", id: "b" },
  { type: "tool-input-available", toolCallId: "two", toolName: "confirm", input: {} },
  { type: "finish-step" },
  { type: "finish", finishReason: "tool-calls" },
];

describe("[C9] POST /ag-ui", () => {
  test("HttpAgent runs a question in the room of its thread, where other tabs see it", async () => {
    const [room, prompt] = [fresh("thread"), fresh("why")];
    const agent = agentOf(room, [user(prompt)]);
    const ran = agent.runAgent();
    await answered(prompt, "be", "cause");
    const { newMessages } = await ran;
    expect(newMessages).toMatchObject([{ role: "assistant", content: "because" }]);
    expect((await turnsOf(room))[0]).toMatchObject({ outcome: "completed", input: { prompt } });
    const next = fresh("and");
    agent.addMessage(user(next));
    const again = agent.runAgent();
    await answered(next, "so on");
    expect((await again).newMessages).toMatchObject([{ content: "so on" }]);
    const { requests } = await upstream("until", next, { requests: 1 });
    expect(requests[0]?.body.messages.map(({ content }) => content)).toEqual([...[prompt, "because", next]]);
  });

  test("HttpAgent reads reasoning, tools, results and steps, and knows what is open", async () => {
    const prompt = fresh("rich");
    await chunks(prompt, rich);
    const agent = agentOf(fresh("thread"), [user(prompt)]);
    let pending: readonly string[] = [];
    await agent.runAgent(
      {},
      {
        onRunFinishedEvent: (params) => {
          if (params.outcome === "success") pending = params.pendingToolCallIds;
        },
      },
    );
    const messages = agent.messages.slice(1);
    expect(messages.map(({ role }) => role)).toEqual(["reasoning", "assistant", "tool", "assistant"]);
    expect(messages[1]).toMatchObject({
      content: "Looking",
      toolCalls: [{ id: "one", function: { name: "search", arguments: '{"q":"x"}' } }],
    });
    expect(messages[2]).toMatchObject({ toolCallId: "one", content: '{"hits":2}' });
    expect(messages[3]).toMatchObject({ content: "Found two.", toolCalls: [{ id: "two" }] });
    expect(pending).toEqual(["two"]);
  });

  test("sends events of the protocol's own schema, each with an id of its own", async () => {
    const prompt = fresh("schema");
    await chunks(prompt, rich);
    const { events, ids } = await read(
      await post({ threadId: fresh("thread"), runId: "run", messages: [user(prompt)] }),
    );
    for (const event of events) expect(EventSchemas.safeParse(event).success, JSON.stringify(event)).toBe(true);
    expect([events[0]?.type, events.at(-1)?.type]).toEqual(["RUN_STARTED", "RUN_FINISHED"]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("goes on behind the reader's last event, at each position, without repeating one", async () => {
    const prompt = fresh("resume");
    await chunks(prompt, rich);
    const body = { threadId: fresh("thread"), runId: "run", messages: [user(prompt)] };
    const whole = await read(await post(body));
    for (const [index, id] of whole.ids.entries()) {
      if (index === whole.ids.length - 1) continue;
      const rest = await read(await post(body, { "last-event-id": id }));
      const lacking = whole.events.slice(index + 1);
      expect({ id, types: rest.events.map(({ type }) => type) }).toEqual({
        id,
        types: lacking.map(({ type }) => type),
      });
      expect({ id, events: rest.events }).toEqual({ id, events: lacking });
    }
    expect((await upstream("until", prompt, { requests: 1 })).requests).toHaveLength(1);
  });

  test("TanStack's fetchServerSentEvents reads it", async () => {
    const prompt = fresh("tanstack");
    const connection = fetchServerSentEvents(url);
    const message = {
      id: crypto.randomUUID(),
      role: "user" as const,
      parts: [{ type: "text" as const, content: prompt }],
    };
    const events: AgUiEvent[] = [];
    const context = { threadId: fresh("thread"), runId: fresh("run") };
    const reading = (async () => {
      for await (const chunk of connection.connect([message], undefined, undefined, context))
        events.push(chunk as AgUiEvent);
    })();
    await answered(prompt, "one ", "two");
    await reading;
    expect(textIn(events)).toBe("one two");
    expect(events.at(-1)).toMatchObject({ type: "RUN_FINISHED", runId: context.runId });
  });

  test("leaves when its client aborts: without another reader the turn is stopped", async () => {
    const prompt = fresh("abort");
    const agent = agentOf(fresh("thread"), [user(prompt)]);
    const ran = agent.runAgent(
      {},
      {
        onTextMessageContentEvent: () => agent.abortRun(),
      },
    );
    await upstream("text", prompt, { text: "half" });
    await ran.catch(() => undefined);
    // A room notices that a reader has left when it writes to it.
    await upstream("text", prompt, { text: "more" });
    await upstream("until", prompt, { stops: 1 });
  });

  test("a failed answer is RUN_ERROR with the gateway's sentence and code", async () => {
    const { events } = await read(await post({ threadId: fresh("t"), runId: "r", messages: [user("status 400")] }));
    expect(events.at(-1)).toMatchObject({ type: "RUN_ERROR", code: "upstream-rejected", message: expect.any(String) });
    expect(JSON.stringify(events)).not.toContain("secret");
  });

  test("takes provider, model, params and metadata from forwardedProps", async () => {
    const prompt = fresh("props");
    const forwardedProps = { model: "large", params: { t: 1 }, other: true };
    const asked = post({ threadId: fresh("t"), runId: "r", messages: [user(prompt)], forwardedProps });
    await answered(prompt, "ok");
    await read(await asked);
    const { requests } = await upstream("until", prompt, { requests: 1 });
    expect(requests[0]?.body).toMatchObject({ model: "large", params: { t: 1 } });
  });
});

describe("[C9] GET /ag-ui", () => {
  test("reads the answer that is being given in a thread, and 204 where none is", async () => {
    const [room, prompt] = [fresh("thread"), fresh("join")];
    const asked = post({ threadId: room, runId: "run", messages: [user(prompt)] });
    await upstream("text", prompt, { text: "half" });
    await upstream("until", prompt, { requests: 1 });
    const joined = await fetch(`${url}?threadId=${room}&runId=run`);
    await answered(prompt, " whole");
    const [first, second] = [await read(await asked), await read(joined)];
    expect([textIn(first.events), textIn(second.events)]).toEqual(["half whole", "half whole"]);
    expect((await fetch(`${url}?threadId=${fresh("thread")}`)).status).toBe(204);
  });
});

describe("[C9] What is refused is a problem with a code:", () => {
  test.each([
    ["no JSON", "{", 400, "bad-request"],
    ["no thread", { runId: "r", messages: [user("x")] }, 400, "bad-request"],
    ["a thread that can't be a room", { threadId: "a b", runId: "r", messages: [user("x")] }, 400, "bad-room-name"],
    ["no question", { threadId: "t", runId: "r", messages: [] }, 422, "unsupported-content"],
    ["an empty question", { threadId: "t", runId: "r", messages: [user(" ")] }, 400, "bad-request"],
    [
      "an unknown part",
      { threadId: "t", runId: "r", messages: [{ role: "user", content: [{ type: "smell" }] }] },
      422,
      "unsupported-content",
    ],
  ])("%s", async (_, body, status, code) => {
    const response = await post(body);
    expect([response.status, ((await response.json()) as { readonly code: string }).code]).toEqual([status, code]);
  });

  test("a wrong method, and a GET without a thread", async () => {
    const method = await fetch(url, { method: "PUT" });
    expect([method.status, method.headers.get("allow"), (await fetch(url)).status]).toEqual([405, "GET, POST", 400]);
  });
});
