/** Starts queued turns in order of arrival, up to the room's limit (Q1), and starts none while the room is being drained. */
import { startable } from "../../turn/turn-queue.ts";
import type { Commit, Committer } from "../commit.ts";
import type { ConversationParts } from "../conversation-parts.ts";
import { historyOf } from "../prompt-history.ts";
import type { TurnRunner } from "./turn-runner.ts";

export class TurnStarter {
  readonly #parts: ConversationParts;
  readonly #committer: Committer;
  readonly #runner: TurnRunner;
  /** No turn is started before this time, ms since 1970. */
  #drainUntil = 0;

  constructor(parts: ConversationParts, committer: Committer, runner: TurnRunner) {
    this.#parts = parts;
    this.#committer = committer;
    this.#runner = runner;
  }

  /** Starts no turn for a while: running turns end or move with the object, queued ones wait, stored. */
  drain(): void {
    const { ports, policy, agenda } = this.#parts;
    this.#drainUntil = ports.clock.now() + policy.drainRoomMs;
    agenda.set("drained", this.#drainUntil);
  }

  /**
   * Starts what may start, as part of `commit`. What a call needs is prepared while the start is written; the start counts the
   * first call, so that it needs no write of its own.
   */
  startNext(commit: Commit): void {
    const { turns, ports, policy, life } = this.#parts;
    if (life.aborted || ports.clock.now() < this.#drainUntil) return;
    for (const turn of startable(turns.unsettled(), policy.maxActiveTurns)) {
      const at = ports.clock.now();
      const seq = turns.position.nextSeq();
      const history = historyOf(turn, turns.all(), policy);
      turn.start({ seq, at, deadlineAt: at + policy.turnTimeoutMs, history });
      commit.changes.turn(turn.record);
      this.#committer.announce(commit, "start", turn.id, { type: "turn-start", seq, turnId: turn.id });
      const queueMs = at - turn.record.spec.createdAt;
      commit.next.push(() => ports.report({ name: "turn-started", turnId: turn.id, queueMs }));
      commit.begin.push(() => this.#runner.run(turn));
    }
  }
}
