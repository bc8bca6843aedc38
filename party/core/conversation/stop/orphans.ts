/** Turns that nobody watches any more (T4): after a grace they are stopped. Who counts as a viewer is the room's (R6). */
import type { Committer } from "../commit.ts";
import type { ConversationParts } from "../conversation-parts.ts";
import type { TurnStops } from "./turn-stops.ts";

export interface OrphansParts extends ConversationParts {
  readonly committer: Committer;
  readonly turnStops: TurnStops;
}

export interface OrphansEvents {
  /** Viewers right now (R6). */
  viewers(): number;
}

export class Orphans {
  readonly #parts: OrphansParts;
  readonly #events: OrphansEvents;

  constructor(parts: OrphansParts, events: OrphansEvents) {
    this.#parts = parts;
    this.#events = events;
  }

  /** Viewers came or went, or turns did: begins the grace, or ends it. */
  update(): void {
    const { agenda, committer, ports, policy } = this.#parts;
    const isAbandoned = this.#isAbandoned();
    const changed = isAbandoned
      ? agenda.at("orphan") === undefined && agenda.set("orphan", ports.clock.now() + policy.orphanGraceMs)
      : agenda.clear("orphan");
    if (changed) committer.commit(committer.begin());
  }

  /** The grace is over: stops the turns that nobody watches. */
  stop(): void {
    if (!this.#isAbandoned()) return;
    for (const turn of this.#parts.turns.orphanable()) this.#parts.turnStops.stop(turn, "orphan");
  }

  #isAbandoned(): boolean {
    return this.#parts.turns.hasOrphanable && this.#events.viewers() === 0;
  }
}
