/**
 * Makes what changes together durable in one write, with the room's record and its agenda where they changed, and sends its
 * frames afterwards in `seq` order. Order and durability are the journal's; the callers decide what changes.
 */
import type { ServerFrame } from "../../../shared/protocol/server-frames.ts";
import { utf8Length } from "../../../shared/text.ts";
import type { RoomFrame } from "../delivery/room-frames.ts";
import { filesDeadline } from "../files/file-record.ts";
import { Changes } from "../log/changes.ts";
import type { StoredRoom } from "../log/log-reader.ts";
import type { ConversationParts } from "./conversation-parts.ts";

/** The alarm is at most this far ahead while a turn is unsettled, so that a killed room without a tab still settles (A1). */
export const watchdogMs = 60_000;
/** The deadline of the room's time to live is stored again once it moved by a day: one row a day, not one per turn. */
const ttlSlackMs = 86_400_000;

/** A commit while it is put together. */
export interface Commit {
  readonly changes: Changes;
  /** Sent when the changes are durable. */
  readonly frames: RoomFrame[];
  /** Run as soon as the write has begun. */
  readonly begin: (() => void)[];
  /** Run when the changes are durable and the frames are sent. */
  readonly next: (() => void)[];
}

export interface CommitEvents {
  /** What readers have been sent is now in storage: a wake would continue from here. */
  onLogged(): void;
  /** A commit is durable and published, and what comes next has begun. */
  onCommitted(): void;
}

export class Committer {
  readonly #parts: ConversationParts;
  readonly #events: CommitEvents;
  /** The agenda and the room's record as storage holds them, as JSON; empty where it holds none. */
  #agendaStored = "";
  #roomStored = "";

  constructor(parts: ConversationParts, events: CommitEvents) {
    this.#parts = parts;
    this.#events = events;
  }

  /** Takes the room's record and agenda from storage. */
  load({ room, agenda }: StoredRoom, alarmAt: number | undefined): void {
    this.#parts.turns.position.load(room);
    this.#roomStored = room === undefined ? "" : JSON.stringify(room);
    this.#parts.agenda.load(agenda, alarmAt);
    this.#agendaStored = Object.keys(agenda).length === 0 ? "" : JSON.stringify(agenda);
  }

  /** Everything stored is being deleted, the alarm with it. */
  forgetStored(): void {
    this.#parts.agenda.load({});
    this.#agendaStored = "";
    this.#roomStored = "";
  }

  /** Whether the room never accepted a turn, owes no upstream a stop and holds no file: it stores nothing then (F4). */
  get isPristine(): boolean {
    const { turns, agenda } = this.#parts;
    const owesNothing = !agenda.hasAny("stop/") && agenda.at(filesDeadline) === undefined;
    return turns.position.isUnused && turns.tombstones.size === 0 && owesNothing;
  }

  begin(): Commit {
    return { changes: new Changes(), frames: [], begin: [], next: [] };
  }

  /** Adds a frame about a turn to the commit. */
  announce(commit: Commit, kind: RoomFrame["kind"], turnId: string, frame: ServerFrame & { seq: number }): void {
    const length = frame.type === "turn-end" ? { length: frame.length } : {};
    const text = JSON.stringify(frame);
    commit.frames.push({ seq: frame.seq, kind, turnId, text, bytes: utf8Length(text), ...length });
  }

  /** Stores the commit and publishes it in its turn. A failure breaks the room, so the caller need not wait for it. */
  commit(commit: Commit): void {
    void this.durably(commit);
  }

  /** Resolves when the commit is durable and published, or this life of the room is over. */
  durably(commit: Commit): Promise<void> {
    const { turns, journal, agenda, delivery, ports, life } = this.#parts;
    if (life.aborted) return Promise.resolve();
    const { changes, frames } = commit;
    // Only what readers are sent counts as activity: the room's housekeeping must not keep it alive.
    if (frames.length > 0 || turns.position.lastActiveAt === 0) turns.position.lastActiveAt = ports.clock.now();
    this.#setDeadlines();
    this.#addRoomIn(changes);
    const publish = () => {
      if (life.aborted) return;
      for (const frame of frames) delivery.publish(frame);
      if (frames.length > 0) this.#events.onLogged();
      for (const next of commit.next) next();
      this.#events.onCommitted();
    };
    const isEmpty = changes.isEmpty && frames.length + commit.next.length === 0;
    const stored = isEmpty ? journal.settled() : journal.commit(changes, publish);
    for (const begin of commit.begin) begin();
    const alarmAt = agenda.rearm();
    if (alarmAt !== undefined) {
      ports.storage.setAlarm(alarmAt).catch((error: unknown) => {
        ports.report({ name: "room-broken", cause: error });
        ports.onBroken(error);
      });
    }
    return stored;
  }

  /** Adds the room's own records where they differ from what is stored. */
  #addRoomIn(changes: Changes): void {
    const room = this.#parts.turns.position.record();
    const roomText = JSON.stringify(room);
    if (this.isPristine) {
      if (this.#roomStored !== "") changes.dropRoom();
      this.#roomStored = "";
    } else if (roomText !== this.#roomStored) {
      changes.room(room);
      this.#roomStored = roomText;
    }
    const entries = this.#parts.agenda.entries();
    const agendaText = Object.keys(entries).length === 0 ? "" : JSON.stringify(entries);
    if (agendaText === this.#agendaStored) return;
    if (agendaText === "") changes.dropAgenda();
    else changes.agenda(entries);
    this.#agendaStored = agendaText;
  }

  /** Sets the deadlines that every commit may move. */
  #setDeadlines(): void {
    const { turns, agenda, ports, policy } = this.#parts;
    if (!turns.hasUnsettled) agenda.clear("watchdog");
    else if (agenda.at("watchdog") === undefined) agenda.set("watchdog", ports.clock.now() + watchdogMs);
    if (!turns.hasOrphanable) agenda.clear("orphan");
    if (this.isPristine) {
      agenda.clear("expire");
      return;
    }
    const expireAt = turns.position.lastActiveAt + policy.roomTtlMs;
    if ((agenda.at("expire") ?? 0) < expireAt - ttlSlackMs) agenda.set("expire", expireAt);
  }
}
