/** What a room does with an application's `beforeTurn` and `afterTurn`: order, bounds, repeats, revocation. */
import { expect, test } from "vitest";
import type { Submit } from "../../../../party/core/log/turn-record.ts";
import type { SettledTurn } from "../../../../party/core/ports.ts";
import type { Principal } from "../../../../party/core/principal.ts";
import type { ErrorFrame } from "../../../../shared/protocol/server-frames.ts";
import { fail, ok, type Result } from "../../../../shared/result.ts";
import { settled } from "../../../support/core/fake-clock.ts";
import { ANYONE, buildRoom, type Tab } from "../../../support/core/room-harness.ts";

type Answer = Result<Submit, { readonly code: "turn-not-allowed"; readonly detail: string }>;

/** A hook whose answers wait until the test gives them. */
function gated() {
  const waiting = new Map<string, (answer: Answer) => void>();
  const asked: Submit[] = [];
  const beforeTurn = (submit: Submit) => {
    asked.push(submit);
    return new Promise<Answer>((resolve) => waiting.set(submit.turnId, resolve));
  };
  const answer = async (turnId: string, value: Answer) => {
    waiting.get(turnId)?.(value);
    await settled();
  };
  return { beforeTurn, asked, answer };
}

const submitOf = (asked: readonly Submit[], turnId: string) => {
  const submit = asked.find((one) => one.turnId === turnId);
  if (submit === undefined) throw new Error(`the hook was not asked about ${turnId}`);
  return submit;
};
const idsOf = (tab: Tab) => {
  tab.read();
  return tab.view.turns.map(({ id }) => id);
};
const errorsOf = (tab: Tab) => tab.received("error").map(({ code, message }: ErrorFrame) => [code, message]);

test("[E6] questions enter the room in the order they came in, whichever check ends first", async () => {
  const hook = gated();
  const room = await buildRoom({ beforeTurn: hook.beforeTurn });
  const tab = await room.join();
  for (const id of ["a", "b", "c"]) tab.submit(id, { turnId: id });
  await hook.answer("c", ok(submitOf(hook.asked, "c")));
  await hook.answer("b", ok(submitOf(hook.asked, "b")));
  expect(idsOf(tab)).toEqual([]);
  await hook.answer("a", ok(submitOf(hook.asked, "a")));
  expect(idsOf(tab)).toEqual(["a", "b", "c"]);
});

test("[E6] a refusal of the check reaches the person who asked, and holds nobody up", async () => {
  const hook = gated();
  const room = await buildRoom({ beforeTurn: hook.beforeTurn });
  const [tab, other] = [await room.join(), await room.join()];
  tab.submit("no", { turnId: "a" });
  other.submit("yes", { turnId: "b" });
  await hook.answer("a", fail({ code: "turn-not-allowed", detail: "Not here." }));
  await hook.answer("b", ok(submitOf(hook.asked, "b")));
  expect(errorsOf(tab)).toEqual([["turn-not-allowed", "Not here."]]);
  expect(errorsOf(other)).toEqual([]);
  expect(idsOf(tab)).toEqual(["b"]);
});

test("[E6] a changed question is the same question when it is submitted again, and another one under its id is not", async () => {
  const beforeTurn = async (submit: Submit) => {
    const { input } = submit;
    return ok({ ...submit, input: { prompt: `changed ${Math.random()}` }, original: { input } });
  };
  const room = await buildRoom({ beforeTurn });
  const tab = await room.join();
  tab.submit("hi", { turnId: "a" });
  await settled();
  tab.submit("hi", { turnId: "a" });
  await settled();
  expect(errorsOf(tab)).toEqual([]);
  tab.submit("other", { turnId: "a" });
  await settled();
  expect(errorsOf(tab).map(([code]) => code)).toEqual(["turn-conflict"]);
  expect(tab.turn("a").input).toMatchObject({ prompt: expect.stringMatching(/^changed /) });
});

test("[E6] checks beyond the room's places are refused as `queue-full`, and not begun", async () => {
  const hook = gated();
  const room = await buildRoom({ beforeTurn: hook.beforeTurn, policy: { maxActiveTurns: 1, maxQueuedTurns: 2 } });
  const tab = await room.join();
  for (const id of ["a", "b", "c", "d"]) tab.submit(id, { turnId: id });
  await settled();
  expect(hook.asked.map(({ turnId }) => turnId)).toEqual(["a", "b", "c"]);
  expect(errorsOf(tab).map(([code]) => code)).toEqual(["queue-full"]);
});

test("[E6] one user's checks leave places for others", async () => {
  const hook = gated();
  const named = (sub: string): Principal => ({ ...ANYONE, sub, tokenId: sub });
  const room = await buildRoom({
    beforeTurn: hook.beforeTurn,
    policy: { maxActiveTurns: 1, maxQueuedTurns: 3 },
    principalOf: async (token) => ok(named(token ?? "")),
  });
  const join = async (token: string) => {
    const tab = room.tab().connect({ token });
    await settled();
    return tab;
  };
  const [greedy, other] = [await join("greedy"), await join("other")];
  for (const id of ["a", "b", "c", "d"]) greedy.submit(id, { turnId: id });
  other.submit("e", { turnId: "e" });
  await settled();
  expect(hook.asked.map(({ turnId }) => turnId)).toEqual(["a", "b", "c", "e"]);
});

test("[E6] a question whose token is revoked during the check is refused", async () => {
  const hook = gated();
  let isRevoked = false;
  const room = await buildRoom({ beforeTurn: hook.beforeTurn, isRevoked: () => isRevoked });
  const tab = await room.join();
  tab.submit("hi", { turnId: "a" });
  await settled();
  isRevoked = true;
  await hook.answer("a", ok(submitOf(hook.asked, "a")));
  expect(room.core.conversation.turn("a")).toBeUndefined();
});

test("[E6] afterTurn gets the question, the answer and how it ended, once", async () => {
  const ended: SettledTurn[] = [];
  const room = await buildRoom({ afterTurn: (turn) => ended.push(turn) });
  const tab = await room.join();
  tab.submit("hi", { turnId: "a", metadata: { page: "home" } });
  await settled();
  room.upstream.call.answer();
  room.upstream.call.text("hello");
  room.upstream.call.emit({ usage: { inputTokens: 1, outputTokens: 2 } });
  room.upstream.call.done();
  await settled();
  expect(ended).toEqual([
    expect.objectContaining({
      ...{ turnId: "a", outcome: "completed", author: "anonymous", finishReason: "stop" },
      ...{ usage: { inputTokens: 1, outputTokens: 2 }, metadata: { page: "home" }, input: { prompt: "hi" } },
      parts: [{ type: "text-delta", delta: "hello" }],
    }),
  ]);
});
