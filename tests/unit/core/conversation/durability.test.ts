/** What is stored before what, while a turn runs, and how many rows it costs (T5, T6, F3). */
import { describe, expect, test } from "vitest";
import { UpstreamFailure } from "../../../../party/core/ports.ts";
import { defined } from "../../../../shared/defined.ts";
import { settled } from "../../../support/core/fake-clock.ts";
import { buildRoom, type Room, type RoomOptions, type Tab } from "../../../support/core/room-harness.ts";

async function asked(options: RoomOptions = {}): Promise<{ room: Room; tab: Tab; id: string }> {
  const room = await buildRoom(options);
  const tab = await room.join();
  const id = tab.submit("hi");
  await settled();
  return { room, tab, id };
}

const busy = (retryAfterMs?: number) =>
  new UpstreamFailure("upstream-unavailable", true, {
    byUpstream: true,
    ...defined({ retryAfterMs }),
  });

describe("[T5] a call", () => {
  test("after the first is made when its count is durable", async () => {
    const { room } = await asked();
    const release = room.storage.hold();
    room.upstream.call.fail(busy());
    await room.clock.advance(5_000);
    expect(room.upstream.calls).toHaveLength(1);
    release();
    await settled();
    expect(room.upstream.calls).toHaveLength(2);
  });

  test("that resumes is made when its count is durable", async () => {
    const { room } = await asked();
    room.upstream.call.start(true);
    room.upstream.call.text("Hello", "2");
    await settled();
    const release = room.storage.hold();
    room.upstream.call.truncate();
    await room.clock.advance(5_000);
    expect(room.upstream.calls).toHaveLength(1);
    release();
    await settled();
    expect(room.upstream.call.request.lastEventId).toBe("2");
  });

  test("that waited to resume an answer without text is a resume after a wake too", async () => {
    const { room, tab, id } = await asked({ policy: { silenceTimeoutMs: 500_000, turnTimeoutMs: 800_000 } });
    room.upstream.call.start(true);
    await settled();
    tab.cancel("unrelated");
    await settled();
    await room.evict([tab]);
    await settled();
    expect(room.upstream.call.request.lastEventId).toBe("1");
    room.upstream.call.fail(busy(60_000));
    await settled();
    await room.evict([tab]);
    expect(tab.turn(id).state).toBe("resuming");
    tab.socket.pongedAt = room.clock.now() + 61_000;
    await room.advance(61_000);
    expect(room.upstream.calls).toHaveLength(3);
    expect(room.upstream.call.request.lastEventId).toBe("1");
  });
});

describe("[T6] an answer", () => {
  test("whose last surrogate pair straddles the longest length fails, also where its end comes in the same read", async () => {
    const { room, tab, id } = await asked({ policy: { maxTurnLength: 11 } });
    room.upstream.call.emit({ parts: [{ type: "text-delta", delta: "0123456789😀" }], end: { kind: "done" } });
    await room.clock.advance(16);
    expect(tab.turn(id)).toMatchObject({ outcome: "failed", error: { code: "turn-too-long" } });
    expect(tab.text(id)).toBe("0123456789");
    expect(room.upstream.stops).toHaveLength(1);
  });

  test("with a part that is small as JSON and too large as a stored value ends as `part-too-large`", async () => {
    const { room, tab, id } = await asked();
    const value = Array.from({ length: 8_000 }, () => 0.5);
    room.upstream.call.part({ type: "data-n", data: value });
    await room.clock.advance(16);
    expect(tab.turn(id)).toMatchObject({ outcome: "failed", error: { code: "part-too-large" } });
    expect(room.broken).toBeUndefined();
  });

  test("of two thousand small parts takes fewer than forty rows", async () => {
    const { room, tab, id } = await asked();
    const before = room.storage.rowsWritten;
    for (let value = 0; value < 2_000; value += 1) room.upstream.call.part({ type: "data-p", data: value });
    room.upstream.call.done();
    await settled();
    await settled();
    expect(tab.turn(id)).toMatchObject({ outcome: "completed", length: 2_000 });
    expect(room.storage.rowsWritten - before).toBeLessThan(40);
  });
});

describe("[F3] what a reader has been sent", () => {
  test("is noted with its socket when a commit is durable, so that a wake continues from there", async () => {
    const { room, tab } = await asked();
    const attached = tab.socket.attachment as { welcomed: { have: { seq: number; offsets: object } } };
    expect(attached.welcomed.have).toMatchObject({ seq: room.core.conversation.seq, offsets: { t0: 0 } });
  });

  test("leaves no timer behind once its turn has settled", async () => {
    const { room, tab, id } = await asked();
    room.upstream.call.text("Hello");
    await room.clock.advance(400);
    room.upstream.call.done();
    // Presence is sent within a second; the log would be written two seconds after the text.
    await room.clock.advance(1_300);
    expect(tab.turn(id).outcome).toBe("completed");
    expect(room.clock.pending).toBe(0);
  });
});
