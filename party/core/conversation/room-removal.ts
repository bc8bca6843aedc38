/** Removes all turns: a clear keeps the room and what must not run again; an erasure leaves nothing stored (F4). */
import type { RoomFiles } from "../files/room-files.ts";
import type { Committer } from "./commit.ts";
import type { ConversationParts } from "./conversation-parts.ts";
import type { TurnStops } from "./stop/turn-stops.ts";
import type { UpstreamStops } from "./stop/upstream-stops.ts";
import type { TurnRemoval } from "./turn-removal.ts";

export interface RemovalParts extends ConversationParts {
  readonly committer: Committer;
  readonly removal: TurnRemoval;
  readonly turnStops: TurnStops;
  readonly stops: UpstreamStops;
  readonly files: RoomFiles;
}

export interface RemovalEvents {
  /** All turns are gone and a new epoch has begun: every reader needs a snapshot. */
  onCleared(): void;
}

export class RoomRemoval {
  readonly #parts: RemovalParts;
  readonly #events: RemovalEvents;

  constructor(parts: RemovalParts, events: RemovalEvents) {
    this.#parts = parts;
    this.#events = events;
  }

  /** Removes all turns and begins a new epoch. What ran is stopped at the upstream; that it must be is stored with the removal. */
  async clear(): Promise<void> {
    const { committer, removal, turns, stops, journal, files } = this.#parts;
    const commit = committer.begin();
    const running = removal.removeAllIn(commit);
    files.leaveAllIn(commit);
    turns.position.beginAnew(true);
    for (const generationId of running) stops.intend(generationId);
    commit.next.push(() => {
      this.#publish();
      for (const generationId of running) void stops.stop(generationId);
    });
    committer.commit(commit);
    await journal.settled();
  }

  /**
   * Deletes everything stored. Resolves when that is durable and what ran has been asked to stop once. A stop that the upstream
   * didn't answer stays on the agenda: its generation id is all that is kept. So do ids of files that the store didn't delete.
   */
  async erase(): Promise<void> {
    const { committer, removal, turns, stops, journal, files, life } = this.#parts;
    // A room that never had a turn keeps its epoch, for the readers who are in it.
    if (committer.isPristine) {
      committer.forgetStored();
      await journal.erase(() => undefined);
      return;
    }
    await this.#intendStops();
    if (life.aborted) return;
    const discarded = committer.begin();
    const running = removal.removeAllIn(discarded);
    files.leaveAllIn(discarded);
    turns.tombstones.clear();
    turns.position.beginAnew(false);
    committer.forgetStored();
    const erased = journal.erase(() => {
      if (!life.aborted) this.#publish();
    });
    // Written with the deletion, so that a crash doesn't lose them.
    for (const generationId of running) stops.intend(generationId);
    const rest = committer.begin();
    files.rewriteTrashIn(rest);
    if (running.length > 0 || !rest.changes.isEmpty) committer.commit(rest);
    await erased;
    if (life.aborted) return;
    await Promise.all([files.sweep(), ...running.map((generationId) => stops.stop(generationId))]);
  }

  /** Stores that every running turn must be stopped: lost before the deletion, a wake carries the stops out. */
  async #intendStops(): Promise<void> {
    const { committer, turnStops, turns, journal } = this.#parts;
    const running = turns
      .active()
      .filter(({ run, record }) => run?.mayGenerate === true && record.stopIntent === undefined);
    if (running.length === 0) return;
    const commit = committer.begin();
    for (const turn of running) turnStops.intendIn(commit, turn, "cancel");
    committer.commit(commit);
    await journal.settled();
  }

  #publish(): void {
    this.#parts.delivery.reset(0);
    this.#events.onCleared();
  }
}
