/** A submit that brings the conversation along, as clients over HTTP do that keep one of their own. */
import { describe, expect, test } from "vitest";
import { historyOf } from "../../../../party/core/conversation/prompt-history.ts";
import { rowsPrefix, rowUnits } from "../../../../party/core/log/storage-schema.ts";
import { DEFAULT_POLICY } from "../../../../party/core/policy.ts";
import type { Turn } from "../../../../party/core/turn/turn.ts";
import type { ChatMessage } from "../../../../shared/protocol/client-frames.ts";
import { maxDataUrlBytes, maxFrameBytes } from "../../../../shared/protocol/limits.ts";
import { settled } from "../../../support/core/fake-clock.ts";
import { ANYONE, buildRoom, type Room } from "../../../support/core/room-harness.ts";
import { toolPart } from "../../../support/tool-part.ts";

const context: ChatMessage[] = [
  { role: "system", content: "Be brief." },
  { role: "user", content: "一".repeat(rowUnits) },
  { role: "assistant", content: "Yes." },
  { role: "user", content: "why?" },
];

const submit = (room: Room, turnId: string, more: object = {}) =>
  room.core.requests.submit(ANYONE, { type: "turn-submit", turnId, input: { prompt: "why?" }, context, ...more });

const kept = (room: Room) => room.storage.keys.filter((key) => key.startsWith("context/"));

async function answering(): Promise<Room> {
  const room = await buildRoom({ policy: { silenceTimeoutMs: 500_000, turnTimeoutMs: 800_000 } });
  await submit(room, "t");
  room.upstream.call.start(true);
  await settled();
  return room;
}

describe("[U2] an upstream that names its answers", () => {
  const start = { type: "start", messageId: "msg_1", messageMetadata: { model: "m" } };

  async function answered(): Promise<{ room: Room; tab: Awaited<ReturnType<Room["join"]>> }> {
    const room = await buildRoom();
    const tab = await room.join();
    tab.submit("first", { turnId: "t-1" });
    await settled();
    const chunks = [start, { type: "text-start", id: "1" }];
    room.upstream.call.emit({ start: { resumable: false, messageId: "msg_1" }, parts: chunks });
    room.upstream.call.part({ type: "text-delta", id: "1", delta: "Yes." });
    room.upstream.call.done();
    await settled();
    return { room, tab };
  }

  test("gets its own id and metadata back with the next question, also after a restart", async () => {
    const { room } = await answered();
    const woken = await buildRoom({ storage: room.storage.crash() });
    (await woken.join()).submit("second", { turnId: "t-2" });
    await settled();
    expect(woken.upstream.call.request.messages).toEqual([
      { id: "user-t-1", role: "user", content: "first" },
      { id: "msg_1", role: "assistant", content: "Yes.", metadata: { model: "m" } },
      { id: "user-t-2", role: "user", content: "second" },
    ]);
    expect(woken.upstream.call.request.regenerates).toBeUndefined();
  });

  test("gets its own id for an answer that a page sends under the turn's id", async () => {
    const { room } = await answered();
    const messages = [
      { id: "q", role: "user" as const, content: "first" },
      { id: "t-1", role: "assistant" as const, content: "", parts: [{ type: "tool-clock", toolCallId: "c" }] },
      { id: "q2", role: "user" as const, content: "second" },
    ];
    await submit(room, "t-2", { context: messages });
    await settled();
    expect(room.upstream.call.request.messages).toEqual(messages.with(1, { ...messages[1], id: "msg_1" } as never));
  });

  test("is told which answer it gives again, and nothing of the kind where the question is another", async () => {
    const { room, tab } = await answered();
    tab.submit("first", { turnId: "t-2", replaces: "t-1", model: "other" });
    await settled();
    expect(room.upstream.call.request).toMatchObject({ regenerates: "msg_1", messages: [{ content: "first" }] });
    tab.submit("another", { turnId: "t-3", replaces: "t-2" });
    await settled();
    expect(room.upstream.call.request.messages).toMatchObject([{ content: "another" }]);
    expect(room.upstream.call.request.regenerates).toBeUndefined();
  });
});

test("[U2] an inline file of an answer has the budget of files, so that text before it stays in the history", async () => {
  const room = await buildRoom();
  const tab = await room.join();
  const file = { type: "file", mediaType: "image/png", url: `data:image/png;base64,${"A".repeat(400_000)}` };
  tab.submit("first");
  await settled();
  room.upstream.call.text("Before. ");
  room.upstream.call.part(file);
  room.upstream.call.done();
  await settled();
  tab.submit("second");
  await settled();
  const { messages } = room.upstream.call.request;
  expect(messages.map(({ content }) => content)).toEqual(["first", "Before. ", "second"]);
  expect(messages[1]?.parts).toContainEqual(file);
});

test("an earlier answer with a tool is sent with its parts, and one of text alone without", async () => {
  const room = await buildRoom();
  const tab = await room.join();
  tab.submit("first");
  await settled();
  room.upstream.call.part(toolPart("c", "clock", "call", {}));
  room.upstream.call.part(toolPart("c", "clock", "result", "12"));
  room.upstream.call.text("Noon.");
  room.upstream.call.done();
  await settled();
  tab.submit("second");
  await settled();
  expect(room.upstream.call.request.messages).toMatchObject([
    { role: "user", content: "first" },
    {
      role: "assistant",
      content: "Noon.",
      parts: [
        { type: "step-start" },
        {
          ...{ type: "tool-clock", toolCallId: "c", state: "output-available" },
          ...{ input: {}, output: "12", providerExecuted: true },
        },
        { type: "text", text: "Noon.", state: "done" },
      ],
    },
    { role: "user", content: "second" },
  ]);
});

describe("a conversation that comes with its question", () => {
  test("is what the upstream is asked with, and nobody else sees: tabs see the question", async () => {
    const room = await answering();
    const tab = await room.join();
    expect(room.upstream.call.request.messages).toEqual(context);
    expect(tab.turn("t").input).toEqual({ prompt: "why?" });
    expect(JSON.stringify(tab.frames)).not.toContain("Be brief.");
    expect(kept(room)).toHaveLength(2);
  });

  test("[T5] survives its object: the resumed call and a queued turn's first are asked with it", async () => {
    const room = await answering();
    await submit(room, "next");
    await room.evict();
    await settled();
    expect(room.upstream.call.request).toMatchObject({ messages: context, lastEventId: "1" });
    room.upstream.call.text("so", "2");
    room.upstream.call.done();
    await settled();
    expect(room.upstream.call.request).toMatchObject({
      messages: context,
      generationId: expect.stringContaining("next"),
    });
  });

  test.each(["completed", "cancelled", "queued and stopped", "replaced", "cleared"])(
    "is forgotten when the turn is %s",
    async (how) => {
      const room = await answering();
      if (how === "completed") room.upstream.call.done();
      else if (how === "cancelled") room.core.conversation.cancel("t");
      else if (how === "queued and stopped") {
        await submit(room, "u");
        expect(kept(room)).toHaveLength(4);
        room.core.conversation.cancel("u");
        await settled();
        expect(kept(room)).toHaveLength(2);
        room.upstream.call.done();
      } else if (how === "replaced") {
        await room.core.requests.submit(ANYONE, {
          ...{ type: "turn-submit", turnId: "u", input: { prompt: "other" } },
          replaces: "t",
        });
      } else void room.core.conversation.clear();
      await settled();
      expect(kept(room)).toEqual([]);
    },
  );

  test("[T1] is not what makes a submit the same: a retry that brings another starts nothing", async () => {
    const room = await answering();
    const again = await submit(room, "t", { context: [{ role: "user", content: "why?" }] });
    expect(again).toMatchObject({ ok: true, value: { turn: { id: "t" } } });
    expect(room.upstream.calls).toHaveLength(1);
  });
});

/** Lists no rows of this prefix until the returned function is called. */
function holdReads(room: Room, prefix: string): () => void {
  let release: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const list = room.storage.list.bind(room.storage);
  room.storage.list = async (options) => {
    if (options.prefix.startsWith(prefix)) await gate;
    return list(options);
  };
  return release;
}

test("[U2] a question is asked without an older turn that is trimmed while the history is read from storage", async () => {
  const room = await buildRoom({ policy: { keepTurns: 3, maxActiveTurns: 2 } });
  for (const id of ["oldest", "older"]) {
    await room.core.requests.submit(ANYONE, { type: "turn-submit", turnId: id, input: { prompt: `${id}?` } });
    await settled();
    room.upstream.call.text(`${id}!`);
    room.upstream.call.done();
    await settled();
  }
  await room.evict();
  const release = holdReads(room, rowsPrefix("input", 0));
  await submit(room, "t", { context: undefined });
  const messages: ChatMessage[] = [{ role: "user", content: "beside" }];
  await submit(room, "beside", { context: undefined, input: { messages } });
  await settled();
  room.upstream.call.done();
  await settled();
  await room.advance(1_000);
  expect(room.core.conversation.turns.all().map(({ id }) => id)).toEqual(["older", "t", "beside"]);
  release();
  await settled();
  expect(room.upstream.call.request.messages).toMatchObject([
    { role: "user", content: "older?" },
    { role: "assistant", content: "older!" },
    { role: "user", content: "why?" },
  ]);
});

describe("a question of parts", () => {
  const picture = {
    type: "file" as const,
    mediaType: "image/png",
    url: `data:image/png;base64,${"A".repeat(3 * rowUnits)}`,
  };
  const parts = [{ type: "text" as const, text: "what is this?" }, picture];

  test("[T7] is shown to every tab, kept over a restart and sent to the upstream with the next question", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    const other = await room.join();
    tab.say({ type: "turn-submit", turnId: "a", input: { parts } });
    await settled();
    expect(room.upstream.call.request.messages).toMatchObject([{ role: "user", content: "what is this?", parts }]);
    expect(other.turn("a").input).toEqual({ parts });
    room.upstream.call.text("A picture.");
    room.upstream.call.done();
    await settled();
    await room.evict();
    const late = await room.join();
    expect(late.turn("a").input).toEqual({ parts });
    late.submit("and its colour?");
    await settled();
    expect(room.upstream.call.request.messages).toMatchObject([
      { role: "user", content: "what is this?", parts },
      { role: "assistant", content: "A picture." },
      { role: "user", content: "and its colour?" },
    ]);
    late.say({ type: "turn-submit", turnId: "a", input: { parts: [picture] } });
    await settled();
    expect(late.received("error")).toMatchObject([{ code: "turn-conflict", turnId: "a" }]);
  });

  test("with what can't be asked is refused to its sender, who stays", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    const ask = (turnId: string, ...more: object[]) =>
      tab.sayText(JSON.stringify({ type: "turn-submit", turnId, input: { parts: [...parts, ...more] } }));
    ask("a", { ...picture, url: "http://files.example.com/a.png" });
    ask("b", { ...picture, url: "javascript:alert(1)" });
    ask("c", { ...picture, url: `data:image/png;base64,${"A".repeat(maxDataUrlBytes)}` });
    ask("d", ...Array.from({ length: 40 }, () => ({ type: "text", text: "x" })));
    await settled();
    expect(tab.received("error").map(({ code, turnId }) => [code, turnId])).toEqual([
      ["unsupported-content", "b"],
      ["prompt-too-large", "c"],
      ["prompt-too-large", "d"],
      ["unsupported-content", "a"],
    ]);
    expect(tab.received("error")[3]?.message).toMatch(/must be https/);
    expect(tab.socket.isOpen).toBe(true);
    expect(tab.view.turns).toEqual([]);
    expect(room.storage.keys.filter((key) => key.startsWith("input/"))).toEqual([]);
  });

  test("may name an http address where the operator allows http", async () => {
    const room = await buildRoom({ policy: { allowHttp: true } });
    const tab = await room.join();
    const file = { ...picture, url: "http://files.internal/a.png" };
    tab.say({ type: "turn-submit", turnId: "a", input: { parts: [file] } });
    await settled();
    expect(room.upstream.call.request.messages).toMatchObject([{ role: "user", content: "", parts: [file] }]);
  });

  test("[T7] [S2] counts as the frames that would carry its bytes", async () => {
    const room = await buildRoom({ policy: { framesPer10s: 10 } });
    const tab = await room.join();
    const large = { ...picture, url: `data:image/png;base64,${"A".repeat(4 * maxFrameBytes)}` };
    for (const turnId of ["a", "b"]) tab.say({ type: "turn-submit", turnId, input: { parts: [large] } });
    await settled();
    expect(tab.socket.closed?.code).toBe(4479);
    const stranger = room.tab();
    room.core.handleOpen(stranger.socket);
    stranger.say({ type: "turn-submit", turnId: "c", input: { parts: [large] } });
    expect(stranger.socket.closed?.code).toBe(4413);
  });
});

describe("[U2] the history of a turn", () => {
  const turns = (count: number, bytes: number) =>
    Array.from({ length: count }, (_, ordinal) => {
      const spec = { id: `t${ordinal}`, ordinal, inputBytes: bytes };
      const end = { length: 1, bytes };
      return { record: { spec, end } } as unknown as Turn;
    });

  test("has no turn that comes after it in the conversation", () => {
    const all = turns(4, 1);
    expect(historyOf(all[2] as Turn, all, DEFAULT_POLICY)).toEqual([0, 1]);
  });

  test("has a budget of its own for data URLs", () => {
    const all = turns(10, 50).map((turn) => {
      const { spec, ...record } = turn.record;
      return { record: { ...record, spec: { ...spec, inputBytes: 1_050, fileBytes: 1_000 } } } as unknown as Turn;
    });
    const policy = { ...DEFAULT_POLICY, historyBytes: 300, historyFileBytes: 10_000 };
    expect(historyOf(all[9] as Turn, all, policy)).toEqual([6, 7, 8]);
    expect(historyOf(all[9] as Turn, all, { ...policy, historyFileBytes: 2_000 })).toEqual([7, 8]);
  });

  test("ends before the turn that would exceed its bytes, the newest first", () => {
    const all = turns(10, 50);
    expect(historyOf(all[9] as Turn, all, { ...DEFAULT_POLICY, historyBytes: 300 })).toEqual([6, 7, 8]);
  });
});
