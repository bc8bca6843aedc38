/** Countdowns for people. They tick while something waits and not otherwise. Used by pages, beside `useChatRoom`. */
import { useEffect, useMemo, useState } from "react";
import { monotonicMs } from "../time/clock.ts";

/** Often enough that a countdown never skips a second. */
const tickMs = 250;

/**
 * Whole seconds until `deadline` (ms since 1970), counting down while mounted; undefined without a deadline. The date is read
 * once per deadline: one that is corrected meanwhile doesn't change the countdown.
 */
export function useSecondsUntil(deadline: number | undefined): number | undefined {
  const [, setNow] = useState(0);
  const endsAt = useMemo(
    () => (deadline === undefined ? undefined : monotonicMs() + deadline - Date.now()),
    [deadline],
  );
  useEffect(() => {
    if (endsAt === undefined || endsAt <= monotonicMs()) return undefined;
    const timer = setInterval(() => {
      setNow(secondsUntil(endsAt)); // Equal values do not render again: one render a second.
      if (endsAt <= monotonicMs()) clearInterval(timer);
    }, tickMs);
    return () => clearInterval(timer);
  }, [endsAt]);
  return endsAt === undefined ? undefined : secondsUntil(endsAt);
}

function secondsUntil(endsAt: number): number {
  return Math.max(0, Math.ceil((endsAt - monotonicMs()) / 1000));
}

const firstSeen = new WeakMap<object, number>();

/** The moment at which a wait of `retryAfterMs` ends. It is fixed when the notice is first seen, and the same at each render. */
export function deadlineOf(told: { readonly retryAfterMs?: number } | undefined): number | undefined {
  if (told?.retryAfterMs === undefined) return undefined;
  const seen = firstSeen.get(told) ?? Date.now();
  firstSeen.set(told, seen);
  return seen + told.retryAfterMs;
}
