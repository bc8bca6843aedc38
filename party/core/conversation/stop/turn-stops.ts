/** Stops turns from whatever phase they are in (T3): the intent is stored first, then carried out, also after a crash. */
import type { ErrorCode } from "../../../../shared/protocol/errors.ts";
import { fail, ok, type Result } from "../../../../shared/result.ts";
import type { StopCause } from "../../events.ts";
import type { Turn } from "../../turn/turn.ts";
import type { Commit, Committer } from "../commit.ts";
import type { ConversationParts } from "../conversation-parts.ts";
import type { TurnSettler } from "../turn-settler.ts";
import type { UpstreamStops } from "./upstream-stops.ts";

export interface TurnStopsParts extends ConversationParts {
  readonly committer: Committer;
  readonly settler: TurnSettler;
  readonly stops: UpstreamStops;
}

export class TurnStops {
  readonly #parts: TurnStopsParts;

  constructor(parts: TurnStopsParts) {
    this.#parts = parts;
  }

  /**
   * Stops a turn by its id. Resolves when the intent is durable; the turn may not have settled yet. An id that the room doesn't
   * know must not run later: its submit may still be on its way by another path (T1).
   */
  async cancel(turnId: string): Promise<Result<Turn, ErrorCode>> {
    const { turns, committer, journal, ports } = this.#parts;
    const turn = turns.get(turnId);
    if (turn !== undefined) this.stop(turn, "cancel");
    else if (!turns.tombstones.has(turnId)) {
      const commit = committer.begin();
      turns.bury(commit.changes, turnId, ports.clock.now());
      committer.commit(commit);
    }
    await journal.settled();
    return turn === undefined ? fail("turn-unknown") : ok(turn);
  }

  /** Idempotent. A settled turn stays as it is. */
  stop(turn: Turn, by: StopCause): void {
    if (turn.isSettled || turn.record.stopIntent !== undefined) return;
    const { committer, settler, ports } = this.#parts;
    const commit = committer.begin();
    this.intendIn(commit, turn, by);
    commit.next.push(() => ports.report({ name: "turn-stopping", turnId: turn.id, by }));
    // No upstream was ever asked for a queued turn: that proves the stop.
    if (turn.phase.state === "queued")
      settler.settleIn(commit, turn, { outcome: "cancelled", stop: "confirmed" }, false);
    else commit.next.push(() => void this.carryOut(turn));
    committer.commit(commit);
  }

  /** Stores that the turn must be stopped. */
  intendIn(commit: Commit, turn: Turn, by: StopCause): void {
    turn.record = { ...turn.record, stopIntent: { by, at: this.#parts.ports.clock.now() } };
    commit.changes.turn(turn.record);
  }

  /** Closes the call, asks the upstream to stop, and settles with what is known of its answer. */
  async carryOut(turn: Turn): Promise<void> {
    const { run } = turn;
    if (run === undefined) return;
    run.controller.abort();
    const mustAsk = run.mayGenerate && run.generationId !== undefined;
    const stop = mustAsk ? await this.#parts.stops.stop(run.generationId ?? "") : "confirmed";
    this.#parts.settler.settle(turn, { outcome: "cancelled", stop }, false);
  }
}
