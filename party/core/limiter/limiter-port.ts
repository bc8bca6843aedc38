/**
 * What a room knows of its tenant's Limiter (Q4, U3): leases to run a turn on. One life of a turn:
 *
 * `acquire` → `wait` (ask again then, in the same words) … → `granted` → the call, then
 * - answered, and the grant is a `probe`: `accepted`, at the first content;
 * - refused (429, 503) or not reachable: `report`. A `wait` means that the turn stands in line again, its lease is gone and
 *   it asks with `acquire` after the wait; undefined means that it keeps what it has and tries again by its own policy;
 * - over, in whatever way and from whatever state, also while it waits: `release`, once.
 */
export interface LeaseRequest {
  readonly generationId: string;
  /** The turn's own deadline, ms since 1970. */
  readonly deadlineAt: number;
  /** The turn runs at the upstream already and is to be resumed: granted beyond the limit, paid back by those who come after. */
  readonly credit?: boolean;
  /** The turn was told to wait in an earlier life of the room: the Limiter is asked even where the tenant has no limit. */
  readonly hasWaited?: boolean;
}

/** `degraded`: the Limiter cannot be reached and the room's one local turn is taken. */
export type WaitReason = "concurrency" | "rate" | "slow-down" | "circuit" | "degraded";

export interface Grant {
  readonly kind: "granted";
  /** Until when, ms since 1970: the turn's deadline and some. Absent where the tenant needs no lease. */
  readonly expiresAt?: number;
  /** This turn tries out whether the upstream is back: say `accepted` as soon as it is answered. */
  readonly probe?: boolean;
}

export interface Wait {
  readonly kind: "wait";
  /** Ask again after this long, and up to `retryJitter` later: a room draws its own moment, so that rooms do not ask in waves. */
  readonly retryAfterMs: number;
  /** How many of the tenant's turns are before this one; 0 is next. */
  readonly place: number;
  readonly reason: WaitReason;
}

export type LeaseAnswer = Grant | Wait;

/** The share of `retryAfterMs` that a room may add. Later than that, others may go first. */
export const retryJitter = 0.25;

/** `rate-limited` is 429, `unavailable` is 503; `unreachable` is no answer: connection refused, no headers in time. */
export type Refused = "rate-limited" | "unavailable" | "unreachable";

/** `ok`: the upstream answered to the end. `failed`, `cancelled`: it says nothing about the upstream's load. */
export type ReleaseOutcome = "ok" | "failed" | "cancelled";

export interface TurnLimiter {
  /** Idempotent by generation id. Never rejects: an unreachable Limiter is answered for locally, one turn a room. */
  acquire(request: LeaseRequest): Promise<LeaseAnswer>;
  /** Never rejects. */
  report(request: LeaseRequest, refused: Refused, retryAfterMs?: number): Promise<Wait | undefined>;
  /** Only a probe needs it; for others it does nothing. */
  accepted(generationId: string): void;
  /** Best effort: a lost release is a lease that runs out. For an id that never asked it does nothing. */
  release(generationId: string, outcome: ReleaseOutcome): void;
}

/** Where there is no Limiter: every turn may run, and retries are its own. */
export const NO_LIMITER: TurnLimiter = {
  acquire: async () => ({ kind: "granted" }),
  report: async () => undefined,
  accepted: () => undefined,
  release: () => undefined,
};
