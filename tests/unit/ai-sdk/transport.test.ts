/** `useChat`'s own chats, of `ai` 5, 6 and 7, over a room. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { RoomChatTransport, type RoomChatTransportOptions } from "../../../client/ai-sdk.ts";
import type { GatewayData } from "../../../shared/ui-message-stream.ts";
import { userMessageId } from "../../../shared/ui-messages.ts";
import { FakeRoom } from "../../support/client/fake-room.ts";
import { type FakeNetwork, fakeNetwork } from "../../support/client/fake-socket.ts";
import { chatOver, type TestChat } from "./chats.ts";
import { textIn } from "./readers.ts";
import { versions } from "./stories.ts";

let net: FakeNetwork;
let room: FakeRoom;
let transport: RoomChatTransport;
let chat: TestChat;
let told: GatewayData[];

beforeEach(() => {
  // Promises and streams keep their own time.
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"] });
  net = fakeNetwork();
  room = new FakeRoom(net);
  told = [];
});
afterEach(async () => {
  transport.close();
  await tick();
  await tick();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** Lets everything happen that waits for nothing but its turn. */
async function tick(ms = 1): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

function connect(options: RoomChatTransportOptions = {}): RoomChatTransport {
  transport = new RoomChatTransport({ url: "https://chat.example.com", WebSocket: net.WebSocket, ...options });
  return transport;
}

const answer = () => textIn(chat.messages.at(-1));
const roles = () => chat.messages.map(({ role }) => role);

describe.each(versions)("%s", (version) => {
  const open = (options?: RoomChatTransportOptions) => {
    chat = chatOver(version, "demo", connect(options), (data) => told.push(data));
  };
  /** Asks, and has the room accept it. */
  const ask = async (text: string) => {
    const done = chat.sendMessage({ text });
    await tick();
    if (net.sockets.length === 1 && net.last.readyState === 0) room.enter();
    await tick();
    return { done, frame: room.accept() };
  };

  test("asks a question with its prompt alone and shows the answer as it comes", async () => {
    open();
    const { done, frame } = await ask("why?");
    expect(new URL(net.last.url).pathname).toBe("/parties/chat/demo");
    expect(frame.input).toEqual({ prompt: "why?" });
    expect(chat.status).toBe("submitted");
    room.write("because ");
    await tick();
    expect([chat.status, answer()]).toEqual(["streaming", "because "]);
    room.write("of 雨.");
    room.end();
    await done;
    expect([chat.status, answer(), chat.messages.at(-1)?.id]).toEqual(["ready", "because of 雨.", frame.turnId]);
    expect(told).toMatchObject([
      { kind: "queue", position: 0 },
      { kind: "end", outcome: "completed" },
    ]);
  });

  test("[T7] asks with files and data, and shows the question the same in history", async () => {
    open();
    const files = [
      { type: "file" as const, mediaType: "image/png", filename: "a.png", url: "data:image/png;base64,AAAA" },
    ];
    const done = chat.sendMessage({ text: "what is this?", files });
    await tick();
    room.enter();
    await tick();
    const { input } = room.accept();
    expect(input).toEqual({ parts: [...files, { type: "text", text: "what is this?" }] });
    room.write("A dot.");
    room.end();
    await done;
    const asked = chat.messages[0]?.parts;
    expect(asked).toEqual("parts" in input ? input.parts : []);
    const { messages } = await transport.messages("demo");
    expect(messages[0]?.parts).toEqual(asked);
  });

  test("[C2] goes on by itself after a lost connection", async () => {
    open();
    const { done } = await ask("why?");
    room.write("be");
    await tick();
    net.last.end(1006);
    await tick();
    expect([chat.status, answer()]).toEqual(["streaming", "be"]);
    while (net.sockets.length < 2) await tick(500);
    room.enter();
    room.write("cause");
    room.end();
    await done;
    expect([chat.status, answer()]).toEqual(["ready", "because"]);
  });

  test("[T3] stop() stops the turn in the room and keeps its text", async () => {
    open();
    const { done, frame } = await ask("why?");
    room.write("because");
    await tick();
    await chat.stop();
    await done;
    expect(net.last.saidOf("turn-cancel")).toEqual([{ type: "turn-cancel", turnId: frame.turnId }]);
    expect([chat.status, answer(), chat.error]).toEqual(["ready", "because", undefined]);
    room.end("cancelled", { stop: "confirmed" });
    await tick();
  });

  test("a stop in the pass in which its follower goes is a component that was unmounted; a later one is a stop", async () => {
    open();
    const unfollow = transport.follow("demo", () => {});
    const { done, frame } = await ask("why?");
    room.write("because");
    await tick();
    // As React unmounts: the cleanups of one component follow each other without a pause.
    void chat.stop();
    unfollow();
    await done;
    await tick();
    expect(net.last.saidOf("turn-cancel")).toEqual([]);
    const resumed = chat.resumeStream();
    await tick();
    void chat.stop();
    await tick();
    transport.follow("demo", () => {})();
    await resumed;
    expect(net.last.saidOf("turn-cancel")).toEqual([{ type: "turn-cancel", turnId: frame.turnId }]);
    room.end("cancelled", { stop: "confirmed" });
    await tick();
  });

  test("a question that was stopped before it left is never asked", async () => {
    open();
    const done = chat.sendMessage({ text: "why?" });
    await tick();
    await chat.stop();
    await done;
    room.enter();
    await tick();
    expect(net.last.saidOf("turn-submit")).toEqual([]);
    expect(chat.status).toBe("ready");
  });

  test("[C2] a refusal, a failure and a closed door are errors in words", async () => {
    open();
    const done = chat.sendMessage({ text: "why?" });
    await tick();
    room.enter();
    await tick();
    const [refused] = room.unanswered();
    room.say({
      type: "error",
      code: "queue-full",
      message: "Too many.",
      retryable: true,
      turnId: refused?.turnId ?? "",
    });
    await done;
    expect([chat.status, chat.error?.message]).toEqual(["error", "Too many."]);
    expect(transport.client("demo").getSnapshot().pending).toEqual([]);

    const again = chat.regenerate();
    await tick();
    // The refused one was never a turn: there is nothing to replace.
    expect(room.acceptNewest().replaces).toBeUndefined();
    room.end("failed", { error: { code: "upstream-unavailable", message: "Busy.", retryable: true } });
    await again;
    expect([chat.status, chat.error?.message, roles()]).toEqual(["error", "Busy.", ["user"]]);

    const third = chat.sendMessage({ text: "and now?" });
    await tick();
    net.last.end(4401, "Sign in to use this chat.");
    await third;
    expect([chat.status, chat.error?.message]).toEqual(["error", "Sign in to use this chat."]);
    // It is not asked again behind the back of whoever signs in.
    transport.client("demo").reconnect();
    await tick();
    room.enter();
    expect(net.last.saidOf("turn-submit")).toEqual([]);
    expect(net.last.saidOf("turn-cancel")).toHaveLength(1);
  });

  test("regenerate() replaces the turn; the answer before goes", async () => {
    open();
    const { done, frame: first } = await ask("why?");
    room.write("so");
    room.end();
    await done;
    const again = chat.regenerate();
    await tick();
    const second = room.accept();
    expect(second).toMatchObject({ replaces: first.turnId, input: { prompt: "why?" } });
    room.write("because");
    room.end();
    await again;
    expect([answer(), roles()]).toEqual(["because", ["user", "assistant"]]);
    // And once more: by its own id, too.
    const third = chat.regenerate({ messageId: second.turnId });
    await tick();
    expect(room.accept().replaces).toBe(second.turnId);
    room.end();
    await third;
  });

  test("an edited message replaces its turn and all after it, there and back", async () => {
    open();
    for (const text of ["one", "two"]) {
      const { done } = await ask(text);
      room.write("!");
      room.end();
      await done;
    }
    const [question] = chat.messages;
    const asked = [net.last.saidOf("turn-submit")[0]?.turnId];
    for (const text of ["uno", "one"]) {
      const done = chat.sendMessage({ text, messageId: question?.id ?? "" });
      await tick();
      const frame = room.accept();
      expect(frame).toMatchObject({ input: { prompt: text }, replaces: asked.at(-1) });
      expect(asked).not.toContain(frame.turnId);
      asked.push(frame.turnId);
      room.write("?");
      room.end();
      await done;
      expect([roles(), answer()]).toEqual([["user", "assistant"], "?"]);
    }
  });

  test("[T1] the same message asked again starts nothing and shows its answer", async () => {
    open();
    const { done, frame } = await ask("why?");
    room.write("so");
    room.end();
    await done;
    const question = { id: chat.messages[0]?.id ?? "", role: "user", parts: [{ type: "text", text: "why?" }] } as const;
    const stream = await transport.sendMessages({
      chatId: "demo",
      trigger: "submit-message",
      messageId: undefined,
      messages: [{ ...question, parts: [...question.parts] }],
      abortSignal: undefined,
    });
    const chunks: unknown[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks).toContainEqual({ type: "start", messageId: frame.turnId });
    expect(net.last.saidOf("turn-submit")).toHaveLength(1);
  });

  test("resumeStream() shows the open answer from its start; null when none is open", async () => {
    open();
    const idle = chat.resumeStream();
    await tick();
    room.enter();
    await idle;
    expect([chat.status, chat.messages]).toEqual(["ready", []]);
    room.ask("t1", { prompt: "why?" });
    room.write("be");
    const resumed = chat.resumeStream();
    await tick();
    expect([chat.status, answer()]).toEqual(["streaming", "be"]);
    room.write("cause");
    room.end();
    await resumed;
    expect([chat.status, answer(), chat.messages.map(({ id }) => id)]).toEqual(["ready", "because", ["t1"]]);
  });

  test("what goes along: provider, model and params of the body, metadata; nothing else", async () => {
    open();
    const done = chat.sendMessage(
      { text: "why?" },
      { body: { model: "m", provider: 7, params: { t: 1 }, other: true } },
    );
    await tick();
    room.enter();
    await tick();
    const frame = room.accept();
    expect(frame).toMatchObject({ model: "m", params: { t: 1 } });
    expect(Object.keys(frame)).not.toEqual(expect.arrayContaining([expect.stringMatching(/provider|other/)]));
    room.end();
    await done;
  });

  test("with `history: messages` the model is told what the page has", async () => {
    open({ history: "messages" });
    const { done } = await ask("one");
    room.write("eins");
    room.end();
    await done;
    const { done: next, frame } = await ask("two");
    expect(frame.input).toEqual({
      messages: [
        { role: "user", content: "one" },
        { role: "assistant", content: "eins" },
        { role: "user", content: "two" },
      ],
    });
    room.end();
    await next;
  });
});

describe("ai7", () => {
  beforeEach(() => {
    chat = chatOver("ai7", "demo", connect());
  });

  test("[C2] a resume that is given up before it began, or takes another's place, stops nothing", async () => {
    const [first, second] = [chat.resumeStream(), chat.stop()];
    const third = chat.resumeStream();
    await tick();
    room.enter();
    room.ask("t1", { prompt: "why?" });
    await tick();
    room.write("be");
    const fourth = chat.resumeStream();
    await tick();
    room.write("cause");
    await tick();
    expect(net.last.saidOf("turn-cancel")).toEqual([]);
    expect(answer()).toBe("because");
    await chat.stop();
    await Promise.all([first, second, third, fourth]);
    expect(net.last.saidOf("turn-cancel")).toEqual([{ type: "turn-cancel", turnId: "t1" }]);
    room.end("cancelled");
    await tick();
  });

  test("a part that no question has is refused in words, and nothing is sent", async () => {
    await chat.sendMessage({ parts: [{ type: "source-url", sourceId: "s", url: "https://a.example" }] } as unknown as {
      text: string;
    });
    expect(chat.error?.message).toMatch(/part "source-url"/);
    expect(net.sockets).toHaveLength(0);
  });

  test("[C2] a question of another tab is told to who follows, with its answer to be resumed", async () => {
    const shown: { ids: string[]; isAnswering: boolean }[] = [];
    const unfollow = transport.follow("demo", ({ messages, isAnswering }) => {
      shown.push({ ids: messages.map(({ id }) => id), isAnswering });
      chat.messages = messages as TestChat["messages"];
      if (isAnswering) void chat.resumeStream();
    });
    await tick();
    room.enter();
    await tick();
    expect(shown).toEqual([{ ids: [], isAnswering: false }]);

    // One's own question is no news.
    const own = chat.sendMessage({ text: "mine" });
    await tick();
    const mine = room.accept();
    room.write("yes");
    room.end();
    await own;
    await tick();
    expect(shown).toHaveLength(1);

    room.ask("theirs", { prompt: "theirs?" });
    await tick();
    const known = [chat.messages[0]?.id, mine.turnId];
    expect(shown.slice(1)).toEqual([{ ids: [...known, userMessageId("theirs")], isAnswering: true }]);
    room.write("here too");
    await tick();
    expect([chat.status, answer()]).toEqual(["streaming", "here too"]);
    room.end();
    await tick();
    expect([chat.status, chat.messages.at(-1)?.id, shown.length]).toEqual(["ready", "theirs", 2]);

    room.remove("theirs");
    await tick();
    expect(shown.at(-1)).toEqual({ ids: known, isAnswering: false });
    unfollow();
    room.ask("later", { prompt: "?" });
    room.end();
    await tick();
    expect(shown).toHaveLength(3);
  });

  test("another chat is another room, and the one that nobody reads is left", async () => {
    const done = chat.resumeStream();
    await tick();
    room.enter();
    await done;
    const next = transport.messages("other");
    await tick();
    expect(net.sockets.map(({ url, closedWith }) => [new URL(url).pathname, closedWith?.code])).toEqual([
      ["/parties/chat/demo", 1000],
      ["/parties/chat/other", undefined],
    ]);
    room.enter();
    expect(await next).toEqual({ messages: [], isAnswering: false });
  });
});

test("[S1] who signs in anew in the same tick is known by the new token from the next connection on", async () => {
  vi.spyOn(Math, "random").mockReturnValue(0);
  const before = connect({ token: () => "before" });
  before.client("demo");
  await tick();
  room.enter();
  expect(net.last.saidOf("hello")[0]?.token).toBe("before");
  before.close();
  connect({ token: () => "after" }).client("demo");
  net.last.end(1006);
  await tick();
  await tick();
  net.last.open();
  expect(net.sockets).toHaveLength(2);
  expect(net.last.saidOf("hello")[0]?.token).toBe("after");
  vi.restoreAllMocks();
});
