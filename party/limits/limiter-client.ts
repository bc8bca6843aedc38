/**
 * A room's side of its tenant's Limiter: the `TurnLimiter` port over calls to the Limiter object. It knows when no call is
 * needed at all, which shard is the room's, and what to do when the Limiter cannot be reached (Q4).
 */
import type { LimiterLimits } from "../core/limiter/limiter.ts";
import type {
  LeaseAnswer,
  LeaseRequest,
  Refused,
  ReleaseOutcome,
  TurnLimiter,
  Wait,
} from "../core/limiter/limiter-port.ts";
import type { Clock } from "../core/ports.ts";
import { hash } from "../platform/hash.ts";
import { inTime } from "../platform/with-timeout.ts";
import type { SlowingHints } from "./limiter-hints.ts";
import type { LimiterCall, LimiterOperation, LimiterReply } from "./limiter-messages.ts";

/** The Limiter decides in a millisecond; this is for the way to it. */
const callTimeoutMs = 2_000;
/** For so long after a failed call turns are answered for locally and do not wait for another failure. */
const avoidMs = 5_000;
/** When to ask again while the room's one local turn is taken. */
const degradedRetryMs = 2_000;
/** A release is tried again after these: a lost one holds a slot until the lease runs out. */
const releaseAgainAfterMs = [1_000, 5_000] as const;

/** What is used of a stub. */
export interface LimiterStub {
  handle(call: LimiterCall): Promise<LimiterReply>;
}

export interface LeaseClientOptions {
  readonly tenant: string;
  readonly room: string;
  /** `LIMITER_SHARDS`. */
  readonly shards: number;
  /** The tenant's limits of now; never rejects. */
  readonly limits: () => Promise<LimiterLimits>;
  /** The same without asking; undefined while nobody has asked yet. */
  readonly knownLimits: () => LimiterLimits | undefined;
  /** A fresh stub by the object's name: one that has failed stays broken. */
  readonly stubOf: (name: string) => LimiterStub;
  /** Shared by the rooms of an isolate. */
  readonly hints: SlowingHints;
  readonly clock: Clock;
  /** Once for each time that the Limiter stops being reachable. */
  readonly onDegraded: (cause: unknown) => void;
}

interface Queued {
  readonly operation: LimiterOperation;
  readonly resolve: (answer: LeaseAnswer | Wait | undefined) => void;
  readonly reject: (cause: unknown) => void;
}

export class LeaseClient implements TurnLimiter {
  readonly #options: LeaseClientOptions;
  /** Of the last reply: the upstream is being spared, so turns of a tenant without limits need leases too. */
  #isSlowing = false;
  /** Generations that the Limiter may know of. */
  readonly #asked = new Set<string>();
  /** Generations of this life that run without a lease. */
  readonly #free = new Set<string>();
  /** Those that wait for the tenant's limits to be read before they ask. */
  readonly #reading = new Set<string>();
  /** Those that run although the Limiter could not be asked. */
  readonly #local = new Set<string>();
  #avoidUntil = 0;
  #isDegraded = false;
  #queue: Queued[] = [];
  #stub: { readonly name: string; readonly stub: LimiterStub } | undefined;

  constructor(options: LeaseClientOptions) {
    this.#options = options;
  }

  #isSpared(): boolean {
    return this.#isSlowing || this.#options.hints.isSlowing(this.#shareOf(this.#options.knownLimits() ?? {}).name);
  }

  /** The room's Limiter object, and that object's share of the limits. */
  #shareOf(limits: LimiterLimits): { name: string; share: LimiterLimits } {
    const { tenant, room, shards } = this.#options;
    const { shard, limits: share } = shareOf(limits, room, shards);
    return { name: limiterName(tenant, shard), share };
  }

  async acquire(request: LeaseRequest): Promise<LeaseAnswer> {
    const { generationId } = request;
    this.#reading.add(generationId);
    const limits = await this.#options.limits();
    // Released while the limits were being read: whoever asked has gone.
    if (!this.#reading.delete(generationId)) return { kind: "granted" };
    const mustAsk = isLimited(limits) || this.#isSpared() || request.hasWaited === true;
    if (!mustAsk && !this.#asked.has(generationId)) {
      this.#free.add(generationId);
      return { kind: "granted" };
    }
    try {
      const answer = await this.#send({ kind: "acquire", request: this.#inRoom(request) });
      this.#local.delete(generationId);
      if (answer !== undefined) return answer;
    } catch (cause) {
      this.#degrade(cause);
    }
    return this.#acquireLocally(request);
  }

  async report(request: LeaseRequest, refused: Refused, retryAfterMs?: number): Promise<Wait | undefined> {
    this.#local.delete(request.generationId);
    try {
      const after = retryAfterMs === undefined ? {} : { retryAfterMs };
      const answer = await this.#send({ kind: "report", request: this.#inRoom(request), refused, ...after });
      return answer?.kind === "wait" ? answer : undefined;
    } catch (cause) {
      this.#degrade(cause);
      return undefined;
    }
  }

  accepted(generationId: string): void {
    this.#send({ kind: "accepted", generationId }).catch((cause: unknown) => this.#degrade(cause));
  }

  release(generationId: string, outcome: ReleaseOutcome): void {
    this.#reading.delete(generationId);
    this.#local.delete(generationId);
    // What this life does not know of may be of an earlier one, and have a lease.
    const isFree = this.#free.delete(generationId) && !this.#asked.has(generationId);
    this.#asked.delete(generationId);
    if (!isFree) this.#release({ kind: "release", generationId, outcome }, 0);
  }

  #release(operation: LimiterOperation, tries: number): void {
    this.#send(operation, true).catch((cause: unknown) => {
      this.#degrade(cause);
      const ms = releaseAgainAfterMs[tries];
      if (ms !== undefined) this.#options.clock.after(ms, () => this.#release(operation, tries + 1));
    });
  }

  #inRoom({ generationId, deadlineAt, credit }: LeaseRequest) {
    this.#asked.add(generationId);
    return { generationId, room: this.#options.room, deadlineAt, ...(credit === true ? { credit } : {}) };
  }

  #acquireLocally({ generationId, credit }: LeaseRequest): LeaseAnswer {
    if (this.#local.size > 0 && !this.#local.has(generationId) && credit !== true) {
      return { kind: "wait", retryAfterMs: degradedRetryMs, place: this.#local.size, reason: "degraded" };
    }
    this.#local.add(generationId);
    return { kind: "granted" };
  }

  #degrade(cause: unknown): void {
    const now = this.#options.clock.now();
    // One of those that failed at once because a call before it had failed.
    if (now < this.#avoidUntil) return;
    this.#avoidUntil = now + avoidMs;
    if (!this.#isDegraded) this.#options.onDegraded(cause);
    this.#isDegraded = true;
  }

  /** What is asked for at one moment goes in one call, in order. */
  #send(operation: LimiterOperation, always = false): Promise<LeaseAnswer | Wait | undefined> {
    if (!always && this.#options.clock.now() < this.#avoidUntil) return Promise.reject(new Error("limiter avoided"));
    return new Promise((resolve, reject) => {
      this.#queue.push({ operation, resolve, reject });
      if (this.#queue.length === 1) queueMicrotask(() => void this.#flush());
    });
  }

  async #flush(): Promise<void> {
    const queue = this.#queue;
    this.#queue = [];
    try {
      const { stubOf, knownLimits, limits } = this.#options;
      const { name, share } = this.#shareOf(knownLimits() ?? (await limits()));
      const call = { limits: share, operations: queue.map(({ operation }) => operation) };
      // One stub for as long as it works: only calls on the same one arrive in order.
      if (this.#stub?.name !== name) this.#stub = { name, stub: stubOf(name) };
      const reply = await inTime(this.#stub.stub.handle(call), callTimeoutMs, this.#options.clock);
      this.#isSlowing = reply.isSlowing;
      this.#options.hints.note(name, reply.isSlowing);
      this.#isDegraded = false;
      this.#avoidUntil = 0;
      for (const [index, { resolve }] of queue.entries()) resolve(reply.answers[index]);
    } catch (cause) {
      this.#stub = undefined;
      for (const { reject } of queue) reject(cause);
    }
  }
}

/** The object's name. Addresses have their own, under another prefix. */
export function limiterName(tenant: string, shard: number): string {
  return `tenant/${tenant}/${shard}`;
}

/** The room's shard, and that shard's share: whole numbers that add up to the limit, none of them 0. */
export function shareOf(limits: LimiterLimits, room: string, shards: number): { shard: number; limits: LimiterLimits } {
  const { turnsPerMinute, activeTurns } = limits;
  const inUse = Math.min(shards, turnsPerMinute ?? shards, activeTurns ?? shards);
  const shard = hash(room) % inUse;
  const part = (limit: number) => Math.floor(limit / inUse) + (shard < limit % inUse ? 1 : 0);
  return {
    shard,
    limits: {
      ...(turnsPerMinute === undefined ? {} : { turnsPerMinute: part(turnsPerMinute) }),
      ...(activeTurns === undefined ? {} : { activeTurns: part(activeTurns) }),
    },
  };
}

function isLimited({ turnsPerMinute, activeTurns }: LimiterLimits): boolean {
  return turnsPerMinute !== undefined || activeTurns !== undefined;
}
