/**
 * Who is next, and how long the others wait (Q1, Q2). Pure: it reads the turns' states and changes nothing.
 */
import type { TurnPhase } from "./turn-state.ts";

export interface Queueable {
  readonly phase: TurnPhase;
}

/** Turns that are active: started and not settled, whether or not a call is open right now. */
export function activeTurns<T extends Queueable>(turns: Iterable<T>): T[] {
  return [...turns].filter(({ phase }) => phase.state !== "queued" && phase.state !== "settled");
}

/** In order of arrival. */
export function queuedTurns<T extends Queueable>(turns: Iterable<T>): T[] {
  return [...turns].filter(({ phase }) => phase.state === "queued");
}

/** The turns that may start now: first come, first served, as many as the room may run at once. */
export function startable<T extends Queueable>(turns: Iterable<T>, maxActive: number): T[] {
  const all = [...turns];
  const free = maxActive - activeTurns(all).length;
  return free > 0 ? queuedTurns(all).slice(0, free) : [];
}

/**
 * Expected wait of the turn at `position` in ms, from how long the room's recent turns took. Undefined while none has
 * ended: no number is better than an invented one.
 */
export function etaMs(position: number, recentDurationsMs: readonly number[], maxActive: number): number | undefined {
  if (recentDurationsMs.length === 0) return undefined;
  const sum = recentDurationsMs.reduce((total, duration) => total + duration, 0);
  return Math.round(((sum / recentDurationsMs.length) * (position + 1)) / maxActive);
}
