/**
 * The turns of one room: accepting them, queueing them, running them against the upstream, stopping and settling them, and
 * keeping all of that stored so that a wake finds it. It knows no sockets: what changed is published to the delivery in
 * `seq` order, each change durable first.
 */
import { isText, textOf } from "../../shared/content.ts";
import type { ChatMessage, TurnInput, TurnSubmitFrame } from "../../shared/protocol/client-frames.ts";
import type { ErrorCode } from "../../shared/protocol/errors.ts";
import { NOTICE_MESSAGES } from "../../shared/protocol/messages.ts";
import type { NoticeFrame, Outcome, ServerFrame, StopProof } from "../../shared/protocol/server-frames.ts";
import { fail, ok, type Result } from "../../shared/result.ts";
import { utf8Length } from "../../shared/text.ts";
import { Agenda } from "./agenda.ts";
import { Delivery, type RoomFrame } from "./delivery.ts";
import { fingerprint } from "./fingerprint.ts";
import { Journal } from "./journal.ts";
import type { ReleaseOutcome } from "./limiter-port.ts";
import { paceParts } from "./pacing.ts";
import type { RoomPolicy } from "./policy.ts";
import type { RoomPorts, Timer, UpstreamBatch, UpstreamFailure } from "./ports.ts";
import { RoomTurn } from "./room-turn.ts";
import { runTurn, type TurnRunSink, type WaitNotice } from "./run-turn.ts";
import { type Ending, promptOf, type TurnEnd, type TurnRecord, type TurnSpec, turnError } from "./turn.ts";
import { Changes, inputRows, type RoomRecord, type Tombstone, TurnLog } from "./turn-log.ts";
import { activeTurns, etaMs, queuedTurns, startable } from "./turn-queue.ts";

/** How far ahead the alarm stands while a turn is not over, so that a killed room with no tab left still settles (A1). */
export const watchdogMs = 60_000;
/** How long an unconfirmed stop is tried again (T3). */
const stopRetryForMs = 600_000;
const stopRetryEveryMs = 15_000;
/** Waits up to this long use a timer; longer ones the agenda, so that the object may sleep (A1). */
const timerWaitMs = 10_000;
/** Ids that must not run again are remembered this long, and at most this many (T1). */
const tombstoneMs = 24 * 3_600_000;
const maxTombstones = 1_000;
/** A day of a room's time to live may pass before its deadline is stored again: a row a day, not one a turn. */
const ttlSlackMs = 86_400_000;
/** Units of settled answers kept in memory for the next sync. */
const settledUnitsKept = 1_048_576;

const releaseOutcomes = {
  completed: "ok",
  cancelled: "cancelled",
  failed: "failed",
  interrupted: "failed",
} as const satisfies Record<Outcome, ReleaseOutcome>;

export interface ConversationHooks {
  /** Viewers right now (R6). */
  viewers(): number;
  /** The queue, or what is known of a wait, has changed. */
  onQueueChanged(): void;
  /** What readers have been sent is now in storage: the point a wake would take them up from (design §2). */
  onLogged(): void;
  /** All turns are gone and a new epoch has begun: every reader needs a snapshot. */
  onCleared(): void;
}

/** One commit in the making: what it stores, what it tells, what happens next. */
interface Commit {
  readonly changes: Changes;
  readonly frames: RoomFrame[];
  readonly next: (() => void)[];
}

export class Conversation {
  readonly delivery: Delivery;
  readonly journal: Journal;
  readonly #ports: RoomPorts;
  readonly #policy: RoomPolicy;
  readonly #hooks: ConversationHooks;
  readonly #log: TurnLog;
  #agenda = new Agenda();
  /** What storage holds of the two, as JSON. */
  #agendaStored = "{}";
  #roomStored = "";
  #epoch = "";
  #seq = 0;
  #floor = 0;
  #nextOrdinal = 0;
  #lastActiveAt = 0;
  #turns = new Map<string, RoomTurn>();
  #tombstones = new Map<string, Tombstone>();
  /** Submits that wait until the turns they replace have been stopped, with their fingerprints. */
  readonly #replacing = new Map<string, string>();
  /** Ways to end a wait that only the agenda would end. */
  readonly #wakers = new Map<string, () => void>();
  /** Turns that storage said were not over, until `recover` has taken them up. */
  #unfinished: RoomTurn[] = [];
  #logTimer: Timer | undefined;
  /** Until when nothing new is started: the room is being drained. */
  #drainUntil = 0;
  #closed = false;

  constructor(
    ports: RoomPorts,
    policy: RoomPolicy,
    hooks: ConversationHooks & Pick<ConstructorParameters<typeof Delivery>[0], "onBehind" | "onSlow">,
  ) {
    this.#ports = ports;
    this.#policy = policy;
    this.#hooks = hooks;
    this.#log = new TurnLog(ports.storage);
    this.journal = new Journal(ports.storage, (error) => {
      ports.report({ name: "room-broken", cause: error });
      this.close();
      ports.onBroken(error);
    });
    this.delivery = new Delivery(
      {
        liveTurns: () => this.#liveTurns(),
        turn: (id) => this.#turns.get(id),
        onBehind: (reader) => hooks.onBehind(reader),
        onSlow: (reader) => hooks.onSlow(reader),
      },
      ports.clock,
      policy,
    );
  }

  get epoch(): string {
    return this.#epoch;
  }
  get seq(): number {
    return this.#seq;
  }
  get floor(): number {
    return this.#floor;
  }
  /** In order of the conversation. */
  get turns(): RoomTurn[] {
    return [...this.#turns.values()];
  }

  turn(id: string): RoomTurn | undefined {
    return this.#turns.get(id);
  }

  /** Removed turn ids with the `seq` that said so. */
  *removed(): Iterable<readonly [string, number]> {
    for (const [id, { removedSeq }] of this.#tombstones) if (removedSeq !== undefined) yield [id, removedSeq];
  }

  /** Reads everything from storage and decides what becomes of each open turn (T5). Calls nobody. */
  async load(): Promise<void> {
    const stored = await this.#log.load();
    this.#epoch = stored.room?.epoch ?? this.#ports.newId();
    this.#seq = stored.room?.seq ?? 0;
    this.#floor = stored.room?.floor ?? 0;
    this.#nextOrdinal = stored.room?.nextOrdinal ?? 0;
    this.#lastActiveAt = stored.room?.lastActiveAt ?? 0;
    // Oldest first, because that is the order in which they are forgotten.
    this.#tombstones = new Map([...stored.tombstones].sort(([, a], [, b]) => a.at - b.at));
    this.#roomStored = stored.room === undefined ? "" : JSON.stringify(stored.room);
    this.#agenda = new Agenda(Object.entries(stored.agenda));
    this.#agendaStored = JSON.stringify(this.#agenda.entries());
    for (const record of stored.turns) this.#turns.set(record.spec.id, await this.#restore(record));
    this.#unfinished = this.turns.filter((turn) => !turn.isSettled);
    this.delivery.reset(this.#seq);
  }

  async #restore(record: TurnRecord): Promise<RoomTurn> {
    if (record.end !== undefined) return new RoomTurn(record, { state: "settled", ending: record.end });
    const input = await this.#log.readInput(record.spec.ordinal);
    if (record.start === undefined) return new RoomTurn(record, { state: "queued" }, input);
    // A call that was never made, or came back unserved, is waited for; one that was made is resumed, or given up.
    const isWaiting = record.waitUntil !== undefined || record.attempts === 0;
    const turn = new RoomTurn(record, { state: isWaiting ? "waiting" : "resuming" }, input);
    turn.restore(await this.#log.readText(record.spec.ordinal));
    turn.generationId = await this.#generationIdOf(turn);
    turn.model = record.upstream?.model;
    // The upstream's `start` is an event too: a resume that has no text yet continues after it.
    if (turn.mark === undefined && record.upstream?.eventId !== undefined) {
      turn.mark = { eventId: record.upstream.eventId, offset: 0 };
    }
    return turn;
  }

  /** Takes up the work that storage says is unfinished. Called once, when the room may be served. */
  recover(): void {
    // Only what was loaded: a frame may have started a new turn between the start and now.
    const unfinished = this.#unfinished.filter((turn) => !turn.isSettled && this.#turns.get(turn.id) === turn);
    this.#unfinished = [];
    if (unfinished.length === 0) return;
    const commit = this.#begin();
    for (const turn of activeTurns(unfinished)) {
      if (turn.record.stopIntent !== undefined) commit.next.push(() => void this.#carryOutStop(turn));
      // U6: all of it is stored, so after a wake the rest leaves at once.
      else if (turn.record.simulated !== undefined) {
        this.#settleIn(commit, turn, { outcome: "completed", ...turn.record.simulated }, false);
      } else if (turn.phase.state === "waiting") commit.next.push(() => this.#run(turn, turn.length > 0));
      else if (this.#isResumable(turn) && turn.record.resumes < this.#policy.maxResumes) {
        commit.next.push(() => this.#run(turn, true));
      }
      // What the upstream does with a call that nobody reads is unknown: it is told to stop.
      else this.#settleIn(commit, turn, { outcome: "interrupted", error: turnError("upstream-truncated") }, true);
    }
    this.#startNext(commit);
    this.#commit(commit);
  }

  /**
   * Accepts a turn (T1, Q3). `known`: this id is already here with the same content; nothing was started.
   * @param onRefused told when it is refused only later: what it was to replace has been cleared meanwhile.
   */
  submit(
    frame: TurnSubmitFrame,
    author: string,
    onRefused: (code: ErrorCode) => void,
  ): Result<"accepted" | "known", ErrorCode> {
    const print = fingerprint([frame.input, frame.provider ?? null, frame.model ?? null, frame.params ?? null]);
    const known = this.#turns.get(frame.turnId);
    if (known !== undefined) return known.record.spec.fingerprint === print ? ok("known") : fail("turn-conflict");
    const replacing = this.#replacing.get(frame.turnId);
    if (replacing !== undefined) return replacing === print ? ok("accepted") : fail("turn-conflict");
    if (frame.epoch !== undefined && frame.epoch !== this.#epoch) return fail("turn-stale");
    if (this.#tombstones.has(frame.turnId)) return fail("turn-stale");
    if (frame.replaces === undefined) {
      if (this.#isFull()) return fail("queue-full");
      this.#accept(frame, author, print, []);
      return ok("accepted");
    }
    const replaced = this.#turns.get(frame.replaces);
    if (replaced === undefined) return fail("turn-unknown");
    const gone = this.turns.filter((turn) => turn.record.spec.ordinal >= replaced.record.spec.ordinal);
    this.#replacing.set(frame.turnId, print);
    void this.#replace(frame, author, print, gone, onRefused);
    return ok("accepted");
  }

  /** No slot is free and the line is as long as it may be. */
  #isFull(): boolean {
    const queued = queuedTurns(this.#turns.values()).length;
    const mayStart = queued === 0 && activeTurns(this.#turns.values()).length < this.#policy.maxActiveTurns;
    return !mayStart && queued >= this.#policy.maxQueuedTurns;
  }

  /**
   * Stops the replaced turns that are not over, as any stop: intent first. Then they go and the new one comes in one commit.
   * Lost in between, the submit is sent again by its client and finds them settled.
   */
  async #replace(
    frame: TurnSubmitFrame,
    author: string,
    print: string,
    gone: readonly RoomTurn[],
    onRefused: (code: ErrorCode) => void,
  ): Promise<void> {
    const { epoch } = this;
    // Those in line first: the slot that the running one frees is not for them.
    for (const turn of gone.toReversed()) this.cancel(turn.id, "replace");
    await Promise.all(gone.map((turn) => (turn.isSettled && !this.#isUnpublished(turn) ? undefined : turn.ended)));
    this.#replacing.delete(frame.turnId);
    const isStale = epoch !== this.#epoch || this.#tombstones.has(frame.turnId);
    if (this.#closed) return;
    if (isStale) onRefused("turn-stale");
    else this.#accept(frame, author, print, gone);
  }

  #accept(frame: TurnSubmitFrame, author: string, print: string, gone: readonly RoomTurn[]): void {
    const commit = this.#begin();
    if (gone.length > 0) this.#removeIn(commit, gone);
    const now = this.#ports.clock.now();
    const rows = inputRows(frame.input);
    const seq = this.#nextSeq();
    const spec: TurnSpec = {
      id: frame.turnId,
      ordinal: this.#nextOrdinal,
      author,
      createdAt: now,
      queuedSeq: seq,
      fingerprint: print,
      inputBytes: rows.reduce((bytes, row) => bytes + utf8Length(row), 0),
      inputRows: rows.length,
      onLeave: frame.onLeave ?? this.#policy.orphanPolicy,
      ...(frame.provider === undefined ? {} : { provider: frame.provider }),
      ...(frame.model === undefined ? {} : { model: frame.model }),
      ...(frame.params === undefined ? {} : { params: frame.params }),
      ...(frame.metadata === undefined ? {} : { metadata: frame.metadata }),
    };
    this.#nextOrdinal += 1;
    const turn = new RoomTurn({ v: 1, spec, attempts: 0, resumes: 0 }, { state: "queued" }, frame.input);
    const position = queuedTurns(this.#turns.values()).length;
    this.#turns.set(turn.id, turn);
    commit.changes.turn(turn.record);
    commit.changes.input(spec.ordinal, rows);
    this.#tell(commit, "queued", turn.id, {
      type: "turn-queued",
      seq,
      turnId: turn.id,
      input: frame.input,
      author,
      createdAt: now,
      position,
      ...this.eta(position),
    });
    this.#startNext(commit);
    this.#commit(commit);
  }

  /** Stops a turn from whatever state (T3). Idempotent; a settled turn stays as it is. */
  cancel(turnId: string, by: "cancel" | "orphan" | "replace" = "cancel"): Result<RoomTurn, ErrorCode> {
    const turn = this.#turns.get(turnId);
    if (turn === undefined) {
      // The submit may still be on its way, by another path: it must not run then (T1).
      if (!this.#tombstones.has(turnId)) {
        const commit = this.#begin();
        this.#bury(commit, turnId, {});
        this.#commit(commit);
      }
      return fail("turn-unknown");
    }
    if (turn.isSettled || turn.record.stopIntent !== undefined) return ok(turn);
    const commit = this.#begin();
    turn.record = { ...turn.record, stopIntent: { by, at: this.#ports.clock.now() } };
    if (turn.phase.state === "queued") {
      // Nobody was ever asked for it: that is all the proof a stop can have.
      this.#settleIn(commit, turn, { outcome: "cancelled", stop: "confirmed" }, false);
    } else {
      commit.changes.turn(turn.record);
      commit.next.push(() => void this.#carryOutStop(turn));
    }
    this.#commit(commit);
    return ok(turn);
  }

  /** Removes all turns and begins a new epoch; what ran is stopped, which is stored with the removal. */
  clear(): void {
    const commit = this.#begin();
    for (const turn of this.#turns.values()) {
      turn.controller?.abort();
      turn.onEnded();
      this.#release(turn, "cancelled");
      commit.changes.removeTurn(turn.record, turn.record.end?.rows ?? turn.rows);
      this.#bury(commit, turn.id, {});
      if (turn.isSettled || turn.generationId === undefined) continue;
      const name = this.#intendStop(turn.generationId);
      commit.next.push(() => void this.#retryStop(name));
    }
    this.#turns = new Map();
    this.#epoch = this.#ports.newId();
    this.#seq = 0;
    this.#floor = 0;
    commit.next.push(() => {
      this.delivery.reset(this.#seq);
      this.#hooks.onCleared();
    });
    this.#commit(commit);
  }

  /** Removes all turns and deletes everything stored. Resolves when it is gone and what ran has been told to stop. */
  async erase(): Promise<void> {
    const running = activeTurns(this.#turns.values());
    for (const turn of this.#turns.values()) {
      turn.controller?.abort();
      turn.onEnded();
      this.#release(turn, "cancelled");
    }
    this.#turns = new Map();
    this.#tombstones = new Map();
    this.#epoch = this.#ports.newId();
    this.#seq = 0;
    this.#floor = 0;
    this.#nextOrdinal = 0;
    this.#agenda = new Agenda();
    this.#agendaStored = "{}";
    this.#roomStored = "";
    const erased = this.journal.erase(() => {
      if (this.#closed) return;
      this.delivery.reset(this.#seq);
      this.#hooks.onCleared();
    });
    // What could not be told to stop stays on the new agenda: its id is all that is kept.
    await Promise.all([erased, ...running.map((turn) => this.#stopUpstream(turn))]);
  }

  /** Whether the room never accepted a turn: nothing of it is worth keeping (F4). */
  get isPristine(): boolean {
    return this.#nextOrdinal === 0 && this.#tombstones.size === 0;
  }

  /** Starts nothing new for a while: running turns end or move with the object, queued ones wait, stored (style: drain). */
  drain(): void {
    if (this.isPristine) return;
    this.#drainUntil = this.#ports.clock.now() + this.#policy.drainRoomMs;
    this.#agenda.set("drained", this.#drainUntil);
    this.#commit(this.#begin());
  }

  /** Rings at `at` at the latest, to look after sessions that were asked to leave. */
  remind(at: number): void {
    if (!this.isPristine && this.#agenda.set("away", at)) this.#commit(this.#begin());
  }

  /** Viewers came or went: sets or clears the grace after which turns that nobody waits for are stopped (T4). */
  viewersChanged(): void {
    const abandoned = this.#hooks.viewers() === 0 && this.#orphans().length > 0;
    const changed = abandoned
      ? this.#agenda.at("orphan") === undefined &&
        this.#agenda.set("orphan", this.#ports.clock.now() + this.#policy.orphanGraceMs)
      : this.#agenda.clear("orphan");
    if (changed) this.#commit(this.#begin());
  }

  /** The alarm rang. Re-arms first, so that nothing that goes wrong below can end the chain (A1). */
  async tick(): Promise<void> {
    const now = this.#ports.clock.now();
    this.#agenda.fired();
    const guardAt = this.#agenda.guard(now + watchdogMs);
    if (guardAt !== undefined) await this.#ports.storage.setAlarm(guardAt);
    const due = this.#agenda.due(now);
    for (const name of due) {
      if (name.startsWith("stop/")) this.#agenda.set(name, now + stopRetryEveryMs);
      else this.#agenda.clear(name);
    }
    if (due.includes("watchdog")) this.viewersChanged();
    if (due.includes("orphan") && this.#hooks.viewers() === 0) {
      for (const turn of this.#orphans()) this.cancel(turn.id, "orphan");
    }
    if (due.includes("expire")) await this.#expire(now);
    const commit = this.#begin();
    if (due.includes("retention")) this.#trimIn(commit);
    if (due.includes("drained")) this.#startNext(commit);
    for (const name of due) {
      if (name.startsWith("wait/")) this.#wakers.get(name)?.();
      if (name.startsWith("stop/")) void this.#retryStop(name);
    }
    await this.#durably(commit);
  }

  /** The room has been idle for its time to live: it goes, unless somebody is here after all. */
  async #expire(now: number): Promise<void> {
    const isIdle = now - this.#lastActiveAt >= this.#policy.roomTtlMs && this.#hooks.viewers() === 0;
    if (isIdle && this.turns.every((turn) => turn.isSettled)) await this.erase();
    // Somebody is here: that counts as use, or the deadline would lie in the past and ring without end.
    else if (this.#hooks.viewers() > 0) this.#lastActiveAt = now;
  }

  /** Loads what a sync needs of a turn and memory does not hold. */
  async ensureLoaded(turn: RoomTurn): Promise<void> {
    const { ordinal } = turn.record.spec;
    const [input, text] = await Promise.all([
      turn.input ?? this.#log.readInput(ordinal),
      turn.content === undefined ? this.#log.readText(ordinal) : undefined,
    ]);
    turn.input = input;
    if (text !== undefined && turn.content === undefined) turn.restore(text);
  }

  /** Lets go of settled answers beyond the budget, oldest first; the newest are what the next reader asks for. */
  releaseSettled(): void {
    let kept = 0;
    for (const turn of this.turns.reverse()) {
      if (!turn.isSettled || turn.content === undefined || this.#isUnpublished(turn)) continue;
      kept += turn.content.length + turn.record.spec.inputBytes;
      if (kept <= settledUnitsKept) continue;
      turn.content = undefined;
      turn.input = undefined;
    }
  }

  /** Ids in the queue, next first. */
  queue(): readonly RoomTurn[] {
    return queuedTurns(this.#turns.values());
  }

  eta(position: number): { etaMs?: number } {
    const durations = this.turns
      .flatMap(({ record }) =>
        record.end?.outcome === "completed" && record.start !== undefined ? [record.end.at - record.start.at] : [],
      )
      .slice(-5);
    const eta = etaMs(position, durations, this.#policy.maxActiveTurns);
    return eta === undefined ? {} : { etaMs: eta };
  }

  /** Stops all timers and upstream work of this life of the room; storage stays as it is. */
  close(): void {
    this.#closed = true;
    this.#logTimer?.cancel();
    this.delivery.close();
    for (const turn of this.#turns.values()) turn.controller?.abort();
    for (const wake of this.#wakers.values()) wake();
  }

  // Commits

  #begin(): Commit {
    return { changes: new Changes(), frames: [], next: [] };
  }

  #nextSeq(): number {
    this.#seq += 1;
    return this.#seq;
  }

  #tell(commit: Commit, kind: RoomFrame["kind"], turnId: string, frame: ServerFrame & { seq: number }): void {
    commit.frames.push({ seq: frame.seq, kind, turnId, text: JSON.stringify(frame) });
  }

  /** Stores the commit and tells it in its turn. A failure breaks the room, so nobody needs to wait to learn of it. */
  #commit(commit: Commit): void {
    void this.#durably(commit);
  }

  /** The same, for whoever must not go on before it is durable. */
  #durably(commit: Commit): Promise<void> {
    if (this.#closed) return Promise.resolve();
    const { changes, frames } = commit;
    // Only what is told is activity: the room's own housekeeping must not keep it alive.
    if (frames.length > 0) this.#lastActiveAt = this.#ports.clock.now();
    this.#keepWatch();
    this.#addRoomIn(changes);
    const publish = () => {
      if (this.#closed) return;
      for (const frame of frames) this.delivery.publish(frame);
      if (frames.length > 0) this.#hooks.onLogged();
      for (const next of commit.next) next();
      this.#hooks.onQueueChanged();
    };
    const isEmpty = changes.put.size + changes.delete.length + frames.length + commit.next.length === 0;
    const stored = isEmpty ? this.journal.settled() : this.journal.commit(changes, publish);
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
    const room: RoomRecord = {
      v: 1,
      epoch: this.#epoch,
      seq: this.#seq,
      floor: this.#floor,
      nextOrdinal: this.#nextOrdinal,
      lastActiveAt: this.#lastActiveAt,
    };
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
    if (this.turns.every((turn) => turn.isSettled)) this.#agenda.clear("watchdog");
    else if (this.#agenda.at("watchdog") === undefined) {
      this.#agenda.set("watchdog", this.#ports.clock.now() + watchdogMs);
    }
    const expireAt = this.#lastActiveAt + this.#policy.roomTtlMs;
    if (this.#nextOrdinal > 0 && (this.#agenda.at("expire") ?? 0) < expireAt - ttlSlackMs) {
      this.#agenda.set("expire", expireAt);
    }
  }

  // Turns

  /** Started, and their end not yet told. */
  *#liveTurns(): Iterable<RoomTurn> {
    for (const turn of this.#turns.values()) {
      if (turn.record.start !== undefined && (!turn.isSettled || this.#isUnpublished(turn))) yield turn;
    }
  }

  #isUnpublished(turn: RoomTurn): boolean {
    return (turn.record.end?.seq ?? 0) > this.delivery.seq;
  }

  #orphans(): RoomTurn[] {
    return this.turns.filter((turn) => !turn.isSettled && turn.record.spec.onLeave === "cancel");
  }

  /** Starts what may start, as part of `commit`: the call goes out when the start is durable. */
  #startNext(commit: Commit): void {
    if (this.#ports.clock.now() < this.#drainUntil) return;
    for (const turn of startable(this.#turns.values(), this.#policy.maxActiveTurns)) {
      const at = this.#ports.clock.now();
      const seq = this.#nextSeq();
      const start = { seq, at, deadlineAt: at + this.#policy.turnTimeoutMs, history: this.#historyOf(turn) };
      // The first call is counted here, with the start, and not in a write of its own — unless it has to wait for leave.
      const attempts = this.#ports.limiter.mayWait ? 0 : 1;
      turn.record = { ...turn.record, start, attempts };
      turn.advance({ type: attempts === 0 ? "wait" : "open" });
      commit.changes.turn(turn.record);
      this.#tell(commit, "start", turn.id, { type: "turn-start", seq, turnId: turn.id });
      commit.next.push(() => this.#run(turn, false));
    }
  }

  /** Ordinals of the settled turns with text before this one, oldest first: a bounded choice, made once. */
  #historyOf(turn: RoomTurn): number[] {
    const history: number[] = [];
    let bytes = 0;
    for (const { record } of this.turns.reverse()) {
      if (record.spec.ordinal >= turn.record.spec.ordinal || record.end === undefined || record.end.length === 0)
        continue;
      bytes += record.spec.inputBytes + record.end.bytes;
      if (history.length >= this.#policy.historyTurns || bytes > this.#policy.historyBytes) break;
      history.unshift(record.spec.ordinal);
    }
    return history;
  }

  async #messagesFor(turn: RoomTurn): Promise<ChatMessage[]> {
    const input: TurnInput = turn.input ?? (await this.#log.readInput(turn.record.spec.ordinal));
    if ("messages" in input) return input.messages;
    const chosen = new Set(turn.record.start?.history);
    const messages: ChatMessage[] = [{ role: "user", content: input.prompt }];
    let bytes = utf8Length(input.prompt);
    for (const past of this.turns.reverse()) {
      if (!chosen.has(past.record.spec.ordinal)) continue;
      await this.ensureLoaded(past);
      const prompt = past.input === undefined ? "" : promptOf(past.input);
      const answer = textOf(past.content?.parts() ?? []);
      bytes += utf8Length(prompt) + utf8Length(answer);
      if (bytes > this.#policy.historyBytes) break;
      messages.unshift({ role: "user", content: prompt }, { role: "assistant", content: answer });
    }
    return messages;
  }

  #isResumable(turn: RoomTurn): boolean {
    return turn.record.upstream?.resumable ?? this.#policy.upstreamResumable;
  }

  #run(turn: RoomTurn, resuming: boolean): void {
    if (turn.isSettled || turn.record.stopIntent !== undefined || this.#turns.get(turn.id) !== turn) return;
    const controller = new AbortController();
    turn.controller = controller;
    void this.#drive(turn, resuming, controller.signal).catch((error: unknown) => {
      this.#ports.report({ name: "session-fault", cause: error });
      if (!controller.signal.aborted) this.#settle(turn, { outcome: "failed", error: turnError("internal") }, true);
    });
  }

  async #drive(turn: RoomTurn, resuming: boolean, signal: AbortSignal): Promise<void> {
    const { spec, start, waitUntil } = turn.record;
    const [generationId, messages] = await Promise.all([this.#generationIdOf(turn), this.#messagesFor(turn)]);
    if (signal.aborted) return;
    turn.generationId = generationId;
    const run = {
      request: {
        generationId,
        messages,
        ...(spec.provider === undefined ? {} : { provider: spec.provider }),
        ...(spec.model === undefined ? {} : { model: spec.model }),
        ...(spec.params === undefined ? {} : { params: spec.params }),
      },
      deadlineAt: start?.deadlineAt ?? this.#ports.clock.now() + this.#policy.turnTimeoutMs,
      resuming,
      hasWaited: waitUntil !== undefined,
      ...(waitUntil === undefined ? {} : { waitUntil }),
    };
    const end = await runTurn(run, this.#sinkOf(turn, signal, resuming), this.#ports, this.#policy, signal);
    if (turn.record.simulated !== undefined) await this.#showAtPace(turn, signal);
    if (end !== undefined && !signal.aborted) this.#settle(turn, end.ending, !end.byUpstream);
  }

  /** Shows an answer that came whole bit by bit (U6). Resolves when all of it has been shown, or the turn was stopped. */
  async #showAtPace(turn: RoomTurn, signal: AbortSignal): Promise<void> {
    for (const offset of turn.pace) {
      if (signal.aborted) return;
      turn.show(offset);
      this.delivery.poke();
      if (offset < turn.arrived) await this.#sleep(this.#policy.simulateChunkMs, signal);
    }
  }

  #sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#ports.clock.after(ms, resolve);
      signal.addEventListener("abort", () => {
        timer.cancel();
        resolve();
      });
    });
  }

  #sinkOf(turn: RoomTurn, signal: AbortSignal, wasResumed: boolean): TurnRunSink {
    // Where no leave has to be waited for, the start commit counted the first call.
    let counted = !this.#ports.limiter.mayWait && !wasResumed && turn.record.waitUntil === undefined;
    const conversation = this;
    return {
      attempting: async (resume) => {
        turn.advance(resume ? { type: "resume" } : { type: "open" });
        turn.rewind(resume);
        if (!counted) {
          const { waitUntil: _, ...record } = turn.record;
          turn.record = resume
            ? { ...record, resumes: record.resumes + 1 }
            : { ...record, attempts: record.attempts + 1 };
          await this.#store(turn);
        }
        counted = false;
        const number = resume ? turn.record.resumes : turn.record.attempts;
        this.#ports.report({ name: "upstream-attempt", turnId: turn.id, attempt: number, resume });
      },
      batch: (batch) => {
        if (!signal.aborted) this.#take(turn, batch);
      },
      failed: (failure, resume) => this.#failed(turn, failure, resume),
      uncount: () => {
        turn.record = { ...turn.record, attempts: Math.max(0, turn.record.attempts - 1) };
        this.#note(turn);
      },
      wait: (ms, notice) => this.#wait(turn, ms, notice, signal),
      get attempts() {
        return turn.record.attempts;
      },
      get resumes() {
        return turn.record.resumes;
      },
      get hasContent() {
        return turn.arrived > 0;
      },
      get resumable() {
        return conversation.#isResumable(turn);
      },
      get lastEventId() {
        return turn.mark?.eventId;
      },
    };
  }

  #store(turn: RoomTurn): Promise<void> {
    const commit = this.#begin();
    commit.changes.turn(turn.record);
    return this.#durably(commit);
  }

  #failed(turn: RoomTurn, failure: UpstreamFailure, resume: boolean): void {
    const cause = failure.cause ?? (resume ? "resume" : "attempt");
    this.#ports.report({ name: "upstream-failure", turnId: turn.id, code: failure.code, cause });
  }

  /** The hot path: what the upstream said becomes content, and readers are told now or within the coalescing time. */
  #take(turn: RoomTurn, batch: UpstreamBatch): void {
    if (batch.start !== undefined) this.#started(turn, batch);
    const excess = this.#excessOf(turn, batch);
    if (excess !== undefined) {
      this.#settle(turn, { outcome: "failed", error: turnError(excess) }, true);
      return;
    }
    const grew = turn.take(batch, this.#policy.maxTurnLength);
    if (batch.whole === true) this.#tookWhole(turn, batch);
    if (batch.parts.length > 0 && turn.phase.state !== "streaming") {
      turn.advance({ type: "content" });
      this.delivery.unsay(`notice/${turn.id}`);
    }
    if (!grew) return;
    this.delivery.poke();
    if (turn.arrived >= this.#policy.maxTurnLength) {
      this.#settle(turn, { outcome: "failed", error: turnError("turn-too-long") }, true);
    } else if (turn.arrived - turn.loggedLength >= this.#policy.logLagUnits) this.#appendLog(turn);
    else this.#logTimer ??= this.#ports.clock.after(this.#policy.logLagMs, () => this.#appendLogs());
  }

  /** T6: what a tool step says is bounded by itself and together; text by the turn's length. */
  #excessOf(turn: RoomTurn, batch: UpstreamBatch): "part-too-large" | "turn-too-long" | undefined {
    for (const part of batch.parts) {
      if (isText(part)) continue;
      const bytes = utf8Length(JSON.stringify(part));
      if (bytes > this.#policy.maxPartBytes) return "part-too-large";
      turn.partBytes += bytes;
    }
    return turn.partBytes > this.#policy.maxTurnLength ? "turn-too-long" : undefined;
  }

  /** Gives the turn's lease back, if it ever asked for one. */
  #release(turn: RoomTurn, outcome: ReleaseOutcome): void {
    if (turn.generationId === undefined || turn.isReleased) return;
    turn.isReleased = true;
    this.#ports.limiter.release(turn.generationId, outcome);
  }

  /** U6: stored whole at once; what is shown of it begins with nothing and grows at the pace. */
  #tookWhole(turn: RoomTurn, batch: UpstreamBatch): void {
    const finishReason = batch.end?.kind === "done" ? batch.end.finishReason : undefined;
    turn.endText(this.#policy.maxTurnLength);
    turn.record = { ...turn.record, simulated: finishReason === undefined ? {} : { finishReason } };
    turn.pace = paceParts(turn.slice(0), this.#policy.simulateChunkMs, this.#policy.simulateMaxMs);
    turn.show(0);
    // The upstream has said all it will: the lease is for the next turn, not for the showing.
    this.#release(turn, "ok");
    const commit = this.#begin();
    const { firstRow, rows } = turn.takeUnlogged();
    commit.changes.text(turn.record.spec.ordinal, firstRow, rows);
    commit.changes.turn(turn.record);
    this.#commit(commit);
  }

  /** Without the upstream's own word in storage, a wake could not resume (T5). */
  #started(turn: RoomTurn, batch: UpstreamBatch): void {
    const { start, eventId } = batch;
    if (start === undefined) return;
    turn.model = start.model ?? turn.model;
    const upstream = { ...start, ...(eventId === undefined || batch.parts.length > 0 ? {} : { eventId }) };
    if (turn.record.upstream?.resumable === upstream.resumable) return;
    turn.record = { ...turn.record, upstream };
    this.#note(turn);
  }

  /**
   * Writes the turn's record as a log row is written, unconfirmed: nothing that is shown rests on it, and a commit would hold
   * the next frame back until the disk has it.
   */
  #note(turn: RoomTurn): void {
    const changes = new Changes();
    changes.turn(turn.record);
    this.journal.append(changes.put);
  }

  #appendLogs(): void {
    this.#logTimer = undefined;
    for (const turn of activeTurns(this.#turns.values())) if (turn.arrived > turn.loggedLength) this.#appendLog(turn);
  }

  #appendLog(turn: RoomTurn): void {
    const { firstRow, rows } = turn.takeUnlogged();
    const changes = new Changes();
    changes.text(turn.record.spec.ordinal, firstRow, rows);
    this.journal.append(changes.put);
    this.#hooks.onLogged();
  }

  /** Waits without a call open. A long wait is stored, and the alarm ends it, so that the object may sleep. */
  async #wait(turn: RoomTurn, ms: number, notice: WaitNotice, signal: AbortSignal): Promise<void> {
    turn.advance(notice.resume ? { type: "resume" } : { type: "wait" });
    const { resume: _, ...said } = notice;
    const frame: NoticeFrame = {
      type: "notice",
      ...said,
      turnId: turn.id,
      retryAfterMs: ms,
      willRetry: true,
      message: NOTICE_MESSAGES[notice.code].en,
    };
    this.delivery.say(`notice/${turn.id}`, JSON.stringify(frame));
    const name = `wait/${turn.id}`;
    if (ms > timerWaitMs) {
      const until = this.#ports.clock.now() + ms;
      turn.record = { ...turn.record, waitUntil: until };
      this.#agenda.set(name, until);
      await this.#store(turn);
    }
    await new Promise<void>((resolve) => {
      const timer = ms > timerWaitMs ? undefined : this.#ports.clock.after(ms, resolve);
      this.#wakers.set(name, resolve);
      signal.addEventListener("abort", () => {
        timer?.cancel();
        resolve();
      });
      if (signal.aborted) resolve();
    });
    this.#wakers.delete(name);
    this.#agenda.clear(name);
  }

  // Stopping and settling

  /** Aborts our side, tells the upstream, and settles with what is known of its answer (T3). */
  async #carryOutStop(turn: RoomTurn): Promise<void> {
    turn.controller?.abort();
    const stop = await this.#stopUpstream(turn);
    this.#settle(turn, { outcome: "cancelled", stop }, false);
  }

  #generationIdOf(turn: RoomTurn): Promise<string> {
    return this.#ports.generationIdOf(this.#epoch, turn.id);
  }

  /** Asks the upstream to generate no more. Unreachable: the alarm tries again for a while. */
  async #stopUpstream({ generationId, record }: RoomTurn): Promise<StopProof> {
    // Never asked, or its whole answer is here: nothing can run there any more, which is all the proof a stop can have.
    if (generationId === undefined || record.simulated !== undefined) return "confirmed";
    const result = await this.#askStop(generationId);
    if (result !== "unreachable") return result;
    this.#intendStop(generationId);
    await this.#durably(this.#begin());
    return "closed";
  }

  /** Puts a stop that is to be tried (again) on the agenda, under the name this returns. */
  #intendStop(generationId: string): string {
    const now = this.#ports.clock.now();
    const name = `stop/${generationId}/${now + stopRetryForMs}`;
    this.#agenda.set(name, now + stopRetryEveryMs);
    return name;
  }

  async #retryStop(name: string): Promise<void> {
    const [, generationId = "", until = "0"] = name.split("/");
    const result = this.#ports.clock.now() > Number(until) ? "closed" : await this.#askStop(generationId);
    if (result !== "unreachable" && this.#agenda.clear(name)) await this.#durably(this.#begin());
  }

  async #askStop(generationId: string): Promise<StopProof | "unreachable"> {
    const controller = new AbortController();
    const timer = this.#ports.clock.after(this.#policy.stopConfirmMs, () => controller.abort());
    try {
      const answer = await this.#ports.upstream.stop(generationId, controller.signal);
      return answer === "confirmed" ? "confirmed" : "closed";
    } catch (cause) {
      this.#ports.report({ name: "stop-unconfirmed", generationId, cause });
      return "unreachable";
    } finally {
      timer.cancel();
    }
  }

  #settle(turn: RoomTurn, ending: Ending, stopUpstream: boolean): void {
    if (turn.isSettled || this.#closed || this.#turns.get(turn.id) !== turn) return;
    const commit = this.#begin();
    this.#settleIn(commit, turn, ending, stopUpstream);
    this.#commit(commit);
  }

  /** Ends a turn, once (T2): its last rows, its record and the next turn's start are one commit. */
  #settleIn(commit: Commit, turn: RoomTurn, ending: Ending, stopUpstream: boolean): void {
    // Half a pair that still waits is a fault of a finished text, but no more than a cut in one that broke off.
    if (ending.outcome === "completed") turn.endText(this.#policy.maxTurnLength);
    // A stop settles at what was shown (U6); everything else shows the rest.
    if (ending.outcome === "cancelled") turn.cutToShown();
    else turn.show(Number.POSITIVE_INFINITY);
    turn.controller?.abort();
    turn.controller = undefined;
    const { firstRow, rows } = turn.takeUnlogged();
    commit.changes.text(turn.record.spec.ordinal, firstRow, rows);
    const seq = this.#nextSeq();
    const facts = {
      ...(turn.model === undefined ? {} : { model: turn.model }),
      ...(turn.usage === undefined ? {} : { usage: turn.usage }),
    };
    const end: TurnEnd = {
      ...ending,
      ...facts,
      seq,
      at: this.#ports.clock.now(),
      length: turn.length,
      bytes: utf8Length(JSON.stringify(turn.content?.parts() ?? [])),
      rows: turn.rows,
    };
    this.#release(turn, releaseOutcomes[ending.outcome]);
    const { waitUntil: _, ...record } = turn.record;
    turn.record = { ...record, end };
    turn.advance({ type: "settle", ending });
    commit.changes.turn(turn.record);
    this.#agenda.clear(`wait/${turn.id}`);
    if (activeTurns(this.#turns.values()).length === 0) {
      // Nothing left to log: a timer that still ran would keep the object awake.
      this.#logTimer?.cancel();
      this.#logTimer = undefined;
    }
    this.delivery.unsay(`notice/${turn.id}`);
    this.#tell(commit, "end", turn.id, {
      type: "turn-end",
      seq,
      turnId: turn.id,
      length: turn.length,
      ...ending,
      ...facts,
    });
    this.#startNext(commit);
    if (this.#excess().length > 0) this.#agenda.set("retention", this.#ports.clock.now());
    commit.next.push(() => {
      const error = ending.error === undefined ? {} : { error: ending.error.code };
      this.#ports.report({ name: "turn-settled", turnId: turn.id, outcome: ending.outcome, ...error });
      if (stopUpstream) void this.#stopUpstream(turn);
      turn.onEnded();
      if (this.#orphans().length === 0) this.viewersChanged();
    });
  }

  /** Settled turns beyond what the room keeps, oldest first (F4). */
  #excess(): RoomTurn[] {
    const newestFirst = this.turns.reverse();
    let bytes = 0;
    const kept = newestFirst.findIndex((turn, index) => {
      bytes += (turn.record.end?.bytes ?? turn.length) + turn.record.spec.inputBytes;
      return turn.isSettled && (index >= this.#policy.keepTurns || (index > 0 && bytes > this.#policy.keepBytes));
    });
    return kept === -1
      ? []
      : newestFirst
          .slice(kept)
          .filter((turn) => turn.isSettled)
          .reverse();
  }

  /** Forgets the oldest turns. It takes no `seq`: raising `floor` sends who knew only them to a snapshot. */
  #trimIn(commit: Commit): void {
    for (const turn of this.#excess()) {
      if (this.#isUnpublished(turn)) continue;
      this.#turns.delete(turn.id);
      this.#floor = Math.max(this.#floor, turn.record.end?.seq ?? 0);
      commit.changes.removeTurn(turn.record, turn.record.end?.rows ?? turn.rows);
      this.#bury(commit, turn.id, {});
    }
  }

  #removeIn(commit: Commit, gone: readonly RoomTurn[]): void {
    const seq = this.#nextSeq();
    for (const turn of gone) {
      turn.controller?.abort();
      this.#turns.delete(turn.id);
      commit.changes.removeTurn(turn.record, turn.record.end?.rows ?? turn.rows);
      this.delivery.unsay(`notice/${turn.id}`);
      this.#bury(commit, turn.id, { removedSeq: seq });
    }
    const turnIds = gone.map((turn) => turn.id);
    this.#tell(commit, "removed", turnIds[0] ?? "", { type: "turn-removed", seq, turnIds });
  }

  /** Remembers an id that must not run. Forgetting an old one raises `floor`: who knew it only then gets a snapshot. */
  #bury(commit: Commit, turnId: string, facts: { readonly removedSeq?: number }): void {
    const now = this.#ports.clock.now();
    const tombstone: Tombstone = { v: 1, at: now, ...facts };
    this.#tombstones.set(turnId, tombstone);
    commit.changes.tombstone(turnId, tombstone);
    for (const [id, old] of this.#tombstones) {
      if (now - old.at < tombstoneMs && this.#tombstones.size <= maxTombstones) break;
      this.#tombstones.delete(id);
      commit.changes.forgetTombstone(id);
      this.#floor = Math.max(this.#floor, old.removedSeq ?? 0);
    }
  }
}
