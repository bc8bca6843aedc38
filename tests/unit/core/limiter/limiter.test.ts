/** The Limiter's rules one by one; what holds for all histories is in properties.test.ts. */
import { describe, expect, test } from "vitest";
import { firstPauseMs } from "../../../../party/core/limiter/circuit-breaker.ts";
import { calmMs } from "../../../../party/core/limiter/concurrency-limit.ts";
import { LimiterCore, type LimiterLimits, leaseGraceMs, maxLeaseMs } from "../../../../party/core/limiter/limiter.ts";
import { type LeaseAnswer, NO_LIMITER, type Wait } from "../../../../party/core/limiter/limiter-port.ts";
import { maxHoldMs } from "../../../../party/core/limiter/retry-pace.ts";

const deadlineAt = 600_000;

function buildLimiter(limits: LimiterLimits = {}) {
  let core = new LimiterCore(0);
  core.limit(limits, 0);
  return {
    get core() {
      return core;
    },
    ask: (id: string, now = 0, more: { room?: string; credit?: boolean } = {}) =>
      core.acquire({ generationId: id, room: more.room ?? `room of ${id}`, deadlineAt, ...more }, now),
    refuse: (id: string, now: number, refused: "rate-limited" | "unavailable" | "unreachable", retryAfterMs?: number) =>
      core.report({ generationId: id, room: `room of ${id}`, deadlineAt }, refused, retryAfterMs, now),
    evict(now: number) {
      core = new LimiterCore(now, JSON.parse(JSON.stringify(core.state())));
    },
  };
}

const granted = expect.objectContaining({ kind: "granted" });
function waitOf(answer: LeaseAnswer | undefined): Wait {
  if (answer?.kind !== "wait") throw new Error(`no wait: ${JSON.stringify(answer)}`);
  return answer;
}

describe("[Q4] leases", () => {
  test("as many turns run as the tenant may have; the next is told its place and when to ask", () => {
    const { ask, core } = buildLimiter({ activeTurns: 2 });
    expect([ask("a"), ask("b")]).toEqual([granted, granted]);
    expect(ask("c")).toMatchObject({ kind: "wait", place: 0, reason: "concurrency" });
    expect(ask("d")).toMatchObject({ place: 1 });
    core.release("a", "ok", 1_000);
    expect(ask("c", 1_000)).toEqual(granted);
    expect(core.inUse).toBe(2);
  });

  test("the same generation is granted the same lease, and waits in the same place", () => {
    const { ask, core } = buildLimiter({ activeTurns: 1, turnsPerMinute: 5 });
    const lease = ask("a");
    expect(ask("a", 500)).toEqual(lease);
    expect(core.turnsLeft(500)).toBe(4);
    ask("b");
    ask("c");
    for (const now of [100, 200]) expect(ask("b", now)).toMatchObject({ place: 0 });
    expect(core.inUse).toBe(1);
  });

  test("a lease lives to the turn's deadline and half a minute, and no longer than a turn can", () => {
    const { ask, core } = buildLimiter({ activeTurns: 1 });
    expect(ask("a")).toMatchObject({ expiresAt: deadlineAt + leaseGraceMs });
    ask("b", deadlineAt);
    expect(ask("c", deadlineAt + leaseGraceMs - 1)).toMatchObject({ kind: "wait" });
    expect(core.inUse).toBe(1);
    expect(ask("d", deadlineAt + leaseGraceMs + 20_000)).toEqual(granted);
    const greedy = new LimiterCore(0).acquire({ generationId: "g", room: "r", deadlineAt: Number.MAX_SAFE_INTEGER }, 0);
    expect(greedy).toMatchObject({ expiresAt: maxLeaseMs });
  });

  test("a resumed turn runs on credit, and nobody new does until that is paid back", () => {
    const { ask, core } = buildLimiter({ activeTurns: 1 });
    ask("a");
    expect(ask("resumed", 0, { credit: true })).toEqual(granted);
    expect(core.inUse).toBe(2);
    core.release("a", "ok", 10);
    expect(ask("c", 10)).toMatchObject({ kind: "wait" });
    core.release("resumed", "ok", 20);
    expect(ask("c", 20)).toEqual(granted);
  });

  test("turns per minute: a minute's worth at once, then each when its time has come", () => {
    const { ask, core } = buildLimiter({ turnsPerMinute: 2 });
    expect([ask("a"), ask("b")]).toEqual([granted, granted]);
    for (const id of ["a", "b"]) core.release(id, "ok", 1);
    expect(ask("c", 0)).toEqual({ kind: "wait", retryAfterMs: 30_000, place: 0, reason: "rate" });
    expect(ask("c", 30_000)).toEqual(granted);
  });

  test("a limit that changes holds from the next question on", () => {
    const { ask, core } = buildLimiter({ activeTurns: 1 });
    ask("a");
    expect(ask("b")).toMatchObject({ kind: "wait" });
    core.limit({ activeTurns: 2 }, 10);
    expect(ask("b", 10)).toEqual(granted);
    core.limit({}, 20);
    for (const id of ["c", "d", "e"]) expect(ask(id, 20)).toEqual(granted);
  });

  test("where there is no Limiter every turn may run", async () => {
    expect(await NO_LIMITER.acquire({ generationId: "a", deadlineAt })).toEqual({ kind: "granted" });
    expect(await NO_LIMITER.report({ generationId: "a", deadlineAt }, "rate-limited")).toBeUndefined();
  });
});

describe("[Q4] the line", () => {
  test("is fair between rooms: a room with many turns waits behind a room with one", () => {
    const { ask, core } = buildLimiter({ activeTurns: 1 });
    ask("running");
    for (const id of ["a1", "a2", "a3"]) ask(id, 0, { room: "a" });
    expect(ask("b1", 0, { room: "b" })).toMatchObject({ place: 1 });
    expect(ask("a2", 0, { room: "a" })).toMatchObject({ place: 2 });
    core.release("running", "ok", 100);
    expect(ask("b1", 100, { room: "b" })).toMatchObject({ kind: "wait" });
    expect(ask("a1", 100, { room: "a" })).toEqual(granted);
    // The room that was served is behind all that waited then, and ahead of who comes later, but for its third.
    expect(ask("c1", 100, { room: "c" })).toMatchObject({ place: 2 });
    expect(["b1", "a2", "a3"].map((id) => waitOf(ask(id, 100, { room: id.slice(0, 1) })).place)).toEqual([0, 1, 3]);
  });

  test("keeps a free slot for the one in front, and gives it away when that one is late", () => {
    const { ask, core } = buildLimiter({ activeTurns: 1 });
    ask("running");
    const { retryAfterMs } = waitOf(ask("first"));
    expect(retryAfterMs).toBeLessThanOrEqual(maxHoldMs);
    ask("second");
    core.release("running", "ok", 10);
    expect(ask("second", 20)).toMatchObject({ kind: "wait", place: 1 });
    expect(ask("second", retryAfterMs * 1.25 + 1_100)).toEqual(granted);
  });

  test("who stops asking loses the place; who leaves it makes room", () => {
    const { ask, core } = buildLimiter({ activeTurns: 1 });
    ask("running");
    ask("gone");
    ask("stays");
    ask("leaves");
    expect(ask("last")).toMatchObject({ place: 3 });
    core.release("leaves", "cancelled", 1);
    expect(ask("last", 10)).toMatchObject({ place: 2 });
    for (let now = 1_000; now <= 16_000; now += 1_000) for (const id of ["stays", "last"]) ask(id, now);
    expect(ask("stays", 16_000)).toMatchObject({ place: 0 });
    expect(ask("gone", 16_000)).toMatchObject({ place: 2 });
  });

  test("waits grow with the place, so that a long line does not ask all at once", () => {
    const { ask } = buildLimiter({ activeTurns: 4 });
    for (let n = 0; n < 4; n += 1) ask(`running ${n}`);
    const waits = Array.from({ length: 2_000 }, (_, n) => waitOf(ask(`w${n}`)).retryAfterMs);
    for (let n = 1; n < waits.length; n += 1) expect(waits[n]).toBeGreaterThanOrEqual(waits[n - 1] as number);
    const asksPerSecond = waits.reduce((sum, ms) => sum + 1_000 / ms, 0);
    expect(asksPerSecond).toBeLessThan(600);
  });
});

describe("[U3] slowing down", () => {
  test("begins with the first refusal at a third less than what ran, and keeps the refused turn in front", () => {
    const { ask, refuse, core } = buildLimiter({ activeTurns: 100 });
    for (let n = 0; n < 12; n += 1) ask(`t${n}`);
    expect(refuse("t11", 10, "rate-limited")).toMatchObject({ place: 0, reason: "slow-down" });
    expect(core.allowed(10)).toBe(8);
    expect(refuse("t10", 11, "rate-limited")).toMatchObject({ place: 1 });
    // All of them were under way when it began: one decrease for the lot.
    expect(core.allowed(11)).toBe(8);
    expect(ask("newcomer", 12)).toMatchObject({ kind: "wait", place: 2, reason: "slow-down" });
  });

  test("begins at four where little ran, or nothing is known because the tenant has no limit", () => {
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
    expect(refuse("a", 0, "unavailable", 3_000)).toMatchObject({ retryAfterMs: 3_000, place: 0, reason: "slow-down" });
    expect(core.isSlowing(0)).toBe(true);
    expect(ask("a", 2_000)).toMatchObject({ kind: "wait" });
    expect(ask("a", 3_000)).toEqual(granted);
  });

  test("goes up by one for as many successes as it allows, down by a third for a refusal", () => {
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

  test("never goes below one, and waits longer each time while nobody is served", () => {
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

  test("a turn that is refused again and again stops going first", () => {
    const { ask, refuse } = buildLimiter({ activeTurns: 1 });
    ask("poison");
    let now = 1;
    const places: number[] = [];
    for (let n = 0; n < 4; n += 1) {
      ask("other", now);
      const wait = refuse("poison", now, "rate-limited");
      places.push(wait?.place ?? -1);
      now += wait?.retryAfterMs ?? 0;
      if (n < 3) expect(ask("poison", now)).toEqual(granted);
    }
    expect(places).toEqual([0, 0, 0, 1]);
    expect(ask("other", now + 30)).toEqual(granted);
  });

  test("a turn that the upstream did not take is none of this minute's", () => {
    const { ask, refuse, core } = buildLimiter({ turnsPerMinute: 5 });
    ask("a");
    expect(core.turnsLeft(0)).toBe(4);
    refuse("a", 0, "rate-limited");
    expect(core.turnsLeft(0)).toBe(5);
  });
});

describe("[U3] the circuit", () => {
  function opened() {
    const limiter = buildLimiter({ activeTurns: 10 });
    for (let n = 0; n < 6; n += 1) limiter.ask(`t${n}`);
    const answers = [0, 1, 2, 3, 4].map((n) => limiter.refuse(`t${n}`, n, "unreachable"));
    return { ...limiter, answers, core: limiter.core };
  }

  test("opens with the fifth failure in a row; before that a turn keeps its lease and its own retries", () => {
    const { answers, ask, core } = opened();
    expect(answers.slice(0, 4)).toEqual([undefined, undefined, undefined, undefined]);
    expect(answers[4]).toMatchObject({ kind: "wait", reason: "circuit", retryAfterMs: firstPauseMs });
    expect(core.isSlowing(4)).toBe(true);
    expect(ask("newcomer", 5)).toMatchObject({ kind: "wait", reason: "circuit" });
  });

  test("an answer in between, even a refusal, starts the count again, and so does time", () => {
    const { ask, refuse, core } = buildLimiter({ activeTurns: 10 });
    for (const id of ["a", "b"]) ask(id);
    for (let n = 0; n < 4; n += 1) refuse("a", n, "unreachable");
    core.release("b", "ok", 10);
    for (let n = 0; n < 4; n += 1) expect(refuse("a", 20 + n, "unreachable")).toBeUndefined();
    expect(refuse("a", 40_000, "unreachable")).toBeUndefined();
  });

  test("one turn tries after the pause; the others wait for what it finds; an answer closes it, slowly", () => {
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

  test("a try that fails doubles the pause, up to a minute; one that is cancelled lets the next one try", () => {
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

  test("a try whose lease ran out was no answer: the next one may try", () => {
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

test("an eviction changes nothing that anyone could see", () => {
  const { ask, refuse, evict, core } = buildLimiter({ activeTurns: 2, turnsPerMinute: 60 });
  ask("a");
  ask("b");
  refuse("b", 5, "rate-limited", 1_000);
  for (const id of ["c", "d"]) ask(id, 6);
  const places = ["b", "c", "d"].map((id) => waitOf(ask(id, 7)).place);
  expect(places).toEqual([0, 1, 2]);
  evict(8);
  expect(["b", "c", "d"].map((id) => waitOf(ask(id, 9)).place)).toEqual(places);
  expect(ask("a", 9)).toMatchObject({ kind: "granted", expiresAt: deadlineAt + leaseGraceMs });
  expect(core.state().record.v).toBe(1);
});

test("at rest there is nothing to remember and no alarm to set", () => {
  const { ask, core } = buildLimiter({ activeTurns: 1, turnsPerMinute: 60 });
  ask("a");
  expect(core.nextAt(0)).toBe(1_000);
  core.release("a", "ok", 500);
  expect(core.nextAt(1_000)).toBeUndefined();
});
