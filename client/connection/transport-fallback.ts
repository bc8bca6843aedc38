/**
 * The ladder: which transport to try now, when one that fails is left for the next, and when a better one is tried again.
 * Pure: what happened and what time it is are arguments; `link.ts` opens and closes. docs/transports.md tells the rules.
 *
 * A **rung** is an index into the transports one may use, best first. One *stands* on the rung that is believed to work. A
 * **round** is the tries between two waits: it begins where one stands and goes down. A lower rung is stood on only once it
 * has synced: while no transport gets through, it is the network that is down, and that is no reason to leave any.
 */
import { type BackoffPolicy, backoffMs } from "../../shared/backoff.ts";
import type { NetworkFault, StepReason, TransportName } from "../api/connection-types.ts";
import { stableAfterMs } from "../time/timing.ts";

/** What is remembered for the session: where one stands below the top, and when to look up. */
export interface Standing {
  readonly transport: TransportName;
  readonly because: StepReason;
  /** When the next try of a better one is due, ms since 1970. */
  readonly climbAt: number;
  /** Tries of a better one so far. */
  readonly climbs: number;
}

export interface Ladder {
  /** Best first, at least one. */
  readonly transports: readonly TransportName[];
  /** The rung that is believed to work. */
  readonly standing: number;
  /** The rung of the next try, or of the one that is under way; below `standing` only within a round. */
  readonly trying: number;
  /** Why one does not stand higher. */
  readonly because?: StepReason;
  /** Why this round has left where one stands: the next `because`, if the round ends lower. */
  readonly leaving?: StepReason;
  /** It has synced since it is stood on: then a failure or two are the network's, not its own. */
  readonly isProven: boolean;
  /** Tries on `standing` in a row that did not get through. */
  readonly failures: number;
  /** Connections in a row that broke off soon after their sync. */
  readonly breaks: number;
  readonly climbAt?: number;
  readonly climbs: number;
}

/** What to do after a failure: try the next transport at once, or wait and begin a new round. */
export type Advice = "next" | "wait";

/** Two failures may be a gateway that restarts; a third in a row is worth a look at the transports below. */
export const provenFailures = 3;
/** A proxy that cuts connections does it each time. */
export const maxBreaks = 3;
/** A connection that stayed this long is none that breaks off, and what it takes to climb is forgotten. */
export const soundAfterMs = 60_000;
/**
 * Between tries of a better transport. They cost one request each; what blocks a WebSocket rarely goes while one sits at
 * the same desk, and a device that changes its network asks at once.
 */
export const climbPolicy: BackoffPolicy = { baseMs: 10_000, maxMs: 600_000 };

export function startLadder(transports: readonly TransportName[], remembered: Standing | undefined): Ladder {
  const known = remembered === undefined ? -1 : transports.indexOf(remembered.transport);
  const base = { transports, isProven: false, failures: 0, breaks: 0 };
  if (remembered === undefined || known < 1) return { ...base, standing: 0, trying: 0, climbs: 0 };
  const { because, climbAt, climbs } = remembered;
  return { ...base, standing: known, trying: known, because, climbAt, climbs };
}

/** Undefined at the top: nothing to remember. */
export function standingOf(ladder: Ladder): Standing | undefined {
  const { standing, because, climbAt, climbs } = ladder;
  const transport = ladder.transports[standing];
  if (standing === 0 || transport === undefined || because === undefined || climbAt === undefined) return undefined;
  return { transport, because, climbAt, climbs };
}

/** The transport of the next try, or of the one under way. */
export function tryingOf({ transports, trying }: Ladder): TransportName {
  return transports[trying] ?? "websocket";
}

/** Whether a try that hangs may be given up early: there is another one to make. */
export function hasNext({ transports, trying }: Ladder): boolean {
  return trying < transports.length - 1;
}

/** The try has synced: this is where one stands. */
export function arrive(ladder: Ladder, now: number, random: () => number): Ladder {
  const { trying, standing, leaving, climbs } = ladder;
  if (trying === standing || leaving === undefined) return { ...ladder, isProven: true, failures: 0 };
  return standOn(ladder, trying, { because: leaving, climbAt: now + climbDelayMs(climbs, random) });
}

/**
 * A try or a connection ended by the network.
 * @param lastedMs how long it had been synced; undefined if it never was
 */
export function fail(ladder: Ladder, fault: NetworkFault, lastedMs: number | undefined): [Ladder, Advice] {
  if (lastedMs === undefined) {
    const isStanding = ladder.trying === ladder.standing;
    const failures = isStanding ? ladder.failures + 1 : ladder.failures;
    const isCertain = !isStanding || !ladder.isProven || fault === "unavailable" || fault === "buffered";
    const isEnough = isCertain || failures >= provenFailures;
    return isEnough ? stepDown(ladder, reasonOf(fault)) : [{ ...ladder, failures }, "wait"];
  }
  const isSound = lastedMs >= soundAfterMs;
  const climbs = isSound ? 0 : ladder.climbs;
  if (fault === "buffered") return stepDown({ ...ladder, climbs }, fault);
  const breaks = lastedMs >= stableAfterMs ? 0 : ladder.breaks + 1;
  const kept = { ...ladder, breaks, climbs };
  return breaks >= maxBreaks ? stepDown(kept, "unstable") : [kept, "wait"];
}

/** The room itself refused, or no token could be had: that tells nothing about transports, and the round is over. */
export function refuse(ladder: Ladder): Ladder {
  return endRound(ladder);
}

/** The better transport to try beside the one that works; undefined when it is not time. The top first, then those between. */
export function climbingAt(ladder: Ladder, now: number): TransportName | undefined {
  const { transports, standing, climbAt, climbs } = ladder;
  if (standing === 0 || climbAt === undefined || now < climbAt) return undefined;
  return transports[climbs % standing];
}

/** The better transport was welcomed, and is where one stands. One early break is enough to leave it again. */
export function climbed(ladder: Ladder, to: TransportName, now: number, random: () => number): Ladder {
  const rung = ladder.transports.indexOf(to);
  const climbs = ladder.climbs + 1;
  const { because } = ladder;
  const below =
    rung === 0 || because === undefined ? undefined : { because, climbAt: now + climbDelayMs(climbs, random) };
  return { ...standOn(ladder, rung, below), isProven: false, breaks: maxBreaks - 1, climbs };
}

export function climbFailed(ladder: Ladder, now: number, random: () => number): Ladder {
  return { ...ladder, climbAt: now + climbDelayMs(ladder.climbs, random), climbs: ladder.climbs + 1 };
}

/** Another network, perhaps: what was learned may not hold here. */
export function lookUp(ladder: Ladder, now: number): Ladder {
  return ladder.climbAt === undefined ? ladder : { ...ladder, climbAt: now, climbs: 0 };
}

function reasonOf(fault: NetworkFault): StepReason {
  return fault === "lost" ? "blocked" : fault;
}

function stepDown(ladder: Ladder, leaving: StepReason): [Ladder, Advice] {
  if (!hasNext(ladder)) return [endRound(ladder), "wait"];
  return [{ ...ladder, trying: ladder.trying + 1, leaving, breaks: 0 }, "next"];
}

function endRound({ leaving: _, ...ladder }: Ladder): Ladder {
  return { ...ladder, trying: ladder.standing, failures: 0, breaks: 0 };
}

function standOn(ladder: Ladder, rung: number, below: { because: StepReason; climbAt: number } | undefined): Ladder {
  const { transports, climbs } = ladder;
  return { transports, standing: rung, trying: rung, isProven: true, failures: 0, breaks: 0, climbs, ...below };
}

/** Half of the time is certain, so that no two tries follow each other at once; the other half is jitter. */
function climbDelayMs(climbs: number, random: () => number): number {
  const ceiling = Math.min(climbPolicy.maxMs, climbPolicy.baseMs * 2 ** Math.min(climbs, 30));
  return (
    Math.floor(ceiling / 2) +
    backoffMs(climbs, { baseMs: climbPolicy.baseMs / 2, maxMs: climbPolicy.maxMs / 2 }, random)
  );
}
