/**
 * The turns that wait for a lease: their order (`fair-queue.ts`) and their times. It says who is ahead of a turn and who of
 * those has a claim to capacity that is free now. It does not decide who gets a lease: `limiter.ts` does.
 *
 * The Limiter calls nobody, so a turn can use capacity only when it asks. Free capacity is therefore kept for a turn only
 * while that turn is about to ask: from shortly before the time it was given until shortly after it. A turn that must not
 * run yet (`notBefore`) claims nothing, and neither does a turn that was restored from storage and has not asked since.
 */
import { FairQueue, type Queued } from "./fair-queue.ts";
import { maxJitterOf } from "./limiter-port.ts";

/** A turn that is this late no longer holds anything up. */
const lateMs = 1_000;
/**
 * A turn that does not ask when it was told to is remembered this long. It claims nothing by then, so this costs an entry; a
 * turn that is forgotten too soon, on a machine that lags, comes back behind all others.
 */
const rememberMs = 30_000;
/** A turn that was told to wait long may be this much later, for example because its room was moved meanwhile. */
const maxOverdueMs = 30_000;
/** Queued turns that are remembered. Beyond that the subject with the most gives up its last one, or the newcomer waits. */
export const maxWaiting = 10_000;

/** When a queued turn may run and when it asks. */
interface Times {
  /** The upstream said that the turn must not be served before this. */
  readonly notBefore: number;
  /** Free capacity is kept for the turn from this time on, */
  readonly claimFrom: number;
  /** and no longer than until this time. */
  readonly lateAt: number;
  /** The turn is forgotten at this time unless it asks again. */
  readonly keepUntil: number;
}

/** As stored. */
export interface Waiter extends Queued, Times {
  readonly upstream: string;
  readonly deadlineAt: number;
  /** How often the upstream has refused the turn. */
  readonly refusals: number;
}

interface Entry extends Queued {
  readonly upstream: string;
  readonly deadlineAt: number;
  readonly refusals: number;
  times: Times;
  /** False after a restart until the turn asks again: the stored queue may be older than the end of the turn. */
  isConfirmed: boolean;
}

export type QueuedTurn = Entry;

/** The turns that are served before another one. */
export interface Ahead {
  /** How many there are, without those that must not run yet. */
  readonly position: number;
  /** How many of them have a claim to capacity that is free now, by upstream. */
  readonly claims: ReadonlyMap<string, number>;
}

export class WaitQueue {
  readonly #queue: FairQueue<Entry>;
  #hasChanged = false;
  /** No turn is forgotten before this time. */
  #sweepAt = Number.POSITIVE_INFINITY;

  constructor(stored: readonly Waiter[] = []) {
    this.#queue = new FairQueue(stored.map(restored));
    if (stored.length > 0) this.#sweepAt = 0;
  }

  get size(): number {
    return this.#queue.size;
  }

  get(id: string): QueuedTurn | undefined {
    return this.#queue.get(id);
  }

  /** The turn, which is queued now if it was not. Undefined where the queue is full. */
  ask(turn: Pick<Entry, "id" | "room" | "subject" | "upstream" | "deadlineAt">, now: number): QueuedTurn | undefined {
    const known = this.#queue.get(turn.id);
    if (known !== undefined) {
      known.isConfirmed = true;
      return known;
    }
    if (this.#queue.size >= maxWaiting && !this.#makeRoomFor(turn)) return undefined;
    return this.#add({ ...turn, since: now, goesFirst: false, refusals: 0 }, 0, now);
  }

  /** Queues a turn that the upstream refused. */
  returned(turn: Omit<Entry, "times" | "isConfirmed">, notBefore: number, now: number): QueuedTurn {
    this.#queue.remove(turn.id);
    return this.#add(turn, notBefore, now);
  }

  /** The turn got its lease. */
  serve(id: string): void {
    if (this.#queue.get(id) === undefined) return;
    this.#queue.serve(id);
    this.#hasChanged = true;
  }

  /** The turn no longer waits. */
  remove(id: string): void {
    if (this.#queue.get(id) === undefined) return;
    this.#queue.remove(id);
    this.#hasChanged = true;
  }

  ahead(turn: QueuedTurn, now: number): Ahead {
    let position = 0;
    const claims = new Map<string, number>();
    this.#queue.forEachAhead(turn, ({ isConfirmed, upstream, times }) => {
      if (!isConfirmed || times.notBefore > now) return;
      position += 1;
      if (times.claimFrom <= now && now < times.lateAt) claims.set(upstream, (claims.get(upstream) ?? 0) + 1);
    });
    return { position, claims };
  }

  /**
   * The turn was told to ask again in `retryAfterMs`.
   *
   * @param holdMs free capacity is kept for it from this long before it asks; for the first in the queue, from now on.
   */
  told(turn: QueuedTurn, retryAfterMs: number, position: number, holdMs: number, now: number): void {
    const { notBefore } = turn.times;
    const dueAt = now + retryAfterMs;
    const keepUntil = Math.min(turn.deadlineAt, dueAt + Math.min(retryAfterMs, maxOverdueMs) + rememberMs);
    turn.times = {
      notBefore,
      claimFrom: position === 0 && retryAfterMs <= holdMs ? now : dueAt - holdMs,
      lateAt: Math.ceil(dueAt + maxJitterOf(retryAfterMs)) + lateMs,
      keepUntil,
    };
    this.#hasChanged = true;
    this.#sweepAt = Math.min(this.#sweepAt, keepUntil);
  }

  /** Forgets the turns that stopped asking. */
  expire(now: number): void {
    if (now < this.#sweepAt) return;
    let next = Number.POSITIVE_INFINITY;
    for (const { id, times } of [...this.#queue.inGroups()]) {
      if (times.keepUntil <= now) this.remove(id);
      else next = Math.min(next, times.keepUntil);
    }
    this.#sweepAt = next;
  }

  /** No turn is forgotten before this. It may be too early, because turns that ask again are kept for longer. */
  nextExpiry(): number {
    return this.#queue.size === 0 ? Number.POSITIVE_INFINITY : this.#sweepAt;
  }

  all(): readonly Waiter[] {
    return Array.from(this.#queue.inGroups(), ({ times, isConfirmed: _, ...turn }) => ({ ...turn, ...times }));
  }

  /** Whether the queue changed since the last call. */
  takeChanged(): boolean {
    const hasChanged = this.#hasChanged;
    this.#hasChanged = false;
    return hasChanged;
  }

  #add(turn: Omit<Entry, "times" | "isConfirmed">, notBefore: number, now: number): QueuedTurn {
    const keepUntil = now + rememberMs;
    const times = {
      notBefore,
      claimFrom: Math.max(now, notBefore),
      lateAt: Math.max(now, notBefore) + lateMs,
      keepUntil,
    };
    const entry: Entry = { ...turn, times, isConfirmed: true };
    this.#queue.add(entry);
    this.#hasChanged = true;
    this.#sweepAt = Math.min(this.#sweepAt, keepUntil);
    return entry;
  }

  /** A full queue is shared out: the last turn of the subject that has the most gives way to a subject that has fewer. */
  #makeRoomFor(turn: Pick<Queued, "room" | "subject">): boolean {
    const last = this.#queue.lastOfLargest(this.#queue.sizeOfGroup(turn) + 1);
    if (last === undefined) return false;
    this.remove(last.id);
    return true;
  }
}

function restored(waiter: Waiter): Entry {
  const { notBefore, claimFrom, lateAt, keepUntil, ...turn } = waiter;
  return { ...turn, times: { notBefore, claimFrom, lateAt, keepUntil }, isConfirmed: false };
}
