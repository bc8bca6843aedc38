/**
 * What a reader with a given cursor is missing (R3): a pure plan, so that it can be tested by properties and costs nothing
 * to be wrong about. The room loads the texts a plan names and turns it into a `sync` frame.
 */
import type { Have } from "../../../shared/protocol/client-frames.ts";
import type { TurnRecord } from "../log/turn-record.ts";
import type { TurnPhase } from "../turn/turn-state.ts";

export interface SyncableTurn {
  readonly record: TurnRecord;
  readonly phase: TurnPhase;
  /** Units of its answer now. */
  readonly length: number;
  /** Bytes of its parts that are not text, as JSON; counted while it is not over. */
  readonly partBytes: number;
}

export interface SyncSource<T extends SyncableTurn> {
  readonly epoch: string;
  readonly seq: number;
  readonly floor: number;
  /** In order of the conversation. */
  readonly turns: readonly T[];
  /** Turn ids removed, with the `seq` that said so. */
  readonly removed: Iterable<readonly [string, number]>;
}

export interface PlannedTurn<T extends SyncableTurn> {
  readonly turn: T;
  /** Where the reader's copy is to be cut, and the parts begin. */
  readonly from: number;
  /** Whether the reader does not know the turn at all. */
  readonly withInput: boolean;
}

export interface SyncPlan<T extends SyncableTurn> {
  readonly mode: "delta" | "snapshot";
  /** In order of the conversation. */
  readonly turns: readonly PlannedTurn<T>[];
  readonly removed: readonly string[];
  /** Older turns exist that the budget left out. Only in a snapshot. */
  readonly more: boolean;
}

/** @param budgetBytes what the listed turns may hold together; open turns are listed whatever they hold. */
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

/** Newest first within the budget; turns that are not over come whatever they hold, because live frames build on them. */
function planSnapshot<T extends SyncableTurn>(source: SyncSource<T>, budgetBytes: number): SyncPlan<T> {
  const listed: PlannedTurn<T>[] = [];
  let left = budgetBytes - source.turns.filter(isOpen).reduce((sum, turn) => sum + weightOf(turn, 0, true), 0);
  let more = false;
  for (const turn of source.turns.toReversed()) {
    if (!isOpen(turn)) {
      left -= weightOf(turn, 0, true);
      // Once one is left out all older ones are: a conversation has no holes.
      more ||= left < 0;
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

/** A unit of text in UTF-8 as JSON: three bytes outside Latin, fewer inside, escapes aside. */
const bytesPerUnit = 3;
/** Tool steps in the rest of a settled answer. */
const toolAllowance = 65_536;
/** Ids, states and the rest of a listed turn's fields. */
const fieldBytes = 400;

/** What a turn may take in a sync, in bytes of JSON: rather more than it does, because the bound is a promise. */
export function weightOf(turn: SyncableTurn, from: number, withInput: boolean): number {
  const { spec, end } = turn.record;
  const missing = turn.length - from;
  const text = missing * bytesPerUnit;
  // Of a settled turn the whole is known to the byte; of its rest, no more than its text and a few tool steps can be said.
  const settled = end === undefined ? 0 : Math.min(end.bytes, from === 0 ? end.bytes : text + toolAllowance);
  const answer = missing === 0 ? 0 : end === undefined ? text + turn.partBytes : settled;
  return answer + (withInput ? spec.inputBytes : 0) + fieldBytes;
}
