/** Time for people: countdowns that tick while something waits, and nothing that ticks otherwise. */
import { useEffect, useState } from "react";

/** Often enough that a countdown never skips a second. */
const tickMs = 250;

/** Whole seconds until `deadline` (ms since 1970), counting down while mounted; undefined without a deadline. */
export function useSecondsUntil(deadline: number | undefined): number | undefined {
  const [, setNow] = useState(0);
  useEffect(() => {
    if (deadline === undefined || deadline <= Date.now()) return undefined;
    const timer = setInterval(() => {
      setNow(Math.ceil((deadline - Date.now()) / 1000)); // Equal values do not render again: one render a second.
      if (deadline <= Date.now()) clearInterval(timer);
    }, tickMs);
    return () => clearInterval(timer);
  }, [deadline]);
  return deadline === undefined ? undefined : Math.max(0, Math.ceil((deadline - Date.now()) / 1000));
}

const firstSeen = new WeakMap<object, number>();

/** A wait told as a duration becomes a moment when it is first seen, and stays that moment however often it is drawn. */
export function deadlineOf(told: { readonly retryAfterMs?: number } | undefined): number | undefined {
  if (told?.retryAfterMs === undefined) return undefined;
  const seen = firstSeen.get(told) ?? Date.now();
  firstSeen.set(told, seen);
  return seen + told.retryAfterMs;
}
