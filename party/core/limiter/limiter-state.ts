/**
 * What goes into the Limiter's rules and comes out of them to be stored: limits, requests, state and changes. Types only;
 * `limiter.ts` has the rules, `objects/limiter-host.ts` the storage.
 */
import type { Lease } from "./leases.ts";
import type { LeaseRequest } from "./limiter-port.ts";
import type { BucketState } from "./token-bucket.ts";
import type { UpstreamState } from "./upstream-admission.ts";
import type { Waiter } from "./wait-queue.ts";

/** A tenant's limits, or this shard's share of them. */
export interface LimiterLimits {
  readonly turnsPerMinute?: number;
  readonly activeTurns?: number;
}

/** A request as the Limiter sees it: with the room that it came from. */
export interface RoomRequest extends Omit<LeaseRequest, "hasWaited"> {
  readonly room: string;
}

/** What is stored beside leases and queue. */
export interface LimiterRecord {
  readonly v: 2;
  readonly limits: LimiterLimits;
  readonly bucket?: BucketState;
  /** How long a lease lasts of late; absent before the first has ended. */
  readonly leaseMs?: number;
  /** By upstream key; only those that are slowed down or have failed. */
  readonly upstreams: Readonly<Record<string, UpstreamState>>;
}

export interface LimiterState {
  readonly record: LimiterRecord;
  readonly leases: readonly Lease[];
  /** As `WaitQueue` takes them. */
  readonly waiting: readonly Waiter[];
}

export interface LimiterChanges {
  /** By id; undefined for a lease that is gone. */
  readonly leases: ReadonlyMap<string, Lease | undefined>;
  /** The queue changed. It may be stored later: a turn that is lost from it asks again and goes to its end. */
  readonly waiting: boolean;
}
