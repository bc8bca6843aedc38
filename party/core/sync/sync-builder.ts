/**
 * Builds syncs: one frame that holds what lies between a reader's `have` and now, from durable changes only, and with the
 * content that only storage holds. Builds pages of older turns too. `sync-plan.ts` decides what a sync lists; when it may be
 * sent is the taker's decision.
 */
import { lengthOf } from "../../../shared/content.ts";
import { defined } from "../../../shared/defined.ts";
import type { Have } from "../../../shared/protocol/client-frames.ts";
import { syncMaxBytes } from "../../../shared/protocol/limits.ts";
import type { SyncFrame, SyncTurn } from "../../../shared/protocol/server-frames.ts";
import type { FileAddresses } from "../files/file-addresses.ts";
import type { Journal } from "../log/journal.ts";
import { readableMetadata } from "../log/turn-record.ts";
import type { RoomPolicy } from "../policy.ts";
import type { Turn } from "../turn/turn.ts";
import type { TurnList } from "../turn/turn-list.ts";
import type { TurnTexts } from "../turn/turn-texts.ts";
import { type PlannedTurn, planSync, weightOf } from "./sync-plan.ts";

/** A page of the conversation, for a client that scrolls back. */
export interface OlderTurns {
  readonly epoch: string;
  readonly turns: readonly SyncTurn[];
  /** Turns before these exist. */
  readonly more: boolean;
}

export interface SyncRequest {
  readonly have: Have | undefined;
  /** Turns that are listed whole whatever the reader has: the answer to a repeated submit. */
  readonly alsoTurns?: Iterable<string>;
  /** The only turn that the reader reads: nothing else is listed, and it comes whatever its size. */
  readonly only?: string | undefined;
}

/** The receiver of one sync. */
export interface SyncTaker {
  /** What it asks for. Read again whenever the sync is planned again, so that newer requests are answered by the same sync. */
  request(): SyncRequest;
  /** Whether it still wants one. */
  isHere(): boolean;
  /** Undefined: a sync of so many bytes may be sent now. Otherwise it is planned again when the promise resolves. */
  waitFor(bytes: number): Promise<void> | undefined;
  /**
   * Called at most once, and nothing happens in the room between the building of the frame and this call.
   * @param holds what the reader holds when it has applied the frame.
   */
  take(frame: SyncFrame, holds: Have): void;
}

/** What a sync is built from. */
export interface SyncParts {
  readonly turns: TurnList;
  readonly journal: Journal;
  readonly texts: TurnTexts;
  readonly addresses: FileAddresses;
}

export class SyncBuilder {
  readonly #turns: TurnList;
  readonly #journal: Journal;
  readonly #texts: TurnTexts;
  readonly #addresses: FileAddresses;
  readonly #maxActiveTurns: number;
  #inFlight = 0;
  readonly #life: AbortSignal;

  /** @param life aborts when this life of the room is over: nothing is waited for any more. */
  constructor(parts: SyncParts, { maxActiveTurns }: RoomPolicy, life: AbortSignal) {
    this.#turns = parts.turns;
    this.#journal = parts.journal;
    this.#texts = parts.texts;
    this.#addresses = parts.addresses;
    this.#maxActiveTurns = maxActiveTurns;
    this.#life = life;
  }

  /** Builds one sync for `taker`. Also resolves where it isn't wanted any more, or storage has failed: then nothing is taken. */
  async build(taker: SyncTaker): Promise<void> {
    const [turns, journal] = [this.#turns, this.#journal];
    this.#inFlight += 1;
    try {
      for (;;) {
        // Readers only learn what is durable: memory can be a commit ahead.
        await journal.settled();
        if (this.#life.aborted || !taker.isHere() || journal.isBroken) return;
        const { have, alsoTurns = [], only } = taker.request();
        const plan = planSync(sourceOf(turns, only), have, only === undefined ? syncMaxBytes : Infinity);
        const listed = withTurns(
          plan.turns,
          [...alsoTurns].flatMap((id) => turns.get(id) ?? []),
        );
        const missing = listed.filter(({ turn, from, withInput }) => isMissing(turn, from, withInput));
        const unsigned = listed.filter(({ turn, withInput }) => withInput && !this.#addresses.isReady(filesOf(turn)));
        const weight = listed.reduce((sum, { turn, from, withInput }) => sum + weightOf(turn, from, withInput), 0);
        const wait = missing.length + unsigned.length > 0 ? undefined : taker.waitFor(weight);
        if (missing.length > 0) await Promise.all(missing.map(({ turn }) => this.#texts.load(turn)));
        else if (unsigned.length > 0) await this.#addresses.prepare(unsigned.flatMap(({ turn }) => filesOf(turn)));
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
            ...defined({
              removed: plan.removed.length > 0 ? [...plan.removed] : undefined,
              more: plan.more ? (true as const) : undefined,
            }),
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

  /** One sync for a reader without a socket. Undefined where storage has failed: nothing can be read any more. */
  async once(request: SyncRequest): Promise<{ frame: SyncFrame; holds: Have } | undefined> {
    let built: { frame: SyncFrame; holds: Have } | undefined;
    await this.build({
      request: () => request,
      isHere: () => true,
      waitFor: () => undefined,
      take: (frame, holds) => {
        built = { frame, holds };
      },
    });
    return built;
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
      left -= weightOf(turn, 0, true);
      if (left < 0 && page.length > 0) break;
      await Promise.all([this.#texts.load(turn), this.#addresses.prepare(filesOf(turn))]);
      page.unshift(this.#turn({ turn, from: 0, withInput: true }));
    }
    this.#texts.release();
    return { epoch, turns: page, more: page.length < end };
  }

  #turn({ turn, from, withInput }: PlannedTurn<Turn>): SyncTurn {
    const parts = turn.slice(from);
    const { spec, end } = turn.record;
    const position = turn.phase.state === "queued" ? this.#turns.queue().indexOf(turn) : undefined;
    const { input } = turn;
    return {
      id: turn.id,
      state: turn.phase.state,
      // A cut inside a surrogate pair moved down to its start.
      from: turn.length - lengthOf(parts),
      parts,
      length: turn.length,
      ...(position === undefined ? {} : { position, ...this.#turns.eta(position, this.#maxActiveTurns) }),
      ...(end === undefined ? {} : endFacts(end)),
      ...defined({ simulated: turn.record.simulated === undefined ? undefined : (true as const) }),
      ...(withInput && input !== undefined
        ? {
            input: this.#addresses.shown(input),
            ...defined({ continues: spec.continues }),
            author: spec.author,
            createdAt: spec.createdAt,
            ...readableMetadata(spec),
          }
        : {}),
    };
  }
}

/** A turn after those whose message it continues: a reader of it may have nothing of them. */
function messageOf(turn: Turn, list: TurnList): Turn[] {
  const { continues } = turn.record.spec;
  if (continues === undefined) return [turn];
  const chain = list.all().filter(({ id, record }) => id === continues || record.spec.continues === continues);
  return chain.slice(0, chain.indexOf(turn) + 1);
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
    turns: turn === undefined ? [] : messageOf(turn, list),
    removed: removed.filter(([id]) => id === only),
  };
}

/** Positions in the running turns: a reader that is up to date holds only a part of them. */
function openOffsets(turns: TurnList, only: string | undefined): Record<string, number> {
  const open = turns.active().filter(({ id }) => only === undefined || id === only);
  return Object.fromEntries(open.map(({ id, length }) => [id, length]));
}

function isMissing(turn: Turn, from: number, withInput: boolean): boolean {
  return (turn.answer === undefined && from < turn.length) || (withInput && turn.input === undefined);
}

function filesOf({ record }: Turn): readonly string[] {
  return record.spec.files ?? [];
}

/** The plan with more turns, whole: the answer to a repeated submit shows its turn whatever the reader has. */
function withTurns(planned: readonly PlannedTurn<Turn>[], turns: readonly Turn[]): readonly PlannedTurn<Turn>[] {
  if (turns.length === 0) return planned;
  const whole = turns.map((turn) => ({ turn, from: 0, withInput: true }));
  const others = planned.filter((other) => !turns.includes(other.turn));
  return [...others, ...whole].sort((a, b) => a.turn.record.spec.ordinal - b.turn.record.spec.ordinal);
}

function endFacts(end: NonNullable<Turn["record"]["end"]>): Partial<SyncTurn> {
  const { seq: _seq, at: _at, length: _length, bytes: _bytes, fileBytes: _fileBytes, rows: _rows, ...facts } = end;
  return facts;
}
