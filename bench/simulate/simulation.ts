/**
 * A million rooms of one tenant ask within ten minutes: evenly, with a rush in the middle, and with a backend that takes less
 * than promised for a while. All decisions are made by the shipped code; only time, chance and the backend are simulated.
 */
import { quantile } from "../lib/stats.ts";
import { seeded } from "./random.ts";
import { SimulatedRoom } from "./simulated-room.ts";
import { type Second, World } from "./world.ts";

export interface SimulationOptions {
  readonly seed: number;
  readonly rooms: number;
  readonly shards: number;
  /** The tenant's limit, and what the backend takes when it is well. */
  readonly activeTurns: number;
}

export interface SimulationResult {
  readonly turns: number;
  readonly unsettled: number;
  readonly grantedAtOnce: number;
  readonly waitMs: { readonly p50: number; readonly p95: number; readonly p99: number; readonly max: number };
  readonly refused: number;
  readonly limiterCallsPerTurn: number;
  readonly limiterUsPerCall: number;
  readonly alarmsSetPerTurn: number;
  readonly alarmsRungPerTurn: number;
  readonly mostCallsASecondOfAShard: number;
  readonly mostWaitingInAShard: number;
  /** Leases beyond the shares of their shards at any time; must be 0. */
  readonly overshoot: number;
  readonly seconds: readonly Second[];
}

const minutes = 10;
const arrivalsUntil = minutes * 60_000;
/** Long enough for every turn to be served. */
const endAt = arrivalsUntil + 10 * 60_000;
export const rush = { from: 180_000, until: 220_000, times: 2.5 } as const;
export const dip = { from: 420_000, until: 480_000, share: 0.7 } as const;
/** Rooms that ask again before their answer is over. */
const secondTurns = 0.1;

export function simulate({ seed, rooms, shards, activeTurns }: SimulationOptions): SimulationResult {
  const random = seeded(seed);
  const isIn = (now: number, { from, until }: { from: number; until: number }) => now >= from && now < until;
  const world = new World({
    limits: { activeTurns },
    shards,
    random,
    endAt,
    backendTakes: (now) => (isIn(now, dip) ? Math.floor(activeTurns * dip.share) : activeTurns),
  });
  const weight = arrivalsUntil + (rush.until - rush.from) * (rush.times - 1);
  const perMs = (now: number) => (rooms / weight) * (isIn(now, rush) ? rush.times : 1);
  let arrived = 0;
  let submitted = 0;
  world.arrivals(perMs, arrivalsUntil, () => {
    arrived += 1;
    const room = new SimulatedRoom(`room-${arrived}`, world);
    room.submit();
    submitted += 1;
    if (random() >= secondTurns) return;
    submitted += 1;
    world.time.at(world.time.now + 2_000 + random() * 5_000, () => room.submit());
  });
  world.time.runUntil(endAt);
  const { counts, waitsMs, seconds } = world;
  const most = (of: (shard: World["shards"][number]) => number) => Math.max(...world.shards.map(of));
  return {
    turns: counts.turns,
    unsettled: submitted - counts.turns,
    grantedAtOnce: counts.grantedAtOnce / counts.turns,
    waitMs: {
      p50: quantile(waitsMs, 0.5),
      p95: quantile(waitsMs, 0.95),
      p99: quantile(waitsMs, 0.99),
      max: quantile(waitsMs, 1),
    },
    refused: counts.refused,
    limiterCallsPerTurn: counts.limiterCalls / counts.turns,
    limiterUsPerCall: Number(world.limiterNs) / 1_000 / counts.limiterCalls,
    alarmsSetPerTurn: counts.alarmsSet / counts.turns,
    alarmsRungPerTurn: counts.alarmsRung / counts.turns,
    mostCallsASecondOfAShard: most(({ mostCallsASecond }) => mostCallsASecond),
    mostWaitingInAShard: most(({ mostWaiting }) => mostWaiting),
    overshoot: most(({ mostLeases, share }) => Math.max(0, mostLeases - share)),
    seconds,
  };
}
