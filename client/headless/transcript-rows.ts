/** A room's snapshot as a page shows it: its messages in order, what may be done about each, and what is still on its way. */
import { chainsOf } from "../../shared/open-calls.ts";
import type { TurnView } from "../../shared/transcript.ts";
import type { ChatSnapshot, PendingTurn } from "../api/api.ts";
import { isContinuation } from "../api/follow-ups.ts";
import { messageView } from "./message-view.ts";

/** Being answered now, in whatever phase: what Stop is about. */
export function isRunning(turn: TurnView): boolean {
  return turn.state !== "queued" && turn.state !== "settled";
}

/** It has a question of its own that can be asked in other words. */
export function isEditable(turn: TurnView): boolean {
  return (
    turn.state === "settled" && turn.input !== undefined && !("answers" in turn.input) && !isContinuation(turn.input)
  );
}

export interface TranscriptRow {
  /** The same object until the turn changes: what a component in `memo` is given. */
  readonly turn: TurnView;
  /** The newest turn of its message: what a stop names. The turn's own id, where nothing continues it. */
  readonly currentId: string;
  /** Its stop was asked for and is not answered. */
  readonly isStopping: boolean;
  /** Nothing comes after it, on its way neither: it can be asked again in its place, and continued. */
  readonly isNewest: boolean;
  /** A question on its way replaces it, or one before it: nothing can be done about it any more. */
  readonly isLeaving: boolean;
}

export interface Transcript {
  readonly rows: readonly TranscriptRow[];
  /** Questions that the room does not show yet, and refused ones. */
  readonly pending: readonly PendingTurn[];
  /** The oldest turn that is being answered. */
  readonly running: TranscriptRow | undefined;
  /** There is nothing to show. Before the first sync nobody knows whether that will stay so: see `isKnown`. */
  readonly isEmpty: boolean;
  readonly isKnown: boolean;
}

export function transcriptOf({ turns, pending, stopping, view, connection }: ChatSnapshot): Transcript {
  const coming = pending.filter(({ refused }) => refused === undefined);
  const firstLeaving = turns.findIndex(({ id }) => coming.some(({ replaces }) => replaces === id));
  const chains = chainsOf(turns) as [TurnView, ...TurnView[]][];
  const rows = chains.map((chain, index) => {
    const currentId = (chain.at(-1) ?? chain[0]).id;
    return {
      turn: messageView(chain),
      currentId,
      isStopping: stopping.has(currentId),
      isNewest: index === chains.length - 1 && coming.length === 0,
      isLeaving: firstLeaving >= 0 && turns.indexOf(chain[0]) >= firstLeaving,
    };
  });
  return {
    rows,
    pending,
    running: rows.find(({ turn }) => isRunning(turn)),
    isEmpty: turns.length === 0 && pending.length === 0,
    isKnown: view.epoch !== undefined || connection.state !== "connecting",
  };
}
