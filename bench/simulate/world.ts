/** The surroundings of a simulated room: virtual time, the tenant's Limiter in shards, a backend with a capacity, and counters. */
import { LimiterCore } from "../../party/core/limiter/limiter.ts";
import type { LeaseAnswer, Wait } from "../../party/core/limiter/limiter-port.ts";
import type { LimiterLimits } from "../../party/core/limiter/limiter-state.ts";
import { shareOf } from "../../party/limits/limiter-shards.ts";
import { exponential, logNormal, type Random } from "./random.ts";
import { VirtualTime } from "./virtual-time.ts";

export interface WorldOptions {
  readonly limits: LimiterLimits;
  readonly shards: number;
  readonly random: Random;
  readonly endAt: number;
  /** How many calls the backend takes at a time; the next one gets a 429. */
  readonly backendTakes: (now: number) => number;
}

interface Shard {
  readonly core: LimiterCore;
  callsThisSecond: number;
  mostCallsASecond: number;
  mostLeases: number;
  mostWaiting: number;
  readonly share: number;
}

/** What happened in one second. */
export interface Second {
  arrivals: number;
  settled: number;
  running: number;
  waiting: number;
  refused: number;
}

type Counter = "limiterCalls" | "alarmsSet" | "alarmsRung" | "refused" | "grantedAtOnce" | "turns";

export class World {
  readonly time = new VirtualTime();
  readonly random: Random;
  readonly endAt: number;
  readonly counts: Record<Counter, number> = {
    limiterCalls: 0,
    alarmsSet: 0,
    alarmsRung: 0,
    refused: 0,
    grantedAtOnce: 0,
    turns: 0,
  };
  readonly seconds: Second[] = [];
  /** The time from the submit to the call that was taken, in ms, of every turn that was answered. */
  readonly waitsMs: number[] = [];
  /** The time that this machine spent in the Limiter's code. */
  limiterNs = 0n;
  readonly #options: WorldOptions;
  readonly #shards = new Map<number, Shard>();
  readonly #startedAt = new Map<string, number>();
  #running = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.random = options.random;
    this.endAt = options.endAt;
    for (let second = 0; second * 1_000 <= options.endAt; second += 1) {
      this.seconds.push({ arrivals: 0, settled: 0, running: 0, waiting: 0, refused: 0 });
      this.time.at((second + 1) * 1_000 - 1, () => this.#look(second));
    }
  }

  get shards(): readonly Shard[] {
    return [...this.#shards.values()];
  }

  count(counter: Counter): void {
    this.counts[counter] += 1;
  }

  /** Runs `arrive` for each arrival, `perMs` of them in the mean, until `until`. */
  arrivals(perMs: (now: number) => number, until: number, arrive: () => void): void {
    const next = () => {
      const at = this.time.now + exponential(perMs(this.time.now), this.random);
      if (at > until) return;
      this.time.at(at, () => {
        this.#second().arrivals += 1;
        arrive();
        next();
      });
    };
    next();
  }

  acquire(room: string, generationId: string, deadlineAt: number): LeaseAnswer {
    const answer = this.#limiter(room, ({ core }, now) => core.acquire({ room, generationId, deadlineAt }, now));
    if (answer.kind === "granted") this.#startedAt.set(generationId, this.time.now);
    return answer;
  }

  report(room: string, generationId: string, deadlineAt: number): Wait {
    const request = { room, generationId, deadlineAt };
    const answer = this.#limiter(room, ({ core }, now) => core.report(request, "rate-limited", undefined, now));
    if (answer === undefined) throw new Error("a 429 always sends a turn back to the queue");
    return answer;
  }

  /** A call to the backend, which answers for a while or refuses with 429 a moment later. */
  call(onDone: () => void, onRefused: () => void): void {
    if (this.#running >= this.#options.backendTakes(this.time.now)) {
      this.count("refused");
      this.#second().refused += 1;
      this.time.at(this.time.now + 20, onRefused);
      return;
    }
    this.#running += 1;
    this.time.at(this.time.now + Math.min(300_000, logNormal(12_000, 0.6, this.random)), () => {
      this.#running -= 1;
      onDone();
    });
  }

  settled(generationId: string, room: string, submittedAt: number): void {
    this.#limiter(room, ({ core }, now) => core.release(generationId, "ok", now));
    const waitedMs = (this.#startedAt.get(generationId) ?? 0) - submittedAt;
    this.#startedAt.delete(generationId);
    this.waitsMs.push(waitedMs);
    if (waitedMs === 0) this.count("grantedAtOnce");
    this.count("turns");
    this.#second().settled += 1;
  }

  #limiter<T>(room: string, use: (shard: Shard, now: number) => T): T {
    const { shard: index, limits } = shareOf(this.#options.limits, room, this.#options.shards);
    const { now } = this.time;
    let shard = this.#shards.get(index);
    if (shard === undefined) {
      shard = {
        core: new LimiterCore(now),
        callsThisSecond: 0,
        mostCallsASecond: 0,
        mostLeases: 0,
        mostWaiting: 0,
        share: limits.activeTurns ?? 0,
      };
      this.#shards.set(index, shard);
    }
    this.count("limiterCalls");
    shard.callsThisSecond += 1;
    const startedAt = process.hrtime.bigint();
    shard.core.limit(limits, now);
    const answer = use(shard, now);
    // The object does this after each call, to store what changed and to set its alarm.
    shard.core.takeChanges();
    shard.core.nextAt(now);
    this.limiterNs += process.hrtime.bigint() - startedAt;
    shard.mostLeases = Math.max(shard.mostLeases, shard.core.inUse);
    shard.mostWaiting = Math.max(shard.mostWaiting, shard.core.waiting);
    return answer;
  }

  #second(): Second {
    return this.seconds[Math.min(this.seconds.length - 1, Math.floor(this.time.now / 1_000))] as Second;
  }

  #look(second: number): void {
    const seen = this.seconds[second] as Second;
    seen.running = this.#running;
    for (const shard of this.#shards.values()) {
      seen.waiting += shard.core.waiting;
      shard.mostCallsASecond = Math.max(shard.mostCallsASecond, shard.callsThisSecond);
      shard.callsThisSecond = 0;
    }
  }
}
