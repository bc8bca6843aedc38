/**
 * The rules of a tenant's Limiter (Q4, U3): who may call the upstream now, and when everyone else should ask again. Pure:
 * time is an argument, and what changed is handed out to be stored. One for each tenant and shard.
 *
 * A turn runs on a *lease*. Those that get none stand in a line that is fair between rooms; they hold no call and ask again
 * when told to. A free slot is kept for those in front while they are due in a moment, and the one in front always is: whoever keeps asking moves forward and gets a lease. Three things can keep it from coming: the tenant's limits, the
 * slow-down and the circuit.
 */
import {
  afterAnswer,
  afterFailure,
  type CircuitState,
  CLOSED,
  circuitAt,
  restsAt,
  withoutProbe,
  withProbe,
} from "./circuit-breaker.ts";
import {
  afterGrant,
  afterRefusal,
  afterSuccess,
  beginSlowDown,
  calmMs,
  isSlowDownOver,
  type SlowDownState,
} from "./concurrency-limit.ts";
import { FairQueue, type Queued } from "./fair-queue.ts";
import {
  type LeaseAnswer,
  type LeaseRequest,
  type Refused,
  type ReleaseOutcome,
  retryJitter,
  type Wait,
  type WaitReason,
} from "./limiter-port.ts";
import { LinePace, maxHoldMs, usualAfter } from "./retry-pace.ts";
import { type BucketState, TokenBucket } from "./token-bucket.ts";

/** A lease outlives its turn's deadline by this much: the room settles late turns itself and releases them. */
export const leaseGraceMs = 30_000;
/** No turn runs longer (`TURN_TIMEOUT_MS` ends at 14 minutes): a lease for longer is cut to this. */
export const maxLeaseMs = 900_000;
/** The longest wait: what a room that waits sleeps through. */
export const maxRetryMs = 30_000;
/** A waiter this late no longer holds anything up. */
const lateMs = 1_000;
/** A turn that is refused more often than this goes to the end of the line: it may be refused for what it asks. */
const returnsInFront = 3;
/** Waiters that are remembered. Beyond that a newcomer has no place yet and asks again. */
export const maxWaiting = 10_000;
const minuteMs = 60_000;

/** A tenant's limits, or this shard's share of them. */
export interface LimiterLimits {
  readonly turnsPerMinute?: number;
  readonly activeTurns?: number;
}

/** A request as the Limiter sees it: with the room that it came from. */
export interface RoomRequest extends Omit<LeaseRequest, "hasWaited"> {
  readonly room: string;
}

export interface Lease {
  readonly id: string;
  readonly room: string;
  readonly since: number;
  readonly grantedAt: number;
  readonly expiresAt: number;
  /** It took a token of the tenant's turns per minute. */
  readonly paid: boolean;
  readonly returns: number;
}

export interface Waiter extends Queued {
  readonly returns: number;
  readonly deadlineAt: number;
  /** Not served before: the upstream said so. */
  readonly notBefore: number;
  /** From then on a free slot is kept for it, */
  readonly claimFrom: number;
  /** and from then on no longer. */
  readonly lateAt: number;
  /** From then on it has no place. */
  readonly keepUntil: number;
}

/** What is stored beside leases and waiters. */
export interface LimiterRecord {
  readonly v: 1;
  readonly limits: LimiterLimits;
  readonly bucket?: BucketState;
  readonly slowDown?: SlowDownState;
  readonly circuit: CircuitState;
  /** What a lease lasts, of late; absent before one was seen to end. */
  readonly leaseMs?: number;
}

export interface LimiterState {
  readonly record: LimiterRecord;
  readonly leases: readonly Lease[];
  /** As `FairQueue` takes them. */
  readonly waiting: readonly Waiter[];
}

export interface LimiterChanges {
  /** By id; undefined for one that is gone. */
  readonly leases: ReadonlyMap<string, Lease | undefined>;
  /** The line changed. It may be stored later: who is lost from it asks again and comes in at the end. */
  readonly waiting: boolean;
}

/** Where a waiter stands in the line. */
interface Standing {
  /** Who will want something before this one, */
  readonly place: number;
  /** and who of them has a claim to what is free now. */
  readonly ahead: number;
}

interface Barrier {
  readonly reason: WaitReason;
  readonly ms: number;
}

export class LimiterCore {
  #limits: LimiterLimits = {};
  #bucket: TokenBucket | undefined;
  #slowDown: SlowDownState | undefined;
  #circuit: CircuitState = CLOSED;
  #leaseMs: number | undefined;
  readonly #leases: Map<string, Lease>;
  readonly #waiting: FairQueue<Waiter>;
  #changedLeases = new Map<string, Lease | undefined>();
  #changedWaiting = false;
  /** Nothing runs out before. */
  #sweepAt = Number.POSITIVE_INFINITY;

  constructor(now: number, state?: LimiterState) {
    this.#leases = new Map(state?.leases.map((lease) => [lease.id, lease]));
    this.#waiting = new FairQueue(state?.waiting);
    if (state === undefined) return;
    const { limits, bucket, slowDown, circuit, leaseMs } = state.record;
    this.#limits = limits;
    this.#bucket = bucketOf(limits, now, bucket);
    this.#slowDown = slowDown;
    this.#circuit = circuit;
    this.#leaseMs = leaseMs;
    this.#sweepAt = 0;
  }

  /** Leases that are out. */
  get inUse(): number {
    return this.#leases.size;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Whether the upstream is being spared: turns need a lease then, whatever the tenant's limits. */
  isSlowing(now: number): boolean {
    this.sweep(now);
    return this.#slowDown !== undefined || this.#circuit.state !== "closed";
  }

  /** Open or half open: the upstream is not asked, or by one turn at a time. */
  get isCircuitOpen(): boolean {
    return this.#circuit.state !== "closed";
  }

  get isSlowedDown(): boolean {
    return this.#slowDown !== undefined;
  }

  /** How many leases there may be at a time; credit comes on top. */
  allowed(now: number): number {
    this.sweep(now);
    return Math.min(this.#limit(), this.#slowDown?.cap ?? Number.POSITIVE_INFINITY);
  }

  /** Whole turns left of this minute's. */
  turnsLeft(now: number): number {
    return this.#bucket?.left(now) ?? Number.POSITIVE_INFINITY;
  }

  /** The limits as the caller knows them; the last word counts. */
  limit(limits: LimiterLimits, now: number): void {
    const { turnsPerMinute } = limits;
    this.#limits = limits;
    if (turnsPerMinute === undefined) this.#bucket = undefined;
    else if (this.#bucket === undefined) this.#bucket = bucketOf(limits, now);
    else this.#bucket.resize(turnsPerMinute, now);
  }

  /** Idempotent by generation id: who holds a lease is given the same again, who waits keeps its place. */
  acquire(request: RoomRequest, now: number): LeaseAnswer {
    this.sweep(now);
    const { generationId: id, room, deadlineAt } = request;
    const lease = this.#leases.get(id);
    if (lease !== undefined) return this.#granted(lease);
    // It runs at the upstream whether we like it or not: those who come after it pay.
    if (request.credit === true)
      return this.#grant(this.#waiting.get(id) ?? { id, room, since: now, returns: 0 }, deadlineAt, now, false);
    let waiter = this.#waiting.get(id);
    if (waiter === undefined) {
      waiter = { id, room, since: now, returned: false, returns: 0, ...notYetDue(now, deadlineAt) };
      if (this.#waiting.size >= maxWaiting) {
        return { kind: "wait", retryAfterMs: maxRetryMs, place: this.#waiting.size, reason: "concurrency" };
      }
      this.#waiting.add(waiter);
      this.#changedWaiting = true;
    }
    const standing = this.#standing(waiter, now);
    const barrier = this.#barrier(waiter, standing, now);
    if (barrier !== undefined) return this.#wait(waiter, standing, barrier, now);
    this.#bucket?.take(now);
    this.#circuit = withProbe(this.#circuit, id);
    return this.#grant(waiter, deadlineAt, now, this.#bucket !== undefined);
  }

  /**
   * What the upstream did to a call of this turn, with or without a lease. A wait: the turn stands in line again, in front
   * of those who had no turn yet. Undefined: it keeps its lease and tries again by its own policy.
   */
  report(request: RoomRequest, refused: Refused, retryAfterMs: number | undefined, now: number): Wait | undefined {
    this.sweep(now);
    const { generationId: id, room, deadlineAt } = request;
    const lease = this.#leases.get(id);
    this.#circuit = refused === "rate-limited" ? afterAnswer(this.#circuit, id) : afterFailure(this.#circuit, id, now);
    if (refused !== "unreachable") this.#refused(lease, retryAfterMs, now);
    else if (this.#circuit.state === "closed") return undefined;
    const from = lease ?? this.#waiting.get(id);
    if (lease !== undefined) {
      this.#drop(lease);
      // The upstream did not take the turn, so it was none of this minute's.
      if (lease.paid) this.#bucket?.giveBack(now);
    }
    this.#waiting.remove(id);
    const returns = (from?.returns ?? 0) + 1;
    const waiter: Waiter = {
      id,
      room,
      since: from?.since ?? now,
      returned: returns <= returnsInFront,
      returns,
      ...notYetDue(now, deadlineAt),
      notBefore: now + (retryAfterMs ?? 0),
    };
    this.#waiting.add(waiter);
    this.#changedWaiting = true;
    const standing = this.#standing(waiter, now);
    const barrier = this.#barrier(waiter, standing, now) ?? { reason: "slow-down", ms: 0 };
    return this.#wait(waiter, standing, barrier, now);
  }

  /** The upstream answers this turn: a circuit that waited for that closes. */
  accepted(id: string, now: number): void {
    this.sweep(now);
    this.#answered(id, now);
  }

  /** The turn is over, or no longer waits. */
  release(id: string, outcome: ReleaseOutcome, now: number): void {
    this.sweep(now);
    if (this.#waiting.get(id) !== undefined) {
      this.#waiting.remove(id);
      this.#changedWaiting = true;
    }
    const lease = this.#leases.get(id);
    if (lease === undefined) return;
    this.#drop(lease);
    const lasted = Math.max(0, now - lease.grantedAt);
    this.#leaseMs = usualAfter(this.#leaseMs, lasted);
    if (outcome === "ok") {
      this.#answered(id, now);
      if (this.#slowDown !== undefined) this.#slowDown = afterSuccess(this.#slowDown, lease.grantedAt);
    }
    this.#circuit = withoutProbe(this.#circuit, id);
  }

  /** Forgets what ran out: leases whose release never came, waiters who stopped asking, a slow-down that is over. */
  sweep(now: number): void {
    this.#circuit = circuitAt(this.#circuit, now);
    if (this.#slowDown !== undefined && isSlowDownOver(this.#slowDown, this.#limit(), now)) this.#slowDown = undefined;
    if (now < this.#sweepAt) return;
    for (const lease of [...this.#leases.values()]) {
      if (lease.expiresAt > now) continue;
      this.#drop(lease);
      this.#circuit = withoutProbe(this.#circuit, lease.id);
    }
    for (const waiter of [...this.#waiting.inRooms()]) {
      if (waiter.keepUntil > now) continue;
      this.#waiting.remove(waiter.id);
      this.#changedWaiting = true;
    }
    this.#sweepAt = this.#nextExpiry();
  }

  /** When there is next something to sweep or, at rest, nothing left to remember. Undefined: that is so now. */
  nextAt(now: number): number | undefined {
    this.sweep(now);
    // May be too early, because those who ask again keep their place for longer: a sweep then finds nothing and looks again.
    // To look at every waiter after each call would be most of what a call costs.
    const times = this.#leases.size + this.#waiting.size === 0 ? [] : [this.#sweepAt];
    const untilFull = this.#bucket?.msUntilFull(now) ?? 0;
    if (untilFull > 0) times.push(now + untilFull);
    if (this.#slowDown !== undefined) times.push(this.#slowDown.busyAt + calmMs);
    const circuitRestsAt = restsAt(this.#circuit);
    if (circuitRestsAt !== undefined) times.push(circuitRestsAt);
    return times.length === 0 ? undefined : Math.max(now + 1, Math.min(...times));
  }

  state(): LimiterState {
    return { record: this.record(), leases: [...this.#leases.values()], waiting: [...this.#waiting.inRooms()] };
  }

  record(): LimiterRecord {
    return {
      v: 1,
      limits: this.#limits,
      ...(this.#bucket === undefined ? {} : { bucket: this.#bucket.state() }),
      ...(this.#slowDown === undefined ? {} : { slowDown: this.#slowDown }),
      circuit: this.#circuit,
      ...(this.#leaseMs === undefined ? {} : { leaseMs: this.#leaseMs }),
    };
  }

  /** What changed since this was last called. */
  takeChanges(): LimiterChanges {
    const changes = { leases: this.#changedLeases, waiting: this.#changedWaiting };
    this.#changedLeases = new Map();
    this.#changedWaiting = false;
    return changes;
  }

  #limit(): number {
    return this.#limits.activeTurns ?? Number.POSITIVE_INFINITY;
  }

  #standing(waiter: Waiter, now: number): Standing {
    const { all, counted } = this.#waiting.ahead(
      waiter.id,
      ({ claimFrom, lateAt }) => claimFrom <= now && now < lateAt,
    );
    return { place: all, ahead: counted };
  }

  /** What keeps a waiter from running, and for about how long. */
  #barrier(waiter: Waiter, { place, ahead }: Standing, now: number): Barrier | undefined {
    const pace = this.#pace(now);
    if (waiter.notBefore > now) return { reason: "slow-down", ms: waiter.notBefore - now };
    const circuit = this.#circuit;
    if (circuit.state === "open") return { reason: "circuit", ms: circuit.until - now + pace.afterPauseMs(place) };
    // One tries. Until it was answered there is nothing to tell the others but to look again.
    if (circuit.state === "half-open" && (circuit.probe !== undefined || ahead > 0)) {
      return { reason: "circuit", ms: Math.max(maxHoldMs, pace.afterPauseMs(place)) };
    }
    const pausedUntil = this.#slowDown?.pausedUntil ?? 0;
    if (pausedUntil > now) return { reason: "slow-down", ms: pausedUntil - now + pace.afterPauseMs(place) };
    if (this.turnsLeft(now) <= ahead) return { reason: "rate", ms: this.#bucket?.msUntil(place + 1, now) ?? 0 };
    const cap = this.#slowDown?.cap ?? Number.POSITIVE_INFINITY;
    const allowed = Math.min(this.#limit(), cap);
    if (this.#leases.size + ahead < allowed) return undefined;
    return { reason: cap <= this.#limit() ? "slow-down" : "concurrency", ms: pace.guessMs(place, allowed) };
  }

  #wait(waiter: Waiter, { place }: Standing, { reason, ms }: Barrier, now: number): Wait {
    // The time of a circuit, a pause or a token is known, and asking before it is in vain; all else is a guess.
    const isKnown = waiter.notBefore > now;
    const { holdMs, shortestMs } = this.#pace(now);
    const retryAfterMs = Math.ceil(Math.max(shortestMs, isKnown ? ms : Math.min(ms, maxRetryMs)));
    if (reason === "slow-down" && this.#slowDown !== undefined) this.#slowDown = { ...this.#slowDown, busyAt: now };
    const keepUntil = Math.min(waiter.deadlineAt, now + 2 * retryAfterMs + 10_000);
    this.#waiting.replace({
      ...waiter,
      claimFrom: place === 0 ? now : now + retryAfterMs - holdMs,
      lateAt: now + Math.ceil(retryAfterMs * (1 + retryJitter)) + lateMs,
      keepUntil,
    });
    this.#changedWaiting = true;
    this.#sweepAt = Math.min(this.#sweepAt, keepUntil);
    return { kind: "wait", retryAfterMs, place, reason };
  }

  #pace(now: number): LinePace {
    const [oldest] = this.#leases.values();
    return new LinePace(this.#leaseMs, oldest === undefined ? 0 : Math.max(0, now - oldest.grantedAt));
  }

  #grant(
    from: Pick<Lease, "id" | "room" | "since" | "returns">,
    deadlineAt: number,
    now: number,
    paid: boolean,
  ): LeaseAnswer {
    const { id, room, since, returns } = from;
    if (this.#waiting.get(id) !== undefined) {
      this.#waiting.serve(id);
      this.#changedWaiting = true;
    }
    const expiresAt = Math.min(Math.max(deadlineAt, now) + leaseGraceMs, now + maxLeaseMs);
    const lease: Lease = { id, room, since, grantedAt: now, expiresAt, paid, returns };
    this.#leases.set(id, lease);
    if (this.#slowDown !== undefined) this.#slowDown = afterGrant(this.#slowDown, this.#leases.size);
    this.#changedLeases.set(id, lease);
    this.#sweepAt = Math.min(this.#sweepAt, expiresAt);
    return this.#granted(lease);
  }

  #granted({ id, expiresAt }: Lease): LeaseAnswer {
    const isProbe = this.#circuit.state === "half-open" && this.#circuit.probe === id;
    return { kind: "granted", expiresAt, ...(isProbe ? { probe: true } : {}) };
  }

  #drop({ id }: Lease): void {
    this.#leases.delete(id);
    this.#changedLeases.set(id, undefined);
  }

  #refused(lease: Lease | undefined, retryAfterMs: number | undefined, now: number): void {
    const refusal = { grantedAt: lease?.grantedAt, inUse: this.#leases.size, retryAfterMs };
    this.#slowDown =
      this.#slowDown === undefined
        ? beginSlowDown(this.#limit(), this.#leases.size, now)
        : afterRefusal(this.#slowDown, refusal, now);
  }

  #answered(id: string, now: number): void {
    const before = this.#circuit;
    this.#circuit = afterAnswer(before, id);
    // Everyone who waited for this would come at once.
    if (before.state !== "closed" && this.#circuit === CLOSED)
      this.#slowDown ??= beginSlowDown(this.#limit(), this.#leases.size, now);
  }

  #nextExpiry(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { expiresAt } of this.#leases.values()) next = Math.min(next, expiresAt);
    for (const { keepUntil } of this.#waiting.inRooms()) next = Math.min(next, keepUntil);
    return next;
  }
}

function bucketOf({ turnsPerMinute }: LimiterLimits, now: number, state?: BucketState): TokenBucket | undefined {
  return turnsPerMinute === undefined
    ? undefined
    : new TokenBucket({ tokens: turnsPerMinute, windowMs: minuteMs }, now, state);
}

/** Of one who has just come, and is to be told when to ask again. */
function notYetDue(now: number, deadlineAt: number) {
  return { deadlineAt, notBefore: 0, claimFrom: now, lateAt: now + lateMs, keepUntil: now + 10_000 };
}
