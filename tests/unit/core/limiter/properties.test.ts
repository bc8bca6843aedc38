/** What holds for the Limiter whatever happens, by random histories; and a storm of rooms against a small upstream. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LimiterCore, type LimiterLimits } from "../../../../party/core/limiter/limiter.ts";
import type { LeaseAnswer, Refused, ReleaseOutcome } from "../../../../party/core/limiter/limiter-port.ts";
import { retryJitter } from "../../../../party/core/limiter/limiter-port.ts";
import { maxHoldMs, minRetryMs } from "../../../../party/core/limiter/retry-pace.ts";
import { randomOf, simulateCrowd } from "../../../support/crowd.ts";
import { propertyRuns } from "../../../support/property-runs.ts";

const limits: fc.Arbitrary<LimiterLimits> = fc.record(
  { activeTurns: fc.integer({ min: 1, max: 6 }), turnsPerMinute: fc.integer({ min: 1, max: 30 }) },
  { requiredKeys: [] },
);
const turn = fc.record({ room: fc.nat(4), number: fc.nat(4) });
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
      refused: fc.constantFrom<Refused>("rate-limited", "unavailable", "unreachable"),
      retryAfterMs: fc.option(fc.nat(5_000), { nil: undefined }),
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
  credit,
});

/** Does a step. Returns what was answered, which is all that a room ever sees. */
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
  test("no lease beyond what is allowed but on credit; tokens never negative; asked twice, answered the same", () => {
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
            expect(core.inUse).toBeLessThanOrEqual(core.allowed(now));
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

  test("the changes it hands out are all that a store needs", () => {
    fc.assert(
      fc.property(limits, fc.array(step, { maxLength: 80 }), (first, moves) => {
        const core = new LimiterCore(0);
        core.limit(first, 0);
        let now = 0;
        const stored = new Map<string, unknown>();
        let line: unknown = [];
        for (const move of moves) {
          if (move.kind === "pass") now += move.ms;
          play(core, move, now);
          const changes = core.takeChanges();
          for (const [id, lease] of changes.leases)
            if (lease === undefined) stored.delete(id);
            else stored.set(id, lease);
          if (changes.waiting) line = core.state().waiting;
          expect(new Map(core.state().leases.map((lease) => [lease.id, lease]))).toEqual(stored);
          expect(core.state().waiting).toEqual(line);
        }
      }),
    );
  });

  test("an eviction at any point changes no answer", () => {
    const history = fc.array(fc.record({ move: step, evicted: fc.boolean() }), { maxLength: 100 });
    fc.assert(
      fc.property(limits, history, (first, moves) => {
        const lives = new LimiterCore(0);
        let dies = new LimiterCore(0);
        lives.limit(first, 0);
        dies.limit(first, 0);
        let now = 0;
        for (const { move, evicted } of moves) {
          if (move.kind === "pass") now += move.ms;
          if (evicted) dies = revived(dies, now);
          expect(play(dies, move, now)).toEqual(play(lives, move, now));
          // Either may wake too early, because it looked last at another moment; none too late, and none for nothing.
          const exact = revived(lives, now).nextAt(now);
          for (const core of [lives, dies]) {
            expect(core.nextAt(now) ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(exact ?? Number.POSITIVE_INFINITY);
            expect(core.nextAt(now) === undefined).toBe(exact === undefined);
          }
        }
        expect(dies.state()).toEqual(lives.state());
      }),
      { numRuns: propertyRuns(200) },
    );
  });

  test("left alone it comes to rest: alarms end, and nothing is left to store", () => {
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
        expect([core.inUse, core.waiting, core.isSlowing(now) && core.record().circuit.state !== "half-open"]).toEqual([
          0,
          0,
          false,
        ]);
        expect(now - from).toBeLessThan(1_000_000);
      }),
    );
  });
});

describe("[Q4] no room starves", () => {
  test("whoever keeps asking is served before long, whatever the others do", () => {
    const arrivals = fc.array(
      fc.record({ room: fc.nat(7).map((n) => `r${n}`), at: fc.nat(20_000), lastsMs: fc.constant(1_000) }),
      { minLength: 1, maxLength: 60 },
    );
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 1, max: 5 }), fc.integer(), (all, activeTurns, seed) => {
        const { served } = simulateCrowd({ arrivals: all, limits: { activeTurns }, jitter: randomOf(seed) });
        expect(served).toHaveLength(all.length);
        for (const { room, at, grantedAt } of served) {
          // Each of those before it takes a slot for a second, and two seconds at most until the next one asks for it. Before
          // it are at most: as many turns of each other room as it has itself until its own, and one more.
          const own = served.filter((other) => other.room === room && other.at <= at).length;
          const rooms = new Set(all.map((other) => other.room)).size;
          const before = Math.min(all.length, (own + 1) * rooms);
          expect(grantedAt - at).toBeLessThanOrEqual(
            (before / activeTurns + 2) * (1_000 + maxHoldMs * (1 + retryJitter)),
          );
        }
      }),
      { numRuns: propertyRuns(150) },
    );
  });

  test("a flood of one room and a stream of newcomers hold up nobody else", () => {
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

  test("slots do not stand idle for long, and a long line asks no more often than it must", () => {
    const arrivals = Array.from({ length: 500 }, (_, n) => ({ room: `r${n}`, at: 0, lastsMs: 4_000 }));
    const { endedAt, asks } = simulateCrowd({ arrivals, limits: { activeTurns: 20 }, jitter: randomOf(3) });
    const ideal = (500 / 20) * 4_000;
    expect(endedAt / ideal).toBeLessThan(1.15);
    expect(asks / 500).toBeLessThan(25);
    expect(asks / (endedAt / 1_000)).toBeLessThan((1_000 / minRetryMs) * 20);
  });
});

describe("[Q4] a line moves as fast as answers do", () => {
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
  ])("with %s", (_name, limits, asksLate) => {
    for (const lastsMs of [100, 1_000, 10_000]) {
      const arrivals = Array.from({ length: 600 }, (_, n) => ({
        room: `r${n % 200}`,
        at: Math.floor(n / 200) * 500,
        lastsMs,
      }));
      const { served, refusals, endedAt } = simulateCrowd({
        arrivals,
        limits,
        takes: 10,
        asksLate,
        jitter: randomOf(lastsMs),
      });
      expect(served).toHaveLength(600);
      const late = refusals.filter((completions) => completions >= 20).length;
      expect(late / (600 - 20)).toBeLessThanOrEqual(0.1);
      // The order of answers is the order of questions, nearly.
      const rank = new Map(served.map(({ id }, index) => [id, index]));
      const firsts = Array.from({ length: 200 }, (_, n) => rank.get(`t${n}`) ?? Number.POSITIVE_INFINITY);
      expect(Math.max(...firsts)).toBeLessThan(250);
      // Slots stand idle while rooms come for them, and while the slow-down probes.
      expect(endedAt / (60 * lastsMs)).toBeLessThan(lastsMs < 1_000 ? 4 : 2);
    }
  });

  test("first answers that take long are soon forgotten when the next ones are quick", () => {
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
