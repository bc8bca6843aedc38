/**
 * A crowd of rooms at one Limiter, in simulated time: rooms ask when they were told to, within the jitter they may add, and
 * an upstream takes so many at a time and so long for each turn.
 */
import { LimiterCore, type LimiterLimits } from "../../party/core/limiter/limiter.ts";
import { retryJitter } from "../../party/core/limiter/limiter-port.ts";

export interface Arrival {
  readonly room: string;
  readonly at: number;
  readonly lastsMs: number;
}

export interface Served extends Arrival {
  readonly id: string;
  readonly grantedAt: number;
  readonly endedAt: number;
}

export interface Crowd {
  readonly arrivals: readonly Arrival[];
  readonly limits: LimiterLimits;
  /** How many the upstream takes; more get a 429. */
  readonly takes?: number;
  /** What a refusal says, if anything: when to come back. */
  readonly retryAfterMs?: number;
  /** Rooms ask the Limiter only after a first refusal, as where the tenant has no limit. */
  readonly asksLate?: boolean;
  readonly jitter: () => number;
}

export interface CrowdFigures {
  readonly served: readonly Served[];
  /** For each refusal, how many had been served by then. */
  readonly refusals: readonly number[];
  /** How often the Limiter was asked for leave. */
  readonly asks: number;
  readonly endedAt: number;
}

/** Runs until all have been served. @throws when some still wait after two hours. */
export function simulateCrowd(crowd: Crowd): CrowdFigures {
  const { arrivals, limits, takes = Number.POSITIVE_INFINITY, asksLate = false, jitter } = crowd;
  const core = new LimiterCore(0);
  core.limit(limits, 0);
  /** What happens last comes first; of what happens at one moment, what was planned last. */
  const events: { at: number; run: () => void }[] = [];
  let now = 0;
  const at = (when: number, run: () => void) => {
    let [from, to] = [0, events.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((events[middle]?.at ?? 0) > when) from = middle + 1;
      else to = middle;
    }
    events.splice(from, 0, { at: when, run });
  };
  const served: Served[] = [];
  const refusals: number[] = [];
  let [asks, running] = [0, 0];
  const refusedRooms = new Set<string>();
  arrivals.forEach((arrival, index) => {
    const { room, lastsMs } = arrival;
    const of = { generationId: `t${index}`, room, deadlineAt: arrival.at + 36_000_000 };
    const again = (ms: number) => at(now + Math.floor(ms * (1 + retryJitter * jitter())), ask);
    const ask = () => {
      asks += 1;
      const answer = core.acquire(of, now);
      if (answer.kind === "wait") again(answer.retryAfterMs);
      else call();
    };
    const call = () => {
      if (running >= takes) {
        refusals.push(served.length);
        refusedRooms.add(room);
        again(core.report(of, "rate-limited", crowd.retryAfterMs, now)?.retryAfterMs ?? 1_000);
        return;
      }
      running += 1;
      const grantedAt = now;
      at(now + lastsMs, () => {
        running -= 1;
        core.release(of.generationId, "ok", now);
        served.push({ ...arrival, id: of.generationId, grantedAt, endedAt: now });
      });
    };
    at(arrival.at, () => (asksLate && !refusedRooms.has(room) ? call() : ask()));
  });
  for (let next = events.pop(); next !== undefined; next = events.pop()) {
    now = next.at;
    if (now > 7_200_000) throw new Error(`after two hours ${arrivals.length - served.length} still wait`);
    next.run();
  }
  return { served, refusals, asks, endedAt: now };
}

/** mulberry32: the same seed, the same crowd. */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
