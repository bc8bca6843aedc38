/**
 * Removes turns from the conversation and from storage: replaced turns, old turns beyond what `retention.ts` keeps, and all
 * turns of a room that is cleared or erased (`room-removal.ts`). A removed turn leaves a tombstone, so that it never runs again.
 */
import type { RoomFiles } from "../files/room-files.ts";
import type { Turn } from "../turn/turn.ts";
import type { Commit, Committer } from "./commit.ts";
import type { ConversationParts } from "./conversation-parts.ts";
import { excessTurns } from "./retention.ts";
import { releaseLease } from "./run/attempt-sink.ts";
import type { TurnWaits } from "./run/turn-waits.ts";

export interface TurnRemovalParts extends ConversationParts {
  readonly committer: Committer;
  readonly waits: TurnWaits;
  readonly files: RoomFiles;
}

export class TurnRemoval {
  readonly #parts: TurnRemovalParts;

  constructor(parts: TurnRemovalParts) {
    this.#parts = parts;
  }

  /** Removes turns that a new turn replaces, as part of its commit. */
  replaceIn(commit: Commit, gone: readonly Turn[]): void {
    const { turns, committer } = this.#parts;
    const seq = turns.position.nextSeq();
    for (const turn of gone) this.#remove(commit, turn, seq);
    const turnIds = gone.map((turn) => turn.id);
    committer.announce(commit, "removed", turnIds[0] ?? "", { type: "turn-removed", seq, turnIds });
  }

  /** Removes the oldest turns. It uses no `seq`: a raised `floor` gives readers that knew only those turns a snapshot. */
  trimIn(commit: Commit): void {
    const { turns, policy } = this.#parts;
    for (const turn of excessTurns(turns.all(), policy)) {
      if (!turn.isEndPublished) continue;
      turns.position.raiseFloor(turn.record.end?.seq ?? 0);
      this.#remove(commit, turn);
    }
  }

  /** Removes all turns. Returns the generations that may still run and must be stopped; the caller begins a new epoch. */
  removeAllIn(commit: Commit): string[] {
    const running: string[] = [];
    for (const turn of this.#parts.turns) {
      const { run } = turn;
      if (run !== undefined) {
        releaseLease(run, this.#parts, "cancelled");
        if (run.mayGenerate && run.generationId !== undefined) running.push(run.generationId);
      }
      this.#remove(commit, turn);
    }
    return running;
  }

  #remove(commit: Commit, turn: Turn, removedSeq?: number): void {
    const { turns, waits, files, ports } = this.#parts;
    turn.abandon();
    waits.forget(turn);
    const { files: held } = turn.record.spec;
    if (held !== undefined) files.leaveIn(commit, held, turn.id);
    commit.changes.removeTurn(turn.record, turn.record.end?.rows ?? turn.answer?.rows ?? 0);
    turns.remove(turn);
    turns.bury(commit.changes, turn.id, ports.clock.now(), removedSeq);
  }
}
