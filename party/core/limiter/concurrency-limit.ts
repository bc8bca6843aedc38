/**
 * How many calls at a time an overloaded upstream takes (U3), found by additive increase and multiplicative decrease, as in
 * TCP (RFC 5681). A slow-down begins with the first refusal and ends when it holds back no turn any more. Pure;
 * `upstream-admission.ts` uses it.
 */

/** The least cap to begin with: few calls for an upstream in trouble, but enough that a busy tenant goes on. */
const startAt = 4;
/** The share that a refusal leaves. TCP's half would leave a third of the upstream idle on average; this leaves a seventh. */
const keepOf = 0.7;
/** After this many increases in a row each one is larger by one, so that a recovered upstream is used again in minutes. */
const stepEvery = 8;
/** A slow-down that refused or held back no turn for this long is over. */
export const calmMs = 60_000;
/** Pauses while the upstream takes no call at all: doubled with each refusal, from the first to the last of these. */
const pauseMs = { first: 500, last: 20_000 };

export interface SlowDownState {
  readonly cap: number;
  /** Successes since the cap last changed. As many as the cap allows raise it. */
  readonly successes: number;
  /** The most leases at a time since the cap last changed: a cap that was never reached is unproven and isn't raised. */
  readonly peak: number;
  /** Increases since the last decrease. */
  readonly raises: number;
  /** When the cap was last lowered by a factor. A lease granted before says nothing about the present cap. */
  readonly since: number;
  /** When a turn was last refused or held back. */
  readonly busyAt: number;
  /** Refusals in a row while no call was being served. */
  readonly refusals: number;
  readonly pausedUntil: number;
}

export interface CallRefusal {
  /** When the refused call got its lease; undefined for a call without one. */
  readonly grantedAt: number | undefined;
  /** Leases at that moment, that of the refused call included. */
  readonly inUse: number;
  /** The turn was refused so often that it may be refused for what it asks. */
  readonly isRepeated: boolean;
}

/**
 * The state after the first refusal. An upstream that refuses the 151st call has taken 150, so the cap begins a little lower.
 * Nothing is known of a tenant without limits, whose turns run without leases, so its cap begins low.
 *
 * @param limit what the tenant may have anyway.
 * @param inUse leases at that moment, that of the refused call included.
 */
export function beginSlowDown(limit: number, inUse: number, now: number): SlowDownState {
  const cap = Math.max(Math.min(startAt, lowered(limit)), lowered(Math.min(limit, inUse)));
  return { cap, successes: 0, peak: 0, raises: 0, since: now, busyAt: now, refusals: 0, pausedUntil: 0 };
}

export function afterRefusal(state: SlowDownState, refusal: CallRefusal, now: number): SlowDownState {
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
    // What was in use was too much, even if the cap from quieter times is higher.
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
