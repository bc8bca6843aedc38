/**
 * Random schedules of many rooms over one tenant's Limiter, in simulated time: rooms ask, are refused with or without a
 * Retry-After, stop, get lost and come back; the Limiter object restarts from what it stored; the number of shards changes.
 * After each step no more leases are held than allowed, and in the end every turn that kept asking has run within a bound.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seeded } from "../../../../bench/simulate/random.ts";
import { leaseTtlMs } from "../../../../party/core/limiter/leases.ts";
import { LimiterCore } from "../../../../party/core/limiter/limiter.ts";
import { maxJitterOf, renewLeaseMs, type Wait, withJitter } from "../../../../party/core/limiter/limiter-port.ts";
import type { LimiterLimits, LimiterState } from "../../../../party/core/limiter/limiter-state.ts";
import { maxHoldMs } from "../../../../party/core/limiter/retry-pace.ts";
import { shareOf } from "../../../../party/limits/limiter-shards.ts";
import { defined } from "../../../../shared/defined.ts";
import { EventQueue } from "../../../support/network/crowd.ts";
import { propertyRuns } from "../../../support/property-runs.ts";

/** What happens to a turn at the upstream, one outcome for each call; then it is answered. */
type Outcome =
  | { readonly kind: "refused"; readonly retryAfterMs: number | undefined }
  | { readonly kind: "answered"; readonly lastsMs: number }
  /** The room is lost during the call, and nothing of the turn was stored. */
  | { readonly kind: "lost" };

interface Plan {
  readonly room: number;
  readonly at: number;
  readonly upstream: number;
  readonly calls: readonly Outcome[];
  readonly lastsMs: number;
}

interface Schedule {
  readonly limits: LimiterLimits;
  readonly plans: readonly Plan[];
  /** Times at which each Limiter object starts again from what it has stored. */
  readonly restarts: readonly number[];
  /** Times at which the number of shards changes, and to what. */
  readonly shards: readonly { readonly at: number; readonly count: number }[];
  readonly seed: number;
}

const horizonMs = 60_000;
const lastsMs = fc.integer({ min: 50, max: 5_000 });
const retryAfterMs = fc.option(fc.oneof(fc.nat(2_000), fc.integer({ min: 1_000, max: 300_000 })), { nil: undefined });
const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("refused" as const), retryAfterMs }) },
  { weight: 1, arbitrary: fc.constant({ kind: "lost" as const }) },
);
const plan: fc.Arbitrary<Plan> = fc.record({
  room: fc.nat(11),
  at: fc.nat(horizonMs),
  upstream: fc.nat(1),
  calls: fc.oneof(
    { weight: 4, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(outcome, { maxLength: 3 }) },
  ),
  lastsMs,
});
const schedule = fc.record({
  limits: fc.record({ activeTurns: fc.integer({ min: 1, max: 6 }) }),
  plans: fc.array(plan, { minLength: 1, maxLength: 60 }),
  restarts: fc.array(fc.nat(2 * horizonMs), { maxLength: 3 }),
  shards: fc.constant([]),
  seed: fc.integer(),
}) satisfies fc.Arbitrary<Schedule>;
const withShards = fc.tuple(
  schedule,
  fc.array(fc.record({ at: fc.nat(2 * horizonMs), count: fc.integer({ min: 1, max: 4 }) }), { maxLength: 3 }),
);

interface Ran {
  readonly plan: Plan;
  /** When the answered call began. */
  readonly servedAt: number;
  /** How long the turn had to wait at least, because it was told so after a refusal. */
  readonly ownWaitMs: number;
  readonly refusals: number;
}

interface Result {
  readonly ran: readonly Ran[];
  readonly lost: number;
}

/** Stored as the object does: leases at once, the queue from time to time. */
class Shard {
  core = new LimiterCore(0);
  #queueStoredAt = Number.NEGATIVE_INFINITY;
  #stored: LimiterState = this.core.state();

  store(now: number): void {
    const state = this.core.state();
    const isQueueDue = now - this.#queueStoredAt >= 5_000;
    if (isQueueDue) this.#queueStoredAt = now;
    this.#stored = { ...state, waiting: isQueueDue ? state.waiting : this.#stored.waiting };
  }

  restart(now: number): void {
    const held = new Set(this.#stored.leases.map(({ id }) => id));
    const waiting = this.#stored.waiting.filter(({ id }) => !held.has(id));
    this.core = new LimiterCore(now, JSON.parse(JSON.stringify({ ...this.#stored, waiting })));
  }
}

/** Plays the schedule to its end. @throws where more leases are held than allowed, or a turn is never served. */
function play({ limits, plans, restarts, shards: changes, seed }: Schedule): Result {
  const time = new EventQueue();
  const random = seeded(seed);
  const shards = new Map<number, Shard>();
  let shardCount = 1;
  const ran: Ran[] = [];
  let lost = 0;

  const shardOf = (index: number): Shard => {
    const shard = shards.get(index) ?? new Shard();
    shards.set(index, shard);
    return shard;
  };
  /** As the object does: the limits of the call, then the operation, then the store. */
  const use = <T>(index: number, share: LimiterLimits | undefined, operation: (core: LimiterCore) => T): T => {
    const shard = shardOf(index);
    if (share !== undefined) shard.core.limit(share, time.now);
    const result = operation(shard.core);
    shard.core.takeChanges();
    shard.store(time.now);
    return result;
  };

  plans.forEach((of, index) => {
    const id = `t${index}`;
    const room = `r${of.room}`;
    const subject = of.room % 3 === 0 ? undefined : `s${of.room % 3}`;
    const request = {
      ...{ generationId: id, room, deadlineAt: 36_000_000, upstream: `u${of.upstream}` },
      ...defined({ subject }),
    };
    let calls = 0;
    let ownWaitMs = 0;
    let shard: number | undefined;
    const again = ({ retryAfterMs: ms }: Wait) => time.at(time.now + withJitter(ms, random), ask);
    const own = () => shareOf(limits, room, shardCount);
    const ask = () => {
      const { shard: now, limits: share } = own();
      // As the room's client does: the old shard must keep nothing for a turn that asks the new one.
      if (shard !== undefined && shard !== now)
        use(shard, undefined, (core) => core.release(id, "cancelled", time.now));
      shard = now;
      const granted = use(now, share, (core) => {
        const answer = core.acquire(request, time.now);
        if (answer.kind === "wait") again(answer);
        else expect(core.inUse).toBeLessThanOrEqual(Math.max(1, share.activeTurns ?? 0));
        return answer.kind === "granted";
      });
      if (granted) call();
    };
    const call = () => {
      const next = of.calls[calls] ?? { kind: "answered" as const, lastsMs: of.lastsMs };
      calls += 1;
      const at = shard ?? 0;
      switch (next.kind) {
        case "lost":
          lost += 1;
          return;
        case "refused":
          time.at(time.now + 20, () => {
            const wait = use(at, undefined, (core) =>
              core.report(request, "rate-limited", next.retryAfterMs, time.now),
            );
            if (wait === undefined) throw new Error("A refused turn is always queued again.");
            ownWaitMs += wait.retryAfterMs + maxJitterOf(wait.retryAfterMs);
            again(wait);
          });
          return;
        case "answered": {
          const servedAt = time.now;
          for (let ms = renewLeaseMs; ms < next.lastsMs; ms += renewLeaseMs) {
            time.at(time.now + ms, () =>
              use(at, undefined, (core) => core.acquire({ ...request, credit: true }, time.now)),
            );
          }
          time.at(time.now + next.lastsMs, () => {
            use(at, undefined, (core) => core.release(id, "ok", time.now));
            ran.push({ plan: of, servedAt, ownWaitMs, refusals: calls - 1 });
          });
        }
      }
    };
    time.at(of.at, ask);
  });
  for (const at of restarts) time.at(at, () => [...shards.values()].forEach((shard) => void shard.restart(time.now)));
  for (const { at, count } of changes) {
    time.at(at, () => {
      shardCount = count;
    });
  }
  while (time.runNext()) {
    if (time.now > 36_000_000) throw new Error(`${plans.length - ran.length - lost} turns were never served`);
  }
  return { ran, lost };
}

describe("[Q4] [U3] in every schedule of rooms, refusals, losses and restarts", () => {
  test("every turn that keeps asking is served, and never more of them than allowed", () => {
    fc.assert(
      fc.property(withShards, ([base, shards]) => {
        const { ran, lost } = play({ ...base, shards });
        expect(ran.length + lost).toBe(base.plans.length);
      }),
      { numRuns: propertyRuns(150) },
    );
  });

  test("no turn waits longer than for those that share with it, its own refusals and the leases that were lost", () => {
    fc.assert(
      fc.property(schedule, (of) => {
        const { ran, lost } = play(of);
        const { activeTurns } = of.limits;
        const refusals = ran.reduce((sum, turn) => sum + turn.refusals, 0);
        const allMs = ran.reduce((sum, { plan: { lastsMs: ms } }) => sum + ms, 0);
        for (const { plan: planned, servedAt, ownWaitMs } of ran) {
          // All turns one after the other, each with the longest time until the next one asks for what is free;
          const othersMs = allMs + ran.length * (maxHoldMs + maxJitterOf(maxHoldMs) + 1_000);
          // what lost rooms hold until their leases expire; and what refusals pause: twenty seconds each at most.
          const heldMs = Math.ceil(lost / activeTurns) * (leaseTtlMs + renewLeaseMs) * (1 + of.restarts.length);
          const pausedMs = refusals * 20_000;
          // The longest guess of a queued turn, which it may sleep through.
          const asleepMs = 32_000 * (1 + of.restarts.length);
          expect(servedAt - planned.at).toBeLessThanOrEqual(othersMs + heldMs + pausedMs + asleepMs + ownWaitMs);
        }
      }),
      { numRuns: propertyRuns(150) },
    );
  });

  test("a Retry-After of others adds nothing to the wait of a turn", () => {
    const plainPlan = plan.map((of) => ({ ...of, calls: [] }));
    // One turn at least is refused with a wait of minutes, and the upstream takes everything else.
    const refused = plan.map((of) => ({ ...of, calls: [{ kind: "refused" as const, retryAfterMs: 280_000 }] }));
    fc.assert(
      fc.property(
        fc.array(plainPlan, { minLength: 1, maxLength: 40 }),
        fc.array(refused, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer(),
        (plain, others, activeTurns, seed) => {
          const { ran } = play({
            limits: { activeTurns },
            plans: [...plain, ...others],
            restarts: [],
            shards: [],
            seed,
          });
          const allMs = ran.reduce((sum, { plan: { lastsMs: ms } }) => sum + ms, 0);
          const boundMs = allMs + ran.length * (maxHoldMs + maxJitterOf(maxHoldMs) + 1_000) + 20_000;
          for (const { plan: planned, servedAt, refusals } of ran) {
            if (refusals === 0) expect(servedAt - planned.at).toBeLessThanOrEqual(Math.min(boundMs, 279_000));
          }
        },
      ),
      { numRuns: propertyRuns(150) },
    );
  });
});

describe("[Q4] a queue that never empties", () => {
  /** Rooms that always have a turn waiting, for two minutes; returns how many turns of each subject were served. */
  function contend(roomsOf: Readonly<Record<string, number>>, activeTurns: number, seed: number): Map<string, number> {
    const time = new EventQueue();
    const random = seeded(seed);
    const core = new LimiterCore(0);
    core.limit({ activeTurns }, 0);
    const served = new Map<string, number>();
    for (const [subject, rooms] of Object.entries(roomsOf)) {
      for (let room = 0; room < rooms; room += 1) {
        const begin = (number: number) => {
          const name = `${subject} ${room}`;
          const request = { generationId: `${name} ${number}`, room: name, subject, deadlineAt: 36_000_000 };
          const ask = () => {
            const answer = core.acquire(request, time.now);
            if (answer.kind === "wait") time.at(time.now + withJitter(answer.retryAfterMs, random), ask);
            else {
              time.at(time.now + 500 + Math.floor(random() * 1_000), () => {
                core.release(request.generationId, "ok", time.now);
                if (time.now > 20_000) served.set(subject, (served.get(subject) ?? 0) + 1);
                if (time.now < 140_000) begin(number + 1);
              });
            }
          };
          ask();
        };
        time.at(Math.floor(random() * 1_000), () => begin(0));
      }
    }
    while (time.runNext()) if (time.now > 200_000) break;
    return served;
  }

  test.each([1, 3, 10])("gives subjects equal shares, however many rooms each has (%i at a time)", (activeTurns) => {
    const served = contend({ greedy: 40, modest: 12, other: 12 }, activeTurns, activeTurns);
    const shares = [...served.values()];
    const mean = shares.reduce((sum, count) => sum + count, 0) / shares.length;
    for (const share of shares) {
      expect(share / mean).toBeGreaterThan(0.75);
      expect(share / mean).toBeLessThan(1.35);
    }
  });
});
