/**
 * The fold: server frames in, a room's view out. Pure and immutable with shared structure, so that a page re-renders only
 * the turn that changed. Applying any frame twice changes nothing (R3). Used by the client; tests hold it against the
 * room's own view. What it cannot apply without a gap it refuses and says so (`needsSync`); it never guesses.
 */

import { joinParts, lengthOf, type Part, sliceParts } from "./content.ts";
import { defined } from "./defined.ts";
import type { OpenCall } from "./protocol/answers.ts";
import type { Have, TurnInput } from "./protocol/client-frames.ts";
import { maxHaveOffsets } from "./protocol/limits.ts";
import type {
  NoticeFrame,
  Outcome,
  ServerFrame,
  StopProof,
  SyncFrame,
  SyncTurn,
  TurnDeltaFrame,
  TurnEndFrame,
  TurnError,
  TurnQueuedFrame,
  TurnState,
  Usage,
} from "./protocol/server-frames.ts";

export interface TurnView {
  readonly id: string;
  readonly state: TurnState;
  readonly parts: readonly Part[];
  /** Units held of the answer. Equal to the turn's own length once it has settled and all of it is here. */
  readonly length: number;
  readonly input?: TurnInput;
  /** The turn with which the message begins that this one continues: they are shown as one. */
  readonly continues?: string;
  readonly author?: string;
  /** Server time of the submit, ms since 1970. */
  readonly createdAt?: number;
  /** What the submit said about itself (`SubmitOptions.metadata`), for every reader. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Place in the queue, 0 = next; only while queued. */
  readonly position?: number;
  readonly etaMs?: number;
  readonly outcome?: Outcome;
  readonly stop?: StopProof;
  readonly finishReason?: string;
  /** Calls that wait for an answer, and until when one is taken, ms since 1970 by the room's clock. */
  readonly open?: readonly OpenCall[];
  readonly openUntil?: number;
  readonly model?: string;
  readonly usage?: Usage;
  readonly error?: TurnError;
  readonly simulated?: boolean;
  /** The latest word on a wait this turn is in; gone when text flows again or the turn ends. */
  readonly notice?: NoticeFrame;
}

export interface RoomView {
  /** Undefined until the first sync. */
  readonly epoch: string | undefined;
  readonly seq: number;
  readonly floor: number;
  readonly turns: readonly TurnView[];
  readonly viewers: number;
  /** Older turns exist that are not in `turns`. */
  readonly more: boolean;
  /** Current notices about the session, room or tenant; a turn's own are on the turn. */
  readonly notices: readonly NoticeFrame[];
}

export interface Folded {
  readonly view: RoomView;
  /** The frame could not be applied without a gap: ask for a sync with `haveOf(view)`. */
  readonly needsSync: boolean;
}

/** A page of a conversation, oldest first, each turn whole: what `GET …/turns` answers. */
export interface TurnsPage {
  readonly epoch: string;
  readonly turns: readonly SyncTurn[];
  /** Turns before these exist. */
  readonly more: boolean;
}

export const EMPTY_VIEW: RoomView = {
  epoch: undefined,
  seq: 0,
  floor: 0,
  turns: [],
  viewers: 0,
  more: false,
  notices: [],
};

export function foldFrame(view: RoomView, frame: ServerFrame): Folded {
  switch (frame.type) {
    case "sync":
      return foldSync(view, frame);
    case "turn-queued":
      return inOrder(view, frame.seq, () => foldQueued(view, frame));
    case "turn-start":
      return inOrder(view, frame.seq, () => foldStart(view, frame.turnId));
    case "turn-end":
      return inOrder(view, frame.seq, () => foldEnd(view, frame));
    case "turn-removed":
      return inOrder(view, frame.seq, () =>
        applied({ ...view, turns: view.turns.filter((turn) => !frame.turnIds.includes(turn.id)) }),
      );
    case "turn-delta":
      return foldDelta(view, frame);
    case "turn-position":
      return applied(
        changeTurn(view, frame.turnId, (turn) => {
          if (turn.state !== "queued") return turn;
          const { etaMs: _, ...rest } = turn;
          return { ...rest, position: frame.position, ...defined({ etaMs: frame.etaMs }) };
        }),
      );
    case "notice":
      return applied(foldNotice(view, frame));
    case "presence":
      return applied(view.viewers === frame.viewers ? view : { ...view, viewers: frame.viewers });
    default:
      // welcome, error, token-accepted, heartbeat, goaway: about the connection, not the conversation.
      return applied(view);
  }
}

/** The reader's cursor (design §4): what a `hello` or `sync-request` says it has. Undefined before the first sync. */
export function haveOf(view: RoomView): Have | undefined {
  if (view.epoch === undefined) return undefined;
  // Also those of which nothing is held: a turn whose copy was dropped may have ended before `seq`, and left out it would
  // count as held whole. Only a queued turn has neither text nor an end.
  const partial = view.turns
    .filter((turn) => turn.state !== "settled" && turn.state !== "queued")
    .slice(-maxHaveOffsets);
  return {
    epoch: view.epoch,
    seq: view.seq,
    offsets: Object.fromEntries(partial.map((turn) => [turn.id, turn.length])),
  };
}

/**
 * The view with an older page before its turns; turns that are held already stay as they are. Undefined, and nothing
 * applied, for a page of another epoch or with a turn that is not whole.
 */
export function prependTurns(view: RoomView, page: TurnsPage): RoomView | undefined {
  if (page.epoch !== view.epoch) return undefined;
  const held = new Set(view.turns.map(({ id }) => id));
  const older: TurnView[] = [];
  for (const listed of page.turns) {
    const turn = syncTurn(undefined, listed);
    if (turn === undefined) return undefined;
    if (!held.has(turn.id)) older.push(turn);
  }
  if (older.length === 0 && page.more === view.more) return view;
  return { ...view, turns: [...older, ...view.turns], more: page.more };
}

function applied(view: RoomView): Folded {
  return { view, needsSync: false };
}

function refused(view: RoomView): Folded {
  return { view, needsSync: true };
}

/** Room-level frames count +1 each: an old one is a repeat, a later one means that something was missed. */
function inOrder(view: RoomView, seq: number, apply: () => Folded): Folded {
  if (view.epoch === undefined || seq > view.seq + 1) return refused(view);
  if (seq <= view.seq) return applied(view);
  const folded = apply();
  return folded.needsSync ? folded : applied({ ...folded.view, seq });
}

function changeTurn(view: RoomView, id: string, change: (turn: TurnView) => TurnView): RoomView {
  // From the end: the turn that changes is almost always among the newest.
  const index = view.turns.findLastIndex((turn) => turn.id === id);
  const turn = view.turns[index];
  if (turn === undefined) return view;
  const changed = change(turn);
  return changed === turn ? view : { ...view, turns: view.turns.with(index, changed) };
}

function foldQueued(view: RoomView, frame: TurnQueuedFrame): Folded {
  const turn: TurnView = {
    id: frame.turnId,
    state: "queued",
    parts: [],
    length: 0,
    input: frame.input,
    author: frame.author,
    createdAt: frame.createdAt,
    ...defined({ continues: frame.continues, metadata: frame.metadata, etaMs: frame.etaMs }),
    position: frame.position,
  };
  return applied({ ...view, turns: [...view.turns.filter(({ id }) => id !== turn.id), turn] });
}

function foldStart(view: RoomView, turnId: string): Folded {
  if (!view.turns.some((turn) => turn.id === turnId)) return refused(view);
  return applied(
    changeTurn(view, turnId, ({ position: _position, etaMs: _etaMs, ...turn }) => ({ ...turn, state: "opening" })),
  );
}

function foldDelta(view: RoomView, frame: TurnDeltaFrame): Folded {
  const turn = view.turns.findLast(({ id }) => id === frame.turnId);
  // T2: nothing changes a turn that is over, not even what lies beyond its end (F5).
  if (turn?.state === "settled") return applied(view);
  if (turn === undefined || frame.offset > turn.length) return refused(view);
  const fresh = frame.offset === turn.length ? frame.parts : sliceParts(frame.parts, turn.length - frame.offset);
  // A repeat: it says nothing about the present, so neither does it end a wait.
  const units = lengthOf(fresh);
  if (units === 0) return applied(view);
  const parts = joinParts(turn.parts, fresh);
  // Runs for each delta, so it copies the turn once.
  const grown: TurnView = { ...withoutNotice(turn), state: "streaming", parts, length: turn.length + units };
  const { simulated } = frame;
  return applied(changeTurn(view, turn.id, () => (simulated === undefined ? grown : { ...grown, simulated })));
}

function foldEnd(view: RoomView, frame: TurnEndFrame): Folded {
  const turn = view.turns.findLast(({ id }) => id === frame.turnId);
  // Short of its end: the seq must not pass it (design §4), so the sync that follows brings the rest and the end.
  if (turn === undefined || turn.length < frame.length) return refused(view);
  const { type: _type, seq: _seq, turnId: _turnId, length, ...facts } = frame;
  return applied(changeTurn(view, turn.id, () => settle(turn, length, facts)));
}

type EndFacts = Pick<
  TurnView,
  "outcome" | "stop" | "open" | "openUntil" | "finishReason" | "model" | "usage" | "error"
>;

function settle(turn: TurnView, length: number, facts: EndFacts): TurnView {
  const { position: _position, etaMs: _etaMs, notice: _notice, ...rest } = turn;
  // F5: only what a crash lost lies beyond the final length.
  const parts = turn.length > length ? sliceParts(turn.parts, 0, length) : turn.parts;
  return { ...rest, ...facts, state: "settled", parts, length };
}

function foldSync(view: RoomView, frame: SyncFrame): Folded {
  const isSnapshot = frame.mode === "snapshot";
  if (!isSnapshot && frame.epoch !== view.epoch) return refused(view);
  // The room's `seq` never goes back within an epoch (a cursor ahead of it gets a snapshot): this one is a repeat.
  if (!isSnapshot && frame.seq < view.seq) return applied(view);
  const old = new Map(view.turns.map((turn) => [turn.id, turn]));
  const synced = new Map<string, TurnView>();
  const unfit: SyncTurn[] = [];
  for (const listed of frame.turns) {
    const turn = syncTurn(isSnapshot ? undefined : old.get(listed.id), listed);
    if (turn === undefined) unfit.push(listed);
    else synced.set(listed.id, turn);
  }
  if (unfit.length > 0) return refused(isSnapshot ? view : unfit.reduce(withoutCopy, view));
  const removed = new Set(frame.removed);
  const kept = isSnapshot ? [] : view.turns.filter((turn) => !removed.has(turn.id));
  const turns = kept.map((turn) => synced.get(turn.id) ?? withoutNotice(turn));
  for (const [id, turn] of synced) if (isSnapshot || !old.has(id)) turns.push(turn);
  return applied({
    ...view,
    epoch: frame.epoch,
    seq: frame.seq,
    floor: frame.floor,
    turns,
    more: isSnapshot ? frame.more === true : view.more || frame.more === true,
    notices: [],
  });
}

/** The reader's copy cut to `from`, then `parts`: exactly `length`. Undefined when the copy does not reach `from`. */
function syncTurn(copy: TurnView | undefined, listed: SyncTurn): TurnView | undefined {
  const held = copy?.length ?? 0;
  if (held < listed.from) return undefined;
  const base = copy === undefined || listed.from === 0 ? [] : sliceParts(copy.parts, 0, listed.from);
  const parts = joinParts(base, listed.parts);
  const length = lengthOf(parts);
  if (length !== listed.length) return undefined;
  const { from: _from, parts: _parts, length: _length, ...facts } = listed;
  const { input, continues, author, createdAt, metadata } = copy ?? {};
  const known = { input, continues, author, createdAt, metadata };
  return { ...defined(known), ...facts, parts, length };
}

/**
 * A copy that did not fit what the room says of it is worth nothing. The turn stays, as one of which nothing is held and
 * whose end has not been seen, so that `haveOf` asks for all of it.
 */
function withoutCopy(view: RoomView, listed: SyncTurn): RoomView {
  const { id, input, continues, author, createdAt, metadata } =
    view.turns.find((turn) => turn.id === listed.id) ?? listed;
  const emptied: TurnView = {
    ...defined({ input, continues, author, createdAt, metadata }),
    id,
    state: "resuming",
    parts: [],
    length: 0,
  };
  const isHeld = view.turns.some((turn) => turn.id === id);
  const turns = isHeld ? view.turns.map((turn) => (turn.id === id ? emptied : turn)) : [...view.turns, emptied];
  return { ...view, turns };
}

function withoutNotice(turn: TurnView): TurnView {
  if (turn.notice === undefined) return turn;
  const { notice: _, ...rest } = turn;
  return rest;
}

function foldNotice(view: RoomView, frame: NoticeFrame): RoomView {
  if (frame.turnId !== undefined) {
    return changeTurn(view, frame.turnId, (turn) => {
      if (turn.state === "settled") return turn;
      const state = frame.code === "upstream-resuming" ? "resuming" : turn.state;
      return { ...turn, state, notice: frame };
    });
  }
  const others = view.notices.filter((notice) => notice.code !== frame.code || notice.scope !== frame.scope);
  return { ...view, notices: [...others, frame] };
}
