/** What rooms and the Worker say to a Limiter object, and what it answers: plain data, the same on both sides of the call. */
import type { LimiterLimits, RoomRequest } from "../core/limiter/limiter.ts";
import type { LeaseAnswer, Refused, ReleaseOutcome, Wait } from "../core/limiter/limiter-port.ts";

/** What a room wants, in its order. */
export type LimiterOperation =
  | { readonly kind: "acquire"; readonly request: RoomRequest }
  | {
      readonly kind: "report";
      readonly request: RoomRequest;
      readonly refused: Refused;
      readonly retryAfterMs?: number;
    }
  | { readonly kind: "accepted"; readonly generationId: string }
  | { readonly kind: "release"; readonly generationId: string; readonly outcome: ReleaseOutcome };

export interface LimiterCall {
  /** This shard's share of the tenant's limits, as the room knows them. */
  readonly limits: LimiterLimits;
  readonly operations: readonly LimiterOperation[];
}

export interface LimiterReply {
  /** One for each operation; undefined for those that have none. */
  readonly answers: readonly (LeaseAnswer | Wait | undefined)[];
  /** The upstream is being spared: every turn needs a lease for now, whatever the limits. */
  readonly isSlowing: boolean;
}

export interface IpCount {
  readonly isAllowed: boolean;
  readonly left: number;
  /** Until the next request would be allowed. */
  readonly retryAfterMs: number;
  /** Until all of them would be. */
  readonly resetMs: number;
}
