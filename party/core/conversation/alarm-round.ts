/** What happens when the room's alarm rings (A1): everything on the agenda that is due. */
import { filesDeadline } from "../files/file-record.ts";
import type { RoomFiles } from "../files/room-files.ts";
import type { Committer } from "./commit.ts";
import { watchdogMs } from "./commit.ts";
import type { ConversationParts } from "./conversation-parts.ts";
import type { RoomRemoval } from "./room-removal.ts";
import type { TurnStarter } from "./run/turn-starter.ts";
import type { TurnWaits } from "./run/turn-waits.ts";
import type { Orphans, OrphansEvents } from "./stop/orphans.ts";
import type { UpstreamStops } from "./stop/upstream-stops.ts";
import type { TurnRemoval } from "./turn-removal.ts";

export interface AlarmRoundParts extends ConversationParts {
  readonly committer: Committer;
  readonly starter: TurnStarter;
  readonly waits: TurnWaits;
  readonly stops: UpstreamStops;
  readonly orphans: Orphans;
  readonly removal: TurnRemoval;
  readonly roomRemoval: RoomRemoval;
  readonly files: RoomFiles;
}

export class AlarmRound {
  readonly #parts: AlarmRoundParts;
  readonly #events: OrphansEvents;

  constructor(parts: AlarmRoundParts, events: OrphansEvents) {
    this.#parts = parts;
    this.#events = events;
  }

  /** Sets the alarm again before anything else, so that nothing that fails afterwards can end the chain. */
  async run(): Promise<void> {
    const { agenda, ports, committer, orphans, removal, starter, stops, waits, files } = this.#parts;
    const now = ports.clock.now();
    agenda.fired();
    const guardAt = agenda.guard(now + watchdogMs);
    if (guardAt !== undefined) await ports.storage.setAlarm(guardAt);
    const due = agenda.due(now);
    // A stop stays on the agenda until it is confirmed or given up.
    for (const name of due) if (!name.startsWith("stop/")) agenda.clear(name);
    const retryStops = stops.retry(due);
    if (due.includes("orphan")) orphans.stop();
    if (due.includes("watchdog")) orphans.update();
    if (due.includes("expire")) await this.#expire(now);
    const commit = committer.begin();
    if (due.includes("retention")) removal.trimIn(commit);
    if (due.includes(filesDeadline)) files.dueIn(commit);
    if (due.includes("drained")) starter.startNext(commit);
    for (const name of due) if (name.startsWith("wait/")) waits.wake(name);
    const stored = committer.durably(commit);
    void retryStops();
    await stored;
  }

  /** The room has been idle for its time to live: it goes, unless somebody is here after all. */
  async #expire(now: number): Promise<void> {
    const { turns, policy, roomRemoval } = this.#parts;
    const hasViewers = this.#events.viewers() > 0;
    const isIdle = now - turns.position.lastActiveAt >= policy.roomTtlMs && !hasViewers;
    if (isIdle && !turns.hasUnsettled) await roomRemoval.erase();
    // A viewer counts as use, or the deadline would lie in the past and ring without end.
    else if (hasViewers) turns.position.lastActiveAt = now;
  }
}
