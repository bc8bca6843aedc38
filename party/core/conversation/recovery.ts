/**
 * What a room does when its object starts (T5): it reads everything from storage and decides about each unsettled turn, calling
 * nobody; afterwards it takes the work up.
 */
import { filesDeadline } from "../files/file-record.ts";
import type { RoomFiles } from "../files/room-files.ts";
import type { TurnRecord } from "../log/turn-record.ts";
import { Answer } from "../turn/answer.ts";
import { Turn } from "../turn/turn.ts";
import { activeTurns } from "../turn/turn-queue.ts";
import { turnError } from "../turn/turn-state.ts";
import type { Committer } from "./commit.ts";
import type { ConversationParts } from "./conversation-parts.ts";
import { isResumable } from "./run/attempt-sink.ts";
import type { TurnRunner } from "./run/turn-runner.ts";
import type { TurnStarter } from "./run/turn-starter.ts";
import type { TurnStops } from "./stop/turn-stops.ts";
import type { TurnSettler } from "./turn-settler.ts";

export interface RecoveryParts extends ConversationParts {
  readonly committer: Committer;
  readonly starter: TurnStarter;
  readonly settler: TurnSettler;
  readonly turnStops: TurnStops;
  readonly runner: TurnRunner;
  readonly files: RoomFiles;
}

export class Recovery {
  readonly #parts: RecoveryParts;
  /** Turns that storage said were unsettled, until their work is taken up. */
  #unfinished: readonly Turn[] = [];

  constructor(parts: RecoveryParts) {
    this.#parts = parts;
  }

  async load(): Promise<void> {
    const { log, committer, turns, delivery, ports } = this.#parts;
    const [stored, alarmAt] = await Promise.all([log.load(), ports.storage.getAlarm()]);
    committer.load(stored, alarmAt);
    turns.tombstones.load(stored.tombstones);
    // Rooms without files pay nothing for them at a start.
    const hasFiles = filesDeadline in stored.agenda || stored.turns.some(({ spec }) => spec.files !== undefined);
    if (hasFiles) await this.#parts.files.load();
    for (const record of stored.turns) turns.add(await this.#restore(record));
    this.#unfinished = turns.unsettled();
    delivery.reset(turns.seq);
  }

  /** Takes up the unfinished work. Called once, when the room may be served. */
  recover(): void {
    const { turns, committer, starter } = this.#parts;
    // A1: sets the alarm that the agenda needs, where it was lost: a room that can't start lets it ring without effect.
    committer.commit(committer.begin());
    // Only what was loaded: a frame may have started a new turn between the start and now.
    const unfinished = this.#unfinished.filter((turn) => !turn.isSettled && turns.has(turn));
    this.#unfinished = [];
    if (unfinished.length === 0) return;
    const commit = committer.begin();
    for (const turn of activeTurns(unfinished)) {
      const next = this.#nextFor(turn);
      if (typeof next === "function") commit.next.push(next);
      else this.#parts.settler.settleIn(commit, turn, next, next.outcome === "interrupted");
    }
    starter.startNext(commit);
    committer.commit(commit);
  }

  /** How the turn goes on, or how it ends. */
  #nextFor(turn: Turn): (() => void) | { outcome: "completed" | "interrupted" } {
    const { turnStops, runner, policy } = this.#parts;
    const { stopIntent, simulated, resumes } = turn.record;
    if (stopIntent !== undefined) return () => void turnStops.carryOut(turn);
    // U6: all of it is stored, so after a wake the rest leaves at once.
    if (simulated !== undefined) return { outcome: "completed", ...simulated };
    const isWaiting = isWaitingIn(turn.record);
    if (isWaiting || (isResumable(turn, this.#parts) && resumes < policy.maxResumes)) return () => runner.run(turn);
    // What the upstream does with a call that nobody reads is unknown, so it is stopped.
    const error = turnError("upstream-truncated");
    return { outcome: "interrupted", ...{ error } };
  }

  async #restore(record: TurnRecord): Promise<Turn> {
    const { log, ports, turns } = this.#parts;
    const { ordinal, id } = record.spec;
    if (record.end !== undefined) return new Turn(record, { state: "settled", ending: record.end });
    const input = await log.readInput(ordinal);
    if (record.start === undefined) return new Turn(record, { state: "queued" }, input);
    const answer = Answer.restored(await log.readText(ordinal), undefined);
    const isResume = answer.arrived > 0 || record.resumes > 0;
    const turn = new Turn(record, { state: isWaitingIn(record) && !isResume ? "waiting" : "resuming" }, input);
    turn.answer = answer;
    // The upstream's `start` is an event too: a resume of an answer without text continues after it.
    const eventId = record.upstream?.eventId;
    if (answer.mark === undefined && eventId !== undefined) answer.mark = { eventId, offset: 0 };
    if (turn.run !== undefined) {
      turn.run.generationId = await ports.generationIdOf(turns.epoch, id);
      turn.run.model = record.upstream?.model;
    }
    return turn;
  }
}

/** A call that was never made, or that came back without an answer, is waited for; one that was made is resumed or given up. */
function isWaitingIn({ waitUntil, attempts, resumes }: TurnRecord): boolean {
  return waitUntil !== undefined || attempts + resumes === 0;
}
