/** What is stored before what, while a turn runs, and how many rows it costs (T5, T6, F3). */
import { describe, expect, test } from "vitest";
import { UpstreamFailure } from "../../../../party/core/ports.ts";
import type { Part } from "../../../../shared/content.ts";
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

/** What a wake finds after all that was written has become durable. */
async function flushed({ storage }: Room): Promise<Room["storage"]> {
  await storage.commit({ put: new Map(), delete: [] });
  return storage.crash();
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

  test("with a part larger than a row is the same for a late reader, a reader that resumes, and after a wake", async () => {
    const { room, tab, id } = await asked();
    // Small as JSON and large as a stored value, large with characters of two units, and an inline image.
    const large: Part[] = [
      { type: "data-n", data: Array.from({ length: 8_000 }, () => 0.5) },
      { type: "data-s", data: "😀雨".repeat(30_000) },
      { type: "file", mediaType: "image/png", url: `data:image/png;base64,${"A".repeat(400_000)}` },
    ];
    room.upstream.call.text("Before. ", "1");
    for (const part of large) room.upstream.call.part(part);
    room.upstream.call.text("After.", "9");
    await room.clock.advance(3_000);
    const expected = [{ type: "text-delta", delta: "Before. " }, ...large, { type: "text-delta", delta: "After." }];
    expect(tab.turn(id).parts).toEqual(expected);
    expect((await room.join()).turn(id).parts).toEqual(expected);
    const woken = await buildRoom({ storage: await flushed(room) });
    const reader = await woken.join();
    expect(reader.turn(id).parts).toEqual(expected);
  });

  test("that lost a row of a large part in a crash ends before the part, and takes it again", async () => {
    const { room, tab, id } = await asked();
    const part = { type: "data-s", data: "x".repeat(100_000) };
    room.upstream.call.start(true);
    room.upstream.call.text("Before. ", "1");
    await room.clock.advance(3_000);
    room.upstream.call.part(part, "2");
    await room.clock.advance(3_000);
    expect(tab.turn(id).length).toBe(9);
    const storage = await flushed(room);
    const rows = storage.keys.filter((key) => key.startsWith("text/"));
    expect(rows.length).toBeGreaterThan(6);
    await storage.commit({ put: new Map(), delete: rows.slice(-2) });
    const woken = await buildRoom({ storage });
    const reader = await woken.join();
    expect(reader.turn(id).parts).toEqual([{ type: "text-delta", delta: "Before. " }]);
    expect(woken.upstream.call.request.lastEventId).toBe("1");
    woken.upstream.call.part(part, "2");
    woken.upstream.call.text("After.", "3");
    woken.upstream.call.done();
    await woken.clock.advance(3_000);
    const expected = [{ type: "text-delta", delta: "Before. " }, part, { type: "text-delta", delta: "After." }];
    expect(reader.turn(id).parts).toEqual(expected);
    const again = await buildRoom({ storage: await flushed(woken) });
    expect((await again.join()).turn(id).parts).toEqual(expected);
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
