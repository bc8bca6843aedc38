/** What holds for the Limiter in all histories, by random ones; and storms of rooms against a small upstream. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LimiterCore } from "../../../../party/core/limiter/limiter.ts";
import {
  type CallFailure,
  type LeaseAnswer,
  maxJitterOf,
  type ReleaseOutcome,
} from "../../../../party/core/limiter/limiter-port.ts";
import type { LimiterLimits } from "../../../../party/core/limiter/limiter-state.ts";
import { maxHoldMs, minRetryMs } from "../../../../party/core/limiter/retry-pace.ts";
import { defined } from "../../../../shared/defined.ts";
import { randomOf, simulateCrowd } from "../../../support/network/crowd.ts";
import { propertyRuns } from "../../../support/property-runs.ts";

const limits: fc.Arbitrary<LimiterLimits> = fc.record(
  { activeTurns: fc.integer({ min: 1, max: 6 }), turnsPerMinute: fc.integer({ min: 1, max: 30 }) },
  { requiredKeys: [] },
);
const turn = fc.record({ room: fc.nat(4), number: fc.nat(4) });
/** Nothing, the usual, an hour, and what no sane upstream says. */
const retryAfterMs = fc.option(
  fc.oneof(fc.nat(5_000), fc.nat(3_600_000), fc.constantFrom(-1, 1e12, Number.MAX_SAFE_INTEGER)),
  { nil: undefined },
);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("acquire" as const), turn, credit: fc.constant(false) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("acquire" as const), turn, credit: fc.constant(true) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("release" as const),
      turn,
      outcome: fc.constantFrom<ReleaseOutcome>("ok", "ok", "failed", "cancelled"),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("report" as const),
      turn,
      refused: fc.constantFrom<CallFailure>("rate-limited", "unavailable", "unreachable"),
      retryAfterMs,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("accepted" as const), turn }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.oneof(fc.nat(500), fc.nat(40_000)) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("limit" as const), limits }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const idOf = ({ room, number }: { room: number; number: number }) => `r${room}t${number}`;
const request = (of: { room: number; number: number }, now: number, credit = false) => ({
  generationId: idOf(of),
  room: `r${of.room}`,
  deadlineAt: now + 60_000,
  // Three upstreams and two subjects, so that what one causes is seen at the others.
  upstream: `u${of.number % 3}`,
  ...(of.room === 0 ? {} : { subject: `s${of.room % 2}` }),
  credit,
});

/** Does a step. Returns the answer, which is all that a room ever sees. */
function play(core: LimiterCore, move: Step, now: number): unknown {
  switch (move.kind) {
    case "acquire":
      return core.acquire(request(move.turn, now, move.credit), now);
    case "release":
      return core.release(idOf(move.turn), move.outcome, now);
    case "report":
      return core.report(request(move.turn, now), move.refused, move.retryAfterMs, now);
    case "accepted":
      return core.accepted(idOf(move.turn), now);
    case "limit":
      return core.limit(move.limits, now);
    case "pass":
      return core.sweep(now);
  }
}

const revived = (core: LimiterCore, now: number) => new LimiterCore(now, JSON.parse(JSON.stringify(core.state())));

describe("[Q4] [U3] for every history", () => {
  test("grants no lease beyond what is allowed but on credit, mints no token, and answers a repeated request the same", () => {
    fc.assert(
      fc.property(limits, fc.array(step, { maxLength: 120 }), (first, moves) => {
        const core = new LimiterCore(0);
        core.limit(first, 0);
        let now = 0;
        for (const move of moves) {
          if (move.kind === "pass") now += move.ms;
          core.sweep(now);
          const held = new Set(core.state().leases.map(({ id }) => id));
          const tokens = core.turnsLeft(now);
          const answer = play(core, move, now);
          expect(core.state().record.bucket?.units ?? 0).toBeGreaterThanOrEqual(0);
          expect(core.allowed(now)).toBeGreaterThanOrEqual(1);
          if (move.kind !== "acquire") continue;
          const isNew = (answer as LeaseAnswer).kind === "granted" && !held.has(idOf(move.turn));
          if (isNew && !move.credit) {
            expect(core.inUse).toBeLessThanOrEqual(core.allowed(now, "another upstream"));
            const { upstream } = request(move.turn, now);
            const ofUpstream = core.state().leases.filter((lease) => lease.upstream === upstream).length;
            expect(ofUpstream).toBeLessThanOrEqual(core.allowed(now, upstream));
            expect(tokens).toBeGreaterThanOrEqual(1);
          }
          const before = core.state();
          expect(play(core, move, now)).toEqual(answer);
          expect(core.state()).toEqual(before);
        }
      }),
      { numRuns: propertyRuns(400) },
    );
  });

  test("hands out all changes that a store needs", () => {
    fc.assert(
      fc.property(limits, fc.array(step, { maxLength: 80 }), (first, moves) => {
        const core = new LimiterCore(0);
        core.limit(first, 0);
        let now = 0;
        const stored = new Map<string, unknown>();
        let queue: unknown = [];
        for (const move of moves) {
          if (move.kind === "pass") now += move.ms;
          play(core, move, now);
          const changes = core.takeChanges();
          for (const [id, lease] of changes.leases)
            if (lease === undefined) stored.delete(id);
            else stored.set(id, lease);
          if (changes.waiting) queue = core.state().waiting;
          expect(new Map(core.state().leases.map((lease) => [lease.id, lease]))).toEqual(stored);
          expect(core.state().waiting).toEqual(queue);
        }
      }),
    );
  });

  test("keeps all leases and the order of the queue through an eviction at any point", () => {
    const history = fc.array(step, { maxLength: 100 });
    fc.assert(
      fc.property(limits, history, (first, moves) => {
        const core = new LimiterCore(0);
        core.limit(first, 0);
        let now = 0;
        for (const move of moves) {
          if (move.kind === "pass") now += move.ms;
          play(core, move, now);
        }
        const next = revived(core, now);
        expect(next.state()).toEqual(core.state());
        expect(next.turnsLeft(now)).toBe(core.turnsLeft(now));
        for (const upstream of ["u0", "u1", "u2"])
          expect(next.allowed(now, upstream)).toBe(core.allowed(now, upstream));
        // Once each queued turn has asked again, all answers are what they would have been.
        const waiting = core.state().waiting.map(({ id, room, deadlineAt, upstream, subject }) => ({
          ...{ generationId: id, room, deadlineAt, upstream },
          ...defined({ subject }),
        }));
        const firstLease = { generationId: "held", room: "held", deadlineAt: now + 60_000, credit: true };
        for (const limiter of [core, next]) {
          limiter.limit({ activeTurns: 1 }, now);
          limiter.acquire(firstLease, now);
          for (const request of waiting) limiter.acquire(request, now);
        }
        const position = (answer: LeaseAnswer) => (answer.kind === "wait" ? answer.position : undefined);
        for (const request of waiting) {
          expect(position(next.acquire(request, now))).toBe(position(core.acquire(request, now)));
        }
        expect(Math.min(next.nextAt(now) ?? 0, now)).toBe(Math.min(core.nextAt(now) ?? 0, now));
      }),
      { numRuns: propertyRuns(200) },
    );
  });

  test("holds back no turn after an eviction for queued turns that don't come back", () => {
    const history = fc.array(step, { maxLength: 100 });
    fc.assert(
      fc.property(history, fc.integer({ min: 1, max: 6 }), (moves, activeTurns) => {
        const core = new LimiterCore(0);
        core.limit({ activeTurns }, 0);
        let now = 0;
        for (const move of moves) {
          if (move.kind === "pass") now += move.ms;
          if (move.kind !== "limit") play(core, move, now);
        }
        const next = revived(core, now);
        for (const { id } of next.state().leases) next.release(id, "cancelled", now);
        // Nothing is known of this upstream, so only the tenant's limit counts.
        for (let n = 0; n < activeTurns; n += 1) {
          const asked = { generationId: `new ${n}`, room: "new", deadlineAt: now + 60_000, upstream: "new" };
          expect(next.acquire(asked, now)).toMatchObject({ kind: "granted" });
        }
      }),
      { numRuns: propertyRuns(200) },
    );
  });

  test("comes to rest when left alone: its alarms end, and nothing is left to store", () => {
    fc.assert(
      fc.property(limits, fc.array(step, { maxLength: 60 }), (first, moves) => {
        const core = new LimiterCore(0);
        core.limit(first, 0);
        let now = 0;
        for (const move of moves) {
          if (move.kind === "pass") now += move.ms;
          play(core, move, now);
        }
        const from = now;
        let rings = 0;
        for (let at = core.nextAt(now); at !== undefined; at = core.nextAt(now)) {
          expect(at).toBeGreaterThan(now);
          now = at;
          core.sweep(now);
          rings += 1;
          expect(rings).toBeLessThan(200);
        }
        expect([core.inUse, core.waiting, core.isSlowedDown]).toEqual([0, 0, false]);
        // A half-open circuit waits for a turn to probe it, however long that takes.
        for (const { circuit } of Object.values(core.record().upstreams)) expect(circuit.state).toBe("half-open");
        expect(now - from).toBeLessThan(2_000_000);
      }),
    );
  });
});

describe("[Q4] no room starves", () => {
  test("while every turn that keeps asking is served within a bound, whatever the others do", () => {
    const arrivals = fc.array(
      fc.record({ room: fc.nat(7).map((n) => `r${n}`), at: fc.nat(20_000), lastsMs: fc.constant(1_000) }),
      { minLength: 1, maxLength: 60 },
    );
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 1, max: 5 }), fc.integer(), (all, activeTurns, seed) => {
        const { served } = simulateCrowd({ arrivals: all, limits: { activeTurns }, jitter: randomOf(seed) });
        expect(served).toHaveLength(all.length);
        for (const { room, at, grantedAt } of served) {
          // Each of those before it holds a lease for a second, and two seconds at most until the next one asks for it. Before
          // it are at most: as many turns of each other room as it has itself until its own, and one more.
          const own = served.filter((other) => other.room === room && other.at <= at).length;
          const rooms = new Set(all.map((other) => other.room)).size;
          const before = Math.min(all.length, (own + 1) * rooms);
          expect(grantedAt - at).toBeLessThanOrEqual(
            (before / activeTurns + 2) * (1_000 + maxHoldMs + maxJitterOf(maxHoldMs)),
          );
        }
      }),
      { numRuns: propertyRuns(150) },
    );
  });

  test("while one room floods the queue and newcomers arrive all the time", () => {
    const flood = Array.from({ length: 60 }, () => ({ room: "flood", at: 0, lastsMs: 1_000 }));
    const newcomers = Array.from({ length: 100 }, (_, n) => ({ room: `new ${n}`, at: n * 600, lastsMs: 1_000 }));
    const single = { room: "single", at: 5, lastsMs: 1_000 };
    const { served } = simulateCrowd({
      arrivals: [...flood, single, ...newcomers],
      limits: { activeTurns: 2 },
      jitter: randomOf(7),
    });
    const of = (room: string) => served.filter((turn) => turn.room === room);
    expect(of("single")[0]?.grantedAt).toBeLessThan(5_000);
    for (const { at, grantedAt } of served.filter(({ room }) => room.startsWith("new"))) {
      expect(grantedAt - at).toBeLessThan(15_000);
    }
    expect(of("flood")).toHaveLength(60);
  });

  test("and capacity is used, without a long queue asking more often than it must", () => {
    const arrivals = Array.from({ length: 500 }, (_, n) => ({ room: `r${n}`, at: 0, lastsMs: 4_000 }));
    const { endedAt, asks } = simulateCrowd({ arrivals, limits: { activeTurns: 20 }, jitter: randomOf(3) });
    const ideal = (500 / 20) * 4_000;
    expect(endedAt / ideal).toBeLessThan(1.15);
    expect(asks / 500).toBeLessThan(25);
    expect(asks / (endedAt / 1_000)).toBeLessThan((1_000 / minRetryMs) * 20);
  });
});

describe("[Q4] a queue moves as fast as answers do", () => {
  test.each([
    { activeTurns: 1, answerMs: 125, used: 0.8 },
    { activeTurns: 10, answerMs: 125, used: 0.8 },
    { activeTurns: 100, answerMs: 1_000, used: 0.75 },
    { activeTurns: 10, answerMs: 20, used: 0.25 },
  ])("$activeTurns at a time, of $answerMs ms: $used of what may run does", ({ activeTurns, answerMs, used }) => {
    const random = randomOf(11);
    // Half as many again come as can be served.
    const arrivals = Array.from({ length: 1_000 }, (_, n) => ({
      room: `r${n}`,
      at: Math.floor((n * answerMs) / activeTurns / 1.5),
      lastsMs: answerMs,
    }));
    const { asks, endedAt } = simulateCrowd({ arrivals, limits: { activeTurns }, jitter: random });
    expect((1_000 * answerMs) / activeTurns / endedAt).toBeGreaterThanOrEqual(used);
    // What one Limiter object can answer, with room to spare.
    expect(asks / (endedAt / 1_000)).toBeLessThan(700);
  });
});

describe("[U3] a storm: 200 rooms, an upstream that takes 10 at a time", () => {
  test.each([
    ["no limit of the tenant", {}, true],
    ["a limit that is far too high", { activeTurns: 500 }, false],
  ])("is served in order, with %s", (_name, limits, asksLate) => {
    for (const lastsMs of [100, 1_000, 10_000]) {
      const arrivals = Array.from({ length: 600 }, (_, n) => ({
        room: `r${n % 200}`,
        at: Math.floor(n / 200) * 500,
        lastsMs,
      }));
      const { served, endedAt } = simulateCrowd({
        arrivals,
        limits,
        takes: 10,
        asksLate,
        jitter: randomOf(lastsMs),
      });
      expect(served).toHaveLength(600);
      // The order of answers is nearly the order of questions.
      const rank = new Map(served.map(({ id }, index) => [id, index]));
      const firsts = Array.from({ length: 200 }, (_, n) => rank.get(`t${n}`) ?? Number.POSITIVE_INFINITY);
      expect(Math.max(...firsts)).toBeLessThan(250);
      // Capacity stands idle while rooms come for it, and while the slow-down probes.
      expect(endedAt / (60 * lastsMs)).toBeLessThan(lastsMs < 1_000 ? 4 : 2);
    }
  });

  // A slow machine reads refusals late. What it knows then must not let refused turns call again.
  test.each([0, 1, 5, 20, 60])("costs few refusals on a machine that takes %i ms for each thing", (serviceMs) => {
    for (const lastsMs of [125, 2_000]) {
      for (const { limits, asksLate } of [
        { limits: {}, asksLate: true },
        { limits: { activeTurns: 100 }, asksLate: false },
        { limits: { activeTurns: 500 }, asksLate: false },
      ]) {
        for (const retryAfterMs of [undefined, 1_000]) {
          const random = randomOf(7);
          const arrivals = Array.from({ length: 200 }, (_, n) => ({
            ...{ room: `r${n}`, at: 0 },
            lastsMs: Math.round(lastsMs * (0.8 + 0.4 * random())),
          }));
          const wave = Math.min(200, limits.activeTurns ?? 200);
          const { served, refusals } = simulateCrowd({
            ...{ arrivals, limits, takes: 10, asksLate, jitter: random, serviceMs, wave },
            ...defined({ retryAfterMs }),
          });
          expect(served).toHaveLength(200);
          const later = refusals.filter((completions) => completions >= 20).length;
          expect(later / (200 - 20)).toBeLessThanOrEqual(0.05);
          // One for each turn of the wave that the upstream could not take, and a few for probing.
          expect(refusals.length).toBeLessThanOrEqual(1.1 * (wave - 10));
        }
      }
    }
  });

  // A turn is overtaken while it sleeps until it asks again, which is two seconds and their jitter, or as long as its own
  // `Retry-After`. What the machine takes for each thing comes on top.
  test.each([0, 1, 5, 20, 60])("starves no refused turn on a machine that takes %i ms for each thing", (serviceMs) => {
    for (const retryAfterMs of [undefined, 1_000]) {
      for (let seed = 1; seed <= 5; seed += 1) {
        const random = randomOf(seed);
        const arrivals = Array.from({ length: 200 }, (_, n) => ({
          ...{ room: `r${n}`, at: 0 },
          lastsMs: Math.round(125 * (0.8 + 0.4 * random())),
        }));
        const { served, refused } = simulateCrowd({
          ...{ arrivals, limits: {}, takes: 10, asksLate: true, jitter: random, serviceMs, wave: 200 },
          ...defined({ retryAfterMs }),
        });
        const grantedAt = new Map(served.map((turn) => [turn.id, turn.grantedAt]));
        let overtakenMs = 0;
        let earliestLater = Number.POSITIVE_INFINITY;
        for (const id of refused.toReversed()) {
          const at = grantedAt.get(id) ?? Number.POSITIVE_INFINITY;
          overtakenMs = Math.max(overtakenMs, at - earliestLater);
          earliestLater = Math.min(earliestLater, at);
        }
        expect(overtakenMs).toBeLessThanOrEqual(2_500 + 800 * serviceMs);
      }
    }
  });

  test("speeds up soon when the first answers took long and the next ones are quick", () => {
    const [slowMs, quickMs] = [10_000, 125];
    const arrivals = Array.from({ length: 200 }, (_, n) => ({
      room: `r${n}`,
      at: 0,
      lastsMs: n < 10 ? slowMs : quickMs,
    }));
    const { endedAt } = simulateCrowd({ arrivals, limits: { activeTurns: 200 }, takes: 10, jitter: randomOf(5) });
    expect(endedAt - slowMs).toBeLessThan(8_500);
  });
});
