/** The calls of rooms and of the Worker to a Limiter object, and its replies: plain data, the same on both sides. */
import type { CallFailure, LeaseAnswer, ReleaseOutcome, Wait } from "../core/limiter/limiter-port.ts";
import type { LimiterLimits, RoomRequest } from "../core/limiter/limiter-state.ts";

/** The operations of a room, in its order. */
export type LimiterOperation =
  | { readonly kind: "acquire"; readonly request: RoomRequest }
  | {
      readonly kind: "report";
      readonly request: RoomRequest;
      readonly refused: CallFailure;
      readonly retryAfterMs?: number;
    }
  | { readonly kind: "accepted"; readonly generationId: string }
  | { readonly kind: "release"; readonly generationId: string; readonly outcome: ReleaseOutcome };

export interface LimiterCall {
  /** This shard's share of the tenant's limits, as the room knows them. Absent: the room is no longer one of this shard's. */
  readonly limits?: LimiterLimits;
  readonly operations: readonly LimiterOperation[];
}

export interface LimiterReply {
  /** One for each operation; undefined for operations that have no answer. */
  readonly answers: readonly (LeaseAnswer | Wait | undefined)[];
  /** An upstream is slowed down or paused: every turn needs a lease for now, whatever the limits. */
  readonly isSlowing: boolean;
}

export interface IpCount {
  readonly isAllowed: boolean;
  readonly left: number;
  /** Until the next request would be allowed. */
  readonly retryAfterMs: number;
  /** Until all requests would be allowed again. */
  readonly resetMs: number;
}
