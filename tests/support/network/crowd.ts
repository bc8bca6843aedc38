/**
 * A crowd of rooms at one Limiter, in simulated time: rooms ask when they were told to, plus their jitter, and an upstream
 * takes a number of calls at a time and some time for each. A slow machine is part of the model: everything that the gateway
 * does waits for one thread.
 */
import { LimiterCore } from "../../../party/core/limiter/limiter.ts";
import { withJitter } from "../../../party/core/limiter/limiter-port.ts";
import type { LimiterLimits } from "../../../party/core/limiter/limiter-state.ts";

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
  /** How many calls the upstream takes at a time; more get a 429. */
  readonly takes?: number;
  /** The `Retry-After` of a refusal, if it has one. */
  readonly retryAfterMs?: number;
  /** Rooms ask the Limiter only after a first refusal, as where the tenant has no limit. */
  readonly asksLate?: boolean;
  /** The upstream answers nobody before so many calls have arrived. */
  readonly wave?: number;
  /** The time that the gateway's thread needs for each thing that it does; 0 is an infinitely fast machine. */
  readonly serviceMs?: number;
  readonly jitter: () => number;
}

export interface CrowdFigures {
  readonly served: readonly Served[];
  /** For each refusal, how many had been served by then. */
  readonly refusals: readonly number[];
  /** The turns that were refused, in the order in which the Limiter last heard of it. */
  readonly refused: readonly string[];
  /** How often the Limiter was asked for a lease. */
  readonly asks: number;
  readonly endedAt: number;
}

/** Runs until all turns have been served. @throws when some still wait after two hours. */
export function simulateCrowd(crowd: Crowd): CrowdFigures {
  const {
    arrivals,
    limits,
    takes = Number.POSITIVE_INFINITY,
    asksLate = false,
    jitter,
    serviceMs = 0,
    wave = 0,
  } = crowd;
  const core = new LimiterCore(0);
  core.limit(limits, 0);
  const time = new EventQueue();
  let busyUntil = 0;
  const inGateway = (run: () => void) => {
    if (serviceMs === 0) return run();
    busyUntil = Math.max(time.now, busyUntil) + serviceMs;
    time.at(busyUntil, run);
  };
  const served: Served[] = [];
  const refusals: number[] = [];
  const refusedIds = new Set<string>();
  /** Calls that the upstream has not answered, because it waits for the whole wave. */
  const held: (() => void)[] = [];
  let [asks, calls, running] = [0, 0, 0];
  const refusedRooms = new Set<string>();
  arrivals.forEach((arrival, index) => {
    const { room, lastsMs } = arrival;
    const of = { generationId: `t${index}`, room, deadlineAt: arrival.at + 36_000_000 };
    const again = (ms: number) => time.at(time.now + withJitter(ms, jitter), () => inGateway(ask));
    const ask = () => {
      asks += 1;
      const answer = core.acquire(of, time.now);
      if (answer.kind === "wait") again(answer.retryAfterMs);
      else inGateway(call);
    };
    const refused = () => {
      refusedRooms.add(room);
      refusedIds.delete(of.generationId);
      refusedIds.add(of.generationId);
      again(core.report(of, "rate-limited", crowd.retryAfterMs, time.now)?.retryAfterMs ?? 1_000);
    };
    const call = () => {
      calls += 1;
      if (calls < wave) held.push(answer);
      else for (const next of [...held.splice(0), answer]) next();
    };
    const answer = () => {
      if (running >= takes) {
        refusals.push(served.length);
        inGateway(refused);
        return;
      }
      running += 1;
      const grantedAt = time.now;
      time.at(time.now + lastsMs, () => {
        running -= 1;
        served.push({ ...arrival, id: of.generationId, grantedAt, endedAt: time.now });
        inGateway(() => core.release(of.generationId, "ok", time.now));
      });
    };
    time.at(arrival.at, () => inGateway(asksLate && !refusedRooms.has(room) ? call : ask));
  });
  while (time.runNext()) {
    if (time.now > 7_200_000) throw new Error(`after two hours ${arrivals.length - served.length} still wait`);
  }
  return { served, refusals, refused: [...refusedIds], asks, endedAt: time.now };
}

/** Simulated time: runs what was planned in the order of its time. */
export class EventQueue {
  now = 0;
  /** The next event is the last one. */
  readonly #events: { at: number; run: () => void }[] = [];

  at(when: number, run: () => void): void {
    let [from, to] = [0, this.#events.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.#events[middle]?.at ?? 0) > when) from = middle + 1;
      else to = middle;
    }
    this.#events.splice(from, 0, { at: when, run });
  }

  /** False where nothing is planned. */
  runNext(): boolean {
    const next = this.#events.pop();
    if (next === undefined) return false;
    this.now = next.at;
    next.run();
    return true;
  }
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
