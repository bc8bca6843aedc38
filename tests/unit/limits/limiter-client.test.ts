/** A room's client of the Limiter: when it asks, which object, in which order, and what it does while none answers. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type LeaseAnswer, renewLeaseMs, type Wait } from "../../../party/core/limiter/limiter-port.ts";
import type { LimiterLimits } from "../../../party/core/limiter/limiter-state.ts";
import { LeaseClient } from "../../../party/limits/limiter-client.ts";
import { hintMs, SlowingHints } from "../../../party/limits/limiter-hints.ts";
import type { LimiterCall, LimiterReply } from "../../../party/limits/limiter-messages.ts";
import { limiterName, shareOf } from "../../../party/limits/limiter-shards.ts";
import { defined } from "../../../shared/defined.ts";
import { FakeClock, settled } from "../../support/core/fake-clock.ts";

function build(initial: LimiterLimits, { shards = 1, hasSubjects = true } = {}) {
  let limits = initial;
  const clock = new FakeClock();
  const calls: { name: string; call: LimiterCall }[] = [];
  const degraded: unknown[] = [];
  let stubsMade = 0;
  const limiter = {
    isSlowing: false,
    answer: (_: LimiterCall): Promise<void> | undefined => undefined,
    acquires: undefined as (() => LeaseAnswer) | undefined,
    reports: (): Wait | undefined => ({ kind: "wait", retryAfterMs: 500, position: 0, reason: "slow-down" }),
  };
  const hints = new SlowingHints(clock);
  const client = new LeaseClient({
    tenant: "t",
    hints,
    room: "r",
    shards,
    hasSubjects,
    limits: async () => limits,
    knownLimits: () => limits,
    stubOf: (name) => {
      stubsMade += 1;
      return {
        async handle(call): Promise<LimiterReply> {
          calls.push({ name, call });
          await limiter.answer(call);
          const answers = call.operations.map(({ kind }) => {
            if (kind === "acquire") return limiter.acquires?.() ?? ({ kind: "granted", expiresAt: 1 } as const);
            return kind === "report" ? limiter.reports() : undefined;
          });
          return { answers, isSlowing: limiter.isSlowing };
        },
      };
    },
    clock,
    onDegraded: (cause) => degraded.push(cause),
  });
  const kinds = () => calls.map(({ call }) => call.operations.map(({ kind }) => kind));
  const change = (next: LimiterLimits) => {
    limits = next;
  };
  return { client, change, clock, hints, calls, kinds, limiter, degraded, stubsMade: () => stubsMade };
}

const of = (generationId: string) => ({ generationId, deadlineAt: 9_000_000 });

describe("[Q4] a room's client", () => {
  test("makes no call at all for a tenant without limits", async () => {
    const { client, calls } = build({});
    expect(await client.acquire(of("a"))).toEqual({ kind: "granted" });
    client.release("a", "ok");
    await settled();
    expect(calls).toEqual([]);
  });

  test("[U3] asks without a limit too while another room of the isolate knows that the upstream is slowed down", async () => {
    const { client, hints, clock, calls } = build({});
    hints.note(limiterName("t", 0), true);
    hints.note(limiterName("another", 0), true);
    await client.acquire(of("a"));
    expect(calls).toHaveLength(1);
    // Its answer was that the slow-down is over, which ends the hint for all rooms.
    expect(hints.isSlowing(limiterName("t", 0))).toBe(false);
    hints.note(limiterName("t", 0), true);
    client.release("a", "ok");
    await clock.advance(hintMs);
    await client.acquire(of("b"));
    expect(calls).toHaveLength(2);
  });

  test("asks with a limit, in one call for all requests of a moment, in their order", async () => {
    const { client, calls, kinds } = build({ activeTurns: 3 });
    const answers = await Promise.all([client.acquire(of("a")), client.acquire(of("b"))]);
    expect(answers).toEqual([
      { kind: "granted", expiresAt: 1 },
      { kind: "granted", expiresAt: 1 },
    ]);
    client.release("a", "ok");
    client.accepted("b");
    await settled();
    expect(kinds()).toEqual([
      ["acquire", "acquire"],
      ["release", "accepted"],
    ]);
    expect(calls[0]).toMatchObject({ name: limiterName("t", 0), call: { limits: { activeTurns: 3 } } });
  });

  test("[U3] after a refusal asks without a limit too, for as long as the Limiter slows down", async () => {
    const { client, kinds, limiter } = build({});
    await client.acquire(of("a"));
    limiter.isSlowing = true;
    expect(await client.report(of("a"), "rate-limited", 500)).toMatchObject({ kind: "wait" });
    await client.acquire(of("a"));
    await client.acquire(of("b"));
    limiter.isSlowing = false;
    client.release("a", "ok");
    client.release("b", "ok");
    await settled();
    expect(kinds()).toEqual([["report"], ["acquire"], ["acquire"], ["release", "release"]]);
    await client.acquire(of("c"));
    expect(kinds()).toHaveLength(4);
  });

  test("asks for a turn that waited in an earlier life, and releases what an earlier life may hold", async () => {
    const { client, kinds } = build({});
    await client.acquire({ ...of("a"), hasWaited: true });
    client.release("of an earlier life", "failed");
    await settled();
    expect(kinds()).toEqual([["acquire"], ["release"]]);
  });

  test("asks for nothing when the turn is stopped while the limits are being read", async () => {
    const { client, kinds } = build({ activeTurns: 1 });
    const asked = client.acquire(of("a"));
    client.release("a", "cancelled");
    await asked;
    await settled();
    expect(kinds()).toEqual([["release"]]);
  });
});

describe("[Q4] a lease that a room holds", () => {
  const renewal = (id: string) => [{ kind: "acquire", request: { ...of(id), room: "r", credit: true } }];

  test("is renewed while the turn runs, on credit, and not after its release", async () => {
    const { client, clock, calls } = build({ activeTurns: 3 });
    await client.acquire(of("a"));
    await clock.advance(3 * renewLeaseMs);
    expect(calls.slice(1).map(({ call }) => call.operations)).toEqual([renewal("a"), renewal("a"), renewal("a")]);
    client.release("a", "ok");
    await clock.advance(3 * renewLeaseMs);
    expect(calls).toHaveLength(5);
    expect(clock.pending).toBe(0);
  });

  test("is not renewed while its turn waits to retry by its own policy, and is again after that", async () => {
    const { client, clock, kinds, limiter } = build({ activeTurns: 3 });
    limiter.reports = () => undefined;
    await client.acquire(of("a"));
    expect(await client.report(of("a"), "unreachable")).toBeUndefined();
    await clock.advance(2 * renewLeaseMs);
    expect(kinds()).toEqual([["acquire"], ["report"]]);
    await client.acquire(of("a"));
    await clock.advance(renewLeaseMs);
    expect(kinds()).toHaveLength(4);
  });

  test("is not renewed when this life of the room is over, or the turn's deadline has passed", async () => {
    const closed = build({ activeTurns: 3 });
    await closed.client.acquire(of("a"));
    closed.client.close();
    await closed.clock.advance(3 * renewLeaseMs);
    // A lease that comes after the end of the room's life isn't renewed either.
    await closed.client.acquire(of("b"));
    await closed.clock.advance(3 * renewLeaseMs);
    expect(closed.kinds()).toEqual([["acquire"], ["acquire"]]);
    expect(closed.clock.pending).toBe(0);
    const late = build({ activeTurns: 3 });
    await late.client.acquire({ generationId: "a", deadlineAt: late.clock.now() + renewLeaseMs + 1 });
    await late.clock.advance(5 * renewLeaseMs);
    expect(late.kinds()).toEqual([["acquire"], ["acquire"]]);
    expect(late.clock.pending).toBe(0);
  });

  test("is renewed again after a renewal that failed", async () => {
    const { client, clock, limiter, degraded, kinds } = build({ activeTurns: 3 });
    await client.acquire(of("a"));
    limiter.answer = () => Promise.reject(new Error("network"));
    await clock.advance(renewLeaseMs);
    expect(degraded).toHaveLength(1);
    limiter.answer = () => undefined;
    await clock.advance(renewLeaseMs);
    expect(kinds()).toEqual([["acquire"], ["acquire"], ["acquire"]]);
  });
});

describe("[Q4] a room whose shard changes", () => {
  /** The object by limit: one turn at a time leaves one shard in use. */
  const nameOf = (limits: LimiterLimits) => limiterName("t", shareOf(limits, "r", 8).shard);
  const few = { activeTurns: 1 };
  const many = { activeTurns: 800 };

  test("releases a lease where it got it", async () => {
    expect(nameOf(few)).not.toBe(nameOf(many));
    const { client, change, calls } = build(few, { shards: 8 });
    await client.acquire(of("a"));
    change(many);
    client.release("a", "ok");
    await settled();
    expect(calls.map(({ name }) => name)).toEqual([nameOf(few), nameOf(few)]);
    // The old shard keeps its limits: this room's share is of another one.
    expect(calls[1]?.call.limits).toBeUndefined();
  });

  test("renews and reports a lease where it got it", async () => {
    const { client, clock, change, calls } = build(few, { shards: 8 });
    await client.acquire(of("a"));
    change(many);
    await clock.advance(renewLeaseMs);
    await client.report(of("a"), "rate-limited");
    expect(calls.map(({ name }) => name)).toEqual([nameOf(few), nameOf(few), nameOf(few)]);
  });

  test("asks for the next lease at the new shard, and leaves the queue of the old one", async () => {
    const { client, change, calls, limiter } = build(few, { shards: 8 });
    limiter.acquires = () => ({ kind: "wait", retryAfterMs: 500, position: 0, reason: "concurrency" });
    await client.acquire(of("a"));
    change(many);
    limiter.acquires = undefined;
    expect(await client.acquire(of("a"))).toMatchObject({ kind: "granted" });
    await settled();
    const sent = calls.map(({ name, call }) => [name, ...call.operations.map(({ kind }) => kind)]);
    expect(sent).toContainEqual([nameOf(few), "release"]);
    expect(sent).toContainEqual([nameOf(many), "acquire"]);
    client.release("a", "ok");
    await settled();
    expect(calls.at(-1)?.name).toBe(nameOf(many));
  });
});

describe("[Q4] the subject of a turn", () => {
  test("reaches the Limiter without saying who it is", async () => {
    const { client, calls } = build({ activeTurns: 3 });
    await client.acquire({ ...of("a"), subject: "alice@example.com" });
    await client.acquire({ ...of("b"), subject: "bob@example.com" });
    const subjects = calls.flatMap(({ call }) =>
      call.operations.map((operation) => (operation.kind === "acquire" ? operation.request.subject : undefined)),
    );
    expect(new Set(subjects).size).toBe(2);
    expect(JSON.stringify(calls)).not.toContain("alice");
  });

  test("is left out where users are anonymous", async () => {
    const { client, calls } = build({ activeTurns: 3 }, { hasSubjects: false });
    await client.acquire({ ...of("a"), subject: "anonymous" });
    expect(JSON.stringify(calls)).not.toContain("subject");
  });
});

describe("[Q4] a Limiter that cannot be reached", () => {
  test("leaves a room one turn at a time, is reported once, and is not waited for again at once", async () => {
    const { client, clock, calls, limiter, degraded, stubsMade } = build({ activeTurns: 3 });
    limiter.answer = () => Promise.reject(new Error("network"));
    expect(await client.acquire(of("a"))).toEqual({ kind: "granted" });
    expect(await client.acquire(of("a"))).toEqual({ kind: "granted" });
    expect(await client.acquire(of("b"))).toMatchObject({ kind: "wait", reason: "degraded" });
    expect(await client.report(of("a"), "unavailable")).toBeUndefined();
    expect(calls).toHaveLength(1);
    expect(degraded).toHaveLength(1);
    expect(await client.acquire(of("b"))).toEqual({ kind: "granted" });
    await clock.advance(5_000);
    expect(await client.acquire(of("c"))).toMatchObject({ kind: "wait", reason: "degraded" });
    expect(degraded).toHaveLength(1);
    await clock.advance(5_000);
    limiter.answer = () => undefined;
    expect(await client.acquire(of("c"))).toEqual({ kind: "granted", expiresAt: 1 });
    expect(stubsMade()).toBe(3);
    limiter.answer = () => Promise.reject(new Error("again"));
    await client.acquire(of("d"));
    expect(degraded).toHaveLength(2);
  });

  test("a resumed turn runs all the same", async () => {
    const { client, limiter } = build({ activeTurns: 3 });
    limiter.answer = () => Promise.reject(new Error("network"));
    await client.acquire(of("a"));
    expect(await client.acquire({ ...of("b"), credit: true })).toEqual({ kind: "granted" });
  });

  test("that does not answer is given up after two seconds", async () => {
    const { client, clock, limiter } = build({ activeTurns: 3 });
    limiter.answer = () => new Promise(() => undefined);
    const answer = client.acquire(of("a"));
    await clock.advance(2_000);
    expect(await answer).toEqual({ kind: "granted" });
    expect(clock.pending).toBe(0);
  });

  test("gets a release again, twice, and then the lease runs out by itself", async () => {
    const { client, clock, kinds, limiter } = build({ activeTurns: 3 });
    await client.acquire(of("a"));
    limiter.answer = () => Promise.reject(new Error("network"));
    client.release("a", "ok");
    await clock.advance(60_000);
    expect(kinds()).toEqual([["acquire"], ["release"], ["release"], ["release"]]);
    expect(clock.pending).toBe(0);
  });
});

describe("[Q4] shards", () => {
  const limit = fc.option(fc.integer({ min: 1, max: 200 }), { nil: undefined });

  test("share the limits out, whole and to the last one, and leave no room without", () => {
    fc.assert(
      fc.property(limit, limit, fc.integer({ min: 1, max: 16 }), (turnsPerMinute, activeTurns, shards) => {
        const limits = {
          ...defined({ turnsPerMinute, activeTurns }),
        };
        const shares = new Map<number, LimiterLimits>();
        for (let n = 0; n < 400; n += 1) {
          const share = shareOf(limits, `room ${n}`, shards);
          shares.set(share.shard, share.limits);
        }
        expect(shares.size).toBe(Math.min(shards, turnsPerMinute ?? shards, activeTurns ?? shards));
        for (const field of ["turnsPerMinute", "activeTurns"] as const) {
          const parts = [...shares.values()].map((share) => share[field] ?? 0);
          expect(Math.min(...parts)).toBeGreaterThanOrEqual(limits[field] === undefined ? 0 : 1);
          expect(parts.reduce((sum, part) => sum + part, 0)).toBe(limits[field] ?? 0);
        }
      }),
    );
  });

  test("a room has always the same one", () => {
    expect(shareOf({}, "room", 8)).toEqual(shareOf({}, "room", 8));
  });
});
