/**
 * Writes a turn's record and the content that its log lacks: with a confirmed commit where something rests on it, and
 * otherwise unconfirmed, a while after the content was shown (F3).
 */
import { Changes } from "../../log/changes.ts";
import type { Timer } from "../../ports.ts";
import type { Turn } from "../../turn/turn.ts";
import type { CommitEvents, Committer } from "../commit.ts";
import type { ConversationParts } from "../conversation-parts.ts";

export class LogWriter {
  readonly #parts: ConversationParts;
  readonly #committer: Committer;
  readonly #events: Pick<CommitEvents, "onLogged">;
  #timer: Timer | undefined;

  constructor(parts: ConversationParts, committer: Committer, events: Pick<CommitEvents, "onLogged">) {
    this.#parts = parts;
    this.#committer = committer;
    this.#events = events;
    parts.life.addEventListener("abort", () => this.#cancelTimer(), { once: true });
  }

  /** The turn's record and all of its content, durable together. */
  async store(turn: Turn): Promise<void> {
    const commit = this.#committer.begin();
    this.addContent(commit.changes, turn);
    commit.changes.turn(turn.record);
    await this.#committer.durably(commit);
  }

  /** Adds the content that the turn's log lacks. */
  addContent(changes: Changes, { answer, record }: Turn): void {
    if (answer === undefined) return;
    const { firstRow, rows } = answer.takeUnlogged();
    changes.text(record.spec.ordinal, firstRow, rows);
  }

  /** The answer has grown: it is logged now, or within the time that a crash may cost. */
  grown(turn: Turn): void {
    const { ports, policy } = this.#parts;
    const unlogged = (turn.answer?.arrived ?? 0) - (turn.answer?.loggedLength ?? 0);
    if (unlogged >= policy.logLagUnits) this.#append(turn);
    else this.#timer ??= ports.clock.after(policy.logLagMs, () => this.#appendAll());
  }

  /**
   * Writes the turn's record unconfirmed, as a log row: nothing that is shown rests on it, and a commit would hold the next
   * frame back until the disk has it.
   */
  note(turn: Turn): void {
    const changes = new Changes();
    changes.turn(turn.record);
    this.#parts.journal.append(changes.put);
  }

  /** A turn settled: after the last one no timer keeps the object awake. */
  settled(): void {
    if (this.#parts.turns.active().length === 0) this.#cancelTimer();
  }

  #appendAll(): void {
    this.#timer = undefined;
    for (const turn of this.#parts.turns.active()) {
      const { answer } = turn;
      if (answer !== undefined && answer.arrived > answer.loggedLength) this.#append(turn);
    }
  }

  #append(turn: Turn): void {
    const changes = new Changes();
    this.addContent(changes, turn);
    if (turn.run?.isRecordBehind === true) {
      changes.turn(turn.record);
      turn.run.isRecordBehind = false;
    }
    this.#parts.journal.append(changes.put);
    this.#events.onLogged();
  }

  #cancelTimer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
