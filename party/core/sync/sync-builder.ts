/**
 * Makes syncs: what lies between a reader's `have` and now, in one frame, of durable things alone, with the texts that only
 * storage holds, and within what the room may hold unsent (F2). Pages of older turns come from here too.
 */
import { lengthOf } from "../../../shared/content.ts";
import type { Have } from "../../../shared/protocol/client-frames.ts";
import { syncMaxBytes } from "../../../shared/protocol/limits.ts";
import type { SyncFrame, SyncTurn } from "../../../shared/protocol/server-frames.ts";
import type { TurnTexts } from "../conversation/turn-texts.ts";
import type { Journal } from "../log/journal.ts";
import type { RoomPolicy } from "../policy.ts";
import type { Clock } from "../ports.ts";
import type { Turn } from "../turn/turn.ts";
import type { TurnList } from "../turn/turn-list.ts";
import { type PlannedTurn, planSync, weightOf } from "./sync-plan.ts";

/** How often a sync that does not fit looks again. */
const bufferLookMs = 250;

/** A page of the conversation, for whoever scrolls back. */
export interface OlderTurns {
  readonly epoch: string;
  readonly turns: readonly SyncTurn[];
  /** Turns before these exist. */
  readonly more: boolean;
}

export interface SyncRequest {
  readonly have: Have | undefined;
  /** A turn that is listed whole whatever the reader has: the answer to a repeated submit. */
  readonly alsoTurn?: string | undefined;
  /** The one turn this reader is here for: nothing else is listed, and it comes whatever its size. */
  readonly only?: string | undefined;
}

/** Who is to get a sync. */
export interface SyncTaker {
  /** Whether it still wants one. */
  isHere(): boolean;
  /**
   * Called at most once, and nothing happens in the room between the making of the frame and this call.
   * @param holds what the reader holds when it has applied the frame.
   */
  take(frame: SyncFrame, holds: Have): void;
}

/** What a sync is made of. */
export interface SyncParts {
  readonly turns: TurnList;
  readonly journal: Journal;
  readonly texts: TurnTexts;
}

export class Syncs {
  readonly #turns: TurnList;
  readonly #journal: Journal;
  readonly #texts: TurnTexts;
  readonly #clock: Clock;
  readonly #policy: RoomPolicy;
  readonly #unsentBytes: () => number;
  #inFlight = 0;
  /** Syncs wait for room in the sockets' buffers one after the other (F2). */
  #line: Promise<void> = Promise.resolve();
  readonly #life: AbortSignal;

  /**
   * @param unsentBytes what all sockets of the room have unsent.
   * @param life aborts when this life of the room is over: nothing is waited for any more.
   */
  constructor(parts: SyncParts, clock: Clock, policy: RoomPolicy, unsentBytes: () => number, life: AbortSignal) {
    this.#turns = parts.turns;
    this.#journal = parts.journal;
    this.#texts = parts.texts;
    this.#clock = clock;
    this.#policy = policy;
    this.#unsentBytes = unsentBytes;
    this.#life = life;
  }

  /** Makes one sync for `taker`. Resolves also where it is not wanted any more, or storage has failed: then nothing is taken. */
  async make({ have, alsoTurn, only }: SyncRequest, taker: SyncTaker): Promise<void> {
    const [turns, journal] = [this.#turns, this.#journal];
    this.#inFlight += 1;
    try {
      for (;;) {
        // Only what is durable may be told: memory can be a commit ahead.
        await journal.settled();
        if (!taker.isHere() || journal.isBroken) return;
        const plan = planSync(sourceOf(turns, only), have, only === undefined ? syncMaxBytes : Infinity);
        const listed = withTurn(plan.turns, alsoTurn === undefined ? undefined : turns.get(alsoTurn));
        const missing = listed.filter(({ turn, from, withInput }) => isMissing(turn, from, withInput));
        const wait = this.#roomFor(taker, listed);
        if (missing.length > 0) await Promise.all(missing.map(({ turn }) => this.#texts.load(turn)));
        else if (wait !== undefined) await wait;
        else if (!journal.isBehind) {
          const { epoch, seq, floor } = turns;
          const frame: SyncFrame = {
            type: "sync",
            epoch,
            seq,
            floor,
            mode: plan.mode,
            turns: listed.map((planned) => this.#turn(planned)),
            ...(plan.removed.length > 0 ? { removed: [...plan.removed] } : {}),
            ...(plan.more ? { more: true } : {}),
          };
          taker.take(frame, { epoch, seq, offsets: openOffsets(turns, only) });
          return;
        }
      }
    } finally {
      this.#inFlight -= 1;
      if (this.#inFlight === 0) this.#texts.release();
    }
  }

  /** One sync for whoever has no socket. Undefined where storage has failed: nothing more can be told. */
  async once(request: SyncRequest): Promise<{ frame: SyncFrame; holds: Have } | undefined> {
    let made: { frame: SyncFrame; holds: Have } | undefined;
    await this.make(request, {
      isHere: () => !this.#life.aborted,
      take: (frame, holds) => {
        made = { frame, holds };
      },
    });
    return made;
  }

  /**
   * Turns before `before`, oldest first and whole, at most `limit` and at most one sync's worth; from the newest where
   * `before` is left out. Undefined where there is no turn `before`.
   */
  async older(before: string | undefined, limit: number): Promise<OlderTurns | undefined> {
    await this.#journal.settled();
    const { epoch } = this.#turns;
    const turns = this.#turns.all();
    const end = before === undefined ? turns.length : turns.findIndex((turn) => turn.id === before);
    if (end === -1) return undefined;
    const page: SyncTurn[] = [];
    let left = syncMaxBytes;
    for (let index = end - 1; index >= 0 && page.length < limit; index -= 1) {
      const turn = turns[index];
      if (turn === undefined) break;
      left -= (turn.record.end?.bytes ?? turn.length) + turn.record.spec.inputBytes;
      if (left < 0 && page.length > 0) break;
      await this.#texts.load(turn);
      page.unshift(this.#turn({ turn, from: 0, withInput: true }));
    }
    this.#texts.release();
    return { epoch, turns: page, more: page.length < end };
  }

  /** F2: what all sockets have unsent is bounded, so a sync waits until it fits. Undefined where it fits now. */
  #roomFor(taker: SyncTaker, turns: readonly PlannedTurn<Turn>[]): Promise<void> | undefined {
    const weight = turns.reduce((sum, { turn, from, withInput }) => sum + weightOf(turn, from, withInput), 0);
    const fits = () => {
      const unsent = this.#unsentBytes();
      return unsent === 0 || unsent + weight <= this.#policy.roomBufferBytes;
    };
    if (fits()) return undefined;
    const mine = this.#line.then(async () => {
      while (!this.#life.aborted && taker.isHere() && !fits()) {
        await new Promise<void>((resolve) => this.#clock.after(bufferLookMs, resolve));
      }
    });
    this.#line = mine;
    return mine;
  }

  #turn({ turn, from, withInput }: PlannedTurn<Turn>): SyncTurn {
    const parts = turn.slice(from);
    const { spec, end } = turn.record;
    const position = turn.phase.state === "queued" ? this.#turns.queue().indexOf(turn) : undefined;
    return {
      id: turn.id,
      state: turn.phase.state,
      // Where the parts really begin: a cut inside a surrogate pair moved down.
      from: turn.length - lengthOf(parts),
      parts,
      length: turn.length,
      ...(position === undefined ? {} : { position, ...this.#turns.eta(position, this.#policy.maxActiveTurns) }),
      ...(end === undefined ? {} : endFacts(end)),
      ...(turn.record.simulated === undefined ? {} : { simulated: true }),
      ...(withInput && turn.input !== undefined
        ? { input: turn.input, author: spec.author, createdAt: spec.createdAt }
        : {}),
    };
  }
}

function sourceOf(list: TurnList, only: string | undefined) {
  const { epoch, seq, floor } = list;
  const removed = [...list.removed()];
  if (only === undefined) return { epoch, seq, floor, turns: list.all(), removed };
  const turn = list.get(only);
  return {
    epoch,
    seq,
    floor,
    turns: turn === undefined ? [] : [turn],
    removed: removed.filter(([id]) => id === only),
  };
}

/** Of the turns that are started and not over, how much there is: what a reader that is up to date holds not whole. */
function openOffsets(turns: TurnList, only: string | undefined): Record<string, number> {
  const offsets: [string, number][] = [];
  for (const turn of turns.active()) {
    if (only !== undefined && turn.id !== only) continue;
    offsets.push([turn.id, turn.length]);
  }
  return Object.fromEntries(offsets);
}

function isMissing(turn: Turn, from: number, withInput: boolean): boolean {
  return (turn.content === undefined && from < turn.length) || (withInput && turn.input === undefined);
}

/** The plan with one more turn, whole: the answer to a repeated submit shows that turn whatever the reader has. */
function withTurn(planned: readonly PlannedTurn<Turn>[], turn: Turn | undefined): readonly PlannedTurn<Turn>[] {
  if (turn === undefined) return planned;
  const whole = { turn, from: 0, withInput: true };
  const others = planned.filter((other) => other.turn !== turn);
  return [...others, whole].sort((a, b) => a.turn.record.spec.ordinal - b.turn.record.spec.ordinal);
}

function endFacts(end: NonNullable<Turn["record"]["end"]>): Partial<SyncTurn> {
  const { seq: _seq, at: _at, length: _length, bytes: _bytes, rows: _rows, ...facts } = end;
  return facts;
}
