/** What becomes of a room when its object is lost: recovery from storage alone (T5, A1, F3, F5). */
import { describe, expect, test } from "vitest";
import { UpstreamFailure } from "../../../../party/core/ports.ts";
import { settled } from "../../../support/core/fake-clock.ts";
import { buildRoom, type Room, type Tab } from "../../../support/core/room-harness.ts";

const patient = { silenceTimeoutMs: 500_000, turnTimeoutMs: 800_000 };

/** A room whose turn has said "Hello, world", of which "Hello" is in the log. */
async function interruptedRoom(resumable: boolean): Promise<{ room: Room; tab: Tab; id: string }> {
  const room = await buildRoom({ policy: patient });
  const tab = await room.join();
  const id = tab.submit("hi");
  await settled();
  room.upstream.call.start(resumable);
  room.upstream.call.text("Hello", "2");
  await room.clock.advance(2_000);
  // Another commit carries the appended row to the disk.
  tab.cancel("unrelated");
  await settled();
  room.upstream.call.text(", world", "3");
  await room.clock.advance(100);
  expect(tab.text(id)).toBe("Hello, world");
  return { room, tab, id };
}

describe("[T5] a wake in the middle of an answer", () => {
  test("continues it after the last logged event; the reader who was ahead loses nothing it will not get again", async () => {
    const { room, tab, id } = await interruptedRoom(true);
    await room.evict([tab]);
    await settled();
    // F5: cut back to what is confirmed, then whole again.
    expect(tab.turn(id)).toMatchObject({ state: "resuming" });
    expect(tab.text(id)).toBe("Hello");
    expect(room.upstream.calls).toHaveLength(2);
    expect(room.upstream.call.request).toMatchObject({
      lastEventId: "2",
      generationId: room.upstream.calls[0]?.request.generationId,
    });
    room.upstream.call.text(", world", "3");
    room.upstream.call.text("!", "4");
    room.upstream.call.done();
    await room.clock.advance(16);
    expect(tab.text(id)).toBe("Hello, world!");
    expect(tab.turn(id)).toMatchObject({ state: "settled", outcome: "completed" });
  });

  test("without a resume knows which model it was: the upstream's word costs no write of its own, the next row brings it", async () => {
    const room = await buildRoom({ policy: patient });
    const tab = await room.join();
    const id = tab.submit("hi");
    await settled();
    const rows = room.storage.rowsWritten;
    room.upstream.call.start(false);
    await settled();
    expect(room.storage.rowsWritten).toBe(rows);
    room.upstream.call.text("Hello", "2");
    await room.clock.advance(2_000);
    expect(room.storage.rowsWritten).toBe(rows + 2);
    tab.cancel("unrelated");
    await settled();
    await room.evict([tab]);
    expect(tab.turn(id)).toMatchObject({ outcome: "interrupted", model: "echo-1" });
  });

  test("before the first token continues after the upstream's start event", async () => {
    const room = await buildRoom({ policy: patient });
    const tab = await room.join();
    const id = tab.submit("hi");
    await settled();
    room.upstream.call.start(true);
    await settled();
    // The start is written as a log row is, unconfirmed; the next commit carries it to the disk.
    tab.cancel("unrelated");
    await settled();
    await room.evict([tab]);
    expect(room.upstream.call.request.lastEventId).toBe("1");
    room.upstream.call.text("late but whole", "2");
    room.upstream.call.done();
    await room.clock.advance(16);
    expect(tab.text(id)).toBe("late but whole");
  });

  test("settles it as interrupted, with the text so far, where the upstream cannot resume; nobody pays twice", async () => {
    const { room, tab, id } = await interruptedRoom(false);
    await room.evict([tab]);
    await settled();
    expect(tab.turn(id)).toMatchObject({ outcome: "interrupted", error: { code: "upstream-truncated" } });
    expect(tab.text(id)).toBe("Hello");
    expect(room.upstream.calls).toHaveLength(1);
    expect(room.upstream.stops).toEqual([room.upstream.calls[0]?.request.generationId]);
  });

  test("counts resumes across wakes, at most MAX_RESUMES", async () => {
    const { room, tab, id } = await interruptedRoom(true);
    for (let count = 0; count < 4; count += 1) await room.evict([tab]);
    await settled();
    expect(room.upstream.calls.length).toBeLessThanOrEqual(4);
    expect(tab.turn(id)).toMatchObject({ outcome: "interrupted" });
  });

  test("[T3] carries out a stop that was asked for, and never resumes it", async () => {
    const { room, tab, id } = await interruptedRoom(true);
    room.upstream.stopAnswer = "never";
    tab.cancel(id);
    await settled();
    room.upstream.stopAnswer = "confirmed";
    await room.evict([tab]);
    await settled();
    expect(room.upstream.calls).toHaveLength(1);
    expect(tab.turn(id)).toMatchObject({ outcome: "cancelled", stop: "confirmed" });
  });

  test("with nobody left is stopped after the grace by the alarm alone", async () => {
    const { room, tab, id } = await interruptedRoom(true);
    tab.socket.isOpen = false;
    await room.evict();
    room.upstream.call.text(" on and on", "3");
    await room.advance(29_000);
    expect(room.upstream.call.isAborted).toBe(false);
    await room.advance(2_000);
    expect(room.upstream.call.isAborted).toBe(true);
    expect(room.core.conversation.turn(id)?.record.end).toMatchObject({ outcome: "cancelled" });
  });
});

describe("a wake", () => {
  test("keeps the queue and starts its first when the running turn is over", async () => {
    const { room, tab } = await interruptedRoom(false);
    const queued = tab.submit("second");
    await settled();
    await room.evict([tab]);
    await settled();
    expect(tab.turn(queued).state).toBe("opening");
    expect(room.upstream.call.request.messages.at(-1)).toMatchObject({ role: "user", content: "second" });
  });

  test("[T5] a turn that waited to try again goes on waiting, then tries", async () => {
    const room = await buildRoom({ policy: patient });
    const tab = await room.join();
    const id = tab.submit("hi");
    await settled();
    room.upstream.call.fail(
      new UpstreamFailure("upstream-rate-limited", true, { retryAfterMs: 60_000, byUpstream: true }),
    );
    await settled();
    await room.evict([tab]);
    await settled();
    expect(tab.turn(id).state).toBe("waiting");
    tab.socket.pongedAt = room.clock.now() + 60_000;
    await room.advance(59_000);
    expect(room.upstream.calls).toHaveLength(1);
    await room.advance(1_000);
    expect(room.upstream.calls).toHaveLength(2);
    room.upstream.call.text("at last");
    room.upstream.call.done();
    await settled();
    expect(tab.turn(id)).toMatchObject({ outcome: "completed" });
  });

  test("gives surviving sockets their sync before anything else, as a delta from where they were", async () => {
    const { room, tab } = await interruptedRoom(true);
    const before = tab.socket.sent.length;
    await room.evict([tab]);
    const first = JSON.parse(tab.socket.sent[before] ?? "{}");
    expect(first).toMatchObject({ type: "sync", mode: "delta" });
    expect(first.turns[0].from).toBeGreaterThan(0);
  });

  test("closes a socket whose hello is overdue, and gives one that is not the rest of its time", async () => {
    const room = await buildRoom();
    const [early, late] = [room.tab(), room.tab()];
    room.core.handleOpen(early.socket);
    await room.clock.advance(4_000);
    room.core.handleOpen(late.socket);
    await room.evict([early, late]);
    await room.clock.advance(1_000);
    expect(early.socket.closed?.code).toBe(4458);
    expect(late.socket.isOpen).toBe(true);
    await room.clock.advance(4_000);
    expect(late.socket.closed?.code).toBe(4458);
  });

  test("finds a settled conversation whole", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    const id = tab.submit("你好，".repeat(6_000));
    await settled();
    room.upstream.call.text("長".repeat(50_000));
    room.upstream.call.part({
      type: "tool-output-available",
      toolCallId: "1",
      toolName: "t",
      output: [1],
      providerExecuted: true,
    });
    room.upstream.call.done();
    await settled();
    await room.evict();
    const back = await room.join();
    expect(back.turn(id)).toEqual(tab.turn(id));
    expect(back.text(id)).toHaveLength(50_000);
  });
});

describe("[F3] the log", () => {
  test("gets a row after 4 Ki units or 2 s, not one a token", async () => {
    const { room } = await interruptedRoom(true);
    const before = room.storage.keys.filter((key) => key.startsWith("text/")).length;
    for (let token = 0; token < 3_000; token += 1) room.upstream.call.text("1234", `${token + 4}`);
    await settled();
    const rows = room.storage.keys.filter((key) => key.startsWith("text/")).length - before;
    expect(rows).toBe(2);
  });

  test("is complete before turn-end", async () => {
    const { room, tab, id } = await interruptedRoom(true);
    room.upstream.call.text("!");
    room.upstream.call.done();
    await settled();
    tab.read();
    await room.evict();
    const back = await room.join();
    expect(back.text(id)).toBe("Hello, world!");
  });
});
