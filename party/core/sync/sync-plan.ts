/**
 * Plans a sync: what a reader with a given cursor lacks (R3). Pure. `sync-builder.ts` loads the content that a plan names and
 * turns it into a `sync` frame.
 */
import type { Have } from "../../../shared/protocol/client-frames.ts";
import type { TurnRecord } from "../log/turn-record.ts";
import type { TurnPhase } from "../turn/turn-state.ts";

export interface SyncableTurn {
  readonly record: TurnRecord;
  readonly phase: TurnPhase;
  /** Units of its answer now. */
  readonly length: number;
  /** Bytes of its parts that aren't text, as JSON; counted while the turn isn't settled. */
  readonly partBytes: number;
}

export interface SyncSource<T extends SyncableTurn> {
  readonly epoch: string;
  readonly seq: number;
  readonly floor: number;
  /** In order of the conversation. */
  readonly turns: readonly T[];
  /** Removed turn ids, with the `seq` of their removal. */
  readonly removed: Iterable<readonly [string, number]>;
}

export interface PlannedTurn<T extends SyncableTurn> {
  readonly turn: T;
  /** The position at which the reader's copy is cut and the parts begin. */
  readonly from: number;
  /** Whether the reader does not know the turn at all. */
  readonly withInput: boolean;
}

export interface SyncPlan<T extends SyncableTurn> {
  readonly mode: "delta" | "snapshot";
  /** In order of the conversation. */
  readonly turns: readonly PlannedTurn<T>[];
  readonly removed: readonly string[];
  /** The budget left out older turns. Only in a snapshot. */
  readonly more: boolean;
}

/** @param budgetBytes of all listed turns together. Open turns and the newest turn are listed whatever their size. */
export function planSync<T extends SyncableTurn>(
  source: SyncSource<T>,
  have: Have | undefined,
  budgetBytes: number,
): SyncPlan<T> {
  const resumable =
    have !== undefined && have.epoch === source.epoch && have.seq <= source.seq && have.seq >= source.floor;
  if (resumable) {
    const turns = source.turns.flatMap((turn) => missingOf(turn, have) ?? []);
    if (bytesIn(turns) <= budgetBytes || turns.every(({ turn }) => turn.phase.state !== "settled")) {
      const removed = [...source.removed].filter(([, seq]) => seq > have.seq).map(([id]) => id);
      return { mode: "delta", turns, removed, more: false };
    }
  }
  return planSnapshot(source, budgetBytes);
}

function missingOf<T extends SyncableTurn>(turn: T, have: Have): PlannedTurn<T> | undefined {
  const { spec, end } = turn.record;
  const held = Object.hasOwn(have.offsets, spec.id) ? have.offsets[spec.id] : undefined;
  const withInput = spec.queuedSeq > have.seq;
  // "Absent from `offsets`: held whole if its end is at or before `seq`, else from 0" (design §4).
  if (end !== undefined && held === undefined && end.seq <= have.seq) return undefined;
  // A reader ahead of the log after a crash is cut back to what the room holds (F5).
  return { turn, from: withInput ? 0 : Math.min(held ?? 0, turn.length), withInput };
}

/**
 * Newest first within the budget. Open turns are listed whatever their size, because live frames build on them, and so is the
 * newest turn: a reader that lags behind it would otherwise lose the turn that it was reading.
 */
function planSnapshot<T extends SyncableTurn>(source: SyncSource<T>, budgetBytes: number): SyncPlan<T> {
  const listed: PlannedTurn<T>[] = [];
  let left = budgetBytes - source.turns.filter(isOpen).reduce((sum, turn) => sum + weightOf(turn, 0, true), 0);
  let more = false;
  for (const turn of source.turns.toReversed()) {
    if (!isOpen(turn)) {
      left -= weightOf(turn, 0, true);
      // Once a turn is left out, all older ones are: a conversation has no holes.
      more ||= left < 0 && listed.length > 0;
      if (more) continue;
    }
    listed.push({ turn, from: 0, withInput: true });
  }
  return { mode: "snapshot", turns: listed.reverse(), removed: [], more };
}

function isOpen(turn: SyncableTurn): boolean {
  return turn.phase.state !== "settled";
}

function bytesIn(turns: readonly PlannedTurn<SyncableTurn>[]): number {
  return turns.reduce((sum, { turn, from, withInput }) => sum + weightOf(turn, from, withInput), 0);
}

/** A unit of text in UTF-8 has at most three bytes, JSON escapes aside. */
const bytesPerUnit = 3;
/** Bytes that tool steps may take in the rest of a settled answer. */
const toolAllowance = 65_536;
/** Ids, states and the rest of a listed turn's fields. */
const fieldBytes = 400;

/** The most that a turn can take in a sync, in bytes of JSON: the sync's bound is a promise. */
export function weightOf(turn: SyncableTurn, from: number, withInput: boolean): number {
  const { spec, end } = turn.record;
  const missing = turn.length - from;
  const text = missing * bytesPerUnit;
  // The size of a whole settled answer is known to the byte; the size of its rest is estimated.
  const settled = end === undefined ? 0 : Math.min(end.bytes, from === 0 ? end.bytes : text + toolAllowance);
  const answer = missing === 0 ? 0 : end === undefined ? text + turn.partBytes : settled;
  return answer + (withInput ? spec.inputBytes : 0) + fieldBytes;
}
