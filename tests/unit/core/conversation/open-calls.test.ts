/** Calls that an answer leaves open, and the turns that answer them: a room of tabs, a restart, and the request that continues. */
import { describe, expect, test } from "vitest";
import { foldMessage } from "../../../../shared/message-fold.ts";
import { chainParts } from "../../../../shared/open-calls.ts";
import type { CallAnswer } from "../../../../shared/protocol/answers.ts";
import type { TurnSubmitFrame } from "../../../../shared/protocol/client-frames.ts";
import { settled } from "../../../support/core/fake-clock.ts";
import { ANYONE, buildRoom, type Room, type RoomOptions, type Tab } from "../../../support/core/room-harness.ts";

const place: CallAnswer = { type: "tool-output", toolCallId: "c1", output: { city: "Bern" } };
const yes: CallAnswer = { type: "approval", approvalId: "p1", approved: true };
const no: CallAnswer = { type: "approval", approvalId: "p1", approved: false, reason: "not now" };

const open = {
  place: { kind: "tool", toolCallId: "c1", toolName: "findPlace" },
  send: { kind: "approval", toolCallId: "c2", toolName: "send", approvalId: "p1" },
};

const call = (toolCallId: string, toolName: string, input: object) =>
  [{ type: "tool-input-available", toolCallId, toolName, input }] as const;

/** A turn that ended with an output that a client has to give, and a call that somebody has to approve. */
async function asking(options: RoomOptions = {}): Promise<{ room: Room; tab: Tab; other: Tab }> {
  const room = await buildRoom(options);
  const [tab, other] = [await room.join(), await room.join()];
  tab.submit("where am I?", { turnId: "root" });
  await settled();
  for (const part of [
    { type: "start" },
    { type: "start-step" },
    ...call("c1", "findPlace", { exact: true }),
    ...call("c2", "send", { to: "anna" }),
    { type: "tool-approval-request", approvalId: "p1", toolCallId: "c2" },
    { type: "finish-step" },
    { type: "finish", finishReason: "tool-calls" },
  ]) {
    room.upstream.call.part(part);
  }
  room.upstream.call.done();
  await settled();
  return { room, tab, other };
}

const answer = (tab: Tab, turnId: string, answers: CallAnswer[], more: Partial<TurnSubmitFrame> = {}) =>
  tab.say({ type: "turn-submit", turnId, input: { answers }, continues: "root", ...more });

const message = (tab: Tab) => {
  tab.read();
  return foldMessage(chainParts(tab.view.turns)).parts;
};

describe("[T8] a turn that ends with open calls", () => {
  test("lists them, in its end, in a sync and after a restart", async () => {
    const { room, tab } = await asking();
    const facts = {
      finishReason: "tool-calls",
      open: [open.place, open.send],
      openUntil: room.clock.now() + 86_400_000,
    };
    expect(tab.received("turn-end")).toMatchObject([{ turnId: "root", outcome: "completed", ...facts }]);
    await room.evict();
    expect((await room.join()).turn("root")).toMatchObject(facts);
  });

  test("has none where the provider runs the tools, or every call has its output", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    tab.submit("hi", { turnId: "a" });
    await settled();
    room.upstream.call.part({ type: "start" });
    room.upstream.call.part({ ...call("c1", "clock", {})[0], providerExecuted: true });
    room.upstream.call.part(call("c2", "clock", {})[0]);
    room.upstream.call.part({ type: "tool-output-available", toolCallId: "c2", output: 1 });
    room.upstream.call.done();
    await settled();
    expect(tab.turn("a")).not.toHaveProperty("open");
  });

  test("goes on when all are answered, from any tab, as one message", async () => {
    const { room, tab, other } = await asking();
    answer(other, "x", [place, yes]);
    await settled();
    expect(tab.received("turn-queued").at(-1)).toMatchObject({
      turnId: "x",
      continues: "root",
      input: { answers: [place, yes] },
    });
    const { request } = room.upstream.call;
    expect(request.messages).toMatchObject([
      { role: "user", content: "where am I?" },
      {
        id: "root",
        role: "assistant",
        parts: [
          { type: "step-start" },
          { type: "tool-findPlace", toolCallId: "c1", state: "output-available", output: { city: "Bern" } },
          { type: "tool-send", toolCallId: "c2", state: "approval-responded", approval: { id: "p1", approved: true } },
        ],
      },
    ]);
    expect(request.answers).toEqual([
      { ...place, toolName: "findPlace", by: "anonymous", at: tab.turn("x").createdAt },
      { ...yes, toolCallId: "c2", toolName: "send", by: "anonymous", at: tab.turn("x").createdAt },
    ]);
    room.upstream.call.part({ type: "start" });
    room.upstream.call.part({ type: "tool-output-available", toolCallId: "c2", output: "sent" });
    room.upstream.call.part({ type: "text-start", id: "t" });
    room.upstream.call.part({ type: "text-delta", id: "t", delta: "Sent from Bern." });
    room.upstream.call.part({ type: "text-end", id: "t" });
    room.upstream.call.done();
    await settled();
    expect(message(tab)).toEqual(message(other));
    expect(message(tab)).toMatchObject([
      { type: "step-start" },
      { toolCallId: "c1", state: "output-available" },
      { toolCallId: "c2", state: "output-available", output: "sent", approval: { id: "p1", approved: true } },
      { type: "text", text: "Sent from Bern." },
    ]);
    // The next question's history has the whole of it as one answer.
    tab.submit("thanks");
    await settled();
    expect(room.upstream.call.request.messages.map(({ role, content }) => [role, content])).toEqual([
      ["user", "where am I?"],
      ["assistant", "Sent from Bern."],
      ["user", "thanks"],
    ]);
  });

  test("takes one answer at a time, each durable, and calls the upstream after the last", async () => {
    const { room, tab } = await asking();
    const calls = room.upstream.calls.length;
    answer(tab, "x", [yes]);
    await settled();
    expect(room.upstream.calls).toHaveLength(calls);
    expect(tab.turn("x")).toMatchObject({
      state: "settled",
      outcome: "completed",
      finishReason: "tool-calls",
      open: [open.place],
    });
    await room.evict();
    const late = await room.join();
    answer(late, "y", [place], { continues: "x" });
    await settled();
    expect(late.turn("y")).toMatchObject({ state: "opening", continues: "root" });
    expect(room.upstream.call.request.answers?.map(({ type }) => type)).toEqual(["approval", "tool-output"]);
    expect(room.upstream.call.request.messages.at(-1)?.parts).toMatchObject([
      {},
      { state: "output-available" },
      { state: "approval-responded" },
    ]);
  });

  test("keeps the first answer: the same again is known, a different one is a conflict", async () => {
    const { room, tab, other } = await asking();
    answer(tab, "x", [place, no]);
    await settled();
    const calls = room.upstream.calls.length;
    answer(other, "x", [place, no]);
    answer(other, "y", [no]);
    answer(other, "z", [yes]);
    answer(other, "w", [{ ...place, output: "elsewhere" }]);
    await settled();
    expect(Object.fromEntries(other.received("error").map(({ code, turnId }) => [turnId, code]))).toEqual({
      y: "already-answered",
      z: "turn-conflict",
      w: "turn-conflict",
    });
    expect(room.upstream.calls).toHaveLength(calls);
    expect(other.view.turns.map(({ id }) => id)).toEqual(["root", "x"]);
    const again = await room.core.requests.submit(ANYONE, {
      ...{ type: "turn-submit", turnId: "v", input: { answers: [no] }, continues: "root" },
    });
    expect(again).toMatchObject({ ok: true, value: { turn: { id: "x" } } });
  });

  test("refuses what isn't open, is another room's, or comes too late, and stays open", async () => {
    const { room, tab } = await asking({ policy: { answerWithinMs: 60_000 } });
    answer(tab, "a", [{ type: "tool-output", toolCallId: "c9", output: 1 }]);
    answer(tab, "b", [{ type: "tool-output", toolCallId: "c2", output: 1 }]);
    answer(tab, "c", [{ type: "approval", approvalId: "c1", approved: true }]);
    answer(tab, "d", [place], { continues: "elsewhere" });
    answer(tab, "e", [place, { ...place, output: 2 }]);
    await settled();
    expect(tab.received("error").map(({ code }) => code)).toEqual([
      "call-unknown",
      "call-unknown",
      "call-unknown",
      "turn-unknown",
      "turn-conflict",
    ]);
    expect(tab.socket.isOpen).toBe(true);
    await room.advance(61_000);
    answer(tab, "f", [place, yes]);
    await settled();
    expect(tab.received("error").at(-1)).toMatchObject({ code: "answer-expired", turnId: "f" });
    expect(tab.turn("root").open).toHaveLength(2);
    expect(tab.view.turns).toHaveLength(1);
  });

  test("is answered again where its answer is replaced", async () => {
    const { room, tab } = await asking();
    answer(tab, "x", [place, yes]);
    await settled();
    answer(tab, "y", [place, no], { replaces: "x" });
    await settled();
    tab.read();
    expect(tab.view.turns.map(({ id }) => id)).toEqual(["root", "y"]);
    expect(room.upstream.call.request.answers?.at(-1)).toMatchObject({ approved: false, reason: "not now" });
  });

  test("that nobody answered is history with calls that failed, so that no model sees one without its result", async () => {
    const { room, tab } = await asking();
    tab.submit("never mind");
    await settled();
    expect(room.upstream.call.request.messages.at(1)?.parts).toMatchObject([
      {},
      { toolCallId: "c1", state: "output-error", errorText: "The call was not answered." },
      { toolCallId: "c2", state: "output-error" },
    ]);
  });

  test("has its answers in the audit log, with ids and decisions and nothing else", async () => {
    const { room, tab } = await asking();
    answer(tab, "x", [place, no]);
    await settled();
    expect(room.acts.find(({ act }) => act === "answered")).toMatchObject({
      by: ANYONE,
      turnId: "x",
      continues: "root",
      answers: [
        { kind: "tool-output", callId: "c1" },
        { kind: "approval", callId: "p1", approved: false },
      ],
    });
    expect(JSON.stringify(room.acts)).not.toMatch(/Bern|not now/);
  });

  test("answers without a turn that they continue are malformed", async () => {
    const { tab } = await asking();
    tab.sayText(JSON.stringify({ type: "turn-submit", turnId: "x", input: { answers: [place] } }));
    await settled();
    expect(tab.received("error").at(-1)).toMatchObject({ code: "bad-frame", turnId: "x" });
  });
});
