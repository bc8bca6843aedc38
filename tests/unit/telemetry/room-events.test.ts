/** What a room tells of each thing that happens in it: the event once, with its fields, and no other. */
import { describe, expect, test } from "vitest";
import { NO_LIMITER } from "../../../party/core/limiter/limiter-port.ts";
import { UpstreamFailure } from "../../../party/core/ports.ts";
import type { EventName, TelemetryEvent } from "../../../party/telemetry/catalogue.ts";
import { fail } from "../../../shared/result.ts";
import { haveOf } from "../../../shared/transcript.ts";
import { settled } from "../../support/core/fake-clock.ts";
import { ANYONE, buildRoom, type Room } from "../../support/core/room-harness.ts";

/** Events of a name, without their ids where those are random. */
const of = <N extends EventName>(room: Room, name: N) =>
  (room.events as TelemetryEvent[]).filter(
    (event): event is Extract<TelemetryEvent, { name: N }> => event.name === name,
  );

describe("[O1] sessions", () => {
  test("one that comes, one that comes back, one that leaves", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    expect(of(room, "session-opened")).toEqual([
      { name: "session-opened", session: expect.any(String), transport: "websocket", resumed: false },
    ]);
    expect(of(room, "sync-sent")).toEqual([
      { name: "sync-sent", session: expect.any(String), mode: "snapshot", resumed: false, bytes: expect.any(Number) },
    ]);
    await room.clock.advance(1_500);
    tab.drop();
    const { session } = of(room, "session-opened")[0] ?? expect.unreachable();
    expect(of(room, "session-closed")).toEqual([
      { name: "session-closed", session, transport: "websocket", stayedMs: 1_500 },
    ]);
    tab.connect({ have: haveOf(tab.view) });
    await settled();
    expect(of(room, "session-opened").at(-1)).toMatchObject({ resumed: true });
    expect(of(room, "sync-sent").at(-1)).toMatchObject({ resumed: true });
  });

  test("a row of polls is one, from its first", async () => {
    const room = await buildRoom();
    const first = await room.core.requests.poll(ANYONE, undefined, 0);
    const have = first.ok ? first.value.holds : undefined;
    await room.core.requests.poll(ANYONE, have, 0);
    expect(of(room, "session-opened")).toEqual([{ name: "session-opened", transport: "poll", resumed: false }]);
    await room.clock.advance(120_000);
    await room.core.requests.poll(ANYONE, have, 0);
    expect(of(room, "session-opened").at(-1)).toEqual({ name: "session-opened", transport: "poll", resumed: true });
    expect(of(room, "session-opened")).toHaveLength(2);
  });

  test("[O2] who counts viewers counts those whose leaving is told: polls come and go unheard", async () => {
    const room = await buildRoom();
    await room.core.requests.poll(ANYONE, undefined, 0);
    expect(room.core.viewers()).toBe(1);
    expect(room.core.census().viewers).toBe(0);
    const tab = await room.join();
    expect(room.core.census().viewers).toBe(1);
    tab.drop();
    expect(of(room, "session-closed")).toHaveLength(1);
    expect(room.core.census().viewers).toBe(0);
  });

  test("a sync's size is in bytes", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    tab.submit("很长的问题");
    await settled();
    const later = await room.join();
    const text = later.socket.sent.find((sent) => sent.includes('"sync"')) ?? "";
    expect(of(room, "sync-sent").at(-1)?.bytes).toBe(Buffer.byteLength(text));
  });

  test("one that is refused, and one that we end", async () => {
    const room = await buildRoom({ principalOf: async () => fail({ code: "unauthenticated" }) });
    room.tab().connect();
    await settled();
    expect(of(room, "session-refused")).toEqual([
      { name: "session-refused", session: expect.any(String), transport: "websocket", code: "unauthenticated" },
    ]);
    expect(of(room, "session-opened")).toEqual([]);
    expect(of(room, "session-closed")).toEqual([]);
    const other = await buildRoom();
    await other.join();
    other.core.close("draining");
    expect(of(other, "session-closed")).toMatchObject([{ code: "draining" }]);
  });
});

describe("[O1] a turn", () => {
  test("that goes well: each step once, and at its end where its time went", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    const turnId = tab.submit("hi", { model: "asked-for" });
    await settled();
    await room.clock.advance(250);
    room.upstream.call.start();
    room.upstream.call.text("Hello");
    await settled();
    await room.clock.advance(100);
    room.upstream.call.text(" there");
    await settled();
    await room.clock.advance(100);
    room.upstream.call.emit({ usage: { inputTokens: 2, outputTokens: 4 } });
    room.upstream.call.done("stop");
    await settled();
    const traceId = expect.stringMatching(/^[\da-f]{32}$/);
    const told = (room.events as TelemetryEvent[]).filter((event) => "turnId" in event && event.name !== "span");
    expect(told).toEqual([
      { name: "turn-queued", turnId, position: 0 },
      { name: "turn-started", turnId, queueMs: 0 },
      { name: "upstream-attempt", turnId, traceId, attempt: 1, resume: false },
      { name: "upstream-answered", turnId, firstChunkMs: 250 },
      {
        name: "turn-settled",
        ...{
          turnId,
          traceId,
          isTraced: true,
          outcome: "completed",
          finishReason: "stop",
          model: "echo-1",
          attempts: 1,
          resumes: 0,
        },
        ...{ queueMs: 0, firstTokenMs: 250, firstChunkMs: 250, operationMs: 450, chunkMs: 200, length: 11 },
        ...{ inputTokens: 2, outputTokens: 4 },
      },
    ]);
  });

  test("that waits in the queue, is refused, and is stopped", async () => {
    const room = await buildRoom({ policy: { maxQueuedTurns: 1 } });
    const tab = await room.join();
    const first = tab.submit("one");
    const second = tab.submit("two");
    const third = tab.submit("three");
    await settled();
    expect(of(room, "turn-queued").map((event) => [event.turnId, event.position])).toEqual([
      [first, 0],
      [second, 0],
    ]);
    expect(of(room, "turn-refused")).toEqual([{ name: "turn-refused", turnId: third, code: "queue-full" }]);
    await room.clock.advance(3_000);
    tab.cancel(first);
    await settled();
    expect(of(room, "turn-stopping")).toEqual([{ name: "turn-stopping", turnId: first, by: "cancel" }]);
    expect(of(room, "turn-settled")).toMatchObject([
      { turnId: first, outcome: "cancelled", stoppedBy: "cancel", stop: "confirmed", stopMs: 0 },
    ]);
    expect(of(room, "turn-started").at(-1)).toEqual({ name: "turn-started", turnId: second, queueMs: 3_000 });
  });

  test("that nobody is left to read", async () => {
    const room = await buildRoom({ policy: { orphanGraceMs: 1_000 } });
    const tab = await room.join();
    const turnId = tab.submit("hi");
    await settled();
    tab.drop();
    await room.advance(1_000);
    expect(of(room, "turn-stopping")).toEqual([{ name: "turn-stopping", turnId, by: "orphan" }]);
  });

  test("that fails, waits and is tried again", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    const turnId = tab.submit("hi");
    await settled();
    await room.clock.advance(40);
    const cause = "status 503";
    room.upstream.call.fail(new UpstreamFailure("upstream-unavailable", true, { cause }));
    await settled();
    expect(of(room, "upstream-failure")).toEqual([
      { name: "upstream-failure", turnId, code: "upstream-unavailable", resume: false, afterMs: 40, cause },
    ]);
    expect(of(room, "turn-waiting")).toEqual([
      { name: "turn-waiting", turnId, code: "upstream-retrying", scope: "upstream", waitMs: 250 },
    ]);
    await room.clock.advance(250);
    room.upstream.call.text("here");
    room.upstream.call.done();
    await settled();
    expect(of(room, "upstream-attempt").map(({ attempt }) => attempt)).toEqual([1, 2]);
    // The wait is no time of the upstream's.
    expect(of(room, "turn-settled")).toMatchObject([{ attempts: 2, firstTokenMs: 290, firstChunkMs: 0 }]);
  });

  test("that waits for its tenant's leave", async () => {
    let asked = 0;
    const room = await buildRoom({
      limiter: {
        ...NO_LIMITER,
        acquire: async () => {
          asked += 1;
          return asked > 1 ? { kind: "granted" } : { kind: "wait", retryAfterMs: 1_000, position: 3, reason: "rate" };
        },
      },
    });
    const tab = await room.join();
    const turnId = tab.submit("hi");
    await settled();
    expect(of(room, "turn-waiting")).toEqual([
      { name: "turn-waiting", turnId, code: "waiting-for-rate", scope: "tenant", waitMs: expect.any(Number) },
    ]);
  });

  test("whose stop is not confirmed", async () => {
    const room = await buildRoom();
    room.upstream.stopAnswer = "unreachable";
    const tab = await room.join();
    const turnId = tab.submit("hi");
    await settled();
    tab.cancel(turnId);
    await settled();
    expect(of(room, "stop-unconfirmed")).toEqual([
      { name: "stop-unconfirmed", generationId: expect.any(String), cause: expect.any(Error) },
    ]);
    expect(of(room, "turn-settled")).toMatchObject([{ stop: "closed" }]);
  });

  test("that is continued after a sleep says what it knows and nothing wrong", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    tab.submit("hi");
    await settled();
    room.upstream.call.start(true);
    room.upstream.call.text("half", "2");
    await settled();
    tab.cancel("unrelated");
    await settled();
    await room.evict();
    await settled();
    room.upstream.call.text(" and half", "3");
    room.upstream.call.done();
    await settled();
    const [turn] = of(room, "turn-settled");
    expect(turn).toMatchObject({ outcome: "completed", attempts: 1, resumes: 1 });
    // When its first word came is not stored: a guess would be wrong.
    expect(turn).not.toHaveProperty("firstTokenMs");
    expect(turn).not.toHaveProperty("firstChunkMs");
  });
});

describe("[O1] a fault of ours", () => {
  const cause = new Error("ours");

  test("that ends one session: nobody knows who asks", async () => {
    const room = await buildRoom({ principalOf: () => Promise.reject(cause) });
    const tab = room.tab().connect();
    await settled();
    expect(tab.socket.isOpen).toBe(false);
    expect(of(room, "session-fault")).toEqual([{ name: "session-fault", cause }]);
    expect(of(room, "session-opened")).toEqual([]);
  });

  test("that ends one turn", async () => {
    let isBroken = false;
    const limiter = {
      ...NO_LIMITER,
      acquire: async () => {
        if (isBroken) throw cause;
        return { kind: "granted" } as const;
      },
    };
    const room = await buildRoom({ limiter });
    const tab = await room.join();
    isBroken = true;
    const turnId = tab.submit("hi");
    await settled();
    expect(of(room, "session-fault")).toEqual([{ name: "session-fault", cause }]);
    expect(of(room, "turn-settled")).toMatchObject([{ turnId, outcome: "failed", error: "internal" }]);
  });

  test("that breaks the room: storage takes nothing more", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    room.storage.fail();
    tab.submit("hi");
    await settled();
    tab.submit("and again");
    await settled();
    expect(of(room, "room-broken")).toEqual([{ name: "room-broken", cause: room.broken }]);
  });
});
