/**
 * What changes together in a room: made durable in one write, with the room's own record and its agenda where they changed,
 * then told in `seq` order. Order and durability are the journal's; what a change is, is the conversation's.
 */
import type { ServerFrame } from "../../../shared/protocol/server-frames.ts";
import type { Delivery } from "../delivery/delivery.ts";
import type { RoomFrame } from "../delivery/room-frames.ts";
import type { Agenda } from "../log/deadlines.ts";
import type { Journal } from "../log/journal.ts";
import { Changes, type StoredRoom } from "../log/storage-schema.ts";
import type { RoomPolicy } from "../policy.ts";
import type { RoomPorts } from "../ports.ts";
import type { TurnList } from "../turn/turn-list.ts";

/** How far ahead the alarm stands while a turn is not over, so that a killed room with no tab left still settles (A1). */
export const watchdogMs = 60_000;
/** A day of a room's time to live may pass before its deadline is stored again: a row a day, not one a turn. */
const ttlSlackMs = 86_400_000;

/** One commit in the making: what it stores, what it tells, what happens next. */
export interface Commit {
  readonly changes: Changes;
  readonly frames: RoomFrame[];
  /** Begun as soon as the write is on its way, and durable with it or after it. */
  readonly begin: (() => void)[];
  /** Done when it is durable and told. */
  readonly next: (() => void)[];
}

export interface CommitEvents {
  /** What readers have been sent is now in storage: a wake would continue from here. */
  onLogged(): void;
  /** A commit is durable and published, and what comes next has begun. */
  onCommitted(): void;
}

export interface CommitParts {
  readonly journal: Journal;
  readonly delivery: Delivery;
  readonly agenda: Agenda;
  readonly turns: TurnList;
  readonly life: AbortSignal;
}

export class Commits {
  readonly #journal: Journal;
  readonly #agenda: Agenda;
  readonly #turns: TurnList;
  readonly #delivery: Delivery;
  readonly #life: AbortSignal;
  readonly #ports: RoomPorts;
  readonly #policy: RoomPolicy;
  readonly #events: CommitEvents;
  /** What storage holds of the two, as JSON. */
  #agendaStored = "{}";
  #roomStored = "";

  constructor(parts: CommitParts, ports: RoomPorts, policy: RoomPolicy, events: CommitEvents) {
    this.#journal = parts.journal;
    this.#delivery = parts.delivery;
    this.#agenda = parts.agenda;
    this.#turns = parts.turns;
    this.#life = parts.life;
    this.#ports = ports;
    this.#policy = policy;
    this.#events = events;
  }

  /** Takes the room's record and agenda from storage. */
  load({ room, agenda }: StoredRoom, alarmAt: number | undefined): void {
    this.#turns.position.load(room);
    this.#roomStored = room === undefined ? "" : JSON.stringify(room);
    this.#agenda.load(agenda, alarmAt);
    this.#agendaStored = JSON.stringify(this.#agenda.entries());
  }

  /** Everything stored is being deleted, the agenda with it. */
  forgetStored(): void {
    this.#agenda.load({});
    this.#agendaStored = "{}";
    this.#roomStored = "";
  }

  /** Whether the room never accepted a turn and owes no upstream a stop: nothing of it is worth keeping (F4). */
  get isPristine(): boolean {
    return this.#turns.position.isUnused && this.#turns.tombstones.size === 0 && !this.#agenda.hasAny("stop/");
  }

  begin(): Commit {
    return { changes: new Changes(), frames: [], begin: [], next: [] };
  }

  tell(commit: Commit, kind: RoomFrame["kind"], turnId: string, frame: ServerFrame & { seq: number }): void {
    const length = frame.type === "turn-end" ? { length: frame.length } : {};
    commit.frames.push({ seq: frame.seq, kind, turnId, text: JSON.stringify(frame), ...length });
  }

  /** Stores the commit and tells it in its turn. A failure breaks the room, so nobody needs to wait to learn of it. */
  commit(commit: Commit): void {
    void this.durably(commit);
  }

  /** The same, for whoever must not go on before it is durable. */
  durably(commit: Commit): Promise<void> {
    if (this.#life.aborted) return Promise.resolve();
    const { changes, frames } = commit;
    // Only what is told is activity: the room's own housekeeping must not keep it alive.
    if (frames.length > 0 || this.#turns.position.lastActiveAt === 0)
      this.#turns.position.lastActiveAt = this.#ports.clock.now();
    this.#keepWatch();
    this.#addRoomIn(changes);
    const publish = () => {
      if (this.#life.aborted) return;
      for (const frame of frames) this.#delivery.publish(frame);
      if (frames.length > 0) this.#events.onLogged();
      for (const next of commit.next) next();
      this.#events.onCommitted();
    };
    const isEmpty = changes.put.size + changes.delete.length + frames.length + commit.next.length === 0;
    const stored = isEmpty ? this.#journal.settled() : this.#journal.commit(changes, publish);
    for (const begin of commit.begin) begin();
    const alarmAt = this.#agenda.rearm();
    if (alarmAt !== undefined) {
      this.#ports.storage.setAlarm(alarmAt).catch((error: unknown) => {
        this.#ports.report({ name: "room-broken", cause: error });
        this.#ports.onBroken(error);
      });
    }
    return stored;
  }

  /** The room's own records, where they differ from what is stored. */
  #addRoomIn(changes: Changes): void {
    const room = this.#turns.position.record();
    const roomText = JSON.stringify(room);
    // A room that has nothing to say of itself yet is not stored for it (F4).
    if (roomText !== this.#roomStored && !(this.isPristine && this.#roomStored === "")) {
      changes.room(room);
      this.#roomStored = roomText;
    }
    const agenda = this.#agenda.entries();
    const agendaText = JSON.stringify(agenda);
    if (agendaText !== this.#agendaStored) {
      changes.agenda(agenda);
      this.#agendaStored = agendaText;
    }
  }

  /** While a turn is not over the alarm stands at most a minute ahead. */
  #keepWatch(): void {
    if (!this.#turns.hasUnsettled) this.#agenda.clear("watchdog");
    else if (this.#agenda.at("watchdog") === undefined) {
      this.#agenda.set("watchdog", this.#ports.clock.now() + watchdogMs);
    }
    const expireAt = this.#turns.position.lastActiveAt + this.#policy.roomTtlMs;
    if (!this.isPristine && (this.#agenda.at("expire") ?? 0) < expireAt - ttlSlackMs) {
      this.#agenda.set("expire", expireAt);
    }
  }
}
