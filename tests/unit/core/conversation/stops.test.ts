/** [T3] [U7] When a stop is sent to the upstream, how often it is tried again, and what it costs while the upstream is down. */
import { describe, expect, test } from "vitest";
import { maxPendingStops } from "../../../../party/core/conversation/stop/upstream-stops.ts";
import { UpstreamFailure } from "../../../../party/core/ports.ts";
import { settled } from "../../../support/core/fake-clock.ts";
import { buildRoom, type Room, type RoomOptions, type Tab } from "../../../support/core/room-harness.ts";

const refusedConnection = () => new UpstreamFailure("upstream-unreachable", true);

async function roomWithDeafUpstream(options: RoomOptions = {}): Promise<{ room: Room; tab: Tab }> {
  const room = await buildRoom(options);
  room.upstream.stopAnswer = "unreachable";
  return { room, tab: await room.join() };
}

/** Submits a question, reads a word of its answer, and stops it. */
async function stopped(room: Room, tab: Tab): Promise<string> {
  const id = tab.submit("hi");
  await settled();
  room.upstream.call.text("Hello");
  await room.clock.advance(16);
  tab.cancel(id);
  await settled();
  return id;
}

/** Stops a turn so that the failed stop and its retry are stored and the turn's end is not: the object is lost before that. */
async function stoppedWithoutEnd(room: Room, tab: Tab): Promise<void> {
  const id = tab.submit("hi");
  await settled();
  room.upstream.call.text("Hello");
  await room.clock.advance(2_000);
  const commit = room.storage.commit.bind(room.storage);
  room.storage.commit = async (changes) => {
    const ends = [...changes.put].some(([, value]) => typeof value === "object" && value !== null && "end" in value);
    return ends ? new Promise(() => undefined) : commit(changes);
  };
  tab.cancel(id);
  await settled();
  expect(Object.keys(await agendaOf(room)).some((name) => name.startsWith("stop/"))).toBe(true);
}

async function agendaOf(room: Room): Promise<Record<string, number>> {
  const stored = (await room.storage.get(["agenda"])).get("agenda") as { entries: Record<string, number> } | undefined;
  return stored?.entries ?? {};
}

describe("[U7] a turn whose connections all failed", () => {
  test("costs at most four calls and 25 rows in ten minutes, and no stop", async () => {
    const { room, tab } = await roomWithDeafUpstream();
    const before = room.storage.rowsWritten;
    const id = tab.submit("hi");
    await settled();
    for (let call = 0; call < 4; call += 1) {
      room.upstream.calls[call]?.fail(refusedConnection());
      await room.advance(20_000);
    }
    expect(tab.turn(id)).toMatchObject({ outcome: "failed", error: { code: "upstream-unreachable" } });
    tab.socket.pongedAt = room.clock.now() + 600_000;
    await room.advance(600_000);
    expect([room.upstream.calls.length, room.upstream.stops.length]).toEqual([4, 0]);
    expect(room.storage.rowsWritten - before).toBeLessThanOrEqual(25);
  });

  test.each([
    ["began a response that broke off before its content", (room: Room) => room.upstream.call.truncate()],
    ["timed out", (room: Room) => void room.clock.advance(10_000)],
  ])("is stopped where an earlier call %s", async (_how, breakOff) => {
    const { room, tab } = await roomWithDeafUpstream({ policy: { maxAttempts: 2 } });
    room.upstream.answersAtOnce = _how !== "timed out";
    const id = tab.submit("hi");
    await settled();
    breakOff(room);
    await room.clock.advance(10_000);
    if (room.upstream.calls.length > 1) room.upstream.call.fail(refusedConnection());
    await settled();
    expect(tab.turn(id).outcome).toBe("failed");
    expect(room.upstream.stops).toHaveLength(1);
  });

  test("[T3] is confirmed as stopped without asking the upstream while it waits for its next call", async () => {
    const { room, tab } = await roomWithDeafUpstream();
    const id = tab.submit("hi");
    await settled();
    room.upstream.call.fail(refusedConnection());
    await settled();
    tab.cancel(id);
    await settled();
    expect(tab.turn(id)).toMatchObject({ outcome: "cancelled", stop: "confirmed" });
    expect(room.upstream.stops).toEqual([]);
  });

  test("is asked to stop once where an earlier life of the room may have reached the upstream", async () => {
    const { room, tab } = await roomWithDeafUpstream();
    const id = tab.submit("hi");
    await settled();
    await room.evict([tab]);
    await settled();
    expect(tab.turn(id).outcome).toBe("interrupted");
    expect(room.upstream.stops).toHaveLength(1);
  });
});

describe("[T3] a stop that doesn't reach the upstream", () => {
  test("is tried again at growing intervals, and given up after ten minutes", async () => {
    const { room, tab } = await roomWithDeafUpstream();
    await stopped(room, tab);
    const startedAt = room.clock.now();
    const at: number[] = [];
    for (let second = 0; second < 1_800; second += 1) {
      const before = room.upstream.stops.length;
      tab.socket.pongedAt = room.clock.now();
      await room.advance(1_000);
      if (room.upstream.stops.length > before) at.push(Math.round((room.clock.now() - startedAt) / 1_000));
    }
    // The harness draws 0.5, so each retry comes after as long again as has passed.
    expect(at).toEqual([15, 30, 60, 120, 240, 480]);
    expect(Object.keys(await agendaOf(room)).filter((name) => name.startsWith("stop/"))).toEqual([]);
  });

  test("is asked for once after a wake, although its intent and its retry are both stored", async () => {
    const { room, tab } = await roomWithDeafUpstream();
    await stoppedWithoutEnd(room, tab);
    const before = room.upstream.stops.length;
    room.upstream.stopAnswer = "never";
    await room.evict([tab]);
    tab.socket.pongedAt = room.clock.now() + 60_000;
    await room.advance(20_000);
    expect(room.upstream.stops.length - before).toBe(2);
    expect(new Set(room.upstream.stops).size).toBe(1);
  });

  test("isn't asked for again by the alarm while the stop that a wake sent is still unanswered", async () => {
    const { room, tab } = await roomWithDeafUpstream({ policy: { stopConfirmMs: 60_000 } });
    await stoppedWithoutEnd(room, tab);
    const before = room.upstream.stops.length;
    room.upstream.stopAnswer = "never";
    await room.evict([tab]);
    tab.socket.pongedAt = room.clock.now() + 60_000;
    await room.advance(50_000);
    expect(room.upstream.stops.length - before).toBe(1);
  });

  test("has one deadline on the agenda also when it fails again after a wake", async () => {
    const { room, tab } = await roomWithDeafUpstream();
    await stoppedWithoutEnd(room, tab);
    const pending = Object.keys(await agendaOf(room)).filter((name) => name.startsWith("stop/"));
    await room.clock.advance(1_000);
    await room.evict([tab]);
    await settled();
    expect(room.upstream.stops).toHaveLength(2);
    expect(Object.keys(await agendaOf(room)).filter((name) => name.startsWith("stop/"))).toEqual(pending);
  });

  test("leaves the agenda when a retry is confirmed, and no other stop of the room is asked for meanwhile", async () => {
    const { room, tab } = await roomWithDeafUpstream();
    for (let n = 0; n < 3; n += 1) await stopped(room, tab);
    const before = room.upstream.stops.length;
    await room.advance(20_000);
    // The first of the round found the upstream down: the other two were put off.
    expect(room.upstream.stops.length - before).toBe(1);
    room.upstream.stopAnswer = "confirmed";
    tab.socket.pongedAt = room.clock.now() + 60_000;
    await room.advance(60_000);
    expect(room.upstream.stops.length - before).toBe(4);
    expect(Object.keys(await agendaOf(room)).filter((name) => name.startsWith("stop/"))).toEqual([]);
  });

  test("is bounded per room: the agenda stays far below what a stored value may hold", async () => {
    const { room, tab } = await roomWithDeafUpstream();
    for (let n = 0; n < 2 * maxPendingStops; n += 1) {
      await stopped(room, tab);
      tab.socket.pongedAt = room.clock.now();
      await room.clock.advance(1_000);
      tab.read();
    }
    const agenda = await agendaOf(room);
    expect(Object.keys(agenda).filter((name) => name.startsWith("stop/"))).toHaveLength(maxPendingStops);
    expect(JSON.stringify(agenda).length).toBeLessThan(65_536 / 4);
    expect(room.broken).toBeUndefined();
  });

  test("shows no content that arrives after it was asked for", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    const id = tab.submit("hi");
    await settled();
    room.upstream.call.text("Hello");
    await room.clock.advance(16);
    const release = room.storage.hold();
    tab.cancel(id);
    room.upstream.call.text(" late");
    room.upstream.call.done();
    await room.clock.advance(100);
    release();
    await settled();
    expect(tab.turn(id)).toMatchObject({ outcome: "cancelled", stop: "confirmed" });
    expect(tab.text(id)).toBe("Hello");
  });

  test("is answered by one stop: a second cancel of the same turn stores and asks nothing", async () => {
    const { room, tab } = await roomWithDeafUpstream();
    room.upstream.stopAnswer = "never";
    const id = await stopped(room, tab);
    const before = room.storage.rowsWritten;
    tab.cancel(id);
    await settled();
    expect(room.upstream.stops).toHaveLength(1);
    expect(room.storage.rowsWritten).toBe(before);
    expect(room.events.filter(({ name }) => name === "turn-stopping")).toHaveLength(1);
  });
});

test("[A1] a turn that is stopped during a long wait leaves no deadline behind, also none of the grace", async () => {
  const { room, tab } = await roomWithDeafUpstream();
  const id = tab.submit("hi");
  await settled();
  room.upstream.call.fail(
    new UpstreamFailure("upstream-unavailable", true, { byUpstream: true, retryAfterMs: 60_000 }),
  );
  await settled();
  expect(Object.keys(await agendaOf(room)).some((name) => name.startsWith("wait/"))).toBe(true);
  tab.cancel(id);
  await settled();
  expect(tab.turn(id)).toMatchObject({ outcome: "cancelled", stop: "confirmed" });
  expect(Object.keys(await agendaOf(room))).toEqual(["expire"]);
});

test("[A1] a turn that is stopped in the last seconds of a wait that began before a wake leaves no deadline behind", async () => {
  const room = await buildRoom();
  const tab = await room.join();
  const id = tab.submit("hi");
  await settled();
  room.upstream.call.fail(
    new UpstreamFailure("upstream-unavailable", true, { byUpstream: true, retryAfterMs: 60_000 }),
  );
  await settled();
  await room.clock.advance(55_000);
  tab.socket.pongedAt = room.clock.now();
  await room.evict([tab]);
  await settled();
  expect(Object.keys(await agendaOf(room)).some((name) => name.startsWith("wait/"))).toBe(true);
  tab.cancel(id);
  await settled();
  await settled();
  expect(tab.turn(id)).toMatchObject({ outcome: "cancelled", stop: "confirmed" });
  expect(Object.keys(await agendaOf(room))).toEqual(["expire"]);
});

describe("[T1] a cancel of an id that the room doesn't know", () => {
  test("is answered when it is durable that the id will not run", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    const release = room.storage.hold();
    tab.cancel("later");
    await settled();
    expect(tab.received("error")).toEqual([]);
    release();
    await settled();
    expect(tab.received("error").map(({ code }) => code)).toEqual(["turn-unknown"]);
    await room.evict();
    const back = await room.join();
    back.submit("hi", { turnId: "later", epoch: back.view.epoch ?? "" });
    await settled();
    expect(back.received("error").at(-1)).toMatchObject({ code: "turn-stale" });
  });
});
