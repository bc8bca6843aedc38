/** Delivery sends frames coalesced, in order, and never more than a reader takes; syncs bring readers up to date (R3, R5, F1, F2). */
import { describe, expect, test } from "vitest";
import { settled } from "../../../support/core/fake-clock.ts";
import { buildRoom, type Room, type Tab } from "../../../support/core/room-harness.ts";

async function streaming(policy = {}): Promise<{ room: Room; tab: Tab; id: string }> {
  const room = await buildRoom({ policy: { silenceTimeoutMs: 500_000, ...policy } });
  const tab = await room.join();
  const id = tab.submit("hi");
  await settled();
  room.upstream.call.start();
  await room.clock.advance(1_000);
  tab.read();
  return { room, tab, id };
}

describe("[F1] text", () => {
  test("leaves at once when nothing was sent lately, then merges until the coalescing time is over", async () => {
    const { room, tab } = await streaming();
    room.upstream.call.text("a");
    await settled();
    expect(tab.received("turn-delta")).toHaveLength(1);
    for (const letter of "bcdef") {
      room.upstream.call.text(letter);
      await settled();
    }
    expect(tab.received("turn-delta")).toHaveLength(1);
    await room.clock.advance(16);
    expect(tab.received("turn-delta").map(({ offset, parts }) => [offset, parts])).toEqual([
      [0, [{ type: "text-delta", delta: "a" }]],
      [1, [{ type: "text-delta", delta: "bcdef" }]],
    ]);
  });

  test("leaves as it comes right after the turn's start, without waiting for the coalescing time", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    tab.submit("hi");
    await settled();
    expect(tab.received("turn-start")).toHaveLength(1);
    room.upstream.call.text("Hello");
    await settled();
    expect(tab.received("turn-delta")).toMatchObject([{ parts: [{ delta: "Hello" }] }]);
  });

  test("is merged for a longer time when the room has many tabs", async () => {
    const { room, tab } = await streaming();
    for (let count = 0; count < 199; count += 1) await room.join();
    await room.clock.advance(2_500);
    room.upstream.call.text("a");
    await settled();
    room.upstream.call.text("b");
    await room.clock.advance(16);
    expect(tab.received("turn-delta")).toHaveLength(1);
    await room.clock.advance(20);
    expect(tab.received("turn-delta")).toHaveLength(2);
  });

  test("is one string for every reader at the same position", async () => {
    const { room, tab } = await streaming();
    const others = [await room.join(), await room.join()];
    await room.clock.advance(1_000);
    room.upstream.call.text("shared");
    await room.clock.advance(16);
    const last = tab.socket.sent.at(-1);
    expect(last).toContain("shared");
    for (const other of others) expect(other.socket.sent.at(-1)).toBe(last);
  });
});

describe("[F2] a slow reader", () => {
  test("is skipped while its buffer is full, and catches up by its cursor in order", async () => {
    const { room, tab, id } = await streaming();
    const fast = await room.join();
    tab.socket.bufferedAmount = 2_000_000;
    const before = tab.socket.sent.length;
    room.upstream.call.text("one ");
    await room.clock.advance(100);
    room.upstream.call.text("two");
    room.upstream.call.done();
    await settled();
    const next = fast.submit("next");
    await room.clock.advance(100);
    expect(tab.socket.sent).toHaveLength(before);
    expect(fast.turn(id).outcome).toBe("completed");
    tab.socket.bufferedAmount = 0;
    await room.clock.advance(250);
    const types = tab
      .read()
      .map(({ type }) => type)
      .filter((type) => type.startsWith("turn-") && type !== "turn-position");
    // R5: the end after its last unit; room-level frames in seq order.
    expect(types).toEqual(["turn-delta", "turn-end", "turn-queued", "turn-start"]);
    expect(tab.text(id)).toBe("one two");
    expect(tab.turn(next).state).toBe("opening");
  });

  test("that never drains is closed with a retryable code, and the others stay", async () => {
    const { room, tab } = await streaming();
    const fast = await room.join();
    tab.socket.bufferedAmount = 2_000_000;
    room.upstream.call.text("x");
    await room.clock.advance(9_900);
    expect(tab.socket.isOpen).toBe(true);
    await room.clock.advance(600);
    expect(tab.socket.closed).toEqual({ code: 4480, reason: "slow-reader" });
    expect(fast.socket.isOpen).toBe(true);
  });

  test("that is closed before its turn-end gets it when it returns", async () => {
    const { room, tab, id } = await streaming();
    await room.join();
    tab.socket.bufferedAmount = 2_000_000;
    room.upstream.call.text("all of it");
    room.upstream.call.done();
    await room.clock.advance(12_000);
    expect(tab.socket.isOpen).toBe(false);
    tab.connect();
    await settled();
    expect(tab.text(id)).toBe("all of it");
    expect(tab.turn(id).outcome).toBe("completed");
  });

  test("that lags further than the kept room-level frames gets a sync", async () => {
    const { room, tab } = await streaming({ maxQueuedTurns: 100 });
    const fast = await room.join();
    tab.socket.bufferedAmount = 2_000_000;
    const ids = Array.from({ length: 30 }, (_, index) => fast.submit(`${index}`.repeat(30_000)));
    await room.clock.advance(1_000);
    tab.socket.bufferedAmount = 0;
    await room.clock.advance(1_000);
    tab.read();
    await settled();
    expect(tab.received("sync").length).toBeGreaterThan(1);
    expect(ids.every((id) => tab.turn(id).state === "queued")).toBe(true);
  });
});

test("[S2] a socket beyond the room's bound is refused with a retryable code", async () => {
  const room = await buildRoom({ policy: { maxSockets: 2 } });
  const tabs = [await room.join(), await room.join(), room.tab().connect()];
  expect(tabs[2]?.socket.closed).toEqual({ code: 4481, reason: "room-full" });
  expect(tabs[0]?.socket.isOpen).toBe(true);
});

describe("[R3] a sync", () => {
  test("for a reader that is up to date lists only open turns", async () => {
    const { room, tab, id } = await streaming();
    room.upstream.call.text("half");
    await room.clock.advance(16);
    tab.read();
    tab.drop();
    tab.connect();
    await settled();
    const sync = tab.received("sync").at(-1);
    expect(sync).toMatchObject({ mode: "delta", turns: [{ id, from: 4, parts: [], length: 4 }] });
  });

  test("for a cursor of another epoch is a snapshot", async () => {
    const { room, tab } = await streaming();
    const other = room.tab().connect({ have: { epoch: "elsewhere", seq: 2, offsets: {} } });
    await settled();
    expect(other.received("sync")[0]).toMatchObject({ mode: "snapshot", epoch: tab.view.epoch });
  });

  test("is a snapshot for a reader ahead of the room, and cuts back a reader that is ahead in a turn", async () => {
    const { room, tab, id } = await streaming();
    room.upstream.call.text("half");
    await room.clock.advance(16);
    tab.read();
    const epoch = tab.view.epoch ?? "";
    const ahead = room.tab().connect({ have: { epoch, seq: 99, offsets: {} } });
    const longer = room.tab().connect({ have: { epoch, seq: tab.view.seq, offsets: { [id]: 70 } } });
    await settled();
    expect(ahead.received("sync")[0]).toMatchObject({ mode: "snapshot" });
    expect(longer.socket.sent.map((text) => JSON.parse(text)).find(({ type }) => type === "sync")).toMatchObject({
      mode: "delta",
      turns: [{ id, from: 4, parts: [], length: 4 }],
    });
  });

  test("is a delta without a turn that only the reader knows", async () => {
    const { room, tab, id } = await streaming();
    const have = { epoch: tab.view.epoch ?? "", seq: tab.view.seq, offsets: { ghost: 7 } };
    const other = room.tab().connect({ have });
    await settled();
    const sync = other.socket.sent.map((text) => JSON.parse(text)).find(({ type }) => type === "sync");
    expect(sync).toMatchObject({ mode: "delta", turns: [{ id, from: 0 }] });
  });

  test("holds no change that isn't durable yet", async () => {
    const { room, tab } = await streaming();
    const release: () => void = room.storage.hold();
    const id = tab.submit("second");
    const other = room.tab().connect();
    await settled();
    expect(other.received("sync")).toEqual([]);
    release();
    await settled();
    expect(other.turn(id).state).toBe("queued");
  });

  test("counts bytes, not characters: a Chinese conversation keeps the bound", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    for (let count = 0; count < 3; count += 1) {
      tab.submit(`问题 ${count}`);
      await settled();
      room.upstream.call.text("長".repeat(200_000));
      room.upstream.call.done();
      await settled();
    }
    const late = await room.join();
    const sync = late.socket.sent.find((text) => text.includes('"type":"sync"')) ?? "";
    expect(new TextEncoder().encode(sync).byteLength).toBeLessThanOrEqual(1_048_576);
    expect(late.view.more).toBe(true);
  });

  test("counts an open answer at its largest possible size, so that older answers beside it fit the bound or are left out", async () => {
    const room = await buildRoom({ policy: { silenceTimeoutMs: 500_000 } });
    const tab = await room.join();
    for (let count = 0; count < 3; count += 1) {
      tab.submit(`q${count}`);
      await settled();
      room.upstream.call.text("x".repeat(300_000));
      room.upstream.call.done();
      await settled();
    }
    const open = tab.submit("open");
    await settled();
    room.upstream.call.text("長".repeat(200_000));
    await room.clock.advance(50);
    const late = await room.join();
    const sync = late.socket.sent.find((text) => text.includes('"type":"sync"')) ?? "";
    expect(new TextEncoder().encode(sync).byteLength).toBeLessThanOrEqual(1_048_576);
    expect(late.turn(open).length).toBe(200_000);
    expect(late.view.more).toBe(true);
  });

  test("sends the end of a huge settled answer to a reader that lacks only that", async () => {
    const room = await buildRoom({ policy: { silenceTimeoutMs: 500_000 } });
    const tab = await room.join();
    const id = tab.submit("a book");
    await settled();
    room.upstream.call.text("長".repeat(500_000));
    await room.clock.advance(50);
    tab.read();
    tab.drop();
    room.upstream.call.text("!".repeat(1_000));
    room.upstream.call.done();
    await settled();
    tab.connect();
    await settled();
    expect(tab.received("sync").at(-1)).toMatchObject({
      mode: "delta",
      turns: [{ id, from: 500_000, length: 501_000 }],
    });
    expect(tab.text(id)).toHaveLength(501_000);
  });

  test("leaves out the oldest turns beyond its budget and says that there are more", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    const ids: string[] = [];
    for (let count = 0; count < 4; count += 1) {
      ids.push(tab.submit(`q${count}`));
      await settled();
      room.upstream.call.text("x".repeat(400_000));
      room.upstream.call.done();
      await settled();
    }
    const late = await room.join();
    expect(late.view.turns.map(({ id }) => id)).toEqual(ids.slice(2));
    expect(late.view.more).toBe(true);
  });
});
