/**
 * Decides which transport to use: when a failing one is left for the next, and when a better one is tried again. Pure: what
 * happened and the time are arguments. `connection.ts` opens and closes transports; docs/transports.md describes the rules.
 *
 * Transports are ordered, best first. The *current* one is believed to work. A *round* is the attempts between two waits: it
 * begins with the current transport and goes down. A lower transport becomes current only once it has synced: while none
 * gets through, the network is down, and that is no reason to leave any of them.
 */
import { type BackoffPolicy, backoffMs } from "../../shared/backoff.ts";
import type { NetworkFault, StepReason, TransportName } from "../api/connection-types.ts";
import { stableAfterMs } from "../time/timing.ts";

/** The record that the session keeps while the current transport isn't the best one. */
export interface FallbackRecord {
  readonly transport: TransportName;
  readonly because: StepReason;
  /** When the next attempt at a better transport is due, by the monotonic clock. */
  readonly upgradeAt: number;
  /** Attempts at a better transport so far. */
  readonly upgrades: number;
}

export interface Fallback {
  /** Best first, at least one. */
  readonly transports: readonly TransportName[];
  /** Index of the transport that is believed to work. */
  readonly current: number;
  /** Index of the transport of the next or running attempt; beyond `current` only within a round. */
  readonly trying: number;
  /** Why the current transport is not a better one. */
  readonly because?: StepReason;
  /** Why this round left the current transport: the next `because`, if the round ends on a lower one. */
  readonly leavingBecause?: StepReason;
  /** The current transport has synced: then one or two failures are the network's, not its own. */
  readonly isProven: boolean;
  /** Attempts at the current transport in a row that did not get through. */
  readonly failures: number;
  /** Connections in a row that broke off soon after their sync. */
  readonly breaks: number;
  readonly upgradeAt?: number;
  readonly upgrades: number;
}

/** The step after a failure: try the next transport at once, or wait and begin a new round. */
export type Advice = "next" | "wait";

/** Two failures may be a gateway that restarts; the third in a row is a reason to try the transports below. */
export const provenFailures = 3;
/** A proxy that cuts connections does so each time. */
export const maxBreaks = 3;
/** A connection that lasts this long is sound: the pauses between upgrades start anew. */
export const soundAfterMs = 60_000;
/**
 * Between attempts at a better transport. Each costs one request. What blocks a WebSocket rarely goes away while the device
 * stays in one network, and a device that changes its network tries at once.
 */
export const upgradePolicy: BackoffPolicy = { baseMs: 10_000, maxMs: 600_000 };

export function startFallback(transports: readonly TransportName[], remembered: FallbackRecord | undefined): Fallback {
  const known = remembered === undefined ? -1 : transports.indexOf(remembered.transport);
  const base = { transports, isProven: false, failures: 0, breaks: 0 };
  if (remembered === undefined || known < 1) return { ...base, current: 0, trying: 0, upgrades: 0 };
  const { because, upgradeAt, upgrades } = remembered;
  return { ...base, current: known, trying: known, because, upgradeAt, upgrades };
}

/** Undefined while the best transport is the current one: nothing to remember. */
export function recordOf(fallback: Fallback): FallbackRecord | undefined {
  const { current, because, upgradeAt, upgrades } = fallback;
  const transport = fallback.transports[current];
  if (current === 0 || transport === undefined || because === undefined || upgradeAt === undefined) return undefined;
  return { transport, because, upgradeAt, upgrades };
}

/** The transport of the next or running attempt. */
export function tryingOf({ transports, trying }: Fallback): TransportName {
  return transports[trying] ?? "websocket";
}

/** Whether an attempt that hangs may be given up early, because another transport can be tried. */
export function hasNext({ transports, trying }: Fallback): boolean {
  return trying < transports.length - 1;
}

/** The attempt has synced: its transport is the current one. */
export function afterSync(fallback: Fallback, now: number, random: () => number): Fallback {
  const { trying, current, leavingBecause, upgrades } = fallback;
  if (trying === current || leavingBecause === undefined) return { ...fallback, isProven: true, failures: 0 };
  return makeCurrent(fallback, trying, { because: leavingBecause, upgradeAt: now + upgradeDelayMs(upgrades, random) });
}

/**
 * The network ended an attempt or a connection.
 * @param lastedMs how long it had been synced; undefined if it never was
 */
export function afterFailure(
  fallback: Fallback,
  fault: NetworkFault,
  lastedMs: number | undefined,
): [Fallback, Advice] {
  if (lastedMs === undefined) {
    const isCurrent = fallback.trying === fallback.current;
    const failures = isCurrent ? fallback.failures + 1 : fallback.failures;
    const isCertain = !isCurrent || !fallback.isProven || fault === "unavailable" || fault === "buffered";
    const isEnough = isCertain || failures >= provenFailures;
    return isEnough ? stepDown(fallback, reasonOf(fault)) : [{ ...fallback, failures }, "wait"];
  }
  const upgrades = lastedMs >= soundAfterMs ? 0 : fallback.upgrades;
  if (fault === "buffered") return stepDown({ ...fallback, upgrades }, fault);
  const breaks = lastedMs >= stableAfterMs ? 0 : fallback.breaks + 1;
  const kept = { ...fallback, breaks, upgrades };
  return breaks >= maxBreaks ? stepDown(kept, "unstable") : [kept, "wait"];
}

/** The room refused, or no token could be obtained. That says nothing about transports, and the round is over. */
export function afterRefusal(fallback: Fallback): Fallback {
  return endRound(fallback);
}

/** The better transport to try beside the current one, the best first; undefined while it is not time. */
export function upgradeDue(fallback: Fallback, now: number): TransportName | undefined {
  const { transports, current, upgradeAt, upgrades } = fallback;
  if (current === 0 || upgradeAt === undefined || now < upgradeAt) return undefined;
  return transports[upgrades % current];
}

/** The better transport was welcomed and is the current one. One early break is enough to leave it again. */
export function afterUpgrade(fallback: Fallback, to: TransportName, now: number, random: () => number): Fallback {
  const index = fallback.transports.indexOf(to);
  const upgrades = fallback.upgrades + 1;
  const { because } = fallback;
  const below =
    index === 0 || because === undefined ? undefined : { because, upgradeAt: now + upgradeDelayMs(upgrades, random) };
  return { ...makeCurrent(fallback, index, below), isProven: false, breaks: maxBreaks - 1, upgrades };
}

export function afterUpgradeFailure(fallback: Fallback, now: number, random: () => number): Fallback {
  return {
    ...fallback,
    upgradeAt: now + upgradeDelayMs(fallback.upgrades, random),
    upgrades: fallback.upgrades + 1,
  };
}

/** The device may be in another network, where what was learned does not hold. */
export function afterNetworkChange(fallback: Fallback, now: number): Fallback {
  return fallback.upgradeAt === undefined ? fallback : { ...fallback, upgradeAt: now, upgrades: 0 };
}

function reasonOf(fault: NetworkFault): StepReason {
  return fault === "lost" ? "blocked" : fault;
}

function stepDown(fallback: Fallback, leavingBecause: StepReason): [Fallback, Advice] {
  if (!hasNext(fallback)) return [endRound(fallback), "wait"];
  return [{ ...fallback, trying: fallback.trying + 1, leavingBecause, breaks: 0 }, "next"];
}

function endRound({ leavingBecause: _, ...fallback }: Fallback): Fallback {
  return { ...fallback, trying: fallback.current, failures: 0, breaks: 0 };
}

function makeCurrent(
  { transports, upgrades }: Fallback,
  index: number,
  below: { because: StepReason; upgradeAt: number } | undefined,
): Fallback {
  return { transports, current: index, trying: index, isProven: true, failures: 0, breaks: 0, upgrades, ...below };
}

/** Half of the delay is fixed, so that no two attempts follow each other at once; the other half is jitter. */
function upgradeDelayMs(upgrades: number, random: () => number): number {
  const ceiling = Math.min(upgradePolicy.maxMs, upgradePolicy.baseMs * 2 ** Math.min(upgrades, 30));
  return (
    Math.floor(ceiling / 2) +
    backoffMs(upgrades, { baseMs: upgradePolicy.baseMs / 2, maxMs: upgradePolicy.maxMs / 2 }, random)
  );
}
