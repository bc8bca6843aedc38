/** A turn and its tenant's Limiter: a lease before each call, the queue after a refusal, the release at the end (Q4, U3). */
import { describe, expect, test, vi } from "vitest";
import type {
  CallFailure,
  LeaseAnswer,
  LeaseRequest,
  ReleaseOutcome,
  TurnLimiter,
  Wait,
} from "../../../../party/core/limiter/limiter-port.ts";
import { UpstreamFailure } from "../../../../party/core/ports.ts";
import { settled } from "../../../support/core/fake-clock.ts";
import { buildRoom } from "../../../support/core/room-harness.ts";

/** Gives the answers that the test has put in, then grants. */
class ScriptedLimiter implements TurnLimiter {
  readonly asked: LeaseRequest[] = [];
  readonly answers: LeaseAnswer[] = [];
  readonly reports: CallFailure[] = [];
  readonly reportAnswers: Wait[] = [];
  closed = 0;
  readonly accepts: string[] = [];
  readonly releases: [string, ReleaseOutcome][] = [];

  async acquire(request: LeaseRequest): Promise<LeaseAnswer> {
    this.asked.push(request);
    return this.answers.shift() ?? { kind: "granted", expiresAt: request.deadlineAt + 30_000 };
  }
  async report(_request: LeaseRequest, refused: CallFailure): Promise<Wait | undefined> {
    this.reports.push(refused);
    return this.reportAnswers.shift();
  }
  accepted(generationId: string): void {
    this.accepts.push(generationId);
  }
  close(): void {
    this.closed += 1;
  }
  release(generationId: string, outcome: ReleaseOutcome): void {
    this.releases.push([generationId, outcome]);
  }
}

function waiting(retryAfterMs: number, reason: Wait["reason"] = "concurrency", more: Partial<Wait> = {}): Wait {
  return { kind: "wait", retryAfterMs, position: 3, reason, ...more };
}

async function roomWith(limiter: ScriptedLimiter) {
  const room = await buildRoom({ limiter, policy: { silenceTimeoutMs: 500_000 } });
  return { room, tab: await room.join() };
}

describe("[Q4] a lease", () => {
  test("comes before the call; a waiting turn holds none, and says why it waits", async () => {
    const limiter = new ScriptedLimiter();
    limiter.answers.push(waiting(1_000), waiting(2_000, "rate"));
    const { room, tab } = await roomWith(limiter);
    const id = tab.submit("hi");
    await settled();
    expect(tab.turn(id)).toMatchObject({
      notice: { code: "waiting-for-concurrency", scope: "tenant", retryAfterMs: 1_125 },
    });
    expect(room.core.conversation.turn(id)?.phase.state).toBe("waiting");
    expect(room.upstream.calls).toEqual([]);
    await room.clock.advance(1_125);
    expect(tab.turn(id).notice?.code).toBe("waiting-for-rate");
    await room.clock.advance(2_250);
    expect(room.upstream.calls).toHaveLength(1);
    expect(limiter.asked).toHaveLength(3);
    expect(new Set(limiter.asked.map(({ generationId }) => generationId)).size).toBe(1);
    expect(limiter.asked[0]?.generationId).toBe(room.upstream.call.request.generationId);
  });

  test("is asked for while the turn's start is being written, which counts the call too: one commit before it", async () => {
    const limiter = new ScriptedLimiter();
    const { room, tab } = await roomWith(limiter);
    const commit = vi.spyOn(room.storage, "commit");
    const release = room.storage.hold();
    tab.submit("hi");
    await settled();
    expect(limiter.asked).toHaveLength(1);
    expect(room.upstream.calls).toEqual([]);
    release();
    await settled();
    expect(room.upstream.calls).toHaveLength(1);
    expect(commit).toHaveBeenCalledTimes(1);
  });

  test("that is not to be had yet is told of after the turn's start, never before", async () => {
    const limiter = new ScriptedLimiter();
    limiter.answers.push(waiting(1_000));
    const { room, tab } = await roomWith(limiter);
    const release = room.storage.hold();
    tab.submit("hi");
    await settled();
    expect(tab.received("notice")).toEqual([]);
    release();
    await settled();
    tab.read();
    const types = tab.frames.map(({ type }) => type).filter((type) => /^turn-start|notice/.test(type));
    expect(types).toEqual(["turn-start", "notice"]);
  });

  test("does not make a call of a turn that is stopped before its start is written", async () => {
    const limiter = new ScriptedLimiter();
    const { room, tab } = await roomWith(limiter);
    const release = room.storage.hold();
    const id = tab.submit("hi");
    await settled();
    tab.cancel(id);
    release();
    await settled();
    expect(tab.turn(id)).toMatchObject({ outcome: "cancelled", stop: "confirmed" });
    expect(room.upstream.calls).toEqual([]);
    expect(limiter.releases).toHaveLength(1);
  });

  test("[T5] that came just before the object was lost is as good as a call: the turn is not asked for again", async () => {
    const { room, tab } = await roomWith(new ScriptedLimiter());
    const id = tab.submit("hi");
    await settled();
    await room.evict([tab]);
    await settled();
    expect(tab.turn(id)).toMatchObject({ outcome: "interrupted" });
    expect(room.upstream.calls).toHaveLength(1);
  });

  test("is no longer renewed when this life of the room is over", async () => {
    const limiter = new ScriptedLimiter();
    const { room, tab } = await roomWith(limiter);
    tab.submit("hi");
    await settled();
    expect(limiter.closed).toBe(0);
    room.core.conversation.close();
    expect(limiter.closed).toBe(1);
  });

  test("is given back when the turn settles, whatever the end, once", async () => {
    const limiter = new ScriptedLimiter();
    const { room, tab } = await roomWith(limiter);
    const done = tab.submit("one");
    await settled();
    room.upstream.call.text("x");
    room.upstream.call.done();
    await settled();
    const stopped = tab.submit("two");
    await settled();
    tab.cancel(stopped);
    await settled();
    expect(limiter.releases.map(([, outcome]) => outcome)).toEqual(["ok", "cancelled"]);
    expect(tab.turn(done).outcome).toBe("completed");
  });

  test("a stop while waiting for it is immediate, calls nobody and leaves the queue", async () => {
    const limiter = new ScriptedLimiter();
    limiter.answers.push(waiting(9_000));
    const { room, tab } = await roomWith(limiter);
    const id = tab.submit("hi");
    await settled();
    tab.cancel(id);
    await settled();
    expect(tab.turn(id)).toMatchObject({ outcome: "cancelled", stop: "confirmed" });
    expect(room.upstream.calls).toEqual([]);
    expect(limiter.releases).toHaveLength(1);
  });

  test("a turn that was waiting for it when the object was lost goes on waiting, and is called once", async () => {
    const limiter = new ScriptedLimiter();
    limiter.answers.push(waiting(5_000));
    const { room, tab } = await roomWith(limiter);
    const id = tab.submit("hi");
    await settled();
    await room.evict([tab]);
    await settled();
    expect(room.upstream.calls).toHaveLength(1);
    room.upstream.call.text("ok");
    room.upstream.call.done();
    await settled();
    expect(tab.turn(id).outcome).toBe("completed");
  });

  test("a long wait for it outlives the object, and is still told as what it is", async () => {
    const limiter = new ScriptedLimiter();
    limiter.answers.push(waiting(60_000));
    const { room, tab } = await roomWith(limiter);
    const id = tab.submit("hi");
    await settled();
    await room.evict([tab]);
    await settled();
    expect(tab.turn(id)).toMatchObject({ state: "waiting", notice: { code: "waiting-for-concurrency" } });
    tab.socket.pongedAt = room.clock.now() + 100_000;
    await room.advance(70_000);
    expect(room.upstream.calls).toHaveLength(1);
  });

  test("a resume asks on credit", async () => {
    const limiter = new ScriptedLimiter();
    const { room, tab } = await roomWith(limiter);
    tab.submit("hi");
    await settled();
    room.upstream.call.start(true);
    room.upstream.call.text("half", "2");
    await settled();
    room.upstream.call.truncate();
    await room.clock.advance(1_000);
    expect(limiter.asked.map(({ credit }) => credit)).toEqual([undefined, true]);
  });

  test("one that cannot come before the turn's deadline fails it, in words that fit", async () => {
    const limiter = new ScriptedLimiter();
    limiter.answers.push(waiting(700_000, "circuit"));
    const { tab } = await roomWith(limiter);
    const id = tab.submit("hi");
    await settled();
    expect(tab.turn(id)).toMatchObject({ outcome: "failed", error: { code: "upstream-circuit-open" } });
  });

  test("an answer that came whole gives it back on arrival, not when it has been shown", async () => {
    const limiter = new ScriptedLimiter();
    const { room, tab } = await roomWith(limiter);
    const id = tab.submit("hi");
    await settled();
    const parts = [{ type: "text-delta" as const, delta: "one two three four" }];
    room.upstream.call.emit({ parts, whole: true, end: { kind: "done" } });
    await settled();
    expect(tab.turn(id).state).not.toBe("settled");
    expect(limiter.releases).toEqual([[room.upstream.call.request.generationId, "ok"]]);
    await room.clock.advance(20_000);
    expect(tab.turn(id).outcome).toBe("completed");
    expect(limiter.releases).toHaveLength(1);
  });
});

describe("[Q4] a wait", () => {
  const waitingEvents = (room: Awaited<ReturnType<typeof buildRoom>>) =>
    room.events.filter(({ name }) => name === "turn-waiting");

  test("for the same reason is sent and logged once, however often the turn asks", async () => {
    const limiter = new ScriptedLimiter();
    for (let n = 0; n < 200; n += 1) limiter.answers.push(waiting(200));
    const { room, tab } = await roomWith(limiter);
    tab.submit("hi");
    await room.clock.advance(10_000);
    expect(limiter.asked.length).toBeGreaterThan(40);
    expect(tab.received("notice")).toHaveLength(1);
    expect(waitingEvents(room)).toHaveLength(1);
  });

  test("for another reason is sent and logged again", async () => {
    const limiter = new ScriptedLimiter();
    limiter.answers.push(
      waiting(200),
      waiting(200),
      waiting(200, "slow-down"),
      waiting(200, "slow-down"),
      waiting(200),
    );
    const { room, tab } = await roomWith(limiter);
    tab.submit("hi");
    await room.clock.advance(5_000);
    const codes = ["waiting-for-concurrency", "upstream-slow-down", "waiting-for-concurrency"];
    expect(tab.received("notice").map(({ code }) => code)).toEqual(codes);
    expect(waitingEvents(room)).toHaveLength(3);
  });

  test("that people see pass is sent again with its new time, and logged once", async () => {
    const limiter = new ScriptedLimiter();
    limiter.answers.push(waiting(8_000), waiting(6_000), waiting(200));
    const { room, tab } = await roomWith(limiter);
    tab.submit("hi");
    await room.clock.advance(30_000);
    expect(tab.received("notice").map(({ retryAfterMs }) => retryAfterMs)).toEqual([9_000, 6_750]);
    expect(waitingEvents(room)).toHaveLength(1);
  });
});

describe("[U3] a refusal", () => {
  const busy = () => new UpstreamFailure("upstream-rate-limited", true, { byUpstream: true });

  test("puts the turn back into the queue, and spends its time instead of its attempts", async () => {
    const limiter = new ScriptedLimiter();
    const { room, tab } = await roomWith(limiter);
    const id = tab.submit("hi");
    await settled();
    for (let count = 0; count < 6; count += 1) {
      limiter.reportAnswers.push(waiting(1_000, "slow-down"));
      room.upstream.call.fail(busy());
      await settled();
      expect(tab.turn(id).notice).toMatchObject({ code: "upstream-slow-down", scope: "upstream" });
      await room.clock.advance(1_125);
    }
    expect(room.upstream.calls).toHaveLength(7);
    expect(limiter.reports).toEqual(Array(6).fill("rate-limited"));
    room.upstream.call.text("at last");
    room.upstream.call.done();
    await settled();
    expect(tab.turn(id)).toMatchObject({ outcome: "completed" });
    expect(tab.turn(id).notice).toBeUndefined();
  });

  test("spends attempts once the Limiter says so, and the turn fails when none is left", async () => {
    const limiter = new ScriptedLimiter();
    const { room, tab } = await roomWith(limiter);
    const id = tab.submit("hi");
    await settled();
    let refusals = 0;
    while (tab.turn(id).state !== "settled" && refusals < 30) {
      refusals += 1;
      const counted = refusals > 3 ? { spendsAttempt: true } : {};
      limiter.reportAnswers.push(waiting(1_000, "slow-down", counted));
      room.upstream.call.fail(busy());
      await room.clock.advance(1_250);
    }
    expect(tab.turn(id)).toMatchObject({ outcome: "failed", error: { code: "upstream-rate-limited" } });
    // Three refusals are free, and each of the four attempts is spent by one.
    expect(room.upstream.calls).toHaveLength(3 + 4);
    expect(limiter.releases).toHaveLength(1);
  });

  test("names the upstream and the subject of the turn to the Limiter", async () => {
    const limiter = new ScriptedLimiter();
    const { tab } = await roomWith(limiter);
    tab.submit("hi", { provider: "other" });
    await settled();
    expect(limiter.asked[0]).toMatchObject({ upstream: "other", subject: expect.any(String) });
  });

  test("429 and 503 are told as such; other faults of the upstream only count towards a pause", async () => {
    const limiter = new ScriptedLimiter();
    const { room, tab } = await roomWith(limiter);
    tab.submit("hi");
    const failures = [
      new UpstreamFailure("upstream-unavailable", true, { isOverload: true }),
      new UpstreamFailure("upstream-unavailable", true),
      new UpstreamFailure("upstream-unreachable", true),
    ];
    for (const failure of failures) {
      await room.clock.advance(20_000);
      room.upstream.call.fail(failure);
      await settled();
    }
    expect(limiter.reports).toEqual(["unavailable", "unreachable", "unreachable"]);
  });

  test("that the Limiter leaves to the turn is retried by the turn's own policy", async () => {
    const limiter = new ScriptedLimiter();
    const { room, tab } = await roomWith(limiter);
    const id = tab.submit("hi");
    for (let count = 0; count < 4; count += 1) {
      await room.clock.advance(20_000);
      room.upstream.call.fail(busy());
      await settled();
    }
    expect(tab.turn(id)).toMatchObject({ outcome: "failed", error: { code: "upstream-rate-limited" } });
    expect(room.upstream.calls).toHaveLength(4);
    expect(limiter.releases).toHaveLength(1);
  });

  test("a probe that is answered says so at its first content, once", async () => {
    const limiter = new ScriptedLimiter();
    limiter.answers.push({ kind: "granted", expiresAt: 9, probe: true });
    const { room, tab } = await roomWith(limiter);
    tab.submit("hi");
    await settled();
    room.upstream.call.start();
    await settled();
    expect(limiter.accepts).toEqual([]);
    room.upstream.call.text("yes");
    room.upstream.call.text(" indeed");
    await settled();
    expect(limiter.accepts).toEqual([room.upstream.call.request.generationId]);
  });
});
