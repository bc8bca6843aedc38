/** How long to wait before trying again. Pure: used by the room towards the upstream and by the client towards the room. */
export interface BackoffPolicy {
  readonly baseMs: number;
  readonly maxMs: number;
}

/**
 * Full jitter: uniform in [0, min(maxMs, baseMs · 2ⁿ)), so that the sockets one deploy dropped do not return in one wave.
 * `attempt` counts from 0. See "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
export function backoffMs(attempt: number, policy: BackoffPolicy, random: () => number): number {
  const ceiling = Math.min(policy.maxMs, policy.baseMs * 2 ** Math.min(Math.max(attempt, 0), 30));
  return Math.floor(random() * ceiling);
}
