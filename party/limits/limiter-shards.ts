/**
 * Which Limiter object a room asks, and that object's share of the tenant's limits (Q4). It only computes; the calls are in
 * `limiter-client.ts`.
 */

import { defined } from "../../shared/defined.ts";
import type { LimiterLimits } from "../core/limiter/limiter-state.ts";
import { hash } from "../platform/hash.ts";

/** The name of a tenant's Limiter object. Addresses have objects of their own, under another prefix. */
export function limiterName(tenant: string, shard: number): string {
  return `tenant/${tenant}/${shard}`;
}

/** The room's shard, and that shard's share: whole numbers that add up to the limit, none of them 0. */
export function shareOf(limits: LimiterLimits, room: string, shards: number): { shard: number; limits: LimiterLimits } {
  const { turnsPerMinute, activeTurns } = limits;
  const inUse = Math.min(shards, turnsPerMinute ?? shards, activeTurns ?? shards);
  const shard = hash(room) % inUse;
  const part = (limit: number | undefined) =>
    limit === undefined ? undefined : Math.floor(limit / inUse) + (shard < limit % inUse ? 1 : 0);
  return { shard, limits: defined({ turnsPerMinute: part(turnsPerMinute), activeTurns: part(activeTurns) }) };
}

export function isLimited({ turnsPerMinute, activeTurns }: LimiterLimits): boolean {
  return turnsPerMinute !== undefined || activeTurns !== undefined;
}
