/** [T1] Submits that replace turns: bounded, decided again after their stops, allowed and audited. */
import { describe, expect, test } from "vitest";
import type { Principal } from "../../../../party/core/principal.ts";
import { ok } from "../../../../shared/result.ts";
import { settled } from "../../../support/core/fake-clock.ts";
import { ANYONE, buildRoom, type Room, type Tab } from "../../../support/core/room-harness.ts";

async function answered(room: Room, tab: Tab, prompt: string): Promise<string> {
  const id = tab.submit(prompt);
  await settled();
  room.upstream.call.text(`answer to ${prompt}`);
  room.upstream.call.done();
  await settled();
  tab.read();
  return id;
}

function errorsOf(tab: Tab): { turnId: string | undefined; code: string }[] {
  return tab.received("error").map(({ turnId, code }) => ({ turnId, code }));
}

describe("[T1] a submit that replaces a turn", () => {
  test("is accepted once when it is sent twice in a row under two ids", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    const first = tab.submit("hi");
    await settled();
    const [one, two] = [tab.submit("again", { replaces: first }), tab.submit("again", { replaces: first })];
    await settled();
    await settled();
    expect(errorsOf(tab)).toEqual([{ turnId: two, code: "turn-unknown" }]);
    expect(tab.view.turns.map(({ id }) => id)).toEqual([one]);
    expect(room.upstream.calls).toHaveLength(2);
  });

  test("leaves the queue within its bound, however many are sent in a burst", async () => {
    const room = await buildRoom({ policy: { maxQueuedTurns: 2 } });
    const tab = await room.join();
    room.upstream.stopAnswer = "never";
    const first = tab.submit("first");
    await settled();
    for (let n = 0; n < 100; n += 1) tab.submit(`r${n}`, { replaces: first });
    await room.clock.advance(6_000);
    expect(room.core.conversation.turns.size).toBe(1);
    expect(errorsOf(tab)).toHaveLength(99);
    expect(tab.received("turn-removed")).toHaveLength(1);
  });

  test("[Q3] has a place in the queue while it waits for its stops", async () => {
    const room = await buildRoom({ policy: { maxQueuedTurns: 1 } });
    const tab = await room.join();
    room.upstream.stopAnswer = "never";
    const first = tab.submit("first");
    await settled();
    const replacing = tab.submit("instead", { replaces: first });
    const other = tab.submit("another");
    await settled();
    expect(errorsOf(tab)).toEqual([{ turnId: other, code: "queue-full" }]);
    await room.clock.advance(5_000);
    expect(tab.view.turns.map(({ id }) => id)).toEqual([first]);
    tab.read();
    expect(tab.view.turns.map(({ id }) => id)).toEqual([replacing]);
  });

  test("is overtaken by one that replaces an earlier turn", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    const first = await answered(room, tab, "first");
    const second = tab.submit("second");
    await settled();
    room.upstream.stopAnswer = "never";
    const late = tab.submit("second again", { replaces: second });
    const early = tab.submit("first again", { replaces: first });
    await room.clock.advance(5_000);
    expect(errorsOf(tab)).toEqual([{ turnId: late, code: "turn-stale" }]);
    expect(tab.view.turns.map(({ id }) => id)).toEqual([early]);
  });

  test("is refused as stale when its own cancel comes while it waits", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    const first = tab.submit("first");
    await settled();
    room.upstream.stopAnswer = "never";
    const instead = tab.submit("instead", { replaces: first });
    await settled();
    tab.cancel(instead);
    await room.clock.advance(5_000);
    expect(errorsOf(tab)).toEqual([
      { turnId: instead, code: "turn-unknown" },
      { turnId: instead, code: "turn-stale" },
    ]);
    expect(tab.turn(first)).toMatchObject({ outcome: "cancelled" });
  });

  test("stops queued turns before the running one, so that none of them starts", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    const first = tab.submit("first");
    tab.submit("second");
    tab.submit("third");
    await settled();
    tab.submit("instead", { replaces: first });
    await settled();
    tab.read();
    expect(tab.received("turn-start")).toHaveLength(2);
    expect(room.upstream.calls).toHaveLength(2);
    const ended = tab.received("turn-end").map(({ turnId }) => turnId);
    expect(ended.at(-1)).toBe(first);
  });

  test("waits until the end of what it replaces is durable", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    const first = tab.submit("first");
    await settled();
    const release = room.storage.hold();
    room.upstream.call.done();
    await settled();
    tab.submit("instead", { replaces: first });
    await settled();
    expect(tab.received("turn-removed")).toEqual([]);
    release();
    await settled();
    expect(tab.received("turn-end")).toHaveLength(1);
    expect(tab.received("turn-removed")).toHaveLength(1);
    expect(tab.gaps).toBe(0);
  });
});

describe("a submit that replaces turns of other people", () => {
  const alice: Principal = { ...ANYONE, sub: "alice", scopes: ["read", "write"] };
  const bob: Principal = { ...ANYONE, sub: "bob", scopes: ["read", "write"] };
  const moderator: Principal = { ...ANYONE, sub: "carol", scopes: ["read", "write", "clear"] };

  async function roomWith(
    people: Readonly<Record<string, Principal>>,
  ): Promise<{ room: Room; join: (who: string) => Promise<Tab> }> {
    const room = await buildRoom({ principalOf: async (token) => ok(people[token ?? ""] ?? ANYONE) });
    const join = async (who: string) => {
      const tab = room.tab().connect({ token: who });
      await settled();
      tab.read();
      return tab;
    };
    return { room, join };
  }

  test("is refused without the scope to clear, also where only a later turn is somebody else's", async () => {
    const { room, join } = await roomWith({ alice, bob });
    const [a, b] = [await join("alice"), await join("bob")];
    const first = await answered(room, a, "from alice");
    const second = await answered(room, b, "from bob");
    const edit = a.submit("edited", { replaces: first });
    const over = a.submit("over bob", { replaces: second });
    await settled();
    expect(errorsOf(a)).toEqual([
      { turnId: edit, code: "forbidden" },
      { turnId: over, code: "forbidden" },
    ]);
    expect(room.core.conversation.turns.size).toBe(2);
    expect(room.acts.filter(({ act }) => act === "replaced")).toEqual([]);
    const own = b.submit("edited", { replaces: second });
    await settled();
    expect(errorsOf(b)).toEqual([]);
    expect(room.core.conversation.turns.all().map(({ id }) => id)).toEqual([first, own]);
  });

  test("is refused over HTTP by the same rule", async () => {
    const { room, join } = await roomWith({ alice, bob });
    const first = await answered(room, await join("alice"), "from alice");
    const frame = { type: "turn-submit", turnId: "edit", input: { prompt: "x" }, replaces: first } as const;
    expect(await room.core.requests.submit(bob, frame)).toEqual({ ok: false, error: { code: "forbidden" } });
    expect(await room.core.requests.submit(alice, frame)).toMatchObject({ ok: true });
  });

  test("is allowed with the scope to clear, and audited when it is durable", async () => {
    const { room, join } = await roomWith({ alice, moderator });
    const [a, m] = [await join("alice"), await join("moderator")];
    const first = await answered(room, a, "from alice");
    const second = await answered(room, a, "more from alice");
    const release = room.storage.hold();
    m.submit("instead", { replaces: first });
    await settled();
    expect(room.acts.filter(({ act }) => act === "replaced")).toEqual([]);
    release();
    await settled();
    expect(room.acts.find(({ act }) => act === "replaced")).toEqual({
      act: "replaced",
      by: moderator,
      epoch: room.core.conversation.epoch,
      turnIds: [first, second],
    });
  });
});

test("[R5] a turn that has just ended is replaced after its end was sent, with all of its text", async () => {
  const room = await buildRoom();
  const tab = await room.join();
  const id = tab.submit("first");
  await settled();
  room.upstream.call.text("all ");
  await room.clock.advance(1_000);
  room.upstream.call.text("of ");
  await settled();
  const syncs = tab.received("sync").length;
  const release = room.storage.hold();
  room.upstream.call.text("it");
  room.upstream.call.done();
  await settled();
  const next = tab.submit("again", { replaces: id });
  await settled();
  release();
  await settled();
  expect(tab.received("turn-end").at(-1)).toMatchObject({ turnId: id, length: "all of it".length });
  expect(tab.received("sync")).toHaveLength(syncs);
  expect(tab.view.turns.map((turn) => turn.id)).toEqual([next]);
});
