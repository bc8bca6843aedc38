/**
 * The leases that a Limiter has granted, and when they expire. It does not decide who gets one: `limiter.ts` does.
 *
 * A lease expires `leaseTtlMs` after it was last renewed, so that a room which is lost before it stored its turn holds
 * capacity for a minute and a half and not until the turn's deadline. Renewals are not stored: after a restart every
 * lease has its full time again.
 */
import { renewLeaseMs } from "./limiter-port.ts";

/** Long enough for two renewals to fail. */
export const leaseTtlMs = 3 * renewLeaseMs;
/** A lease ends this long after its turn's deadline at the latest: the room settles a late turn itself and releases it. */
export const leaseGraceMs = 30_000;
/** No turn runs longer (`TURN_TIMEOUT_MS` ends at 14 minutes), so no lease is held longer. */
export const maxLeaseMs = 900_000;

/** As stored. */
export interface Lease {
  readonly id: string;
  readonly room: string;
  readonly subject: string | undefined;
  readonly upstream: string;
  /** When the turn first asked. */
  readonly since: number;
  readonly grantedAt: number;
  /** The lease can't be renewed beyond this. */
  readonly endsAt: number;
  /** Whether it took a token of the tenant's turns per minute. */
  readonly paid: boolean;
  /** How often the upstream has refused the turn. */
  readonly refusals: number;
}

export class Leases {
  readonly #leases: Map<string, Lease>;
  readonly #expiresAt = new Map<string, number>();
  readonly #inUse = new Map<string, number>();
  #changed = new Map<string, Lease | undefined>();
  /** No lease expires before this time. */
  #sweepAt = Number.POSITIVE_INFINITY;

  /** @param stored leases get their full time again, because their renewals are not stored. */
  constructor(now: number, stored: readonly Lease[] = []) {
    this.#leases = new Map();
    for (const lease of stored) this.#add(lease, now);
  }

  get size(): number {
    return this.#leases.size;
  }

  /** How many leases are held for calls to one upstream. */
  inUse(upstream: string): number {
    return this.#inUse.get(upstream) ?? 0;
  }

  get(id: string): Lease | undefined {
    return this.#leases.get(id);
  }

  expiresAt(id: string): number {
    return this.#expiresAt.get(id) ?? 0;
  }

  grant(lease: Omit<Lease, "endsAt" | "grantedAt">, deadlineAt: number, now: number): Lease {
    const endsAt = Math.min(Math.max(deadlineAt, now) + leaseGraceMs, now + maxLeaseMs);
    const granted: Lease = { ...lease, grantedAt: now, endsAt };
    this.#add(granted, now);
    this.#changed.set(granted.id, granted);
    return granted;
  }

  renew(lease: Lease, now: number): void {
    this.#expiresAt.set(lease.id, Math.min(lease.endsAt, now + leaseTtlMs));
  }

  drop(lease: Lease): void {
    if (!this.#leases.delete(lease.id)) return;
    this.#expiresAt.delete(lease.id);
    this.#inUse.set(lease.upstream, this.inUse(lease.upstream) - 1);
    if (this.inUse(lease.upstream) === 0) this.#inUse.delete(lease.upstream);
    this.#changed.set(lease.id, undefined);
  }

  /** Drops the leases whose time is over, and returns them. */
  expire(now: number): readonly Lease[] {
    if (now < this.#sweepAt) return [];
    const expired = [...this.#leases.values()].filter(({ id }) => this.expiresAt(id) <= now);
    for (const lease of expired) this.drop(lease);
    this.#sweepAt = Math.min(Number.POSITIVE_INFINITY, ...this.#expiresAt.values());
    return expired;
  }

  /** No lease expires before this. It may be too early, because a renewal doesn't move it. */
  nextExpiry(): number {
    return this.#leases.size === 0 ? Number.POSITIVE_INFINITY : this.#sweepAt;
  }

  all(): readonly Lease[] {
    return [...this.#leases.values()];
  }

  /** What changed since the last call, by id; undefined for a lease that is gone. */
  takeChanges(): ReadonlyMap<string, Lease | undefined> {
    const changed = this.#changed;
    this.#changed = new Map();
    return changed;
  }

  #add(lease: Lease, now: number): void {
    this.#leases.set(lease.id, lease);
    this.#inUse.set(lease.upstream, this.inUse(lease.upstream) + 1);
    this.renew(lease, now);
    this.#sweepAt = Math.min(this.#sweepAt, this.expiresAt(lease.id));
  }
}
