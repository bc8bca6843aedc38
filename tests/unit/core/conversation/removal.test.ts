/** Clears and erasures: what they leave in storage and on the agenda, in which order, and what a wake makes of it (F4, T1, T3). */
import { describe, expect, test } from "vitest";
import type { TurnLimiter } from "../../../../party/core/limiter/limiter-port.ts";
import { settled } from "../../../support/core/fake-clock.ts";
import { ANYONE, buildRoom, type Room, type Tab } from "../../../support/core/room-harness.ts";

const dayMs = 24 * 3_600_000;

async function answered(room: Room, tab: Tab, prompt: string, more = {}): Promise<string> {
  const id = tab.submit(prompt, more);
  await settled();
  await settled();
  room.upstream.call.text(`answer to ${prompt}`);
  room.upstream.call.done();
  await settled();
  tab.read();
  return id;
}

async function agendaOf(room: Room): Promise<string[]> {
  const stored = (await room.storage.get(["agenda"])).get("agenda") as { entries: Record<string, number> } | undefined;
  return Object.keys(stored?.entries ?? {});
}

describe("[R3] after a clear", () => {
  test("an edit a day later leaves the floor below `seq`: a reader that is up to date gets a delta", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    let id = "";
    for (let n = 0; n < 10; n += 1) id = await answered(room, tab, `q${n}`);
    await answered(room, tab, "regenerated", { replaces: id });
    tab.say({ type: "room-clear" });
    await settled();
    tab.read();
    const first = await answered(room, tab, "new life");
    await room.advance(dayMs + 3_600_000);
    tab.connect();
    await settled();
    tab.read();
    await answered(room, tab, "edited", { replaces: first });
    const { seq, floor } = room.core.conversation;
    expect(floor).toBeLessThanOrEqual(seq);
    tab.drop();
    tab.connect();
    await settled();
    expect(tab.received("sync").at(-1)).toMatchObject({ mode: "delta" });
    expect(tab.received("sync").at(-1)?.removed ?? []).toEqual([]);
  });

  test("a stored floor beyond `seq` is corrected when the room starts", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    await answered(room, tab, "hi");
    const stored = (await room.storage.get(["room"])).get("room") as Record<string, unknown>;
    await room.storage.commit({ put: new Map([["room", { ...stored, floor: 61 }]]), delete: [] });
    await room.evict();
    expect(room.core.conversation.floor).toBe(room.core.conversation.seq);
  });

  test("[T1] a turn's number is not used again, and what was removed does not run", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    const id = await answered(room, tab, "hi");
    tab.say({ type: "room-clear" });
    await settled();
    tab.read();
    const fresh = await answered(room, tab, "anew");
    expect(room.core.conversation.turn(fresh)?.record.spec.ordinal).toBe(1);
    tab.submit("hi", { turnId: id });
    await settled();
    expect(tab.received("error").at(-1)).toMatchObject({ code: "turn-stale", turnId: id });
  });

  test("[A1] the agenda holds no wait and no grace of a turn that is gone", async () => {
    const limiter: TurnLimiter = {
      acquire: async () => ({ kind: "wait", retryAfterMs: 45_000, position: 2, reason: "concurrency" }),
      report: async () => undefined,
      accepted: () => undefined,
      release: () => undefined,
    };
    const room = await buildRoom({ limiter });
    const tab = await room.join();
    tab.submit("hi");
    await settled();
    expect((await agendaOf(room)).some((name) => name.startsWith("wait/"))).toBe(true);
    tab.drop();
    await settled();
    expect(await agendaOf(room)).toContain("orphan");
    const back = await room.join();
    back.say({ type: "room-clear" });
    await settled();
    expect(await agendaOf(room)).toEqual(["expire"]);
  });

  test("[T3] a running turn is stopped once, and its confirmed stop leaves the agenda", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    tab.submit("hi");
    await settled();
    room.upstream.call.text("Hello");
    await settled();
    const release = room.storage.hold();
    tab.say({ type: "room-clear" });
    await settled();
    expect(room.upstream.stops).toEqual([]);
    release();
    await settled();
    expect(room.upstream.call.isAborted).toBe(true);
    expect(room.upstream.stops).toHaveLength(1);
    expect((await agendaOf(room)).some((name) => name.startsWith("stop/"))).toBe(false);
    tab.socket.pongedAt = room.clock.now() + 60_000;
    await room.advance(60_000);
    expect(room.upstream.stops).toHaveLength(1);
  });

  test("[T3] a stop that was lost with the object is carried out by the alarm of the next", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    tab.submit("hi");
    await settled();
    room.upstream.call.text("Hello");
    await settled();
    room.upstream.stopAnswer = "never";
    tab.say({ type: "room-clear" });
    await settled();
    room.upstream.stopAnswer = "confirmed";
    await room.evict();
    const before = room.upstream.stops.length;
    await room.advance(30_000);
    expect(room.upstream.stops.length - before).toBe(1);
  });

  test("[T1] a question from before it is refused when the clear is durable, not sooner", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    await answered(room, tab, "hi");
    const epoch = tab.view.epoch ?? "";
    const release = room.storage.hold();
    tab.say({ type: "room-clear" });
    tab.submit("late", { epoch });
    await settled();
    expect(tab.received("error")).toEqual([]);
    expect(room.acts.filter(({ act }) => act === "cleared")).toEqual([]);
    release();
    await settled();
    expect(tab.received("error").map(({ code }) => code)).toEqual(["turn-stale"]);
    expect(room.acts.filter(({ act }) => act === "cleared")).toHaveLength(1);
  });
});

describe("[F4] an erasure", () => {
  test("stores its stops before the deletion and with it, and asks the upstream after both", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    const id = tab.submit("hi");
    await settled();
    room.upstream.call.text("Hello");
    await settled();
    const release = room.storage.hold();
    const erased = room.core.requests.erase(ANYONE);
    await settled();
    expect(room.upstream.stops).toEqual([]);
    expect(room.storage.keys.some((key) => key.startsWith("turn/"))).toBe(true);
    // Lost here, a wake finds the turn with its stop, and the erasure was never acknowledged.
    release();
    const second = room.storage.hold();
    await settled();
    expect(room.storage.keys.filter((key) => /^(turn|text|input|gone)\//.test(key))).toEqual([]);
    expect((await agendaOf(room)).filter((name) => name.startsWith("stop/"))).toHaveLength(1);
    expect(room.upstream.stops).toEqual([]);
    second();
    expect(await erased).toMatchObject({ ok: true });
    expect(room.upstream.stops).toHaveLength(1);
    tab.read();
    expect(tab.view.turns).toEqual([]);
    expect(room.core.conversation.turn(id)).toBeUndefined();
    await settled();
    expect(room.storage.keys).toEqual([]);
  });

  test("[T3] that is lost between its intents and its deletion leaves turns that a wake stops", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    const id = tab.submit("hi");
    await settled();
    room.upstream.call.text("Hello");
    await settled();
    const { deleteAll } = room.storage;
    room.storage.deleteAll = () => new Promise(() => undefined);
    void room.core.requests.erase(ANYONE);
    await settled();
    room.storage.deleteAll = deleteAll;
    await room.evict([tab]);
    await settled();
    expect(tab.turn(id)).toMatchObject({ outcome: "cancelled", stop: "confirmed" });
  });

  test("[T1] followed by a sleep refuses a question that was made before it", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    await answered(room, tab, "one");
    const epoch = tab.view.epoch ?? "";
    tab.drop();
    await room.core.requests.erase(ANYONE);
    await room.evict();
    const back = await room.join();
    back.submit("from before the erasure", { turnId: "old", epoch });
    await settled();
    expect(back.received("error").map(({ code }) => code)).toEqual(["turn-stale"]);
  });

  test("keeps only the stop that the upstream didn't answer, and nothing once that is given up", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    tab.submit("hi");
    await settled();
    room.upstream.call.text("Hello");
    await settled();
    room.upstream.stopAnswer = "unreachable";
    await room.core.requests.erase(ANYONE);
    tab.drop();
    await settled();
    expect(room.storage.keys).toEqual(["agenda", "room"]);
    await room.advance(700_000);
    expect(room.storage.keys).toEqual([]);
  });
});
