/** The AI SDK's HTTP routes, in the real runtime. What `useChat` makes of them is tests/e2e/ai-sdk/routes.test.ts. */
import { env, runInDurableObject, SELF } from "cloudflare:test";
import { describe, expect, inject, test } from "vitest";
import { fresh, SocketTab, upstream } from "./room/tab.ts";

const origin = "http://localhost";

interface Message {
  readonly id: string;
  readonly role: string;
  readonly parts: readonly {
    readonly type: string;
    readonly text?: string;
    readonly state?: string;
    readonly url?: string;
    readonly mediaType?: string;
    readonly filename?: string;
    readonly toolCallId?: string;
  }[];
}

let messages = 0;

function user(text: string, id = `x${messages++}`): Message {
  return { id, role: "user", parts: [{ type: "text", text }] };
}

function assistant(text: string, id = `y${messages++}`): Message {
  return { id, role: "assistant", parts: [{ type: "step-start" }, { type: "text", text, state: "done" }] };
}

function post(id: string, asked: readonly Message[], more: object = {}, headers = {}): Promise<Response> {
  return SELF.fetch(`${origin}/api/chat`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ id, messages: asked, trigger: "submit-message", ...more }),
  });
}

interface Chunk {
  readonly type: string;
  readonly id?: string;
  readonly delta?: string;
  readonly messageId?: string;
  readonly errorText?: string;
  readonly data?: unknown;
}

/** A stream as it is read: its chunks so far, and where the reader stands by its ids. */
class Reading {
  readonly chunks: Chunk[] = [];
  lastEventId = "";
  isDone = false;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #text = "";

  constructor(response: Response) {
    if (response.body === null) throw new Error(`no body: ${response.status}`);
    this.#reader = response.body.getReader();
  }

  get text(): string {
    return this.chunks.map(({ type, delta }) => (type === "text-delta" ? delta : "")).join("");
  }

  get turnId(): string {
    return this.chunks.find(({ type }) => type === "start")?.messageId ?? "";
  }

  /** Reads on until `done`, or to the end. */
  async until(done: (reading: this) => boolean = () => false): Promise<this> {
    while (!done(this)) {
      const { value, done: isOver } = await this.#reader.read();
      if (isOver) break;
      this.#text += this.#decoder.decode(value, { stream: true });
      const events = this.#text.split("\n\n");
      this.#text = events.pop() ?? "";
      for (const event of events) this.#take(event);
    }
    return this;
  }

  leave(): Promise<void> {
    return this.#reader.cancel();
  }

  #take(event: string): void {
    for (const line of event.split("\n")) {
      if (line.startsWith("id: ")) this.lastEventId = line.slice(4);
      if (line === "data: [DONE]") this.isDone = true;
      else if (line.startsWith("data: ")) this.chunks.push(JSON.parse(line.slice(6)) as Chunk);
    }
  }
}

const types = ({ chunks }: Reading) => chunks.map(({ type }) => type);
const stream = (id: string, headers = {}) => SELF.fetch(`${origin}/api/chat/${id}/stream`, { headers });
const history = async (id: string): Promise<Message[]> =>
  (await SELF.fetch(`${origin}/api/chat/${id}/messages`)).json();

function wordsOf(message: Message | undefined): string {
  return message?.parts[0]?.text ?? "";
}

/** Asks and has it answered. */
async function answered(id: string, asked: readonly Message[], text: string, more: object = {}): Promise<Reading> {
  const prompt = wordsOf(asked.at(-1));
  const reading = new Reading(await post(id, asked, more));
  await upstream("text", prompt, { text });
  await upstream("done", prompt);
  return reading.until();
}

describe("POST /api/chat", () => {
  test("answers with the stream that the AI SDK reads, and its headers", async () => {
    const prompt = fresh("why");
    const response = await post(fresh("chat"), [user(prompt)]);
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream; charset=utf-8"]);
    expect(response.headers.get("x-vercel-ai-ui-message-stream")).toBe("v1");
    await upstream("text", prompt, { text: "because" });
    await upstream("done", prompt);
    const reading = await new Reading(response).until();
    expect(types(reading).filter((type) => type !== "data-gateway")).toEqual([
      ...["start", "start-step", "text-start", "text-delta", "text-end", "finish-step", "finish"],
    ]);
    expect([reading.text, reading.isDone]).toEqual(["because", true]);
    expect(reading.lastEventId).toBe(`${reading.turnId}.7`);
  });

  test("[C1] tells the backend what the page sent, and everyone else the question alone", async () => {
    const id = fresh("chat");
    const tab = await new SocketTab().join(id);
    const prompt = fresh("two");
    const asked = [user("one"), assistant("eins"), { ...user(prompt), parts: [{ type: "text", text: prompt }] }];
    const reading = new Reading(await post(id, asked, { model: "m", params: { t: 1 } }));
    const { requests } = await upstream("until", prompt, { requests: 1 });
    expect(requests[0]?.body).toMatchObject({
      messages: [
        { role: "user", content: "one" },
        { role: "assistant", content: "eins" },
        { role: "user", content: prompt },
      ],
      model: "m",
      params: { t: 1 },
    });
    await tab.until(({ view }) => view.turns.length === 1);
    expect(tab.view.turns[0]?.input).toEqual({ prompt });
    await upstream("done", prompt);
    await reading.until();
  });

  test("[T1] the same request again starts nothing and shows the same answer; in other words it is another", async () => {
    const id = fresh("chat");
    const question = user(fresh("why"));
    const first = await answered(id, [question], "because");
    const again = await new Reading(await post(id, [question])).until();
    expect([again.turnId, again.text]).toEqual([first.turnId, "because"]);
    const { requests } = await upstream("until", wordsOf(question), { requests: 1 });
    expect(requests).toHaveLength(1);
    const other = await answered(id, [user(fresh("how"), question.id)], "so");
    expect(other.turnId).not.toBe(first.turnId);
  });

  test("a regenerated answer takes the place of the last, also by the answer's own id", async () => {
    const id = fresh("chat");
    const question = user(fresh("why"));
    const first = await answered(id, [question], "one");
    const second = await answered(id, [question], "two", { trigger: "regenerate-message" });
    expect(second.turnId).not.toBe(first.turnId);
    expect((await history(id)).map(({ id: name }) => name)).toEqual([`user-${second.turnId}`, second.turnId]);
    const third = await answered(id, [question], "three", { trigger: "regenerate-message", messageId: second.turnId });
    expect((await history(id)).map(({ id: name }) => name)).toEqual([`user-${third.turnId}`, third.turnId]);
  });

  test("[C1] an edited question takes the place of its turn and of later ones, there and back again", async () => {
    const id = fresh("chat");
    const [first, second] = [user(fresh("one")), user(fresh("two"))];
    const answer = await answered(id, [first], "eins");
    await answered(id, [first, assistant("eins", answer.turnId), second], "zwei");
    expect(await history(id)).toHaveLength(4);
    const original = wordsOf(first);
    for (const text of [fresh("uno"), original, fresh("un"), original]) {
      const edited = await answered(id, [user(text, first.id)], "!", { messageId: first.id });
      const now = await history(id);
      expect(now.map(({ id: name }) => name)).toEqual([`user-${edited.turnId}`, edited.turnId]);
      expect(now[0]?.parts).toEqual([{ type: "text", text }]);
    }
    // A page that came back names its questions by what the history called them.
    const [named] = await history(id);
    const last = await answered(id, [user(fresh("ein"), named?.id ?? "")], "!", { messageId: named?.id });
    expect((await history(id)).map(({ id: name }) => name)).toEqual([`user-${last.turnId}`, last.turnId]);
  });

  test("[C1] a backend's refusal is an error chunk in words, with no empty message before it", async () => {
    const reading = await new Reading(await post(fresh("chat"), [user("status 400")])).until();
    expect(types(reading).filter((type) => type !== "data-gateway")).toEqual(["error"]);
    expect(reading.chunks.at(-1)?.errorText).toBe(
      "The assistant did not accept this question. Change it and ask again.",
    );
    expect(reading.isDone).toBe(true);
    expect(JSON.stringify(reading.chunks)).not.toContain("secret");
  });

  test("[T4] closing the answer is leaving: the turn goes on while somebody is there, and is stopped by the policy when not", async () => {
    const id = fresh("chat");
    const prompt = fresh("why");
    const tab = await new SocketTab().join(id);
    const reading = new Reading(await post(id, [user(prompt)]));
    await upstream("text", prompt, { text: "because" });
    await reading.until(({ text }) => text === "because");
    await reading.leave();
    await upstream("text", prompt, { text: " of it" });
    await tab.until(({ view }) => view.turns[0]?.length === 13);
    tab.close();
    const { stops } = await upstream("until", prompt, { stops: 1 });
    expect(stops).toHaveLength(1);
  });
});

test("[T7] a question with files reaches the backend with its parts, and shows in history and in every tab", async () => {
  const id = fresh("chat");
  const prompt = `${id} what is this?`;
  const parts = [
    { type: "file", mediaType: "image/png", filename: "dot.png", url: `data:image/png;base64,${"A".repeat(300_000)}` },
    { type: "text", text: prompt },
  ];
  const earlier = {
    ...user("an earlier one"),
    parts: [{ type: "text", text: "an earlier one" }, ...parts.slice(0, 1)],
  };
  const response = await post(id, [earlier, assistant("so"), { id: "q", role: "user", parts }]);
  expect(response.status).toBe(200);
  const reading = new Reading(response);
  const { requests } = await upstream("until", prompt, { requests: 1 });
  expect(requests[0]?.body.messages).toEqual([
    { role: "user", content: "an earlier one", parts: earlier.parts },
    { role: "assistant", content: "so" },
    { role: "user", content: prompt, parts },
  ]);
  const tab = await new SocketTab().join(id);
  await tab.until(({ view }) => view.turns.length === 1);
  expect(tab.view.turns[0]?.input).toEqual({ parts });
  tab.close();
  await upstream("text", prompt, { text: "A dot." });
  await upstream("done", prompt);
  await reading.until();
  expect((await history(id)).map((message) => message.parts)).toMatchObject([
    parts,
    [{ type: "step-start" }, { text: "A dot." }],
  ]);
});

describe("[T8] calls that an answer leaves open", () => {
  const call = { toolCallId: "c1", toolName: "findPlace" };
  const sse = (...chunks: object[]) => chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`);

  /** Has the backend answer the message of these words with a UI message stream. */
  async function backend(words: string, ...chunks: object[]): Promise<void> {
    const events = [...sse({ type: "start" }, { type: "start-step" }, ...chunks), "data: [DONE]\n\n"];
    const query = new URLSearchParams({ prompt: words });
    const body = JSON.stringify({ events, isLast: true });
    await fetch(`${inject("upstreamUrl")}/control/chunks?${query}`, { method: "POST", body });
  }
  const spoken = (delta: string) => [
    { type: "text-start", id: "t" },
    { type: "text-delta", id: "t", delta },
    { type: "text-end", id: "t" },
  ];

  /** A question whose answer waits for a tool of the page. Returns the answer's id. */
  async function waiting(id: string, prompt: string) {
    const closing = [{ type: "finish-step" }, { type: "finish", finishReason: "tool-calls" }];
    await backend(prompt, ...spoken(`Looking ${id}`), { type: "tool-input-available", ...call, input: {} }, ...closing);
    const reading = await new Reading(await post(id, [user(prompt, "q")])).until();
    return reading.turnId;
  }

  const withOutput = (id: string, root: string, prompt: string, output: unknown) => [
    user(prompt, "q"),
    {
      id: root,
      role: "assistant",
      parts: [
        { type: "step-start" },
        { type: "text", text: `Looking ${id}`, state: "done" },
        { type: "tool-findPlace", ...call, state: "output-available", input: {}, output },
      ],
    } as Message,
  ];

  test("are answered by the message with the page's output, which goes on as one", async () => {
    const id = fresh("chat");
    const prompt = `${id} where am I?`;
    const root = await waiting(id, prompt);
    await backend(`Looking ${id}`, ...spoken("In Bern."), { type: "finish-step" }, { type: "finish" });
    const messages = withOutput(id, root, prompt, { city: "Bern" });
    const response = await post(id, messages, { messageId: root });
    expect(response.status).toBe(200);
    const reading = await new Reading(response).until();
    expect([reading.turnId, reading.text]).toEqual([root, "In Bern."]);
    const { requests } = await upstream("until", `Looking ${id}`, { requests: 1 });
    expect(requests.at(-1)?.body).toMatchObject({
      messages: [
        { role: "user", content: prompt },
        { role: "assistant", content: `Looking ${id}`, parts: messages[1]?.parts },
      ],
      answers: [{ type: "tool-output", ...call, output: { city: "Bern" }, by: "anonymous" }],
    });
    expect(await history(id)).toMatchObject([
      { role: "user" },
      { id: root, parts: [{}, {}, { state: "output-available", output: { city: "Bern" } }, {}, { text: "In Bern." }] },
    ]);
    // The same again is the same answer; another one comes too late.
    const again = await new Reading(await post(id, messages, { messageId: root })).until();
    expect(again.text).toBe("In Bern.");
    const other = await post(id, withOutput(id, root, prompt, "elsewhere"), { messageId: root });
    expect([other.status, other.headers.get("x-gateway-error")]).toEqual([409, "turn-conflict"]);
    await other.body?.cancel();
  });

  test("are refused in words where nothing waits, or in another room", async () => {
    const id = fresh("chat");
    const prompt = `${id} where am I?`;
    const root = await waiting(id, prompt);
    const elsewhere = await post(fresh("chat"), withOutput(id, root, prompt, 1));
    expect([elsewhere.status, elsewhere.headers.get("x-gateway-error")]).toEqual([404, "turn-unknown"]);
    const [question, answer] = withOutput(id, root, prompt, 1);
    const other = { ...answer, parts: [{ ...answer?.parts[2], toolCallId: "c9" }] } as Message;
    const unknown = await post(id, [question as Message, other]);
    expect([unknown.status, unknown.headers.get("x-gateway-error")]).toEqual([404, "call-unknown"]);
    expect(await unknown.text()).toMatch(/^[A-Z].*\.$/s);
    await elsewhere.body?.cancel();
  });
});

describe("what is refused is refused in words", () => {
  test.each<[string, number, string, (id: string) => Promise<Response>]>([
    ["no JSON", 400, "bad-request", () => SELF.fetch(`${origin}/api/chat`, { method: "POST", body: "hi" })],
    ["no messages", 400, "bad-request", (id) => post(id, [])],
    ["an answer as the last", 400, "bad-request", (id) => post(id, [assistant("so")])],
    ["an empty question", 400, "bad-request", (id) => post(id, [user("  ")])],
    [
      "a file without a media type",
      422,
      "unsupported-content",
      (id) => post(id, [{ ...user(""), parts: [{ type: "file", url: "data:," }] }]),
    ],
    [
      "a file of the page's own memory",
      422,
      "unsupported-content",
      (id) => post(id, [{ ...user(""), parts: [{ type: "file", mediaType: "image/png", url: "blob:https://a/b" }] }]),
    ],
    ["a question over 64 KiB", 413, "prompt-too-large", (id) => post(id, [user("x".repeat(70_000))])],
    ["a conversation over 1 MiB", 413, "frame-too-large", (id) => post(id, [user("x".repeat(1_100_000)), user("y")])],
    ["a body over 5 MiB", 413, "frame-too-large", (id) => post(id, [user("x".repeat(6_000_000))])],
    ["what no turn can have", 400, "bad-request", (id) => post(id, [user("x")], { model: 7 })],
    ["a chat that is no room", 400, "bad-room-name", () => post("a/b", [user("x")])],
    ["another method", 405, "method-not-allowed", () => SELF.fetch(`${origin}/api/chat`)],
    ["another part", 404, "not-found", (id) => SELF.fetch(`${origin}/api/chat/${id}/secrets`)],
  ])("%s", async (_name, status, code, ask) => {
    const response = await ask(fresh("chat"));
    const text = await response.text();
    expect([response.status, response.headers.get("x-gateway-error")]).toEqual([status, code]);
    expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    // A sentence, which `useChat` takes for the error's message.
    expect(text).toMatch(/^[A-Z].*\.$/s);
  });

  test("[S4] the room's own address for these requests is nobody's from outside", async () => {
    for (const path of ["ai-sdk", "ai-sdk/stream", "ai-sdk/messages"]) {
      const response = await SELF.fetch(`${origin}/parties/chat/${fresh("chat")}/${path}`);
      expect([path, response.status]).toEqual([path, 404]);
      await response.body?.cancel();
    }
  });

  test("who asks for JSON gets the problem", async () => {
    const response = await post(fresh("chat"), [], {}, { accept: "application/json" });
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toMatchObject({ code: "bad-request", status: 400 });
  });

  test("a page of another origin may read the refusal, its code and the stream", async () => {
    const response = await post(fresh("chat"), [], {}, { origin: "http://localhost:5173" });
    expect(response.headers.get("access-control-allow-origin")).toBe("http://localhost:5173");
    expect(response.headers.get("access-control-expose-headers")).toContain("x-gateway-error");
    const foreign = await post(fresh("chat"), [user("hi")], {}, { origin: "https://evil.example" });
    expect([foreign.status, foreign.headers.get("x-gateway-error")]).toEqual([403, "origin-forbidden"]);
  });
});

describe("GET /api/chat/:id/stream", () => {
  test("replays the open answer whole and goes on; 204 when none is open", async () => {
    const id = fresh("chat");
    expect((await stream(id)).status).toBe(204);
    const prompt = fresh("why");
    const first = new Reading(await post(id, [user(prompt)]));
    await upstream("text", prompt, { text: "because " });
    await first.until(({ text }) => text !== "");
    const second = new Reading(await stream(id));
    await second.until(({ text }) => text !== "");
    expect(second.chunks.find(({ type }) => type === "start")).toEqual({ type: "start", messageId: first.turnId });
    await upstream("text", prompt, { text: "of it" });
    await upstream("done", prompt);
    await Promise.all([first.until(), second.until()]);
    expect([first.text, second.text]).toEqual(["because of it", "because of it"]);
    expect((await stream(id)).status).toBe(204);
  });

  test("[C1] from where a reader says that it stands, in the middle of a part: with the part's start, and the rest alone", async () => {
    const id = fresh("chat");
    const prompt = fresh("why");
    const first = new Reading(await post(id, [user(prompt)]));
    await upstream("text", prompt, { text: "be" });
    await first.until(({ text }) => text === "be");
    await first.leave();
    await upstream("text", prompt, { text: "cause" });
    const rest = new Reading(await stream(id, { "last-event-id": first.lastEventId }));
    await upstream("done", prompt);
    await rest.until();
    expect(rest.text).toBe("cause");
    const begun = ({ chunks }: Reading) => chunks.find(({ type }) => type === "text-start");
    expect(begun(rest)).toEqual(begun(first));
    // Over meanwhile, it is told its end.
    const over = await new Reading(await stream(id, { "last-event-id": rest.lastEventId })).until();
    expect([over.text, over.chunks.at(-1)?.type]).toEqual(["", "finish"]);
  });

  test("[T5] goes on after the object was lost", async () => {
    const id = fresh("chat");
    const prompt = fresh("why");
    const first = new Reading(await post(id, [user(prompt)]));
    await upstream("text", prompt, { text: "because " });
    await first.until(({ text }) => text !== "");
    const stub = env.Chat.get(env.Chat.idFromName(id));
    await runInDurableObject(stub, (_room, state) => state.abort("lost")).catch(() => undefined);
    // Cut off, not ended: a page must not take it for the answer.
    await expect(first.until()).rejects.toThrow();
    expect(first.isDone).toBe(false);
    const second = new Reading(await stream(id));
    await upstream("text", prompt, { text: "of it" });
    await upstream("done", prompt);
    await second.until();
    expect([second.text, second.isDone]).toEqual(["because of it", true]);
  });
});

test("[T3] DELETE /api/chat/:id stops the answer, and says so when it has; 204 when there is none", async () => {
  const id = fresh("chat");
  const remove = () => SELF.fetch(`${origin}/api/chat/${id}`, { method: "DELETE" });
  expect((await remove()).status).toBe(204);
  const prompt = fresh("why");
  const reading = new Reading(await post(id, [user(prompt)]));
  await upstream("text", prompt, { text: "because" });
  await reading.until(({ text }) => text !== "");
  const stopped = await remove();
  expect([stopped.status, await stopped.json()]).toEqual([
    200,
    { turnId: reading.turnId, outcome: "cancelled", stop: "confirmed" },
  ]);
  await reading.until();
  expect([reading.chunks.at(-1)?.type, reading.isDone, reading.text]).toEqual(["abort", true, "because"]);
});

test("GET /api/chat/:id/messages is the conversation as messages, without the answer that is being given", async () => {
  const id = fresh("chat");
  expect(await history(id)).toEqual([]);
  const question = user(fresh("one"));
  const { turnId } = await answered(id, [question], "eins");
  const prompt = fresh("two");
  const reading = new Reading(await post(id, [question, assistant("eins", turnId), user(prompt)]));
  await upstream("text", prompt, { text: "zw" });
  await reading.until(({ text }) => text !== "");
  expect(await history(id)).toEqual([
    { id: `user-${turnId}`, role: "user", parts: question.parts },
    { id: turnId, role: "assistant", parts: [{ type: "step-start" }, { type: "text", text: "eins", state: "done" }] },
    { id: `user-${reading.turnId}`, role: "user", parts: [{ type: "text", text: prompt }] },
  ]);
  await upstream("done", prompt);
  await reading.until();
});
