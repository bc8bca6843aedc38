/** A submit that brings the conversation along, as clients over HTTP do that keep one of their own. */
import { describe, expect, test } from "vitest";
import { historyOf } from "../../../../party/core/conversation/prompt-history.ts";
import { rowsPrefix, rowUnits } from "../../../../party/core/log/storage-schema.ts";
import { DEFAULT_POLICY } from "../../../../party/core/policy.ts";
import type { Turn } from "../../../../party/core/turn/turn.ts";
import type { ChatMessage } from "../../../../shared/protocol/client-frames.ts";
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
  expect(room.upstream.call.request.messages).toEqual([
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
  expect(room.upstream.call.request.messages).toEqual([
    { role: "user", content: "older?" },
    { role: "assistant", content: "older!" },
    { role: "user", content: "why?" },
  ]);
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

  test("ends before the turn that would exceed its bytes, the newest first", () => {
    const all = turns(10, 50);
    expect(historyOf(all[9] as Turn, all, { ...DEFAULT_POLICY, historyBytes: 300 })).toEqual([6, 7, 8]);
  });
});
