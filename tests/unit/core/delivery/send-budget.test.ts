/** Backpressure: readers that take nothing cost a bounded amount of memory, and never keep others out (F2). */
import { describe, expect, test } from "vitest";
import { SendBudget } from "../../../../party/core/delivery/send-budget.ts";
import { DEFAULT_POLICY } from "../../../../party/core/policy.ts";
import type { AnswerBody } from "../../../../party/core/ports.ts";
import { DeafSocket, joinDeaf, unsentBytes } from "../../../support/core/deaf-socket.ts";
import { FakeClock, settled } from "../../../support/core/fake-clock.ts";
import { buildRoom, type Room, type Tab } from "../../../support/core/room-harness.ts";

const mebibyte = 1_048_576;
const foreign = { epoch: "elsewhere", seq: 0, offsets: {} };

async function roomWithAnswer(units: number): Promise<{ room: Room; tab: Tab }> {
  const room = await buildRoom({ policy: { silenceTimeoutMs: 500_000, syncBytesPerMinute: 1_000 * mebibyte } });
  const tab = await room.join();
  tab.submit("a book");
  await settled();
  room.upstream.call.text("x".repeat(units));
  room.upstream.call.done();
  await room.clock.advance(1_000);
  tab.read();
  return { room, tab };
}

describe("[F2] a member that reads nothing and asks for syncs", () => {
  test("gets what its share holds, and newcomers get in at once", async () => {
    const { room } = await roomWithAnswer(900_000);
    const deaf = joinDeaf(room);
    await settled();
    for (let count = 0; count < 40; count += 1) {
      room.core.handleMessage(deaf, JSON.stringify({ type: "sync-request", have: foreign }));
      await settled();
    }
    expect(deaf.bufferedAmount).toBeLessThanOrEqual(2 * mebibyte);
    const late = await room.join();
    expect(late.received("sync")).toHaveLength(1);
  });

  test("is closed after 10 s, also while its sync waits", async () => {
    const { room } = await roomWithAnswer(900_000);
    const deaf = joinDeaf(room);
    await settled();
    for (let second = 0; second < 11; second += 1) {
      room.core.handleMessage(deaf, JSON.stringify({ type: "sync-request", have: foreign }));
      await room.clock.advance(1_000);
    }
    expect(deaf.closed).toEqual({ code: 4480, reason: "slow-reader" });
  });

  test("leaves no timer behind once it is closed", async () => {
    const { room } = await roomWithAnswer(900_000);
    const before = room.clock.pending;
    const deaf = joinDeaf(room);
    await settled();
    room.core.handleMessage(deaf, JSON.stringify({ type: "sync-request", have: foreign }));
    room.core.handleMessage(deaf, JSON.stringify({ type: "sync-request", have: foreign }));
    await room.clock.advance(30_000);
    expect(deaf.isOpen).toBe(false);
    expect(room.clock.pending).toBe(before);
  });
});

describe("[F2] a newcomer in a room whose unsent bytes are at their bound", () => {
  test("gets in within 20 s where the others take nothing: the fewest possible stalled readers are closed", async () => {
    const { room } = await roomWithAnswer(1_000_000);
    const deaf: DeafSocket[] = [];
    for (let count = 0; count < 98; count += 1) {
      const socket = joinDeaf(room);
      await settled();
      socket.drain();
      deaf.push(socket);
    }
    await room.clock.advance(2_000);
    // Each is just below its share, so that none of them is skipped for itself.
    for (const socket of deaf) socket.bufferedAmount = 335_000;
    const late = await room.join();
    expect(late.received("sync")).toEqual([]);
    await room.clock.advance(20_000);
    expect(late.received("sync")).toHaveLength(1);
    expect(deaf.filter(({ isOpen }) => !isOpen)).toHaveLength(1);
  });

  test("waits for its turn, and not for a reader over its own share", async () => {
    const { room } = await roomWithAnswer(800_000);
    const stuck = joinDeaf(room);
    await settled();
    stuck.bufferedAmount = 40 * mebibyte;
    room.core.handleMessage(stuck, JSON.stringify({ type: "sync-request", have: foreign }));
    await settled();
    const [first, second] = [joinDeaf(room), joinDeaf(room)];
    await room.clock.advance(500);
    expect(first.got("sync") || second.got("sync")).toBe(false);
    stuck.bufferedAmount = 32 * mebibyte - 1_600_000;
    await room.clock.advance(250);
    expect([first.got("sync"), second.got("sync")]).toEqual([true, false]);
    stuck.drain();
    first.drain();
    await room.clock.advance(250);
    expect(second.got("sync")).toBe(true);
  });

  test("is let go without a sync when it leaves while it waits", async () => {
    const { room } = await roomWithAnswer(800_000);
    const stuck = joinDeaf(room);
    await settled();
    stuck.bufferedAmount = 33 * mebibyte;
    const waiting = joinDeaf(room);
    await settled();
    room.core.handleClose(waiting);
    stuck.drain();
    await room.clock.advance(1_000);
    expect(waiting.got("sync")).toBe(false);
  });
});

describe("[F2] a flush", () => {
  test("of 300 KB to 1,000 tabs leaves at most 64 MiB unsent, and every tab gets the whole text", async () => {
    const room = await buildRoom({
      policy: { silenceTimeoutMs: 500_000, drainMs: 500_000, syncBytesPerMinute: 1_000 * mebibyte },
      report: () => undefined,
    });
    const tab = await room.join();
    const deaf: DeafSocket[] = [];
    for (let count = 0; count < 999; count += 1) deaf.push(joinDeaf(room));
    await room.clock.advance(2_000);
    tab.submit("q");
    await settled();
    for (const socket of deaf) socket.drain();
    const text = "x".repeat(300_000);
    room.upstream.call.text(text);
    let most = 0;
    for (let flush = 0; flush < 10; flush += 1) {
      await room.clock.advance(100);
      most = Math.max(most, unsentBytes(deaf));
    }
    expect(most).toBeGreaterThan(16 * mebibyte);
    expect(most).toBeLessThanOrEqual(64 * mebibyte);
    for (let round = 0; round < 20; round += 1) {
      for (const socket of deaf) socket.drain();
      await room.clock.advance(500);
    }
    for (const socket of deaf) expect(textIn(socket)).toBe(text);
  });

  test("of three 60 KB questions to 1,000 tabs leaves at most 64 MiB unsent", async () => {
    const room = await buildRoom({ policy: { drainMs: 500_000 }, report: () => undefined });
    const tab = await room.join();
    const deaf: DeafSocket[] = [];
    for (let count = 0; count < 999; count += 1) deaf.push(joinDeaf(room));
    await room.clock.advance(2_000);
    for (const socket of deaf) socket.drain();
    for (let count = 0; count < 3; count += 1) {
      tab.submit("p".repeat(60_000));
      await settled();
    }
    expect(unsentBytes(deaf)).toBeLessThanOrEqual(64 * mebibyte);
    for (let round = 0; round < 10; round += 1) {
      for (const socket of deaf) socket.drain();
      await room.clock.advance(500);
    }
    expect(
      deaf.every((socket) => socket.sent.filter((text) => text.startsWith('{"type":"turn-queued"')).length === 3),
    ).toBe(true);
  });

  test("counts a Chinese question by its bytes, which are three times its characters", async () => {
    const room = await buildRoom({ policy: { drainMs: 500_000, roomBufferBytes: mebibyte } });
    const tab = await room.join();
    const deaf: DeafSocket[] = [];
    for (let count = 0; count < 40; count += 1) deaf.push(joinDeaf(room));
    await room.clock.advance(2_000);
    for (const socket of deaf) socket.drain();
    tab.submit("问".repeat(20_000));
    await settled();
    expect(unsentBytes(deaf)).toBeGreaterThan(1.8 * mebibyte);
    expect(unsentBytes(deaf)).toBeLessThanOrEqual(2 * mebibyte);
  });

  test("goes on to readers that take what they are sent while stalled ones hold the room's bound", async () => {
    const room = await buildRoom({ policy: { silenceTimeoutMs: 500_000, drainMs: 500_000 } });
    const tab = await room.join();
    const deaf: DeafSocket[] = [];
    for (let count = 0; count < 40; count += 1) deaf.push(joinDeaf(room));
    await room.clock.advance(2_000);
    for (const socket of deaf) socket.bufferedAmount = mebibyte;
    const id = tab.submit("hi");
    await settled();
    room.upstream.call.text("still live");
    await room.clock.advance(50);
    expect(tab.text(id)).toBe("still live");
  });
});

/** The text of all deltas, put together by their offsets. */
function textIn({ sent }: Pick<DeafSocket, "sent">): string {
  let text = "";
  for (const frame of sent) {
    if (!frame.startsWith('{"type":"turn-delta"')) continue;
    const { offset, parts } = JSON.parse(frame) as { offset: number; parts: { delta: string }[] };
    text = text.slice(0, offset) + parts.map((part) => part.delta).join("");
  }
  return text;
}

test("[R5] a turn-end follows all of its text also where the text is cut into several flushes", async () => {
  const room = await buildRoom({ policy: { silenceTimeoutMs: 500_000, roomBufferBytes: 100_000 } });
  const tab = await room.join();
  const slow = joinDeaf(room);
  await room.clock.advance(2_000);
  slow.drain();
  tab.submit("q");
  await settled();
  const text = "x".repeat(300_000);
  room.upstream.call.text(text);
  room.upstream.call.done();
  for (let round = 0; round < 20; round += 1) {
    await room.clock.advance(250);
    slow.drain();
  }
  const endAt = slow.sent.findIndex((frame) => frame.startsWith('{"type":"turn-end"'));
  expect(endAt).toBeGreaterThan(0);
  expect(textIn({ sent: slow.sent.slice(0, endAt) })).toBe(text);
});

describe("[F2] the budget by itself", () => {
  function build(buffered: readonly number[]) {
    const readers = buffered.map((bufferedAmount) => {
      const socket = Object.assign(new DeafSocket(), { bufferedAmount });
      const cursor = { epoch: "e", seq: 0, offsets: new Map<string, number>() };
      return { socket, cursor, only: undefined, isSyncing: false, stateSeen: 0, checkAt: Number.POSITIVE_INFINITY };
    });
    const events = { onDrained: () => undefined, onSlow: () => undefined };
    const policy = { ...DEFAULT_POLICY, softBufferBytes: 80, roomBufferBytes: 100 };
    const clock = new FakeClock();
    return { readers, clock, budget: new SendBudget(new Set(readers), events, clock, policy) };
  }

  function bodyOf(unsentBytes: number): AnswerBody & { unsentBytes: number; isBroken: boolean } {
    return {
      unsentBytes,
      isBroken: false,
      breakOff() {
        this.isBroken = true;
        this.unsentBytes = 0;
      },
    };
  }

  test("gives each of many readers an equal share of the room's bound", () => {
    expect(build([0]).budget.share).toBe(80);
    expect(build([0, 0, 0, 0]).budget.share).toBe(25);
  });

  test("lets live frames fill the room up to twice its bound, and no further", () => {
    const { readers, budget } = build([190, 0]);
    const [, free] = readers;
    if (free === undefined) throw new Error("no reader");
    // Enough was sent that the sockets' own figures are added up again.
    budget.sent(13);
    expect(budget.maySend(free, 10)).toBe(true);
    expect(budget.maySend(free, 11)).toBe(false);
  });

  test("lets no small sync overtake a large one that waits", () => {
    const { readers, budget } = build([30, 0, 0]);
    const [, large, small] = readers;
    if (large === undefined || small === undefined) throw new Error("no reader");
    expect(budget.waitForSync(large, 90)).toBeInstanceOf(Promise);
    expect(budget.waitForSync(small, 1)).toBeInstanceOf(Promise);
  });

  test("lets no answer over HTTP overtake a sync that waits", () => {
    const { readers, budget } = build([30, 0]);
    const [, large] = readers;
    if (large === undefined) throw new Error("no reader");
    expect(budget.admitBody(bodyOf(1), undefined)).toBe(true);
    expect(budget.waitForSync(large, 90)).toBeInstanceOf(Promise);
    expect(budget.admitBody(bodyOf(1), undefined)).toBe(false);
  });

  test("breaks off an answer that is taken too slowly for a sync that waits, after 20 s", async () => {
    const { readers, budget, clock } = build([0]);
    const [reader] = readers;
    if (reader === undefined) throw new Error("no reader");
    const body = bodyOf(1_000);
    budget.keepBody(body);
    let isAdmitted = false;
    void budget.waitForSync(reader, 90)?.then(() => {
      isAdmitted = true;
    });
    for (let second = 0; second < 19; second += 1) {
      body.unsentBytes -= 1;
      await clock.advance(1_000);
    }
    expect([body.isBroken, isAdmitted]).toEqual([false, false]);
    body.unsentBytes -= 1;
    await clock.advance(1_500);
    expect([body.isBroken, isAdmitted]).toEqual([true, true]);
  });
});
