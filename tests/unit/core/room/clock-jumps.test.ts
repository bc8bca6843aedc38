/** A room whose machine's clock is corrected while it works: durations go on as if nothing had happened. */
import { describe, expect, test } from "vitest";
import { joinDeaf } from "../../../support/core/deaf-socket.ts";
import { settled } from "../../../support/core/fake-clock.ts";
import { FakeStream } from "../../../support/core/idle-stream.ts";
import { ANYONE, buildRoom, type Room, type RoomOptions, type Tab } from "../../../support/core/room-harness.ts";

const hour = 3_600_000;

async function streaming(options: RoomOptions = {}): Promise<{ room: Room; tab: Tab; id: string }> {
  const room = await buildRoom(options);
  const tab = await room.join();
  const id = tab.submit("hi");
  await settled();
  room.upstream.call.text("one ");
  await room.clock.advance(1_000);
  tab.read();
  return { room, tab, id };
}

describe.each([
  ["set back by an hour", -hour],
  ["set forward by ten minutes", 590_000],
])("a clock that is %s", (_name, jumpMs) => {
  test("[F1] holds back no live text", async () => {
    const { room, tab, id } = await streaming();
    room.clock.jump(jumpMs);
    for (const word of ["two ", "three ", "four"]) {
      room.upstream.call.text(word);
      await room.clock.advance(20);
    }
    expect(tab.text(id)).toBe("one two three four");
  });

  test("[F1] leaves text merged within the coalescing time", async () => {
    const { room, tab } = await streaming();
    room.upstream.call.text("a");
    await settled();
    room.upstream.call.text("b");
    room.clock.jump(jumpMs);
    await room.clock.advance(50);
    const before = tab.received("turn-delta").length;
    for (let count = 0; count < 10; count += 1) {
      room.upstream.call.text("c");
      await settled();
    }
    expect(tab.received("turn-delta").length - before).toBe(1);
  });

  test("[U1] ends a silent call when its time is over", async () => {
    const { room, tab, id } = await streaming({ policy: { silenceTimeoutMs: 5_000, turnTimeoutMs: 900_000 } });
    room.clock.jump(jumpMs);
    await room.clock.advance(5_100);
    expect(tab.turn(id)).toMatchObject({ state: "settled", error: { code: "upstream-silence" } });
  });

  test("[F2] lets no deaf socket stay", async () => {
    const { room } = await streaming({ policy: { silenceTimeoutMs: 500_000 } });
    const deaf = joinDeaf(room);
    await settled();
    deaf.bufferedAmount = 2_000_000;
    room.upstream.call.text("two");
    await room.clock.advance(1_000);
    room.clock.jump(jumpMs);
    await room.clock.advance(10_000);
    expect(deaf.closed).toEqual({ code: 4480, reason: "slow-reader" });
  });

  test("[R6] is followed by presence as before", async () => {
    const { room, tab } = await streaming();
    room.clock.jump(jumpMs);
    tab.socket.pongedAt = room.clock.now();
    await room.join();
    await room.clock.advance(1_000);
    expect(tab.received("presence").at(-1)).toMatchObject({ viewers: 2 });
  });

  test("[F6] leaves heartbeats of a stream and the end of a poll on time", async () => {
    const { room, tab } = await streaming({ policy: { silenceTimeoutMs: 500_000, turnTimeoutMs: 900_000 } });
    const stream = new FakeStream();
    room.core.openStream(stream, ANYONE, { have: undefined });
    await room.clock.advance(2_000);
    expect(stream.beats).toHaveLength(1);
    const have = { epoch: tab.view.epoch ?? "", seq: tab.view.seq, offsets: { t0: 4 } };
    let isAnswered = false;
    void room.core.requests.poll(ANYONE, have, 25_000).then(() => {
      isAnswered = true;
    });
    await settled();
    room.clock.jump(jumpMs);
    await room.clock.advance(15_000);
    expect(stream.beats).toHaveLength(2);
    expect(isAnswered).toBe(false);
    await room.clock.advance(10_000);
    expect(isAnswered).toBe(true);
  });

  test("[S2] leaves a client its frames and syncs", async () => {
    const { room, tab } = await streaming();
    room.clock.jump(jumpMs);
    for (let count = 0; count < 40; count += 1) {
      tab.say({ type: "sync-request", have: { epoch: "elsewhere", seq: 0, offsets: {} } });
      await room.clock.advance(1_000);
    }
    expect(tab.socket.isOpen).toBe(true);
    expect(tab.received("sync").length).toBeGreaterThan(40);
  });
});
