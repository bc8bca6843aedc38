/** Requests over plain HTTP: answers hold only durable changes, and their users count as viewers for a while (R6, T1–T4). */
import { describe, expect, test } from "vitest";
import type { Principal } from "../../../../party/core/principal.ts";
import type { Scope } from "../../../../party/core/scopes.ts";
import { textOf } from "../../../../shared/content.ts";
import type { TurnSubmitFrame } from "../../../../shared/protocol/client-frames.ts";
import { settled } from "../../../support/core/fake-clock.ts";
import { ANYONE, buildRoom, type Room } from "../../../support/core/room-harness.ts";

function asked(turnId: string, prompt: string, more: Partial<TurnSubmitFrame> = {}): TurnSubmitFrame {
  return { type: "turn-submit", turnId, input: { prompt }, ...more };
}

function only(...scopes: Scope[]): Principal {
  return { ...ANYONE, scopes };
}

/** A room in which a visitor's turn has said "Hello". */
async function answering(more: Partial<TurnSubmitFrame> = {}): Promise<Room> {
  const room = await buildRoom({ policy: { silenceTimeoutMs: 500_000 } });
  await room.core.requests.submit(ANYONE, asked("t", "hi", more));
  room.upstream.call.start();
  room.upstream.call.text("Hello");
  await settled();
  return room;
}

describe("a submit", () => {
  test("[T1] is answered when the turn is durable, and a repeated one with the turn's present state", async () => {
    const room = await buildRoom();
    const first = await room.core.requests.submit(ANYONE, asked("t", "hi"));
    expect(first).toMatchObject({ ok: true, value: { turn: { id: "t", state: "opening", input: { prompt: "hi" } } } });
    await room.evict();
    expect(room.core.conversation.turn("t")).toBeDefined();

    const again = await buildRoom();
    await again.core.requests.submit(ANYONE, asked("t", "hi"));
    again.upstream.call.text("Hello");
    again.upstream.call.done();
    await settled();
    const repeated = await again.core.requests.submit(ANYONE, asked("t", "hi"));
    expect(repeated).toMatchObject({
      ok: true,
      value: { turn: { state: "settled", outcome: "completed", length: 5 } },
    });
    expect(again.upstream.calls).toHaveLength(1);
  });

  test("that is refused gets a code, and for a full queue a retry delay", async () => {
    const room = await buildRoom({ policy: { maxQueuedTurns: 0 } });
    await room.core.requests.submit(ANYONE, asked("t", "hi"));
    expect(await room.core.requests.submit(ANYONE, asked("t", "other"))).toEqual({
      ok: false,
      error: { code: "turn-conflict" },
    });
    const full = await room.core.requests.submit(ANYONE, asked("u", "too many"));
    expect(full).toMatchObject({ ok: false, error: { code: "queue-full", retryAfterMs: expect.any(Number) } });
  });

  test("of a field that the tenant may not use names the field", async () => {
    const room = await buildRoom({ refusalOf: () => "model" });
    const refused = await room.core.requests.submit(ANYONE, asked("t", "hi"));
    expect(refused).toMatchObject({ ok: false, error: { code: "turn-not-allowed", detail: /model/ } });
    expect(room.storage.keys).toEqual([]);
  });

  test("that replaces a turn is answered when that turn is stopped and the new one is durable", async () => {
    const room = await answering();
    const replaced = await room.core.requests.submit(ANYONE, asked("u", "instead", { replaces: "t" }));
    expect(replaced).toMatchObject({ ok: true, value: { turn: { id: "u" } } });
    expect(room.core.conversation.turns.all().map(({ id }) => id)).toEqual(["u"]);
    expect(room.upstream.stops).toHaveLength(1);
  });

  test("that a clear overtakes is refused as stale", async () => {
    const room = await answering();
    room.upstream.stopAnswer = "never";
    const replaced = room.core.requests.submit(ANYONE, asked("u", "instead", { replaces: "t" }));
    await settled();
    void room.core.conversation.clear();
    expect(await replaced).toEqual({ ok: false, error: { code: "turn-stale" } });
  });
});

describe("a stop", () => {
  test("[T3] is answered with its proof, once the end is durable", async () => {
    const room = await answering();
    const stopped = await room.core.requests.cancel(ANYONE, "t");
    expect(stopped).toEqual({ ok: true, value: { outcome: "cancelled", stop: "confirmed" } });
    await room.evict();
    expect(room.core.conversation.turn("t")?.record.end).toMatchObject({ outcome: "cancelled", length: 5 });
  });

  test("of a settled turn returns its outcome, also after a sleep", async () => {
    const room = await answering();
    room.upstream.call.done();
    await settled();
    expect(await room.core.requests.cancel(ANYONE, "t")).toEqual({ ok: true, value: { outcome: "completed" } });
    await room.evict();
    expect(await room.core.requests.cancel(ANYONE, "t")).toEqual({ ok: true, value: { outcome: "completed" } });
  });

  test("[T1] of an unknown turn is refused, and that id never runs, even after an eviction", async () => {
    const room = await buildRoom();
    expect(await room.core.requests.cancel(ANYONE, "t")).toEqual({ ok: false, error: { code: "turn-unknown" } });
    await room.evict();
    expect(await room.core.requests.submit(ANYONE, asked("t", "hi"))).toEqual({
      ok: false,
      error: { code: "turn-stale" },
    });
  });

  test("that waits while the room closes is refused retryably and doesn't hang", async () => {
    const room = await answering();
    room.upstream.stopAnswer = "never";
    const stopped = room.core.requests.cancel(ANYONE, "t");
    await settled();
    room.core.close("draining");
    expect(await stopped).toMatchObject({ ok: false, error: { code: "draining" } });
  });
});

describe("a read", () => {
  test("of a turn returns it whole, and of the room the snapshot of a newcomer", async () => {
    const room = await answering();
    const turn = await room.core.requests.turn(ANYONE, "t");
    if (!turn.ok) throw new Error(turn.error.code);
    expect(turn.value.turn).toMatchObject({ state: "streaming", from: 0, length: 5, author: "anonymous" });
    expect(textOf(turn.value.turn.parts)).toBe("Hello");
    const snapshot = await room.core.requests.snapshot(ANYONE);
    if (!snapshot.ok) throw new Error(snapshot.error.code);
    expect(snapshot.value.frame).toMatchObject({ mode: "snapshot", seq: 2, turns: [turn.value.turn] });
    expect(snapshot.value.holds).toEqual({ epoch: turn.value.epoch, seq: 2, offsets: { t: 5 } });
    expect(await room.core.requests.turn(ANYONE, "nothing")).toEqual({ ok: false, error: { code: "turn-unknown" } });
  });

  test("[F4] of a room that nobody used stores nothing", async () => {
    const room = await buildRoom();
    await room.storage.append(new Map([["__ps_name", "test-room"]]));
    await room.core.requests.snapshot(ANYONE);
    await room.core.requests.turn(ANYONE, "t");
    await settled();
    expect(room.storage.keys).toEqual([]);
  });
});

describe("[R6] a viewer over plain HTTP", () => {
  test("counts once for 90 s, however many clients share the name", async () => {
    const room = await buildRoom();
    await room.core.requests.snapshot(ANYONE);
    await room.core.requests.snapshot(ANYONE);
    await room.core.requests.snapshot({ ...ANYONE, sub: "bob" });
    expect(room.core.viewers()).toBe(2);
    await room.clock.advance(60_000);
    await room.core.requests.snapshot(ANYONE);
    await room.clock.advance(30_001);
    expect(room.core.viewers()).toBe(1);
    await room.clock.advance(60_000);
    expect(room.core.viewers()).toBe(0);
  });

  test("keeps an answer going until 90 s, the watchdog's minute and the grace are over", async () => {
    const room = await answering({ onLeave: "cancel" });
    for (let looks = 0; looks < 5; looks += 1) {
      await room.advance(60_000);
      room.upstream.call.text(".");
      await settled();
      await room.core.requests.turn(ANYONE, "t");
    }
    expect(room.upstream.stops).toEqual([]);
    for (let passed = 0; passed < 90_000 + 60_000 + 30_000; passed += 10_000) {
      await room.advance(10_000);
      room.upstream.call.text(".");
      await settled();
    }
    expect(room.core.conversation.turn("t")?.record.end).toMatchObject({ outcome: "cancelled", stop: "confirmed" });
  });

  test("with an open tab counts by the tab, and not any more when it closes", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    await room.core.requests.submit(ANYONE, asked("t", "hi", { onLeave: "cancel" }));
    expect(room.core.viewers()).toBe(1);
    tab.drop();
    expect(room.core.viewers()).toBe(0);
  });

  test("counts by the tab once a tab of that name opens", async () => {
    const room = await buildRoom();
    await room.core.requests.snapshot(ANYONE);
    await room.join();
    expect(room.core.viewers()).toBe(1);
  });
});

describe("scopes", () => {
  test.each([
    ["read", ["forbidden", "forbidden", "turn-unknown", undefined, "forbidden", "forbidden"]],
    ["write", [undefined, undefined, "forbidden", "forbidden", "forbidden", "forbidden"]],
    ["clear", ["forbidden", "forbidden", "forbidden", "forbidden", undefined, undefined]],
  ] as const)("%s alone allows its own requests and no others", async (scope, expected) => {
    const room = await buildRoom();
    const { requests } = room.core;
    const principal = only(scope);
    const results = [
      await requests.submit(principal, asked("t", "hi")),
      await requests.cancel(principal, "t"),
      await requests.turn(principal, "nothing"),
      await requests.snapshot(principal),
      await requests.clear(principal),
      await requests.erase(principal),
    ];
    expect(results.map((result) => (result.ok ? undefined : result.error.code))).toEqual(expected);
  });

  test("refuse a frame beyond them, and the socket stays", async () => {
    const room = await buildRoom({ principalOf: async () => ({ ok: true, value: only("read") }) });
    const tab = await room.join();
    const id = tab.submit("hi");
    tab.cancel(id);
    tab.say({ type: "room-clear" });
    await settled();
    expect(tab.received("error").map(({ code, turnId }) => [code, turnId])).toEqual([
      ["forbidden", id],
      ["forbidden", id],
      ["forbidden", undefined],
    ]);
    expect(tab.socket.isOpen).toBe(true);
    expect(room.core.conversation.turns.all()).toEqual([]);
  });

  test("close a socket that may not read before its welcome", async () => {
    const room = await buildRoom({ principalOf: async () => ({ ok: true, value: only("write") }) });
    const tab = room.tab().connect();
    await settled();
    expect(tab.socket.closed).toEqual({ code: 4403, reason: "forbidden" });
    expect(tab.received("welcome")).toEqual([]);
  });

  test("survive hibernation, and a stored session without scopes has all of them", async () => {
    const room = await buildRoom({ principalOf: async () => ({ ok: true, value: only("read") }) });
    const [tab, old] = [await room.join(), await room.join()];
    const attachment = structuredClone(old.socket.attachment) as { welcomed: { principal: { scopes?: unknown } } };
    delete attachment.welcomed.principal.scopes;
    old.socket.attachment = attachment;
    await room.evict([tab, old]);
    tab.submit("not allowed");
    old.submit("allowed");
    await settled();
    expect(tab.received("error")).toMatchObject([{ code: "forbidden" }]);
    expect(old.received("error")).toEqual([]);
    expect(room.core.conversation.turns.all()).toHaveLength(1);
  });
});

describe("[R6] a viewer over plain HTTP in a room that sleeps", () => {
  test("counts for 90 s after the last request, also after a wake", async () => {
    const limiter = {
      acquire: async () => ({
        kind: "wait" as const,
        retryAfterMs: 25_000,
        position: 3,
        reason: "concurrency" as const,
      }),
      report: async () => undefined,
      accepted: () => undefined,
      release: () => undefined,
    };
    const room = await buildRoom({ limiter });
    await room.core.requests.submit(ANYONE, asked("a", "hi"));
    const askedAt = room.clock.now();
    await room.advance(11_000);
    await room.evict();
    while (room.core.conversation.turn("a")?.isSettled === false && room.clock.now() - askedAt < 600_000) {
      await room.advance(1_000);
    }
    // 90 s as a viewer, 30 s of grace, and the watchdog that notices within 60 s.
    const waitedMs = room.clock.now() - askedAt;
    expect(waitedMs).toBeGreaterThanOrEqual(120_000);
    expect(waitedMs).toBeLessThanOrEqual(185_000);
    expect(room.core.conversation.turn("a")?.record.end?.outcome).toBe("cancelled");
  });

  test("is stored while a turn is open and no longer than that, and a row at most every 30 s", async () => {
    const room = await buildRoom({ policy: { silenceTimeoutMs: 500_000, firstTokenTimeoutMs: 500_000 } });
    await room.core.requests.snapshot(ANYONE);
    expect(room.storage.keys).toEqual([]);
    await room.core.requests.submit(ANYONE, asked("a", "hi"));
    const rows = room.storage.rowsWritten;
    for (let count = 0; count < 10; count += 1) {
      await room.core.requests.turn(ANYONE, "a");
      await room.clock.advance(1_000);
    }
    expect(room.storage.keys).toContain("http-viewers");
    expect(room.storage.rowsWritten).toBe(rows);
  });
});

describe("a user who may write and not read", () => {
  test("gets the state of their submit, and neither the question nor the answer of somebody who asked the same", async () => {
    const room = await buildRoom();
    await room.core.requests.submit(ANYONE, asked("a", "a secret question"));
    room.upstream.call.text("a secret answer");
    room.upstream.call.done();
    await settled();
    const repeated = await room.core.requests.submit(only("write"), asked("a", "a secret question"));
    expect(repeated).toMatchObject({ ok: true, value: { turn: { id: "a", state: "settled", parts: [], length: 0 } } });
    expect(JSON.stringify(repeated)).not.toContain("secret");
  });

  test("starts nothing with a submit that is to be answered by a stream", async () => {
    const room = await buildRoom();
    const refused = await room.core.requests.submit(only("write"), asked("a", "hi"), "stream");
    expect(refused).toEqual({ ok: false, error: { code: "forbidden" } });
    expect(room.core.conversation.turn("a")).toBeUndefined();
    expect(room.upstream.calls).toEqual([]);
  });
});
