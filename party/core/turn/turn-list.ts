/**
 * The turns of one room in order of the conversation, the ids that must not run again, and the position of the log. Submit,
 * commit, delivery, sync and the turn runner read it directly. It stores and sends nothing: whoever changes a turn also
 * writes the change (`conversation/commit.ts`).
 */
import type { Changes } from "../log/changes.ts";
import type { LogPosition } from "../log/log-position.ts";
import { Tombstones } from "../log/tombstones.ts";
import type { Turn } from "./turn.ts";
import { activeTurns, etaMs, queuedTurns } from "./turn-queue.ts";

/** The expected wait is computed from this many of the newest completed turns. */
const etaSamples = 5;

export class TurnList implements Iterable<Turn> {
  readonly position: LogPosition;
  readonly tombstones = new Tombstones();
  readonly #turns = new Map<string, Turn>();
  /**
   * Turns that aren't settled, and settled ones whose end isn't published yet. They are few, so that what runs for every
   * token or frame never walks the kept history.
   */
  readonly #open = new Set<Turn>();

  constructor(position: LogPosition) {
    this.position = position;
  }

  get epoch(): string {
    return this.position.epoch;
  }
  get seq(): number {
    return this.position.seq;
  }
  get floor(): number {
    return this.position.floor;
  }

  get size(): number {
    return this.#turns.size;
  }

  /** In order of the conversation. */
  [Symbol.iterator](): IterableIterator<Turn> {
    return this.#turns.values();
  }

  /** A copy, in order of the conversation. */
  all(): Turn[] {
    return [...this.#turns.values()];
  }

  get(id: string): Turn | undefined {
    return this.#turns.get(id);
  }

  /** Whether this very turn is still in the room. Compared by identity: an id may come back after an erase. */
  has(turn: Turn): boolean {
    return this.#turns.get(turn.id) === turn;
  }

  /** Appends a turn to the conversation. */
  add(turn: Turn): void {
    this.#turns.set(turn.id, turn);
    if (!turn.isEndPublished) this.#open.add(turn);
  }

  remove(turn: Turn): void {
    this.#turns.delete(turn.id);
    this.#open.delete(turn);
  }

  removeAll(): void {
    this.#turns.clear();
    this.#open.clear();
  }

  /** The turn's end is durable and has been handed to readers. */
  publishEnd(turn: Turn): void {
    turn.publishEnd();
    this.#open.delete(turn);
  }

  /** Turns that aren't settled: queued and running. */
  unsettled(): Turn[] {
    return [...this.#open].filter((turn) => !turn.isSettled);
  }

  get hasUnsettled(): boolean {
    for (const turn of this.#open) if (!turn.isSettled) return true;
    return false;
  }

  /** Unsettled turns that are stopped when nobody watches any more (T4). */
  orphanable(): Turn[] {
    return this.unsettled().filter(({ record }) => record.spec.onLeave === "cancel");
  }

  get hasOrphanable(): boolean {
    return this.orphanable().length > 0;
  }

  /** Turns that are active: started and not settled. */
  active(): Turn[] {
    return activeTurns(this.#open);
  }

  /** Queued turns, next first. */
  queue(): Turn[] {
    return queuedTurns(this.#open);
  }

  /** Turns that may have content to send: started, and their end not yet published. */
  *live(): Iterable<Turn> {
    for (const turn of this.#open) if (turn.record.start !== undefined) yield turn;
  }

  /** When the last turn ended, ms since 1970, or -Infinity where there was none; undefined while a turn is unsettled. */
  get idleSince(): number | undefined {
    if (this.hasUnsettled) return undefined;
    let since = Number.NEGATIVE_INFINITY;
    for (const { record } of this.#turns.values()) since = Math.max(since, record.end?.at ?? since);
    return since;
  }

  /** Removed turn ids of this epoch with the `seq` of their removal. */
  removed(): Iterable<readonly [string, number]> {
    return this.tombstones.removed(this.epoch);
  }

  /** Remembers an id that must not run; forgetting an old removal raises `floor`. */
  bury(changes: Changes, turnId: string, now: number, removedSeq?: number): void {
    const { epoch } = this.position;
    const removed = removedSeq === undefined ? undefined : { epoch, seq: removedSeq };
    this.position.raiseFloor(this.tombstones.bury(changes, turnId, now, epoch, removed));
  }

  /** The expected wait at `position` of the queue; nothing while no turn has completed. */
  eta(position: number, maxActive: number): { etaMs?: number } {
    const durations: number[] = [];
    for (const { record } of this.all().reverse()) {
      if (record.end?.outcome !== "completed" || record.start === undefined) continue;
      durations.push(record.end.at - record.start.at);
      if (durations.length === etaSamples) break;
    }
    const eta = etaMs(position, durations, maxActive);
    return eta === undefined ? {} : { etaMs: eta };
  }
}
