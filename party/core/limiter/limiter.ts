/**
 * The rules of a tenant's Limiter (Q4, U3): which turn may call its upstream now, and when the others ask again. One for
 * each tenant and shard. Pure: time is an argument, and the changes are handed out to be stored. `limiter-host.ts` stores
 * them and answers the rooms.
 *
 * A turn runs on a *lease*. A turn that gets none waits in a fair queue without a call, and asks again when it was told to.
 * Four things can keep it waiting: its own `Retry-After`, its upstream (slow-down or circuit), the tenant's turns per
 * minute, and the tenant's turns at a time. A turn that can't run for one of these reasons holds back no other turn.
 */
import { defined } from "../../../shared/defined.ts";
import { type Lease, Leases } from "./leases.ts";
import type { CallFailure, LeaseAnswer, ReleaseOutcome, Wait, WaitReason } from "./limiter-port.ts";
import type { LimiterChanges, LimiterLimits, LimiterRecord, LimiterState, RoomRequest } from "./limiter-state.ts";
import { maxHoldMs, RetryPace, refusalBackoffMs, spreadMs, usualAfter } from "./retry-pace.ts";
import { TenantBudget } from "./tenant-budget.ts";
import { Upstreams } from "./upstreams.ts";
import { type Ahead, type QueuedTurn, WaitQueue } from "./wait-queue.ts";

/** The longest wait where its end is a guess: conditions may change, and the room would sleep through it. */
export const maxRetryMs = 30_000;
/** The longest `Retry-After` that is believed: no turn lives longer. */
export const maxRetryAfterMs = 900_000;
/** A turn that is refused more often than this goes to the end of the queue, and each refusal spends an attempt. */
export const freeRefusals = 3;

/** What a lease keeps of the queued turn that gets it. */
type Grantable = Pick<Lease, "id" | "room" | "subject" | "upstream" | "since" | "refusals">;

interface Delay {
  readonly reason: WaitReason;
  readonly ms: number;
}

export class LimiterCore {
  readonly #budget: TenantBudget;
  readonly #upstreams: Upstreams;
  readonly #leases: Leases;
  readonly #queue: WaitQueue;
  /** How long a lease lasts of late; undefined before the first has ended. */
  #usualMs: number | undefined;
  /** When a lease last ended, or was granted while none was held. */
  #movedAt: number;

  constructor(now: number, state?: LimiterState) {
    this.#leases = new Leases(now, state?.leases);
    this.#queue = new WaitQueue(state?.waiting);
    this.#upstreams = new Upstreams(state?.record.upstreams);
    this.#budget = new TenantBudget(now, state?.record.limits, state?.record.bucket);
    this.#usualMs = state?.record.leaseMs;
    this.#movedAt = now;
  }

  /** Leases that are held. */
  get inUse(): number {
    return this.#leases.size;
  }

  get waiting(): number {
    return this.#queue.size;
  }

  /** Whether an upstream is slowed down or paused: turns need a lease then, whatever the tenant's limits. */
  isSlowing(now: number): boolean {
    this.sweep(now);
    return this.isSlowedDown || this.isCircuitOpen;
  }

  get isCircuitOpen(): boolean {
    return this.#upstreams.isAny(({ isCircuitOpen }) => isCircuitOpen);
  }

  get isSlowedDown(): boolean {
    return this.#upstreams.isAny(({ isSlowedDown }) => isSlowedDown);
  }

  /** How many calls of one upstream there may be at a time; credit comes on top. */
  allowed(now: number, upstream = ""): number {
    this.sweep(now);
    return Math.min(this.#budget.activeTurns, this.#upstreams.of(upstream).cap);
  }

  /** How many of this minute's turns are left. */
  turnsLeft(now: number): number {
    return this.#budget.turnsLeft(now);
  }

  /** The limits as the caller knows them; the last call counts. */
  limit(limits: LimiterLimits, now: number): void {
    this.#budget.limit(limits, now);
  }

  /** Idempotent by generation id: a turn keeps its lease, which is renewed, or its position. */
  acquire(request: RoomRequest, now: number): LeaseAnswer {
    this.sweep(now);
    const { generationId: id, room, deadlineAt, subject } = request;
    const lease = this.#leases.get(id);
    if (lease !== undefined) {
      this.#leases.renew(lease, now);
      return this.#granted(lease);
    }
    const upstream = this.#upstreams.keyOf(request.upstream);
    // The call runs at the upstream already, so refusing would change nothing: later turns wait for it.
    if (request.credit === true) {
      const from = this.#queue.get(id) ?? { id, room, subject, upstream, since: now, refusals: 0 };
      return this.#grant(from, deadlineAt, false, now);
    }
    const turn = this.#queue.ask({ id, room, subject, upstream, deadlineAt }, now);
    if (turn === undefined)
      return { kind: "wait", retryAfterMs: maxRetryMs, position: this.#queue.size, reason: "concurrency" };
    const ahead = this.#queue.ahead(turn, now);
    const delay = this.#delayOf(turn, ahead, now);
    if (delay !== undefined) return this.#wait(turn, ahead, delay, now);
    this.#budget.take(now);
    this.#upstreams.of(upstream).admitted(id);
    return this.#grant(turn, deadlineAt, this.#budget.isPaid, now);
  }

  /**
   * The upstream refused or failed a call of this turn, with or without a lease. A wait: the turn is queued again, before
   * those that have not been served yet. Undefined: it keeps its lease and retries by its own policy.
   */
  report(request: RoomRequest, refused: CallFailure, retryAfterMs: number | undefined, now: number): Wait | undefined {
    this.sweep(now);
    const { generationId: id, room, deadlineAt, subject } = request;
    const lease = this.#leases.get(id);
    const key = lease?.upstream ?? this.#upstreams.keyOf(request.upstream);
    const upstream = this.#upstreams.of(key);
    const before = lease ?? this.#queue.get(id);
    const refusals = (before?.refusals ?? 0) + 1;
    if (refused === "unreachable") {
      upstream.failed(id, now);
      if (!upstream.isCircuitOpen) return undefined;
    } else {
      const isRepeated = refusals > freeRefusals;
      const call = { id, grantedAt: lease?.grantedAt, inUse: this.#leases.inUse(key), isRepeated };
      upstream.refused(call, refused === "rate-limited", this.#budget.activeTurns, now);
    }
    if (lease !== undefined) {
      this.#end(lease, now);
      // The upstream did not take the turn, so the turn does not count for this minute.
      if (lease.paid) this.#budget.giveBack(now);
    }
    const ownMs = Math.min(maxRetryAfterMs, Math.max(0, retryAfterMs ?? 0, refusalBackoffMs(refusals - freeRefusals)));
    const turn = this.#queue.returned(
      {
        ...{ id, room, subject, upstream: key, deadlineAt, refusals },
        since: before?.since ?? now,
        goesFirst: refusals <= freeRefusals,
      },
      now + ownMs,
      now,
    );
    const ahead = this.#queue.ahead(turn, now);
    return this.#wait(turn, ahead, this.#delayOf(turn, ahead, now) ?? { reason: "slow-down", ms: 0 }, now);
  }

  /** The upstream answers this turn: if the turn was the probe, the circuit closes. */
  accepted(id: string, now: number): void {
    this.sweep(now);
    const lease = this.#leases.get(id);
    if (lease !== undefined) this.#answered(lease, now);
  }

  /** The turn is over, or no longer waits. */
  release(id: string, outcome: ReleaseOutcome, now: number): void {
    this.sweep(now);
    this.#queue.remove(id);
    const lease = this.#leases.get(id);
    if (lease === undefined) return;
    if (outcome === "ok") {
      this.#answered(lease, now);
      this.#upstreams.of(lease.upstream).succeeded(lease.grantedAt);
    }
    this.#usualMs = usualAfter(this.#usualMs, Math.max(0, now - lease.grantedAt));
    this.#end(lease, now);
    this.#upstreams.of(lease.upstream).gone(id);
  }

  /** Forgets what is over: leases that were not renewed, queued turns that stopped asking, slow-downs. */
  sweep(now: number): void {
    this.#upstreams.sweep(this.#budget.activeTurns, now);
    for (const { id, upstream } of this.#leases.expire(now)) {
      this.#movedAt = now;
      this.#upstreams.of(upstream).gone(id);
    }
    this.#queue.expire(now);
  }

  /** When there is next something to sweep or, at rest, nothing left to remember. Undefined: that is so now. */
  nextAt(now: number): number | undefined {
    this.sweep(now);
    // Expiries may be too early: a sweep then finds nothing. Looking at every turn after each call would cost most of it.
    const at = Math.min(
      this.#leases.nextExpiry(),
      this.#queue.nextExpiry(),
      this.#budget.fullAt(now),
      this.#upstreams.nextAt(),
    );
    return at === Number.POSITIVE_INFINITY ? undefined : Math.max(now + 1, at);
  }

  state(): LimiterState {
    return { record: this.record(), leases: this.#leases.all(), waiting: this.#queue.all() };
  }

  record(): LimiterRecord {
    const upstreams = this.#upstreams.state();
    return {
      v: 2,
      limits: this.#budget.limits,
      upstreams,
      ...defined({ bucket: this.#budget.bucketState(), leaseMs: this.#usualMs }),
    };
  }

  /** What changed since the last call. */
  takeChanges(): LimiterChanges {
    return { leases: this.#leases.takeChanges(), waiting: this.#queue.takeChanged() };
  }

  /** What keeps a turn from running, and for about how long. */
  #delayOf(turn: QueuedTurn, ahead: Ahead, now: number): Delay | undefined {
    const ownMs = turn.times.notBefore - now;
    const delay = this.#upstreamDelayOf(turn, ahead, now);
    if (ownMs > 0 && ownMs > (delay?.ms ?? 0)) return { reason: "slow-down", ms: ownMs };
    if (delay !== undefined) return delay;
    const { position, claims } = ahead;
    const claimed = this.#claimedBy(claims, now);
    if (this.turnsLeft(now) <= claimed) return { reason: "rate", ms: this.#budget.msUntil(position + 1, now) };
    if (this.#leases.size + claimed < this.#budget.activeTurns) return undefined;
    return { reason: "concurrency", ms: this.#guessMs(turn, position, now) };
  }

  #upstreamDelayOf(turn: QueuedTurn, { position, claims }: Ahead, now: number): Delay | undefined {
    const upstream = this.#upstreams.of(turn.upstream);
    const barrier = upstream.barrier(this.#leases.inUse(turn.upstream), claims.get(turn.upstream) ?? 0, now);
    switch (barrier?.kind) {
      case undefined:
        return undefined;
      case "circuit-open":
        return { reason: "circuit", ms: barrier.ms + spreadMs(position) };
      case "probing":
        return { reason: "circuit", ms: Math.max(maxHoldMs, spreadMs(position)) };
      case "paused":
        return { reason: "slow-down", ms: barrier.ms + spreadMs(position) };
      case "full":
        return {
          reason: upstream.cap <= this.#budget.activeTurns ? "slow-down" : "concurrency",
          ms: this.#guessMs(turn, position, now),
        };
    }
  }

  #guessMs({ upstream }: QueuedTurn, position: number, now: number): number {
    return this.#pace(now).delayMs(position, Math.min(this.#budget.activeTurns, this.#upstreams.of(upstream).cap));
  }

  /** How much of the tenant's free capacity the turns ahead can use: no more of each upstream than it takes. */
  #claimedBy(claims: ReadonlyMap<string, number>, now: number): number {
    let claimed = 0;
    for (const [key, count] of claims) {
      claimed += Math.min(count, this.#upstreams.of(key).free(this.#leases.inUse(key), now));
    }
    return claimed;
  }

  #wait(turn: QueuedTurn, { position }: Ahead, { reason, ms }: Delay, now: number): Wait {
    // Asking before `notBefore` is in vain, so that time is never cut. All other times are guesses.
    const isKnown = turn.times.notBefore > now;
    const { holdMs, shortestMs } = this.#pace(now);
    const retryAfterMs = Math.ceil(Math.max(shortestMs, isKnown ? ms : Math.min(ms, maxRetryMs)));
    if (reason === "slow-down") this.#upstreams.of(turn.upstream).heldBack(now);
    this.#queue.told(turn, retryAfterMs, position, holdMs, now);
    const wait: Wait = { kind: "wait", retryAfterMs, position, reason };
    return turn.refusals > freeRefusals ? { ...wait, spendsAttempt: true } : wait;
  }

  #pace(now: number): RetryPace {
    return new RetryPace(this.#usualMs, Math.max(0, now - this.#movedAt));
  }

  #grant(
    { id, room, subject, upstream, since, refusals }: Grantable,
    deadlineAt: number,
    paid: boolean,
    now: number,
  ): LeaseAnswer {
    this.#queue.serve(id);
    if (this.#leases.size === 0) this.#movedAt = now;
    const lease = this.#leases.grant({ id, room, subject, upstream, since, paid, refusals }, deadlineAt, now);
    this.#upstreams.of(upstream).used(this.#leases.inUse(upstream));
    return this.#granted(lease);
  }

  #granted({ id, upstream }: Lease): LeaseAnswer {
    const granted = { kind: "granted", expiresAt: this.#leases.expiresAt(id) } as const;
    return this.#upstreams.of(upstream).isProbe(id) ? { ...granted, probe: true } : granted;
  }

  #end(lease: Lease, now: number): void {
    this.#leases.drop(lease);
    this.#movedAt = now;
  }

  #answered({ id, upstream }: Lease, now: number): void {
    this.#upstreams.of(upstream).answered(id, this.#leases.inUse(upstream), this.#budget.activeTurns, now);
  }
}
