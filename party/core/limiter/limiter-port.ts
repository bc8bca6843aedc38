/**
 * The port through which a room asks its tenant's Limiter for leases (Q4, U3). It holds types and the jitter that every
 * room adds; `limiter.ts` decides and `limits/limiter-client.ts` makes the calls. One turn uses it like this:
 *
 * `acquire` → `wait` (ask again after the wait, with the same request) … → `granted` → the call to the upstream, then
 * - answered, and the grant is a `probe`: `accepted`, at the first content;
 * - refused (429, 503) or not reachable: `report`. The answer `wait` means that the turn is queued again and its lease is
 *   gone: it calls `acquire` after the wait. Undefined means that it keeps its lease and retries by its own policy;
 * - over, in whatever way and in whatever state, also while it waits: `release`, once.
 */
export interface LeaseRequest {
  readonly generationId: string;
  /** The turn's own deadline, ms since 1970. */
  readonly deadlineAt: number;
  /** Which of the tenant's upstreams the turn calls, as a short key. Each upstream slows down and pauses by itself. */
  readonly upstream?: string;
  /** Who asked the question. The queue is fair between subjects. Absent where users are anonymous. */
  readonly subject?: string;
  /** The turn runs at the upstream already. Its lease is granted beyond the limit, and later turns wait for it. */
  readonly credit?: boolean;
  /** The turn waited in an earlier life of the room, so the Limiter is asked even where the tenant has no limit. */
  readonly hasWaited?: boolean;
}

/** `degraded`: the Limiter can't be reached and the room's one local turn is running. */
export type WaitReason = "concurrency" | "rate" | "slow-down" | "circuit" | "degraded";

export interface Grant {
  readonly kind: "granted";
  /** When the lease ends unless it is renewed, ms since 1970. Absent where the tenant needs no lease. */
  readonly expiresAt?: number;
  /** This turn tests whether the upstream has recovered: it calls `accepted` at the first content. */
  readonly probe?: boolean;
}

export interface Wait {
  readonly kind: "wait";
  /** The room asks again after this time plus jitter (`withJitter`), so that rooms don't ask in waves. */
  readonly retryAfterMs: number;
  /** How many of the tenant's queued turns are before this one; 0 is next. */
  readonly position: number;
  readonly reason: WaitReason;
  /** The upstream refused this turn so often that the refusals now count as attempts (U2). */
  readonly spendsAttempt?: boolean;
}

export type LeaseAnswer = Grant | Wait;

/** The share of `retryAfterMs` that a room may add as jitter. */
const jitterShare = 0.25;
/** The most jitter that a room adds. A free lease is kept for a turn that may still be on time, so this must be short. */
const maxJitterMs = 2_000;

export function withJitter(retryAfterMs: number, random: () => number): number {
  return Math.round(retryAfterMs + random() * maxJitterOf(retryAfterMs));
}

export function maxJitterOf(retryAfterMs: number): number {
  return Math.min(retryAfterMs * jitterShare, maxJitterMs);
}

/** A turn that holds a lease renews it this often, by another `acquire` on credit. */
export const renewLeaseMs = 30_000;

/** Why a call failed. `rate-limited`: status 429. `unavailable`: status 503. `unreachable`: the connection was refused or no headers came in time. */
export type CallFailure = "rate-limited" | "unavailable" | "unreachable";

/** `ok`: the upstream answered to the end. `failed`, `cancelled`: the end says nothing about the upstream's load. */
export type ReleaseOutcome = "ok" | "failed" | "cancelled";

export interface TurnLimiter {
  /** Idempotent by generation id. Never rejects: while the Limiter can't be reached, each room runs one turn at a time. */
  acquire(request: LeaseRequest): Promise<LeaseAnswer>;
  /** Never rejects. */
  report(request: LeaseRequest, refused: CallFailure, retryAfterMs?: number): Promise<Wait | undefined>;
  /** Only a probe needs this call; it does nothing for other turns. */
  accepted(generationId: string): void;
  /** Best effort: the lease of a lost release expires. For an id that never asked it does nothing. */
  release(generationId: string, outcome: ReleaseOutcome): void;
  /**
   * This life of the room is over: no lease is renewed any more, or a lease that the next life has released would be granted
   * again. Absent where nothing is renewed.
   */
  close?(): void;
}

/** Where there is no Limiter: every turn may run, and retries by its own policy. */
export const NO_LIMITER: TurnLimiter = {
  acquire: async () => ({ kind: "granted" }),
  report: async () => undefined,
  accepted: () => undefined,
  release: () => undefined,
};
