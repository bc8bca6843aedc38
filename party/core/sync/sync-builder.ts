/**
 * Makes syncs: what lies between a reader's `have` and now, in one frame, of durable things alone, with the texts that only
 * storage holds, and within what the room may hold unsent (F2). Pages of older turns come from here too.
 */
import { lengthOf } from "../../../shared/content.ts";
import type { Have } from "../../../shared/protocol/client-frames.ts";
import { syncMaxBytes } from "../../../shared/protocol/limits.ts";
import type { SyncFrame, SyncTurn } from "../../../shared/protocol/server-frames.ts";
import type { Conversation } from "../conversation/conversation.ts";
import type { RoomPolicy } from "../policy.ts";
import type { Clock } from "../ports.ts";
import type { RoomTurn } from "../turn/live-turn.ts";
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

export class Syncs {
  readonly #conversation: Conversation;
  readonly #clock: Clock;
  readonly #policy: RoomPolicy;
  readonly #unsentBytes: () => number;
  #inFlight = 0;
  /** Syncs wait for room in the sockets' buffers one after the other (F2). */
  #line: Promise<void> = Promise.resolve();
  #closed = false;

  /** @param unsentBytes what all sockets of the room have unsent. */
  constructor(conversation: Conversation, clock: Clock, policy: RoomPolicy, unsentBytes: () => number) {
    this.#conversation = conversation;
    this.#clock = clock;
    this.#policy = policy;
    this.#unsentBytes = unsentBytes;
  }

  /** Nobody waits for room any more. */
  close(): void {
    this.#closed = true;
  }

  /** Makes one sync for `taker`. Resolves also where it is not wanted any more, or storage has failed: then nothing is taken. */
  async make({ have, alsoTurn, only }: SyncRequest, taker: SyncTaker): Promise<void> {
    const conversation = this.#conversation;
    this.#inFlight += 1;
    try {
      for (;;) {
        // Only what is durable may be told: memory can be a commit ahead.
        await conversation.journal.settled();
        if (!taker.isHere() || conversation.journal.isBroken) return;
        const plan = planSync(sourceOf(conversation, only), have, only === undefined ? syncMaxBytes : Infinity);
        const turns = withTurn(plan.turns, alsoTurn === undefined ? undefined : conversation.turn(alsoTurn));
        const missing = turns.filter(({ turn, from, withInput }) => isMissing(turn, from, withInput));
        const wait = this.#roomFor(taker, turns);
        if (missing.length > 0) await Promise.all(missing.map(({ turn }) => conversation.ensureLoaded(turn)));
        else if (wait !== undefined) await wait;
        else if (!conversation.journal.isBehind) {
          const { epoch, seq, floor } = conversation;
          const frame: SyncFrame = {
            type: "sync",
            epoch,
            seq,
            floor,
            mode: plan.mode,
            turns: turns.map((planned) => this.#turn(planned)),
            ...(plan.removed.length > 0 ? { removed: [...plan.removed] } : {}),
            ...(plan.more ? { more: true } : {}),
          };
          taker.take(frame, { epoch, seq, offsets: openOffsets(conversation, only) });
          return;
        }
      }
    } finally {
      this.#inFlight -= 1;
      if (this.#inFlight === 0) conversation.releaseSettled();
    }
  }

  /** One sync for whoever has no socket. Undefined where storage has failed: nothing more can be told. */
  async once(request: SyncRequest): Promise<{ frame: SyncFrame; holds: Have } | undefined> {
    let made: { frame: SyncFrame; holds: Have } | undefined;
    await this.make(request, {
      isHere: () => !this.#closed,
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
    const conversation = this.#conversation;
    await conversation.journal.settled();
    const { turns, epoch } = conversation;
    const end = before === undefined ? turns.length : turns.findIndex((turn) => turn.id === before);
    if (end === -1) return undefined;
    const page: SyncTurn[] = [];
    let left = syncMaxBytes;
    for (let index = end - 1; index >= 0 && page.length < limit; index -= 1) {
      const turn = turns[index];
      if (turn === undefined) break;
      left -= (turn.record.end?.bytes ?? turn.length) + turn.record.spec.inputBytes;
      if (left < 0 && page.length > 0) break;
      await conversation.ensureLoaded(turn);
      page.unshift(this.#turn({ turn, from: 0, withInput: true }));
    }
    conversation.releaseSettled();
    return { epoch, turns: page, more: page.length < end };
  }

  /** F2: what all sockets have unsent is bounded, so a sync waits until it fits. Undefined where it fits now. */
  #roomFor(taker: SyncTaker, turns: readonly PlannedTurn<RoomTurn>[]): Promise<void> | undefined {
    const weight = turns.reduce((sum, { turn, from, withInput }) => sum + weightOf(turn, from, withInput), 0);
    const fits = () => {
      const unsent = this.#unsentBytes();
      return unsent === 0 || unsent + weight <= this.#policy.roomBufferBytes;
    };
    if (fits()) return undefined;
    const mine = this.#line.then(async () => {
      while (!this.#closed && taker.isHere() && !fits()) {
        await new Promise<void>((resolve) => this.#clock.after(bufferLookMs, resolve));
      }
    });
    this.#line = mine;
    return mine;
  }

  #turn({ turn, from, withInput }: PlannedTurn<RoomTurn>): SyncTurn {
    const parts = turn.slice(from);
    const { spec, end } = turn.record;
    const position = turn.phase.state === "queued" ? this.#conversation.queue().indexOf(turn) : undefined;
    return {
      id: turn.id,
      state: turn.phase.state,
      // Where the parts really begin: a cut inside a surrogate pair moved down.
      from: turn.length - lengthOf(parts),
      parts,
      length: turn.length,
      ...(position === undefined ? {} : { position, ...this.#conversation.eta(position) }),
      ...(end === undefined ? {} : endFacts(end)),
      ...(turn.record.simulated === undefined ? {} : { simulated: true }),
      ...(withInput && turn.input !== undefined
        ? { input: turn.input, author: spec.author, createdAt: spec.createdAt }
        : {}),
    };
  }
}

function sourceOf(conversation: Conversation, only: string | undefined) {
  const { epoch, seq, floor, turns } = conversation;
  const removed = [...conversation.removed()];
  if (only === undefined) return { epoch, seq, floor, turns, removed };
  return {
    epoch,
    seq,
    floor,
    turns: turns.filter(({ id }) => id === only),
    removed: removed.filter(([id]) => id === only),
  };
}

/** Of the turns that are started and not over, how much there is: what a reader that is up to date holds not whole. */
function openOffsets(conversation: Conversation, only: string | undefined): Record<string, number> {
  const offsets: [string, number][] = [];
  for (const turn of conversation.turns) {
    if (turn.isSettled || turn.record.start === undefined || (only !== undefined && turn.id !== only)) continue;
    offsets.push([turn.id, turn.length]);
  }
  return Object.fromEntries(offsets);
}

function isMissing(turn: RoomTurn, from: number, withInput: boolean): boolean {
  return (turn.content === undefined && from < turn.length) || (withInput && turn.input === undefined);
}

/** The plan with one more turn, whole: the answer to a repeated submit shows that turn whatever the reader has. */
function withTurn(
  planned: readonly PlannedTurn<RoomTurn>[],
  turn: RoomTurn | undefined,
): readonly PlannedTurn<RoomTurn>[] {
  if (turn === undefined) return planned;
  const whole = { turn, from: 0, withInput: true };
  const others = planned.filter((other) => other.turn !== turn);
  return [...others, whole].sort((a, b) => a.turn.record.spec.ordinal - b.turn.record.spec.ordinal);
}

function endFacts(end: NonNullable<RoomTurn["record"]["end"]>): Partial<SyncTurn> {
  const { seq: _seq, at: _at, length: _length, bytes: _bytes, rows: _rows, ...facts } = end;
  return facts;
}
