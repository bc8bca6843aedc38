/**
 * How many calls at a time an upstream takes that says "too many" (U3): found by additive increase and multiplicative
 * decrease, as TCP finds how fast a path is (RFC 5681). Pure; it begins with the first refusal and ends when it no longer
 * holds anyone back.
 */

/** Where it begins at least: few enough for an upstream in trouble, enough that a busy tenant does not stand still. */
const startAt = 4;
/** What a refusal leaves. TCP's half would leave a third of the upstream idle on average; this leaves a seventh. */
const keepOf = 0.7;
/** After so many increases in a row each one is larger by one: an upstream that has recovered is found out in minutes. */
const stepEvery = 8;
/** Nobody was refused or held back for this long: there is nothing left to slow down. */
export const calmMs = 60_000;
/** Pauses while the upstream takes nobody at all: doubled with each refusal, from the first to the last of these. */
const pauseMs = { first: 500, last: 20_000 };

export interface SlowDownState {
  readonly cap: number;
  /** Successes since the cap last changed; as many as the cap raise it. */
  readonly successes: number;
  /** The most leases at a time since the cap last changed: a cap that was never reached is not proven, and stays. */
  readonly peak: number;
  /** Increases since the last decrease. */
  readonly raises: number;
  /** When the cap was last lowered. What was granted before says nothing about the cap of now. */
  readonly since: number;
  /** When it last refused or held back somebody. */
  readonly busyAt: number;
  /** Refusals in a row while nobody was being served. */
  readonly refusals: number;
  readonly pausedUntil: number;
}

export interface Refusal {
  /** When the refused call got its lease; undefined for a call without one. */
  readonly grantedAt: number | undefined;
  /** Leases at that moment, that of the refused call included. */
  readonly inUse: number;
  /** The turn was refused so often that it may be refused for what it asks. */
  readonly isRepeated: boolean;
}

/**
 * The first refusal. An upstream that refuses the 151st call has taken 150 until now, and is asked for a little less; of a
 * tenant without limits, whose turns run without leases, nothing is known, and it begins low.
 *
 * @param limit what the tenant may have anyway
 * @param inUse leases at that moment, that of the refused call included
 */
export function beginSlowDown(limit: number, inUse: number, now: number): SlowDownState {
  const cap = Math.max(Math.min(startAt, lowered(limit)), lowered(Math.min(limit, inUse)));
  return { cap, successes: 0, peak: 0, raises: 0, since: now, busyAt: now, refusals: 0, pausedUntil: 0 };
}

export function afterRefusal(state: SlowDownState, refusal: Refusal, now: number): SlowDownState {
  const { grantedAt, inUse, isRepeated } = refusal;
  if (grantedAt === undefined) return { ...state, busyAt: now };
  // One decrease for all that was under way when it was made, or a burst of refusals would end at one whatever the cause.
  // But no more may run than have not been refused yet, or the first refused turns would be called and refused again
  // before a slow machine has read the refusals of the others.
  if (grantedAt <= state.since) {
    const cap = Math.max(1, Math.min(state.cap, inUse - 1));
    return cap === state.cap
      ? { ...state, busyAt: now }
      : { ...state, cap, successes: 0, peak: 0, raises: 0, busyAt: now };
  }
  // While others are served, a refusal is about their number; when nobody is, it is about everybody.
  const isForAll = inUse <= 1 && !isRepeated;
  const refusalsBefore = inUse <= 1 ? state.refusals : 0;
  const refusals = isForAll ? refusalsBefore + 1 : refusalsBefore;
  const backoff = Math.min(pauseMs.last, pauseMs.first * 2 ** Math.min(refusals - 1, 10));
  return {
    // What was in use was too much, however high the cap had been left by quieter times.
    cap: lowered(Math.min(state.cap, inUse)),
    successes: 0,
    peak: 0,
    raises: 0,
    since: now,
    busyAt: now,
    refusals,
    pausedUntil: isForAll ? now + backoff : state.pausedUntil,
  };
}

export function afterGrant(state: SlowDownState, inUse: number): SlowDownState {
  return inUse > state.peak ? { ...state, peak: inUse } : state;
}

export function afterSuccess(state: SlowDownState, grantedAt: number): SlowDownState {
  if (grantedAt <= state.since) return { ...state, refusals: 0 };
  const successes = state.successes + 1;
  if (successes < state.cap || state.peak < state.cap) return { ...state, successes, refusals: 0 };
  const step = 1 + Math.floor(state.raises / stepEvery);
  return { ...state, cap: state.cap + step, successes: 0, peak: 0, raises: state.raises + 1, refusals: 0 };
}

/** @param limit what the tenant may have anyway. */
export function isSlowDownOver(state: SlowDownState, limit: number, now: number): boolean {
  return (state.cap >= limit && state.raises > 0) || now - state.busyAt >= calmMs;
}

function lowered(count: number): number {
  return Math.max(1, Math.floor(count * keepOf));
}
