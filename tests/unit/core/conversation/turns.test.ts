/** Turns: submitting, streaming, queueing, stopping, ending (T1–T4, Q1–Q3, R4, R5, U2, U7). */
import { describe, expect, test } from "vitest";
import { UpstreamFailure } from "../../../../party/core/ports.ts";
import { isText } from "../../../../shared/content.ts";
import { settled } from "../../../support/core/fake-clock.ts";
import { buildRoom, type Room, type Tab } from "../../../support/core/room-harness.ts";
import { toolPart } from "../../../support/tool-part.ts";

/** Longer than any grace, so that a quiet upstream is not what ends the turn. */
const patient = { silenceTimeoutMs: 500_000, turnTimeoutMs: 500_000 };

/** A room with a tab whose turn is streaming "Hello". */
async function streaming(options: Parameters<typeof buildRoom>[0] = {}): Promise<{ room: Room; tab: Tab; id: string }> {
  const room = await buildRoom(options);
  const tab = await room.join();
  const id = tab.submit("hi");
  await settled();
  room.upstream.call.start();
  room.upstream.call.text("Hello", "2");
  await settled();
  return { room, tab, id };
}

describe("a turn", () => {
  test("[R4] is seen by every tab with its prompt, its growing text and its end", async () => {
    const { room, tab, id } = await streaming();
    const other = await room.join();
    room.upstream.call.text(", world");
    room.upstream.call.emit({ usage: { inputTokens: 3 } });
    room.upstream.call.done();
    await room.clock.advance(16);
    for (const reader of [tab, other]) {
      expect(reader.text(id)).toBe("Hello, world");
      expect(reader.turn(id)).toMatchObject({
        state: "settled",
        outcome: "completed",
        finishReason: "stop",
        model: "echo-1",
        usage: { inputTokens: 3 },
        input: { prompt: "hi" },
        author: "anonymous",
      });
    }
  });

  test("shows its metadata to every tab, live and in a later sync, without the trace that came with it", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    const metadata = {
      page: "/guide",
      tags: ["a"],
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    };
    tab.say({ type: "turn-submit", turnId: "with", input: { prompt: "hi" }, metadata });
    tab.say({ type: "turn-submit", turnId: "without", input: { prompt: "ho" } });
    await settled();
    const later = await room.join();
    for (const reader of [tab, later]) {
      expect(reader.turn("with")?.metadata).toEqual({ page: "/guide", tags: ["a"] });
      expect(reader.turn("without")).not.toHaveProperty("metadata");
    }
  });

  test("[R5] frames of a turn come in order: queued, start, deltas, end", async () => {
    const { room, tab } = await streaming();
    await room.clock.advance(16);
    room.upstream.call.text("!");
    room.upstream.call.done();
    await room.clock.advance(16);
    tab.read();
    const types = tab.frames.map(({ type }) => type).filter((type) => /^turn-(?!position)/.test(type));
    expect(types).toEqual(["turn-queued", "turn-start", "turn-delta", "turn-delta", "turn-end"]);
    const seqs = tab.frames.flatMap((frame) => ("seq" in frame && frame.type !== "sync" ? [frame.seq] : []));
    expect(seqs).toEqual([1, 2, 3]);
  });

  test("sends the upstream the conversation before it, and its own words last", async () => {
    const { room, tab } = await streaming();
    room.upstream.call.done();
    await settled();
    tab.submit("and now?", { provider: "echo", model: "m", params: { temperature: 0 } });
    await settled();
    expect(room.upstream.call.request).toEqual({
      generationId: expect.stringMatching(/^gen-/),
      traceparent: expect.stringMatching(/^00-/),
      user: "anonymous",
      provider: "echo",
      model: "m",
      params: { temperature: 0 },
      messages: [
        { id: "user-t0", role: "user", content: "hi" },
        { id: "t0", role: "assistant", content: "Hello" },
        { id: "user-t1", role: "user", content: "and now?" },
      ],
    });
  });

  test("messages replace the room's history for that turn", async () => {
    const { room, tab } = await streaming();
    room.upstream.call.done();
    await settled();
    const messages = [
      { role: "system" as const, content: "be brief" },
      { role: "user" as const, content: "yes?" },
    ];
    tab.say({ type: "turn-submit", turnId: "m1", input: { messages } });
    await settled();
    expect(room.upstream.call.request.messages).toEqual(messages);
  });

  test("history keeps to HISTORY_TURNS, newest first", async () => {
    const room = await buildRoom({ policy: { historyTurns: 1 } });
    const tab = await room.join();
    for (const word of ["one", "two", "three"]) {
      tab.submit(word);
      await settled();
      room.upstream.call.text(`${word}!`);
      room.upstream.call.done();
      await settled();
    }
    expect(room.upstream.call.request.messages.map(({ content }) => content)).toEqual(["two", "two!", "three"]);
  });

  test("is durable before anyone hears of it or the upstream is called", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    const release = room.storage.hold();
    tab.submit("hi");
    await settled();
    expect(tab.received("turn-queued")).toEqual([]);
    expect(room.upstream.calls).toEqual([]);
    release();
    await settled();
    expect(tab.received("turn-queued")).toHaveLength(1);
    expect(room.upstream.calls).toHaveLength(1);
  });

  test("[T2] its end is durable before anyone hears of it, and comes once", async () => {
    const { room, tab } = await streaming();
    const release = room.storage.hold();
    room.upstream.call.done();
    await settled();
    expect(tab.received("turn-end")).toEqual([]);
    release();
    await settled();
    expect(tab.received("turn-end")).toHaveLength(1);
  });

  test("reasoning and tool parts travel with the text, a surrogate pair is never cut", async () => {
    const { room, tab, id } = await streaming();
    room.upstream.call.part({ type: "reasoning-delta", delta: "hm" });
    room.upstream.call.part({
      type: "tool-input-available",
      toolCallId: "c",
      toolName: "look",
      input: { a: 1 },
      providerExecuted: true,
    });
    room.upstream.call.text("a\ud83d");
    room.upstream.call.text("\ude00b");
    await room.clock.advance(16);
    expect(tab.turn(id).parts).toEqual([
      { type: "text-delta", delta: "Hello" },
      { type: "reasoning-delta", delta: "hm" },
      { type: "tool-input-available", toolCallId: "c", toolName: "look", input: { a: 1 }, providerExecuted: true },
      { type: "text-delta", delta: "a😀b" },
    ]);
    for (const { parts } of tab.received("turn-delta")) {
      for (const part of parts) if (isText(part)) expect(part.delta.isWellFormed()).toBe(true);
    }
  });

  test("[T6] ends as turn-too-long at the limit, and the upstream is stopped", async () => {
    const { room, tab, id } = await streaming({ policy: { maxTurnLength: 8 } });
    room.upstream.call.text("0123456789");
    await settled();
    expect(tab.turn(id)).toMatchObject({ outcome: "failed", error: { code: "turn-too-long" }, length: 8 });
    expect(room.upstream.call.isAborted).toBe(true);
    expect(room.upstream.stops).toHaveLength(1);
  });
});

test("[T6] a part over the limit ends the turn as part-too-large, with the text so far", async () => {
  const { room, tab, id } = await streaming();
  const value = "x".repeat(1_048_576);
  room.upstream.call.part(toolPart("c", "dump", "result", value));
  await settled();
  expect(tab.turn(id)).toMatchObject({ outcome: "failed", error: { code: "part-too-large" } });
  expect(tab.text(id)).toBe("Hello");
  expect(room.upstream.stops).toHaveLength(1);
  expect(room.broken).toBeUndefined();
});

test("[T6] the ids of texts that alternate count toward the bound of an answer's parts", async () => {
  const { room, tab, id } = await streaming({ policy: { maxTurnLength: 20_000 } });
  for (let count = 0; count < 100; count += 1) {
    room.upstream.call.part({ type: "text-delta", id: `${count % 2}`.padStart(256, "x"), delta: "." });
  }
  await settled();
  expect(tab.turn(id)).toMatchObject({ outcome: "failed", error: { code: "turn-too-long" } });
});

test("[T6] an id counts once for a text that is not interrupted", async () => {
  const { room, tab, id } = await streaming({ policy: { maxTurnLength: 20_000 } });
  for (let count = 0; count < 1_000; count += 1)
    room.upstream.call.part({ type: "text-delta", id: "x".repeat(256), delta: "." });
  room.upstream.call.done();
  await settled();
  expect(tab.turn(id)).toMatchObject({ outcome: "completed" });
});

test("[T6] tool steps are bounded together too", async () => {
  const { room, tab, id } = await streaming({ policy: { maxTurnLength: 100_000 } });
  const value = "x".repeat(20_000);
  for (let count = 0; count < 6; count += 1) {
    room.upstream.call.part(toolPart(`c${count}`, "dump", "result", value));
  }
  await settled();
  expect(tab.turn(id)).toMatchObject({ outcome: "failed", error: { code: "turn-too-long" } });
  expect(room.broken).toBeUndefined();
});

describe("[T1] submitting again", () => {
  test("the same id starts nothing and is answered by a sync of that turn", async () => {
    const { room, tab, id } = await streaming();
    tab.submit("hi", { turnId: id });
    await settled();
    expect(room.upstream.calls).toHaveLength(1);
    expect(tab.received("sync").at(-1)?.turns).toMatchObject([{ id, from: 0, input: { prompt: "hi" } }]);
    expect(tab.text(id)).toBe("Hello");
  });

  test("the same id with other words is a turn-conflict", async () => {
    const { room, tab, id } = await streaming();
    tab.submit("something else", { turnId: id });
    await settled();
    expect(tab.received("error")[0]).toMatchObject({ code: "turn-conflict", turnId: id });
    expect(room.upstream.calls).toHaveLength(1);
    expect(tab.socket.isOpen).toBe(true);
  });

  test("an id made in another epoch is turn-stale", async () => {
    const { room, tab } = await streaming();
    const late = tab.submit("hi", { epoch: "another" });
    await settled();
    expect(tab.received("error")[0]).toMatchObject({ code: "turn-stale", turnId: late });
    expect(room.core.conversation.turns.all()).toHaveLength(1);
  });

  test("an id whose cancel came first runs nothing, even after an eviction", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    tab.cancel("late");
    await settled();
    expect(tab.received("error")[0]).toMatchObject({ code: "turn-unknown", turnId: "late" });
    await room.evict();
    const back = await room.join();
    back.submit("hi", { turnId: "late" });
    await settled();
    expect(back.received("error")[0]).toMatchObject({ code: "turn-stale", turnId: "late" });
    expect(room.upstream.calls).toEqual([]);
  });
});

test("[Q4] what the tenant may not ask for is refused with its name, and nothing is stored", async () => {
  const room = await buildRoom({ refusalOf: ({ model }) => (model === "dear" ? "model" : undefined) });
  const tab = await room.join();
  const id = tab.submit("hi", { model: "dear" });
  await settled();
  expect(tab.received("error")[0]).toMatchObject({ code: "turn-not-allowed", turnId: id, retryable: false });
  expect(tab.received("error")[0]?.message).toContain("model");
  expect(room.storage.keys).toEqual([]);
  tab.submit("hi", { model: "cheap" });
  await settled();
  expect(room.upstream.calls).toHaveLength(1);
});

describe("the queue", () => {
  test("[Q1] [Q2] one turn runs at a time; the others wait in order with their positions", async () => {
    const { room, tab } = await streaming();
    const second = tab.submit("second");
    const third = tab.submit("third");
    await room.clock.advance(1_000);
    expect(tab.turn(second)).toMatchObject({ state: "queued", position: 0 });
    expect(tab.turn(third)).toMatchObject({ state: "queued", position: 1 });
    expect(room.upstream.calls).toHaveLength(1);
    room.upstream.call.done();
    await room.clock.advance(1_000);
    expect(tab.turn(second).state).toBe("opening");
    expect(tab.turn(third)).toMatchObject({ state: "queued", position: 0, etaMs: expect.any(Number) });
    expect(room.upstream.calls).toHaveLength(2);
  });

  test("[Q1] MAX_ACTIVE_TURNS turns run side by side", async () => {
    const room = await buildRoom({ policy: { maxActiveTurns: 2 } });
    const tab = await room.join();
    const ids = ["a", "b", "c"].map((word) => tab.submit(word));
    await settled();
    expect(room.upstream.calls).toHaveLength(2);
    room.upstream.calls[0]?.text("A");
    room.upstream.calls[1]?.text("B");
    room.upstream.calls[0]?.done();
    await room.clock.advance(16);
    expect(ids.map((id) => tab.turn(id).state)).toEqual(["settled", "streaming", "opening"]);
    expect(tab.text(ids[0] ?? "")).toBe("A");
  });

  test("[Q3] a full queue refuses with queue-full and stores nothing", async () => {
    const room = await buildRoom({ policy: { maxQueuedTurns: 1 } });
    const tab = await room.join();
    tab.submit("runs");
    tab.submit("waits");
    await settled();
    const keys = room.storage.keys;
    const id = tab.submit("too many");
    await settled();
    expect(tab.received("error")[0]).toMatchObject({ code: "queue-full", turnId: id, retryable: true });
    expect(room.storage.keys).toEqual(keys);
  });

  test("[Q3] with a queue length of zero a turn still runs while fewer turns are active than allowed", async () => {
    const room = await buildRoom({ policy: { maxQueuedTurns: 0 } });
    const tab = await room.join();
    const first = tab.submit("runs");
    const second = tab.submit("has no place");
    await settled();
    expect(tab.turn(first).state).toBe("opening");
    expect(tab.received("error")[0]).toMatchObject({ code: "queue-full", turnId: second });
  });
});

describe("[T3] a stop", () => {
  test("aborts the call, asks the upstream, keeps the text and says that it is confirmed", async () => {
    const { room, tab, id } = await streaming();
    const other = await room.join();
    other.cancel(id);
    await settled();
    expect(room.upstream.call.isAborted).toBe(true);
    expect(room.upstream.stops).toEqual([room.upstream.call.request.generationId]);
    for (const reader of [tab, other]) {
      expect(reader.turn(id)).toMatchObject({ state: "settled", outcome: "cancelled", stop: "confirmed" });
      expect(reader.text(id)).toBe("Hello");
    }
  });

  test("text that arrives after it changes nothing", async () => {
    const { room, tab, id } = await streaming();
    tab.cancel(id);
    room.upstream.call.text(" late");
    await room.clock.advance(100);
    expect(tab.text(id)).toBe("Hello");
    expect(tab.received("turn-end")).toHaveLength(1);
  });

  test("its intent is stored before the upstream is asked", async () => {
    const { room, tab, id } = await streaming();
    const release = room.storage.hold();
    tab.cancel(id);
    await settled();
    expect(room.upstream.stops).toEqual([]);
    release();
    await settled();
    expect(room.upstream.stops).toHaveLength(1);
  });

  test("of a queued turn asks nobody and is confirmed", async () => {
    const { room, tab } = await streaming();
    const queued = tab.submit("wait");
    tab.cancel(queued);
    await settled();
    expect(tab.turn(queued)).toMatchObject({ outcome: "cancelled", stop: "confirmed", length: 0 });
    expect(room.upstream.stops).toEqual([]);
    expect(room.upstream.calls).toHaveLength(1);
  });

  test("before the first byte aborts the opening call", async () => {
    const room = await buildRoom();
    room.upstream.answersAtOnce = false;
    const tab = await room.join();
    const id = tab.submit("hi");
    await settled();
    tab.cancel(id);
    await settled();
    expect(room.upstream.call.isAborted).toBe(true);
    expect(tab.turn(id)).toMatchObject({ outcome: "cancelled", stop: "confirmed" });
  });

  test("while waiting to try again is immediate", async () => {
    const room = await buildRoom();
    room.upstream.answersAtOnce = false;
    const tab = await room.join();
    const id = tab.submit("hi");
    await settled();
    room.upstream.call.fail(new UpstreamFailure("upstream-unavailable", true, { retryAfterMs: 9_000 }));
    await settled();
    expect(tab.turn(id).notice).toMatchObject({ code: "upstream-retrying", retryAfterMs: 9_000, attempt: 1 });
    tab.cancel(id);
    await settled();
    expect(tab.turn(id)).toMatchObject({ outcome: "cancelled" });
    expect(room.upstream.calls).toHaveLength(1);
  });

  test("an upstream that takes no stop leaves it closed", async () => {
    const { room, tab, id } = await streaming();
    room.upstream.stopAnswer = "unsupported";
    tab.cancel(id);
    await settled();
    expect(tab.turn(id)).toMatchObject({ outcome: "cancelled", stop: "closed" });
  });

  test("an upstream that does not answer in STOP_CONFIRM_MS leaves it closed, and is asked again for 10 minutes", async () => {
    const { room, tab, id } = await streaming();
    room.upstream.stopAnswer = "never";
    tab.cancel(id);
    await room.advance(4_999);
    expect(tab.turn(id).state).toBe("streaming");
    await room.advance(1);
    expect(tab.turn(id)).toMatchObject({ outcome: "cancelled", stop: "closed" });
    await room.advance(30_000);
    expect(room.upstream.stops.length).toBeGreaterThan(1);
    room.upstream.stopAnswer = "confirmed";
    await room.advance(30_000);
    const asked = room.upstream.stops.length;
    await room.advance(600_000);
    expect(room.upstream.stops).toHaveLength(asked);
  });

  test("starts the next turn", async () => {
    const { room, tab, id } = await streaming();
    const next = tab.submit("next");
    tab.cancel(id);
    await settled();
    expect(tab.turn(next).state).toBe("opening");
    expect(room.upstream.calls).toHaveLength(2);
  });

  test("[T3] while resuming ends the wait, asks the upstream, and makes no further call", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    const id = tab.submit("hi");
    await settled();
    room.upstream.call.start(true);
    room.upstream.call.text("half", "2");
    await settled();
    room.upstream.call.truncate();
    await settled();
    expect(tab.turn(id).state).toBe("resuming");
    tab.cancel(id);
    await settled();
    expect(tab.turn(id)).toMatchObject({ outcome: "cancelled", stop: "confirmed", length: 4 });
    await room.clock.advance(60_000);
    expect(room.upstream.calls).toHaveLength(1);
  });

  test("of a settled turn changes nothing and answers with that turn", async () => {
    const { room, tab, id } = await streaming();
    room.upstream.call.done();
    await settled();
    tab.cancel(id);
    await settled();
    expect(tab.turn(id).outcome).toBe("completed");
    expect(tab.received("sync").at(-1)?.turns).toMatchObject([{ id, outcome: "completed" }]);
    expect(room.upstream.stops).toEqual([]);
  });
});

describe("[T4] when the last viewer leaves", () => {
  test("the turn is stopped after the grace, and queued ones with it", async () => {
    const { room, tab, id } = await streaming({ policy: patient });
    const queued = tab.submit("later");
    await settled();
    tab.drop();
    await room.advance(29_999);
    expect(room.upstream.call.isAborted).toBe(false);
    await room.advance(1);
    expect(room.upstream.call.isAborted).toBe(true);
    const back = await room.join();
    expect(back.turn(id)).toMatchObject({ outcome: "cancelled", stop: "confirmed" });
    expect(back.turn(queued)).toMatchObject({ outcome: "cancelled" });
    expect(back.text(id)).toBe("Hello");
    expect(room.upstream.calls).toHaveLength(1);
  });

  test("a reload within the grace keeps the answer and misses nothing", async () => {
    const { room, tab, id } = await streaming({ policy: patient });
    tab.drop();
    room.upstream.call.text(" again");
    await room.advance(20_000);
    tab.connect();
    await room.advance(60_000);
    room.upstream.call.text("!");
    room.upstream.call.done();
    await room.advance(16);
    expect(tab.text(id)).toBe("Hello again!");
    expect(tab.turn(id).outcome).toBe("completed");
  });

  test("another tab that stays keeps it", async () => {
    const { room, tab, id } = await streaming({ policy: patient });
    const other = await room.join();
    tab.drop();
    other.socket.pongedAt = room.clock.now() + 60_000;
    await room.advance(60_000);
    expect(other.turn(id).state).toBe("streaming");
  });

  test("a turn submitted with onLeave keep goes on", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    const id = tab.submit("hi", { onLeave: "keep" });
    await settled();
    tab.drop();
    room.upstream.call.text("still here");
    await room.advance(20_000);
    room.upstream.call.done();
    await room.advance(20_000);
    const back = await room.join();
    expect(back.text(id)).toBe("still here");
    expect(back.turn(id).outcome).toBe("completed");
  });

  test("a half-open socket is noticed by the watchdog, and then the grace begins", async () => {
    const { room, id, tab } = await streaming({ policy: patient });
    await room.advance(121_000);
    expect(tab.socket.isOpen).toBe(true);
    expect(room.upstream.call.isAborted).toBe(false);
    await room.advance(31_000);
    expect(room.core.conversation.turn(id)?.record.end).toMatchObject({ outcome: "cancelled" });
  });
});

describe("[U2] an attempt that fails before content", () => {
  test("is tried again under the same key with the same body, and people are told", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    const id = tab.submit("hi");
    await settled();
    room.upstream.call.fail(new UpstreamFailure("upstream-unreachable", true));
    await settled();
    expect(tab.turn(id)).toMatchObject({
      notice: { code: "upstream-retrying", attempt: 1, maxAttempts: 4, retryAfterMs: 250 },
    });
    await room.clock.advance(250);
    const [first, second] = room.upstream.calls;
    // Its place in the trace is its own.
    expect(second?.request).toEqual({ ...first?.request, traceparent: expect.stringMatching(/^00-/) });
    second?.text("here");
    second?.done();
    await settled();
    expect(tab.turn(id)).toMatchObject({ outcome: "completed" });
    expect(tab.turn(id).notice).toBeUndefined();
  });

  test("ends the turn with its code after MAX_ATTEMPTS", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    const id = tab.submit("hi");
    for (let attempt = 0; attempt < 4; attempt += 1) {
      await room.clock.advance(10_000);
      room.upstream.call.fail(new UpstreamFailure("upstream-unreachable", true));
      await settled();
    }
    await room.clock.advance(60_000);
    expect(room.upstream.calls).toHaveLength(4);
    expect(tab.turn(id)).toMatchObject({ outcome: "failed", error: { code: "upstream-unreachable", retryable: true } });
  });

  test("[U4] a refusal is final at once, and nothing of the upstream's words is told", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    const id = tab.submit("hi");
    await settled();
    room.upstream.call.fail(
      new UpstreamFailure("upstream-rejected", false, { cause: "model gpt-secret not allowed", byUpstream: true }),
    );
    await settled();
    expect(tab.turn(id)).toMatchObject({ outcome: "failed", error: { code: "upstream-rejected" } });
    expect(tab.socket.sent.join()).not.toContain("secret");
    expect(room.upstream.stops).toEqual([]);
  });
});

describe("after content", () => {
  test("a lost connection to an upstream that cannot resume interrupts the turn and stops it there", async () => {
    const { room, tab, id } = await streaming();
    room.upstream.call.truncate();
    await settled();
    expect(tab.turn(id)).toMatchObject({ outcome: "interrupted", error: { code: "upstream-truncated" } });
    expect(tab.text(id)).toBe("Hello");
    expect(room.upstream.calls).toHaveLength(1);
    expect(room.upstream.stops).toHaveLength(1);
  });

  test("[U7] one that puts off each resume is stopped: what it would have continued may still be generated", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    const id = tab.submit("hi");
    await settled();
    room.upstream.call.start(true);
    room.upstream.call.text("Hello", "2");
    room.upstream.call.truncate();
    for (let resume = 0; resume < 3; resume += 1) {
      await room.clock.advance(20_000);
      room.upstream.call.fail(new UpstreamFailure("upstream-unavailable", true, { byUpstream: true }));
    }
    await room.clock.advance(20_000);
    expect(tab.turn(id)).toMatchObject({ outcome: "interrupted", error: { code: "upstream-unavailable" } });
    expect(room.upstream.stops).toHaveLength(1);
  });

  test("[U7] one that can is continued after its last event, and no text comes twice", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    const id = tab.submit("hi");
    await settled();
    room.upstream.call.start(true);
    room.upstream.call.text("Hello", "2");
    room.upstream.call.text(" half", undefined);
    await settled();
    room.upstream.call.truncate();
    await room.clock.advance(500);
    const notice = { code: "upstream-resuming", turnId: id, maxAttempts: 4 };
    expect(tab.received("notice").at(-1)).toMatchObject({ ...notice, attempt: 1 });
    expect(room.upstream.calls).toHaveLength(2);
    expect(room.upstream.call.request.lastEventId).toBe("2");
    expect(tab.turn(id).state).toBe("resuming");
    room.upstream.call.text(" half-way", "3");
    room.upstream.call.done();
    await room.clock.advance(16);
    expect(tab.text(id)).toBe("Hello half-way");
    expect(tab.turn(id)).toMatchObject({ state: "settled", outcome: "completed" });
  });

  test("at most MAX_RESUMES times, then it is interrupted", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    const id = tab.submit("hi");
    await settled();
    room.upstream.call.start(true);
    room.upstream.call.text("x", "2");
    for (let count = 0; count < 4; count += 1) {
      await room.clock.advance(10_000);
      room.upstream.call.truncate();
      await settled();
    }
    await room.clock.advance(60_000);
    expect(room.upstream.calls).toHaveLength(4);
    expect(tab.turn(id)).toMatchObject({ outcome: "interrupted" });
  });
});

describe("[U1] time limits", () => {
  const cases = [
    ["no headers in time", "upstream-headers-timeout", { headersTimeoutMs: 100 }, false],
    ["no first token in time", "upstream-first-token-timeout", { firstTokenTimeoutMs: 100 }, true],
  ] as const;
  test.each(cases)(
    "%s ends the turn as %s; it is not asked again, for the first call may still be worked on",
    async (_name, code, policy, answers) => {
      const room = await buildRoom({ policy });
      room.upstream.answersAtOnce = answers;
      const tab = await room.join();
      const id = tab.submit("hi");
      await settled();
      await room.clock.advance(99);
      expect(tab.turn(id).state).toBe("opening");
      await room.clock.advance(1);
      expect(tab.turn(id)).toMatchObject({ outcome: "failed", error: { code } });
      expect(room.upstream.calls).toHaveLength(1);
      expect(room.upstream.call.isAborted).toBe(true);
      expect(room.upstream.stops).toHaveLength(1);
    },
  );

  test("[U7] a resume that gets no headers in time is tried again: to continue is always safe", async () => {
    const room = await buildRoom({ policy: { headersTimeoutMs: 100 } });
    const tab = await room.join();
    const id = tab.submit("hi");
    await settled();
    room.upstream.call.start(true);
    room.upstream.call.text("half", "2");
    await settled();
    room.upstream.answersAtOnce = false;
    room.upstream.call.truncate();
    await room.clock.advance(1_000);
    expect(room.upstream.calls.length).toBeGreaterThan(2);
    expect(room.upstream.call.request.lastEventId).toBe("2");
    expect(tab.turn(id).state).toBe("resuming");
  });

  test("silence in the middle interrupts; a comment counts as a sign of life", async () => {
    const { room, tab, id } = await streaming({ policy: { silenceTimeoutMs: 1_000 } });
    await room.clock.advance(900);
    room.upstream.call.emit({});
    await room.clock.advance(900);
    expect(tab.turn(id).state).toBe("streaming");
    await room.clock.advance(100);
    expect(tab.turn(id)).toMatchObject({ outcome: "interrupted", error: { code: "upstream-silence" } });
  });

  test("the whole turn ends at its deadline with the text so far", async () => {
    const { room, tab, id } = await streaming({ policy: { turnTimeoutMs: 5_000 } });
    for (let count = 0; count < 10; count += 1) {
      await room.clock.advance(500);
      room.upstream.call.text(".");
    }
    await settled();
    expect(tab.turn(id)).toMatchObject({ outcome: "failed", error: { code: "upstream-deadline" } });
    expect(tab.text(id)).toMatch(/^Hello\.+$/);
  });
});

describe("replaces", () => {
  test("removes that turn and later ones, stops what runs, and runs the new one in its place", async () => {
    const { room, tab, id } = await streaming();
    room.upstream.call.done();
    await settled();
    const running = tab.submit("second");
    await settled();
    room.upstream.call.text("ans");
    await settled();
    const edited = tab.submit("hi, better", { replaces: id });
    await settled();
    tab.read();
    expect(tab.view.turns.map((turn) => turn.id)).toEqual([edited]);
    expect(tab.received("turn-removed").at(-1)?.turnIds).toEqual([id, running]);
    expect(room.upstream.calls[1]?.isAborted).toBe(true);
    expect(room.upstream.stops).toHaveLength(1);
    expect(room.upstream.call.request.messages).toMatchObject([{ role: "user", content: "hi, better" }]);
    expect(room.storage.keys.filter((key) => key.startsWith("turn/"))).toHaveLength(1);
    tab.submit("hi", { turnId: id });
    await settled();
    expect(tab.received("error").at(-1)).toMatchObject({ code: "turn-stale" });
  });

  test("[T3] the stop it needs is stored first: lost in between, the old turn is stopped and never resumed", async () => {
    const { room, tab, id } = await streaming();
    room.upstream.stopAnswer = "never";
    const edited = tab.submit("better", { replaces: id });
    await settled();
    room.upstream.stopAnswer = "confirmed";
    await room.evict([tab]);
    await settled();
    expect(tab.turn(id)).toMatchObject({ outcome: "cancelled", stop: "confirmed" });
    expect(room.upstream.calls).toHaveLength(1);
    // The client says it again on return.
    tab.submit("better", { turnId: edited, replaces: id });
    await settled();
    tab.read();
    expect(tab.view.turns.map((turn) => turn.id)).toEqual([edited]);
  });

  test("what others submit while the stop is awaited is not removed", async () => {
    const { room, tab, id } = await streaming();
    const other = await room.join();
    room.upstream.stopAnswer = "never";
    const edited = tab.submit("better", { replaces: id });
    await settled();
    const fresh = other.submit("another question");
    await room.clock.advance(5_000);
    tab.read();
    expect(tab.view.turns.map((turn) => turn.id)).toEqual([fresh, edited]);
  });

  test("[T1] a replace that a clear overtakes is refused as turn-stale, and its id can be told so again", async () => {
    const { room, tab, id } = await streaming();
    room.upstream.stopAnswer = "never";
    const edited = tab.submit("better", { replaces: id });
    await settled();
    tab.say({ type: "room-clear" });
    await room.clock.advance(6_000);
    expect(tab.received("error").at(-1)).toMatchObject({ code: "turn-stale", turnId: edited });
    expect(room.core.conversation.turns.all()).toEqual([]);
    tab.submit("better", { turnId: edited });
    await settled();
    expect(tab.turn(edited).state).toBe("opening");
  });

  test("[T1] the same id with other words, while the old turn is being stopped, is a turn-conflict", async () => {
    const { room, tab, id } = await streaming();
    room.upstream.stopAnswer = "never";
    const edited = tab.submit("better", { replaces: id });
    tab.submit("something else", { turnId: edited, replaces: id });
    await settled();
    expect(tab.received("error").at(-1)).toMatchObject({ code: "turn-conflict", turnId: edited });
  });

  test("an unknown turn is turn-unknown", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    const id = tab.submit("x", { replaces: "nothing" });
    await settled();
    expect(tab.received("error")[0]).toMatchObject({ code: "turn-unknown", turnId: id });
  });
});

test("room-clear stops and removes everything for everyone, in a new epoch", async () => {
  const { room, tab, id } = await streaming();
  const other = await room.join();
  const { epoch } = tab.view;
  other.say({ type: "room-clear" });
  await settled();
  for (const reader of [tab, other]) {
    reader.read();
    expect(reader.view.turns).toEqual([]);
    expect(reader.view.epoch).not.toBe(epoch);
  }
  expect(room.upstream.call.isAborted).toBe(true);
  expect(room.upstream.stops).toHaveLength(1);
  expect(room.storage.keys.filter((key) => /^(turn|text|input)/.test(key))).toEqual([]);
  // T1: with the epoch it was made in, or without one.
  for (const made of [{ epoch: epoch ?? "" }, {}]) {
    tab.submit("hi", { turnId: id, ...made });
    await settled();
    expect(tab.received("error").at(-1)).toMatchObject({ code: "turn-stale", turnId: id });
  }
  expect(tab.received("error")).toHaveLength(2);
});

test("[T3] a clear stores the stop of what ran with the removal, and carries it out after a crash", async () => {
  const { room, tab } = await streaming();
  room.upstream.stopAnswer = "never";
  tab.say({ type: "room-clear" });
  await settled();
  const asked = room.upstream.stops.length;
  await room.evict();
  room.upstream.stopAnswer = "confirmed";
  await room.advance(30_000);
  expect(room.upstream.stops.length).toBeGreaterThan(asked);
  expect(room.upstream.stops.at(-1)).toBe(room.upstream.call.request.generationId);
});

test("a storage failure breaks the room: nothing is told that is not stored", async () => {
  const room = await buildRoom();
  const tab = await room.join();
  room.storage.fail();
  tab.submit("hi");
  await settled();
  expect(room.broken).toBeInstanceOf(Error);
  expect(tab.received("turn-queued")).toEqual([]);
  expect(room.upstream.calls).toEqual([]);
});
