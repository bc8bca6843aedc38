/** The Limiter's rules one by one. `properties.test.ts` has what holds for all histories, `schedules.test.ts` for whole rooms. */
import { describe, expect, test } from "vitest";
import { firstPauseMs } from "../../../../party/core/limiter/circuit-breaker.ts";
import { calmMs } from "../../../../party/core/limiter/concurrency-limit.ts";
import { leaseGraceMs, leaseTtlMs, maxLeaseMs } from "../../../../party/core/limiter/leases.ts";
import { LimiterCore, maxRetryAfterMs, maxRetryMs } from "../../../../party/core/limiter/limiter.ts";
import {
  type CallFailure,
  type LeaseAnswer,
  NO_LIMITER,
  renewLeaseMs,
  type Wait,
} from "../../../../party/core/limiter/limiter-port.ts";
import type { LimiterLimits } from "../../../../party/core/limiter/limiter-state.ts";
import { maxHoldMs } from "../../../../party/core/limiter/retry-pace.ts";
import { defined } from "../../../../shared/defined.ts";

const deadlineAt = 600_000;

interface Asked {
  readonly room?: string;
  readonly credit?: boolean;
  readonly upstream?: string;
  readonly subject?: string;
}

/** `core` is the Limiter after the last eviction, so it must be read anew after one. */
function buildLimiter(limits: LimiterLimits = {}) {
  let current = new LimiterCore(0);
  current.limit(limits, 0);
  const core = {
    get inUse() {
      return current.inUse;
    },
    get waiting() {
      return current.waiting;
    },
    allowed: (now: number, upstream?: string) => current.allowed(now, upstream),
    turnsLeft: (now: number) => current.turnsLeft(now),
    isSlowing: (now: number) => current.isSlowing(now),
    nextAt: (now: number) => current.nextAt(now),
    state: () => current.state(),
    record: () => current.record(),
    limit: (next: LimiterLimits, now: number) => current.limit(next, now),
    release: (...given: Parameters<LimiterCore["release"]>) => current.release(...given),
    accepted: (...given: Parameters<LimiterCore["accepted"]>) => current.accepted(...given),
    acquire: (...given: Parameters<LimiterCore["acquire"]>) => current.acquire(...given),
  };
  const requestOf = (id: string, more: Asked) => ({ generationId: id, room: `room of ${id}`, deadlineAt, ...more });
  return {
    core,
    ask: (id: string, now = 0, more: Asked = {}) => current.acquire(requestOf(id, more), now),
    refuse: (id: string, now: number, refused: CallFailure, retryAfterMs?: number, upstream?: string) =>
      current.report(requestOf(id, defined({ upstream })), refused, retryAfterMs, now),
    evict(now: number) {
      current = new LimiterCore(now, JSON.parse(JSON.stringify(current.state())));
    },
  };
}

const granted = expect.objectContaining({ kind: "granted" });
function waitOf(answer: LeaseAnswer | undefined): Wait {
  if (answer?.kind !== "wait") throw new Error(`no wait: ${JSON.stringify(answer)}`);
  return answer;
}

describe("[Q4] leases", () => {
  test("are granted up to the tenant's limit; the next turn is told its position and when to ask", () => {
    const { ask, core } = buildLimiter({ activeTurns: 2 });
    expect([ask("a"), ask("b")]).toEqual([granted, granted]);
    expect(ask("c")).toMatchObject({ kind: "wait", position: 0, reason: "concurrency" });
    expect(ask("d")).toMatchObject({ position: 1 });
    core.release("a", "ok", 1_000);
    expect(ask("c", 1_000)).toEqual(granted);
    expect(core.inUse).toBe(2);
  });

  test("stay the same for the same generation, which also keeps its position", () => {
    const { ask, core } = buildLimiter({ activeTurns: 1, turnsPerMinute: 5 });
    const lease = ask("a");
    expect(ask("a")).toEqual(lease);
    expect(ask("a", 500)).toEqual(granted);
    expect(core.turnsLeft(500)).toBe(4);
    ask("b");
    ask("c");
    for (const now of [100, 200]) expect(ask("b", now)).toMatchObject({ position: 0 });
    expect(core.inUse).toBe(1);
  });

  test("expire a minute and a half after they were last renewed, so that a lost room holds them no longer", () => {
    const { ask, core } = buildLimiter({ activeTurns: 1 });
    expect(ask("lost")).toMatchObject({ kind: "granted", expiresAt: leaseTtlMs });
    expect(ask("b", leaseTtlMs - 1)).toMatchObject({ kind: "wait" });
    expect(ask("b", leaseTtlMs)).toEqual(granted);
    expect(ask("b", leaseTtlMs + renewLeaseMs, { credit: true })).toMatchObject({
      expiresAt: 2 * leaseTtlMs + renewLeaseMs,
    });
    expect(ask("c", 2 * leaseTtlMs + renewLeaseMs - 1)).toMatchObject({ kind: "wait" });
    expect(core.inUse).toBe(1);
  });

  test("survive one renewal that is lost, but not the third", () => {
    expect(2 * renewLeaseMs).toBeLessThan(leaseTtlMs);
    expect(3 * renewLeaseMs).toBeGreaterThanOrEqual(leaseTtlMs);
  });

  test("end half a minute after the turn's deadline, and after the longest time of a turn, however often renewed", () => {
    const { ask } = buildLimiter({ activeTurns: 1 });
    for (let now = 0; now < deadlineAt; now += renewLeaseMs) ask("a", now);
    expect(ask("a", deadlineAt)).toMatchObject({ expiresAt: deadlineAt + leaseGraceMs });
    expect(ask("c", deadlineAt + leaseGraceMs - 1)).toMatchObject({ kind: "wait" });
    expect(ask("c", deadlineAt + leaseGraceMs)).toEqual(granted);
    const greedy = new LimiterCore(0);
    const request = { generationId: "g", room: "r", deadlineAt: Number.MAX_SAFE_INTEGER };
    for (let now = 0; now < maxLeaseMs; now += renewLeaseMs) greedy.acquire(request, now);
    expect(greedy.acquire(request, maxLeaseMs - 1)).toMatchObject({ expiresAt: maxLeaseMs });
  });

  test("are found again by a renewal when the Limiter has lost them", () => {
    const { ask, core } = buildLimiter({ activeTurns: 1 });
    expect(ask("running", 0, { credit: true })).toEqual(granted);
    expect(ask("other", 1)).toMatchObject({ kind: "wait" });
    expect(core.inUse).toBe(1);
  });

  test("are granted on credit to a resumed turn, and to no new turn until that is paid back", () => {
    const { ask, core } = buildLimiter({ activeTurns: 1 });
    ask("a");
    expect(ask("resumed", 0, { credit: true })).toEqual(granted);
    expect(core.inUse).toBe(2);
    core.release("a", "ok", 10);
    expect(ask("c", 10)).toMatchObject({ kind: "wait" });
    core.release("resumed", "ok", 20);
    expect(ask("c", 20)).toEqual(granted);
  });

  test("are bounded by turns per minute: a minute's worth at once, then each when its time has come", () => {
    const { ask, core } = buildLimiter({ turnsPerMinute: 2 });
    expect([ask("a"), ask("b")]).toEqual([granted, granted]);
    for (const id of ["a", "b"]) core.release(id, "ok", 1);
    expect(ask("c", 0)).toEqual({ kind: "wait", retryAfterMs: 30_000, position: 0, reason: "rate" });
    expect(ask("c", 29_999)).toMatchObject({ kind: "wait", reason: "rate" });
    expect(ask("c", 30_000)).toEqual(granted);
  });

  test("are asked for again after half a minute at most, where only an estimate says how long it takes", () => {
    const { ask } = buildLimiter({ turnsPerMinute: 1 });
    ask("a");
    expect(ask("b")).toMatchObject({ kind: "wait", retryAfterMs: maxRetryMs, reason: "rate" });
  });

  test("of a minute go to the first in the queue, not to a later turn that asks at the right moment", () => {
    const { ask, core } = buildLimiter({ turnsPerMinute: 2 });
    for (const id of ["a", "b"]) ask(id);
    for (const id of ["a", "b"]) core.release(id, "ok", 0);
    for (const id of ["first", "second"]) expect(ask(id)).toMatchObject({ kind: "wait", reason: "rate" });
    expect(ask("second", 30_000)).toMatchObject({ kind: "wait", reason: "rate" });
    expect(ask("first", 30_000)).toEqual(granted);
  });

  test("follow a changed limit from the next request on", () => {
    const { ask, core } = buildLimiter({ activeTurns: 1 });
    ask("a");
    expect(ask("b")).toMatchObject({ kind: "wait" });
    core.limit({ activeTurns: 2 }, 10);
    expect(ask("b", 10)).toEqual(granted);
    core.limit({}, 20);
    for (const id of ["c", "d", "e"]) expect(ask(id, 20)).toEqual(granted);
  });

  test("are granted to every turn where there is no Limiter", async () => {
    expect(await NO_LIMITER.acquire({ generationId: "a", deadlineAt })).toEqual({ kind: "granted" });
    expect(await NO_LIMITER.report({ generationId: "a", deadlineAt }, "rate-limited")).toBeUndefined();
  });
});

describe("[Q4] the queue", () => {
  test("is fair between rooms: a room with many turns waits behind a room with one", () => {
    const { ask, core } = buildLimiter({ activeTurns: 1 });
    ask("running");
    for (const id of ["a1", "a2", "a3"]) ask(id, 0, { room: "a" });
    expect(ask("b1", 0, { room: "b" })).toMatchObject({ position: 1 });
    expect(ask("a2", 0, { room: "a" })).toMatchObject({ position: 2 });
    core.release("running", "ok", 100);
    expect(ask("b1", 100, { room: "b" })).toMatchObject({ kind: "wait" });
    expect(ask("a1", 100, { room: "a" })).toEqual(granted);
    // The room that was served is behind all that waited then, and ahead of who comes later, but for its third.
    expect(ask("c1", 100, { room: "c" })).toMatchObject({ position: 2 });
    expect(["b1", "a2", "a3"].map((id) => waitOf(ask(id, 100, { room: id.slice(0, 1) })).position)).toEqual([0, 1, 3]);
  });

  test("keeps free capacity for the first turn, and gives it to the next when the first is late", () => {
    const { ask, core } = buildLimiter({ activeTurns: 1 });
    ask("running");
    const { retryAfterMs } = waitOf(ask("first"));
    expect(retryAfterMs).toBeLessThanOrEqual(maxHoldMs);
    ask("second");
    core.release("running", "ok", 10);
    expect(ask("second", 20)).toMatchObject({ kind: "wait", position: 1 });
    expect(ask("second", retryAfterMs * 1.25 + 1_100)).toEqual(granted);
  });

  test("lets the first turn ask rarely while the leases that are held last longer than usual", () => {
    const { ask, core } = buildLimiter({ activeTurns: 1 });
    for (let n = 0; n < 10; n += 1) {
      ask(`quick ${n}`, n * 100);
      core.release(`quick ${n}`, "ok", n * 100 + 100);
    }
    ask("slow", 1_000);
    expect(waitOf(ask("waiting", 1_001)).retryAfterMs).toBeLessThanOrEqual(50);
    expect(waitOf(ask("waiting", 61_000)).retryAfterMs).toBe(maxHoldMs);
  });

  test("lets the first turn that waits after a quiet hour ask again at once", () => {
    const { ask } = buildLimiter({ activeTurns: 1 });
    const now = 3_600_000;
    ask("running", now, { credit: true });
    expect(waitOf(ask("waiting", now)).retryAfterMs).toBeLessThanOrEqual(200);
  });

  test("forgets a turn that stops asking or is released, and the others move up", () => {
    const { ask, core } = buildLimiter({ activeTurns: 1 });
    ask("running");
    ask("gone");
    ask("stays");
    ask("leaves");
    expect(ask("last")).toMatchObject({ position: 3 });
    core.release("leaves", "cancelled", 1);
    expect(ask("last", 10)).toMatchObject({ position: 2 });
    for (let now = 1_000; now <= 36_000; now += 1_000) for (const id of ["stays", "last"]) ask(id, now);
    expect(ask("stays", 36_000)).toMatchObject({ position: 0 });
    expect(ask("gone", 36_000)).toMatchObject({ position: 2 });
  });

  test("lets turns wait longer with each position, so that a long queue doesn't ask all at once", () => {
    const { ask } = buildLimiter({ activeTurns: 4 });
    for (let n = 0; n < 4; n += 1) ask(`running ${n}`);
    const waits = Array.from({ length: 2_000 }, (_, n) => waitOf(ask(`w${n}`)).retryAfterMs);
    for (let n = 1; n < waits.length; n += 1) expect(waits[n]).toBeGreaterThanOrEqual(waits[n - 1] as number);
    const asksPerSecond = waits.reduce((sum, ms) => sum + 1_000 / ms, 0);
    expect(asksPerSecond).toBeLessThan(600);
  });
});

describe("[U3] slowing down", () => {
  test("begins with the first refusal at a third less than what ran, and puts the refused turn first", () => {
    const { ask, refuse, core } = buildLimiter({ activeTurns: 100 });
    for (let n = 0; n < 12; n += 1) ask(`t${n}`);
    expect(refuse("t11", 10, "rate-limited")).toMatchObject({ position: 0, reason: "slow-down" });
    expect(core.allowed(10)).toBe(8);
    expect(refuse("t10", 11, "rate-limited")).toMatchObject({ position: 1 });
    // Both calls were under way when the slow-down began, so there is one decrease for both.
    expect(core.allowed(11)).toBe(8);
    expect(ask("newcomer", 12)).toMatchObject({ kind: "wait", position: 2, reason: "slow-down" });
  });

  test("begins at four where little ran, or where nothing is known because the tenant has no limit", () => {
    const few = buildLimiter({ activeTurns: 100 });
    few.ask("a");
    few.refuse("a", 10, "rate-limited");
    expect(few.core.allowed(10)).toBe(4);
    const unknown = buildLimiter();
    unknown.refuse("a", 10, "rate-limited");
    expect(unknown.core.allowed(10)).toBe(4);
  });

  test("works without any limit of the tenant and without a lease of the refused turn", () => {
    const { ask, refuse, core } = buildLimiter();
    expect(refuse("a", 0, "unavailable", 3_000)).toMatchObject({
      retryAfterMs: 3_000,
      position: 0,
      reason: "slow-down",
    });
    expect(core.isSlowing(0)).toBe(true);
    expect(ask("a", 2_000)).toMatchObject({ kind: "wait" });
    expect(ask("a", 3_000)).toEqual(granted);
  });

  test("raises its cap by one for as many successes as it allows, and lowers it by a third for a refusal", () => {
    const { ask, refuse, core } = buildLimiter();
    refuse("x", 0, "rate-limited");
    core.release("x", "cancelled", 0);
    let now = 100;
    let next = 0;
    const running: string[] = [];
    const fill = () => {
      while (running.length < core.allowed(now)) {
        running.push(`t${next}`);
        expect(ask(`t${next}`, now)).toEqual(granted);
        next += 1;
      }
    };
    const finish = (count: number) => {
      for (let n = 0; n < count; n += 1) {
        now += 10;
        fill();
        core.release(running.shift() as string, "ok", now);
      }
      fill();
    };
    finish(4);
    expect(core.allowed(now)).toBe(5);
    finish(5 + 6 + 7 + 8 + 9);
    expect(core.allowed(now)).toBe(10);
    expect(refuse(running.pop() as string, now, "rate-limited")).toMatchObject({ reason: "slow-down" });
    expect(core.allowed(now)).toBe(7);
  });

  test("never allows less than one turn, and pauses longer each time while no turn is served", () => {
    const { ask, refuse, core } = buildLimiter();
    refuse("a", 0, "rate-limited");
    let now = 0;
    const waits: number[] = [];
    for (let n = 0; n < 8; n += 1) {
      const answer = refuse("a", now, "rate-limited");
      waits.push(answer?.retryAfterMs ?? 0);
      now += answer?.retryAfterMs ?? 0;
      now += 1;
      expect(ask("a", now)).toEqual(granted);
      expect(core.allowed(now)).toBeGreaterThanOrEqual(1);
    }
    expect(waits).toEqual([200, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000]);
  });

  test("ends when it allows what the tenant may have anyway", () => {
    const { ask, refuse, core } = buildLimiter({ activeTurns: 2 });
    ask("a");
    refuse("a", 10, "rate-limited");
    expect(core.allowed(10)).toBe(1);
    expect(ask("a", 210)).toEqual(granted);
    core.release("a", "ok", 300);
    expect(core.isSlowing(300)).toBe(false);
    expect(core.allowed(300)).toBe(2);
  });

  test("ends after a minute in which it held nobody back", () => {
    const { refuse, core } = buildLimiter();
    refuse("a", 0, "rate-limited");
    core.release("a", "cancelled", 1);
    expect(core.isSlowing(calmMs - 1)).toBe(true);
    expect(core.isSlowing(calmMs)).toBe(false);
    expect(core.nextAt(calmMs)).toBeUndefined();
  });

  test("puts a turn that is refused again and again at the end of the queue", () => {
    const { ask, refuse } = buildLimiter({ activeTurns: 1 });
    ask("poison");
    let now = 1;
    const waits: Wait[] = [];
    for (let n = 0; n < 4; n += 1) {
      ask("other", now);
      const wait = waitOf(refuse("poison", now, "rate-limited"));
      waits.push(wait);
      now += wait.retryAfterMs;
      if (n < 3) expect(ask("poison", now)).toEqual(granted);
    }
    expect(waits.map(({ position }) => position)).toEqual([0, 0, 0, 1]);
    expect(ask("other", now + 30)).toEqual(granted);
  });

  test("lets the first three refusals of a turn cost nothing; each later one spends an attempt and backs off", () => {
    const { ask, refuse } = buildLimiter({ activeTurns: 10 });
    ask("poison");
    let now = 0;
    const spends: (boolean | undefined)[] = [];
    const waits: number[] = [];
    for (let n = 0; n < 8; n += 1) {
      const wait = waitOf(refuse("poison", now, "rate-limited"));
      spends.push(wait.spendsAttempt);
      waits.push(wait.retryAfterMs);
      now += wait.retryAfterMs;
      expect(ask("poison", now)).toEqual(granted);
    }
    expect(spends).toEqual([undefined, undefined, undefined, true, true, true, true, true]);
    expect(waits).toEqual([200, 500, 1_000, 1_000, 2_000, 4_000, 8_000, 16_000]);
  });

  test("pauses nobody for a turn that was refused so often that it may be refused for what it asks", () => {
    const { ask, refuse } = buildLimiter({ activeTurns: 10 });
    ask("poison");
    let now = 0;
    for (let n = 0; n < 8; n += 1) {
      now += refuse("poison", now, "rate-limited")?.retryAfterMs ?? 0;
      expect(ask("poison", now)).toEqual(granted);
    }
    refuse("poison", now, "rate-limited");
    expect(ask("other", now + 1)).toEqual(granted);
  });

  test("lowers its cap to what still runs as the refusals of one wave are read, whatever the order", () => {
    const { ask, refuse, core } = buildLimiter({ activeTurns: 100 });
    for (let n = 0; n < 100; n += 1) ask(`t${n}`);
    // Ten are answered, ninety refused. No refused turn is called again before the last refusal has been read.
    for (let n = 10; n < 100; n += 1) {
      const wait = waitOf(refuse(`t${n}`, n, "rate-limited"));
      expect(ask(`t${n}`, n + wait.retryAfterMs)).toMatchObject({ kind: "wait" });
    }
    expect(core.inUse).toBe(10);
    expect(core.allowed(100)).toBe(10);
  });

  test("begins its pauses anew after a refusal while other calls were served", () => {
    const { ask, refuse, core } = buildLimiter({ activeTurns: 10 });
    let now = 0;
    /** Refuses a new turn that runs alone, and returns how long all others are paused. */
    const pauseAfter = (id: string) => {
      expect(ask(id, now)).toEqual(granted);
      refuse(id, now, "rate-limited");
      core.release(id, "cancelled", now);
      const pauseMs = waitOf(ask("next", now)).retryAfterMs;
      core.release("next", "cancelled", now);
      now += pauseMs;
      return pauseMs;
    };
    expect(ask("first", now)).toEqual(granted);
    refuse("first", now, "rate-limited");
    core.release("first", "cancelled", now);
    now += 1;
    expect([pauseAfter("a"), pauseAfter("b")]).toEqual([500, 1_000]);
    // Two run, of which one is answered and one refused: there is no pause, and the upstream serves somebody.
    expect(ask("served", now, { credit: true })).toEqual(granted);
    expect(ask("refused", now, { credit: true })).toEqual(granted);
    refuse("refused", now + 1, "rate-limited");
    core.release("refused", "cancelled", now + 1);
    core.release("served", "cancelled", now + 1);
    now += 2;
    expect(pauseAfter("c")).toBe(500);
  });

  test("gives back the token of a turn that the upstream did not take", () => {
    const { ask, refuse, core } = buildLimiter({ turnsPerMinute: 5 });
    ask("a");
    expect(core.turnsLeft(0)).toBe(4);
    refuse("a", 0, "rate-limited");
    expect(core.turnsLeft(0)).toBe(5);
  });
});

describe("[U3] a long Retry-After", () => {
  test.each([
    { activeTurns: 2, refused: 1 },
    { activeTurns: 2, refused: 2 },
    { activeTurns: 4, refused: 2 },
    { activeTurns: 10, refused: 9 },
  ])("of $refused refused turns delays no other room ($activeTurns at a time)", ({ activeTurns, refused }) => {
    const { ask, refuse, core } = buildLimiter({ activeTurns });
    for (let n = 0; n < activeTurns; n += 1) ask(`t${n}`);
    for (let n = 0; n < refused; n += 1) {
      expect(refuse(`t${n}`, 1_000 + n, "rate-limited", 300_000)).toMatchObject({ retryAfterMs: 300_000 });
    }
    for (let n = refused; n < activeTurns; n += 1) core.release(`t${n}`, "ok", 1_500);
    // Half a second is the first pause of an upstream that served nobody.
    expect(ask("other", 2_000)).toEqual(granted);
    core.release("other", "ok", 100_000);
    for (let now = 100_000; now < 301_000; now += 10_000) {
      expect(ask(`at ${now}`, now)).toEqual(granted);
      core.release(`at ${now}`, "ok", now + 5_000);
    }
    expect(ask("t0", 301_000)).toEqual(granted);
  });

  test("holds back its own turn and nothing else, also while the turn is first in the queue", () => {
    const { ask, refuse } = buildLimiter({ activeTurns: 1 });
    ask("refused");
    refuse("refused", 0, "rate-limited", 60_000);
    expect(ask("refused", 59_999)).toMatchObject({ kind: "wait", retryAfterMs: 200 });
    expect(ask("other", 59_999)).toMatchObject({ kind: "granted" });
  });

  test("is believed up to a quarter of an hour, and never below zero", () => {
    const { refuse } = buildLimiter();
    expect(refuse("a", 0, "rate-limited", 1e15)).toMatchObject({ retryAfterMs: maxRetryAfterMs });
    expect(refuse("b", 0, "rate-limited", -5)?.retryAfterMs).toBeLessThanOrEqual(1_000);
    expect(refuse("c", 0, "rate-limited", Number.NaN)?.retryAfterMs).toBeLessThanOrEqual(1_000);
  });

  test("keeps free capacity for a turn that is due for a few seconds and no longer", () => {
    const { ask, refuse } = buildLimiter({ activeTurns: 1 });
    ask("refused");
    refuse("refused", 0, "rate-limited", 300_000);
    expect(ask("other", 300_500)).toMatchObject({ kind: "wait" });
    expect(ask("other", 303_001)).toEqual(granted);
  });
});

describe("[U3] upstreams of one tenant", () => {
  test("slow down apart from each other", () => {
    const { ask, refuse, core } = buildLimiter({ activeTurns: 20 });
    for (let n = 0; n < 4; n += 1) ask(`a${n}`, 0, { upstream: "a" });
    for (let n = 0; n < 4; n += 1) refuse(`a${n}`, n, "rate-limited", undefined, "a");
    expect(core.allowed(10, "a")).toBe(1);
    expect(core.allowed(10, "b")).toBe(20);
    for (let n = 0; n < 10; n += 1) expect(ask(`b${n}`, 10, { upstream: "b" })).toEqual(granted);
  });

  test("open their circuits apart from each other", () => {
    const { ask, refuse } = buildLimiter({ activeTurns: 20 });
    for (let n = 0; n < 5; n += 1) {
      ask(`a${n}`, 0, { upstream: "a" });
      refuse(`a${n}`, n, "unreachable", undefined, "a");
    }
    expect(ask("a9", 10, { upstream: "a" })).toMatchObject({ kind: "wait", reason: "circuit" });
    expect(ask("b", 10, { upstream: "b" })).toEqual(granted);
    expect(ask("none", 10)).toEqual(granted);
  });

  test("share the tenant's limit: turns that wait for one upstream leave the rest to the other", () => {
    const { ask, refuse } = buildLimiter({ activeTurns: 4 });
    ask("a0", 0, { upstream: "a" });
    ask("a1", 0, { upstream: "a" });
    refuse("a0", 1, "rate-limited", undefined, "a");
    expect(ask("a0", 300, { upstream: "a" })).toEqual(granted);
    // Upstream a takes two calls, which run. Its queued turns are ahead of the turns for b, but can't use what is free.
    for (const id of ["a2", "a3"]) expect(ask(id, 300, { upstream: "a" })).toMatchObject({ reason: "slow-down" });
    expect(ask("b0", 300, { upstream: "b" })).toEqual(granted);
    expect(ask("b1", 300, { upstream: "b" })).toEqual(granted);
    expect(ask("b2", 300, { upstream: "b" })).toMatchObject({ kind: "wait", reason: "concurrency" });
  });

  test("are told apart up to a bounded number, however many names clients make up", () => {
    const { refuse, core } = buildLimiter();
    for (let n = 0; n < 1_000; n += 1) refuse(`t${n}`, 0, "rate-limited", undefined, `made up ${n} ${"x".repeat(100)}`);
    const keys = Object.keys(core.record().upstreams);
    expect(keys.length).toBeLessThanOrEqual(33);
    expect(Math.max(...keys.map(({ length }) => length))).toBeLessThanOrEqual(64);
  });

  test("that are well take no name from those that are told apart", () => {
    const { ask, refuse, core } = buildLimiter({ activeTurns: 1_000 });
    for (let n = 0; n < 100; n += 1) ask(`t${n}`, 0, { upstream: `well ${n}` });
    refuse("refused", 1, "rate-limited", undefined, "busy");
    expect(core.allowed(1, "busy")).toBe(4);
    expect(core.allowed(1, "another")).toBe(1_000);
    expect(Object.keys(core.record().upstreams)).toEqual(["busy"]);
  });

  test("are forgotten when they are at rest", () => {
    const { refuse, core } = buildLimiter();
    for (const name of ["a", "b"]) {
      refuse(`t ${name}`, 0, "rate-limited", undefined, name);
      core.release(`t ${name}`, "cancelled", 1);
    }
    expect(core.nextAt(calmMs)).toBeUndefined();
    expect(core.record().upstreams).toEqual({});
  });
});

describe("[Q4] subjects of one tenant", () => {
  test("take turns: one subject with many rooms waits behind a subject with one", () => {
    const { ask, core } = buildLimiter({ activeTurns: 1 });
    ask("running", 0, { subject: "greedy" });
    for (let n = 0; n < 50; n += 1) ask(`g${n}`, 0, { room: `greedy ${n}`, subject: "greedy" });
    expect(ask("m1", 0, { room: "m", subject: "modest" })).toMatchObject({ position: 1 });
    expect(ask("m2", 0, { room: "m", subject: "modest" })).toMatchObject({ position: 3 });
    core.release("running", "ok", 10);
    expect(ask("g0", 10, { room: "greedy 0", subject: "greedy" })).toEqual(granted);
    core.release("g0", "ok", 20);
    expect(ask("m1", 20, { room: "m", subject: "modest" })).toEqual(granted);
  });

  test("are fair to their own rooms, each of which takes turns", () => {
    const { ask } = buildLimiter({ activeTurns: 1 });
    ask("running");
    const of = { subject: "s" };
    for (const id of ["a1", "a2", "a3"]) ask(id, 0, { room: "a", ...of });
    for (const id of ["b1", "b2"]) ask(id, 0, { room: "b", ...of });
    const positions = ["a1", "b1", "a2", "b2", "a3"].map((id) => waitOf(ask(id, 1, { room: id.slice(0, 1), ...of })));
    expect(positions.map(({ position }) => position)).toEqual([0, 1, 2, 3, 4]);
  });
});

describe("[U3] the circuit", () => {
  function opened() {
    const limiter = buildLimiter({ activeTurns: 10 });
    for (let n = 0; n < 6; n += 1) limiter.ask(`t${n}`);
    const answers = [0, 1, 2, 3, 4].map((n) => limiter.refuse(`t${n}`, n, "unreachable"));
    return { ...limiter, answers, core: limiter.core };
  }

  test("opens with the fifth failure in a row; before that a turn keeps its lease and retries by itself", () => {
    const { answers, ask, core } = opened();
    expect(answers.slice(0, 4)).toEqual([undefined, undefined, undefined, undefined]);
    expect(answers[4]).toMatchObject({ kind: "wait", reason: "circuit", retryAfterMs: firstPauseMs });
    expect(core.isSlowing(4)).toBe(true);
    expect(ask("newcomer", 5)).toMatchObject({ kind: "wait", reason: "circuit" });
  });

  test("opens with the fifth 503 in a row too, which is a failure as well as a refusal", () => {
    const { ask, refuse } = buildLimiter({ activeTurns: 10 });
    for (let n = 0; n < 4; n += 1) refuse(`t${n}`, n, "unavailable");
    expect(ask("next", 10)).toMatchObject({ kind: "wait", reason: "slow-down" });
    refuse("t4", 11, "unavailable");
    expect(ask("other", 12)).toMatchObject({ kind: "wait", reason: "circuit" });
  });

  test("listens to its probe alone: other calls that end were under way before the pause", () => {
    const { ask, refuse, core } = opened();
    const now = 4 + firstPauseMs;
    expect(ask("t4", now)).toMatchObject({ probe: true });
    // Five calls hold leases from before the pause. One fails, and one is answered.
    expect(refuse("t0", now + 1, "unreachable")).toMatchObject({ reason: "circuit" });
    core.release("t1", "ok", now + 2);
    core.accepted("t2", now + 2);
    expect(ask("t4", now + 3)).toMatchObject({ kind: "granted", probe: true });
    expect(ask("newcomer", now + 3)).toMatchObject({ kind: "wait", reason: "circuit" });
  });

  test("spreads the turns that wait for the end of a pause by their positions", () => {
    const { ask } = opened();
    const waits = ["n1", "n2", "n3"].map((id) => waitOf(ask(id, 5)).retryAfterMs);
    expect(new Set(waits).size).toBe(3);
    expect(waits).toEqual(waits.toSorted((a, b) => a - b));
  });

  test("counts failures anew after an answer, even a refusal, and after some time", () => {
    const { ask, refuse, core } = buildLimiter({ activeTurns: 10 });
    for (const id of ["a", "b"]) ask(id);
    for (let n = 0; n < 4; n += 1) refuse("a", n, "unreachable");
    core.release("b", "ok", 10);
    for (let n = 0; n < 4; n += 1) expect(refuse("a", 20 + n, "unreachable")).toBeUndefined();
    expect(refuse("a", 40_000, "unreachable")).toBeUndefined();
  });

  test("lets one turn probe after the pause, and closes with its first content into a slow-down", () => {
    const { ask, core } = opened();
    const now = 4 + firstPauseMs;
    expect(ask("t4", now)).toEqual(expect.objectContaining({ kind: "granted", probe: true }));
    expect(ask("t4", now + 1)).toMatchObject({ probe: true });
    expect(ask("newcomer", now + 1)).toMatchObject({ kind: "wait", reason: "circuit" });
    core.accepted("t4", now + 100);
    for (const id of ["t0", "t1", "t2", "t3", "t4", "t5"]) core.release(id, "failed", now + 100);
    expect(ask("newcomer", now + 101)).toEqual(granted);
    expect(core.allowed(now + 101)).toBe(4);
  });

  test("doubles the pause up to a minute when a probe fails, and lets the next turn probe when one is cancelled", () => {
    const { ask, refuse, core } = opened();
    let now = 4 + firstPauseMs;
    const pauses: number[] = [];
    for (let n = 0; n < 5; n += 1) {
      expect(ask("t4", now)).toMatchObject({ probe: true });
      refuse("t4", now, "unreachable");
      const from = now;
      while (waitOfOrUndefined(ask("t4", now)) !== undefined) now += 500;
      core.release("t4", "cancelled", now);
      pauses.push(now - from);
    }
    expect(pauses).toEqual([10_000, 20_000, 40_000, 60_000, 60_000]);
    expect(ask("t9", now)).toMatchObject({ probe: true });
  });

  function waitOfOrUndefined(answer: LeaseAnswer): Wait | undefined {
    return answer.kind === "wait" ? answer : undefined;
  }

  test("lets the next turn probe when the lease of a probe has expired", () => {
    const { core } = opened();
    const now = 4 + firstPauseMs;
    const short = { room: "r", deadlineAt: now + 1_000 };
    expect(core.acquire({ generationId: "t4", room: "room of t4", deadlineAt: now + 1_000 }, now)).toMatchObject({
      probe: true,
    });
    expect(core.acquire({ generationId: "next", ...short }, now + 1)).toMatchObject({ kind: "wait" });
    const later = now + 1_000 + leaseGraceMs;
    expect(core.acquire({ generationId: "next", ...short }, later)).toMatchObject({ kind: "granted", probe: true });
  });
});

describe("a restored Limiter", () => {
  test("keeps its leases, and the order of the turns that ask again", () => {
    const { ask, refuse, evict, core } = buildLimiter({ activeTurns: 2, turnsPerMinute: 60 });
    ask("a");
    ask("b");
    refuse("b", 5, "rate-limited");
    for (const id of ["c", "d"]) ask(id, 6);
    const positions = () => ["b", "c", "d"].map((id) => waitOf(ask(id, 9)).position);
    expect(positions()).toEqual([0, 1, 2]);
    evict(8);
    positions();
    expect(positions()).toEqual([0, 1, 2]);
    expect(ask("a", 9)).toEqual(granted);
    expect(core.state().record.v).toBe(2);
  });

  test("lets a queued turn hold back no other before it has asked again", () => {
    const { ask, evict, core } = buildLimiter({ activeTurns: 1 });
    ask("running");
    // The stored queue may be older than the end of this turn.
    ask("ended");
    evict(10);
    core.release("running", "ok", 20);
    expect(ask("other", 21)).toEqual(granted);
  });

  test("knows the upstreams that were slowed down or failing", () => {
    const { refuse, evict, ask } = buildLimiter({ activeTurns: 20 });
    for (let n = 0; n < 5; n += 1) refuse(`t${n}`, n, "unreachable", undefined, "a");
    evict(10);
    expect(ask("next", 11, { upstream: "a" })).toMatchObject({ kind: "wait", reason: "circuit" });
    expect(ask("other", 11, { upstream: "b" })).toEqual(granted);
  });
});

test("a Limiter at rest has nothing to remember and no alarm to set", () => {
  const { ask, core } = buildLimiter({ activeTurns: 1, turnsPerMinute: 60 });
  ask("a");
  expect(core.nextAt(0)).toBe(1_000);
  core.release("a", "ok", 500);
  expect(core.nextAt(1_000)).toBeUndefined();
});
