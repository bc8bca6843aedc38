/** Streams: heartbeats, retry delays, and an end where no turn is open (F6, R6, T4). */
import { describe, expect, test } from "vitest";
import type { Have } from "../../../../shared/protocol/client-frames.ts";
import { settled } from "../../../support/core/fake-clock.ts";
import { FakeStream, idleAwakeMs } from "../../../support/core/idle-stream.ts";
import { ANYONE, buildRoom, type Room } from "../../../support/core/room-harness.ts";

function open(room: Room, have?: Have) {
  const socket = new FakeStream();
  const openedAt = room.clock.now();
  const opened = room.core.openStream(socket, ANYONE, { have });
  if (!opened.ok) throw new Error(opened.error);
  return { socket, openedAt, holds: opened.value };
}

/** How long the stream stayed, in ms, within `ms` of looking. */
async function stay(room: Room, stream: FakeStream, ms = 200_000): Promise<number> {
  for (let passed = 0; passed < ms; passed += 500) {
    if (!stream.isOpen) return passed;
    await room.advance(500);
  }
  return Number.POSITIVE_INFINITY;
}

test("[F6] a stream gets a heartbeat 1 s after it opened and every 15 s, with the room's time", async () => {
  const room = await buildRoom();
  const { socket, openedAt } = open(room);
  await room.clock.advance(32_000);
  expect(socket.beats.map((at) => at - openedAt)).toEqual([1_000, 16_000, 31_000]);
});

test("a stream gets a short retry delay at its start and a spread one at a drain", async () => {
  const room = await buildRoom();
  const { socket } = open(room);
  await settled();
  room.core.drain();
  expect(socket.retries).toEqual([2_000, 12_500]);
});

describe("a stream without an open turn", () => {
  test("[F6] ends after a minute with a retry delay of 20 s", async () => {
    const room = await buildRoom();
    const { socket } = open(room);
    expect(await stay(room, socket)).toBe(60_000);
    expect(socket.retries.at(-1)).toBe(20_000);
    expect(socket.closed).toMatchObject({ reason: "idle" });
    expect(room.clock.pending).toBe(0);
  });

  test("[F6] ends after its first heartbeat when it returned and lacked nothing", async () => {
    const room = await buildRoom();
    const first = open(room);
    await settled();
    const have = first.holds();
    await stay(room, first.socket);
    const second = open(room, have);
    expect(await stay(room, second.socket)).toBe(2_000);
    expect(second.socket.beats).toHaveLength(1);
    expect(second.socket.retries.at(-1)).toBe(20_000);
  });

  test("stays for a minute when it returned and lacked something", async () => {
    const room = await buildRoom();
    const first = open(room);
    await settled();
    const have = first.holds();
    room.core.handleClose(first.socket);
    const tab = await room.join();
    tab.submit("hi");
    await settled();
    room.upstream.call.text("Hello");
    room.upstream.call.done();
    await room.advance(200_000);
    const second = open(room, have);
    expect(await stay(room, second.socket)).toBe(60_000);
  });

  test("stays for a minute after the last turn has ended", async () => {
    const room = await buildRoom();
    const { socket, holds } = open(room);
    await room.advance(50_000);
    await room.core.requests.submit(ANYONE, { type: "turn-submit", turnId: "t", input: { prompt: "hi" } });
    room.upstream.call.text("Hello");
    await room.advance(25_000);
    room.upstream.call.done();
    await settled();
    const have = holds();
    expect(await stay(room, socket)).toBe(60_000);
    // Within that minute nobody is sent away, not even who has everything.
    room.core.handleClose(socket);
    const back = open(room, have);
    expect(await stay(room, back.socket)).toBe(2_000);
  });
});

test("a stream stays and gets heartbeats while a turn is open", async () => {
  const room = await buildRoom({ policy: { silenceTimeoutMs: 500_000 } });
  const { socket } = open(room);
  await room.core.requests.submit(ANYONE, { type: "turn-submit", turnId: "t", input: { prompt: "hi" } });
  room.upstream.call.text("Hello");
  expect(await stay(room, socket, 180_000)).toBe(Number.POSITIVE_INFINITY);
  expect(socket.beats).toHaveLength(12);
});

test("[R6] a stream that ended idle counts as a viewer until it returns", async () => {
  const room = await buildRoom();
  const tab = await room.join();
  const first = open(room);
  await room.advance(1_000);
  const seen = tab.received("presence").length;
  await stay(room, first.socket);
  tab.socket.pongedAt = room.clock.now();
  await room.advance(20_000);
  const second = open(room, first.holds());
  await settled();
  expect(room.core.viewers()).toBe(2);
  await room.advance(2_000);
  tab.read();
  expect(tab.received("presence")).toHaveLength(seen);
  room.core.handleClose(second.socket);
  await room.advance(90_001);
  tab.socket.pongedAt = room.clock.now();
  expect(room.core.viewers()).toBe(1);
});

test("[T4] the turn is stopped after the grace when the last stream has left or takes nothing", async () => {
  for (const how of ["leaves", "takes nothing"] as const) {
    const room = await buildRoom({ policy: { silenceTimeoutMs: 500_000 } });
    const { socket } = open(room);
    socket.pongedAt = room.clock.now();
    await room.core.requests.submit(ANYONE, {
      type: "turn-submit",
      turnId: "t",
      input: { prompt: "hi" },
      onLeave: "cancel",
    });
    await settled();
    room.upstream.call.text("Hello");
    if (how === "leaves") room.core.handleClose(socket);
    // Seen dead within 90 s, noticed within a minute, and then the grace.
    await room.advance(how === "leaves" ? 30_000 : 180_000);
    expect(room.core.conversation.turn("t")?.record.end, how).toMatchObject({ outcome: "cancelled" });
  }
});

test("an idle tab keeps its room awake for at most a tenth of the time after its first minute", async () => {
  const [first, hour] = [await idleAwakeMs(60_000), await idleAwakeMs(3_600_000)];
  expect(first).toBe(60_000);
  expect(hour - first).toBeLessThan(3_540_000 / 10);
});
