/**
 * The turns of one room: accepting them, queueing them, running them against the upstream, stopping and settling them, and
 * keeping all of that stored so that a wake finds it. It knows no sockets: what changed is published to the delivery in
 * `seq` order, each change durable first.
 */

import { fingerprint } from "../../shared/fingerprint.ts";
import type { Have } from "../../shared/protocol/client-frames.ts";
import type { ErrorCode } from "../../shared/protocol/errors.ts";
import type { Outcome, ServerFrame } from "../../shared/protocol/server-frames.ts";
import { fail, ok, type Result } from "../../shared/result.ts";
import { utf8Length } from "../../shared/text.ts";
import { Agenda } from "./agenda.ts";
import { Delivery, type RoomFrame } from "./delivery.ts";
import type { StopCause } from "./events.ts";
import { historyOf, messagesFor } from "./history.ts";
import { Journal } from "./journal.ts";
import type { ReleaseOutcome } from "./limiter-port.ts";
import type { RoomPolicy } from "./policy.ts";
import type { RoomPorts } from "./ports.ts";
import { excessTurns } from "./retention.ts";
import { RoomTurn } from "./room-turn.ts";
import { Tombstones } from "./tombstones.ts";
import { type Ending, type Submit, type TurnEnd, type TurnRecord, type TurnSpec, turnError } from "./turn.ts";
import { TurnDriver } from "./turn-driver.ts";
import { factsOf } from "./turn-facts.ts";
import { Changes, jsonRows, type RoomRecord, TurnLog } from "./turn-log.ts";
import { activeTurns, etaMs, queuedTurns, startable } from "./turn-queue.ts";
import { stopRetryEveryMs, UpstreamStops } from "./upstream-stops.ts";

/** How far ahead the alarm stands while a turn is not over, so that a killed room with no tab left still settles (A1). */
export const watchdogMs = 60_000;
/** A day of a room's time to live may pass before its deadline is stored again: a row a day, not one a turn. */
const ttlSlackMs = 86_400_000;
/** Units of settled answers kept in memory for the next sync. */
const settledUnitsKept = 1_048_576;
/** Of lives that ended before the first turn: each wake of an unused room makes one more, and old tabs forget theirs. */
const maxEmptyEpochs = 32;

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
  /** Begun as soon as the write is on its way, and durable with it or after it. */
  readonly begin: (() => void)[];
  /** Done when it is durable and told. */
  readonly next: (() => void)[];
}

export class Conversation {
  readonly delivery: Delivery;
  readonly journal: Journal;
  readonly #ports: RoomPorts;
  readonly #policy: RoomPolicy;
  readonly #hooks: ConversationHooks;
  readonly #log: TurnLog;
  readonly #agenda = new Agenda();
  readonly #driver: TurnDriver;
  readonly #stops: UpstreamStops;
  /** What storage holds of the two, as JSON. */
  #agendaStored = "{}";
  #roomStored = "";
  #epoch = "";
  #seq = 0;
  #floor = 0;
  #nextOrdinal = 0;
  #lastActiveAt = 0;
  #turns = new Map<string, RoomTurn>();
  readonly #tombstones = new Tombstones();
  /** Epochs of earlier lives of this room that ended before anything was stored: nothing made in them can be stale. */
  readonly #emptyEpochs = new Set<string>();
  /** Turns were cleared or erased in this life: what was made before that is stale even in a room without turns. */
  #wasCleared = false;
  /** Submits that wait until the turns they replace have been stopped: what they say, and what becomes of them. */
  readonly #replacing = new Map<string, { readonly print: string; readonly refused: Promise<ErrorCode | undefined> }>();
  /** Turns that storage said were not over, until `recover` has taken them up. */
  #unfinished: RoomTurn[] = [];
  /** Until when nothing new is started: the room is being drained. */
  #drainUntil = 0;
  #closed = false;

  constructor(
    ports: RoomPorts,
    policy: RoomPolicy,
    hooks: ConversationHooks &
      Pick<ConstructorParameters<typeof Delivery>[0], "onBehind" | "onSlow" | "onOver" | "mayStay">,
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
        mayStay: (reader) => hooks.mayStay(reader),
        onOver: (reader) => hooks.onOver(reader),
      },
      ports.clock,
      policy,
    );
    this.#stops = new UpstreamStops(ports, policy, this.#agenda, () => this.#durably(this.#begin()));
    const parts = { journal: this.journal, delivery: this.delivery, agenda: this.#agenda };
    this.#driver = new TurnDriver(ports, policy, parts, {
      has: (turn) => this.#turns.get(turn.id) === turn,
      active: () => this.active(),
      generationIdOf: (turn) => this.#generationIdOf(turn),
      messagesFor: (turn) =>
        turn.record.spec.contextRows === undefined
          ? messagesFor(turn, this.turns, this.#policy, (past) => this.ensureLoaded(past))
          : this.#log.readContext(turn.record.spec.ordinal),
      store: (turn) => this.#store(turn),
      settle: (turn, ending, stopUpstream) => this.#settle(turn, ending, stopUpstream),
      onLogged: () => hooks.onLogged(),
    });
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
  removed(): Iterable<readonly [string, number]> {
    return this.#tombstones.removed();
  }

  /**
   * A reader says what it has. A room stores nothing before its first turn, its epoch not either, so a kill or a sleep
   * before that leaves readers with an epoch that only they remember. What they submit in it is as good as new (T1).
   */
  recognize(have: Have | undefined): void {
    if (have?.seq === 0 && this.#nextOrdinal === 0 && this.#emptyEpochs.size < maxEmptyEpochs) {
      this.#emptyEpochs.add(have.epoch);
    }
  }

  /** Reads everything from storage and decides what becomes of each open turn (T5). Calls nobody. */
  async load(): Promise<void> {
    const stored = await this.#log.load();
    this.#epoch = stored.room?.epoch ?? this.#ports.newId();
    this.#seq = stored.room?.seq ?? 0;
    this.#floor = stored.room?.floor ?? 0;
    this.#nextOrdinal = stored.room?.nextOrdinal ?? 0;
    this.#lastActiveAt = stored.room?.lastActiveAt ?? 0;
    this.#tombstones.load(stored.tombstones);
    this.#roomStored = stored.room === undefined ? "" : JSON.stringify(stored.room);
    this.#agenda.load(stored.agenda);
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
      } else if (turn.phase.state === "waiting") commit.next.push(() => this.#driver.run(turn, turn.length > 0));
      else if (this.#driver.isResumable(turn) && turn.record.resumes < this.#policy.maxResumes) {
        commit.next.push(() => this.#driver.run(turn, true));
      }
      // What the upstream does with a call that nobody reads is unknown: it is told to stop.
      else this.#settleIn(commit, turn, { outcome: "interrupted", error: turnError("upstream-truncated") }, true);
    }
    this.#startNext(commit);
    this.#commit(commit);
  }

  /**
   * Accepts a turn (T1, Q3). `known`: this id is already here with the same content; nothing was started. One that replaces
   * others can still be refused: see `decided`.
   */
  submit(frame: Submit, author: string): Result<"accepted" | "known", ErrorCode> {
    const result = this.#submit(frame, author);
    if (!result.ok) this.#ports.report({ name: "turn-refused", turnId: frame.turnId, code: result.error });
    return result;
  }

  #submit(frame: Submit, author: string): Result<"accepted" | "known", ErrorCode> {
    const print = fingerprint([frame.input, frame.provider ?? null, frame.model ?? null, frame.params ?? null]);
    const known = this.#turns.get(frame.turnId);
    if (known !== undefined) return known.record.spec.fingerprint === print ? ok("known") : fail("turn-conflict");
    const replacing = this.#replacing.get(frame.turnId);
    if (replacing !== undefined) return replacing.print === print ? ok("accepted") : fail("turn-conflict");
    if (frame.epoch !== undefined && this.#isStale(frame.epoch)) return fail("turn-stale");
    if (this.#tombstones.has(frame.turnId)) return fail("turn-stale");
    if (frame.replaces === undefined) {
      if (this.#isFull()) return fail("queue-full");
      this.#accept(frame, author, print, []);
      return ok("accepted");
    }
    const replaced = this.#turns.get(frame.replaces);
    if (replaced === undefined) return fail("turn-unknown");
    const gone = this.turns.filter((turn) => turn.record.spec.ordinal >= replaced.record.spec.ordinal);
    const refused = this.#replace(frame, author, print, gone);
    this.#replacing.set(frame.turnId, { print, refused });
    return ok("accepted");
  }

  /**
   * For a turn that was accepted: resolves when it is durable, or with why it was refused after all, because what it was to
   * replace has been cleared meanwhile.
   */
  async decided(turnId: string): Promise<ErrorCode | undefined> {
    const refused = await this.#replacing.get(turnId)?.refused;
    if (refused === undefined) await this.journal.settled();
    return refused;
  }

  /** Resolves when the turn's end is durable and told, or the turn is gone. */
  async ended(turn: RoomTurn): Promise<void> {
    if (!turn.isSettled || this.#isUnpublished(turn)) await turn.ended;
  }

  /** When the last turn ended, ms since 1970, or -Infinity where there was none; undefined while one is not over. */
  get idleSince(): number | undefined {
    let since = Number.NEGATIVE_INFINITY;
    for (const { record } of this.#turns.values()) {
      if (record.end === undefined) return undefined;
      since = Math.max(since, record.end.at);
    }
    return since;
  }

  /** This life of the room is over: nothing that is waited for will come. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /**
   * Whether what was made in `epoch` was made in a life of the log that is over (T1). In a room that never accepted a turn
   * nothing is: it stores nothing, so each sleep or kill makes it a new epoch, and old ones come back with those who heard them.
   */
  #isStale(epoch: string): boolean {
    if (epoch === this.#epoch) return false;
    if (this.#nextOrdinal === 0 && !this.#wasCleared && this.#emptyEpochs.size < maxEmptyEpochs) {
      this.#emptyEpochs.add(epoch);
    }
    return !this.#emptyEpochs.has(epoch);
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
    frame: Submit,
    author: string,
    print: string,
    gone: readonly RoomTurn[],
  ): Promise<ErrorCode | undefined> {
    const { epoch } = this;
    // Those in line first: the slot that the running one frees is not for them.
    for (const turn of gone.toReversed()) this.cancel(turn.id, "replace");
    await Promise.all(gone.map((turn) => this.ended(turn)));
    this.#replacing.delete(frame.turnId);
    if (this.#closed) return "draining";
    if (epoch !== this.#epoch || this.#tombstones.has(frame.turnId)) {
      this.#ports.report({ name: "turn-refused", turnId: frame.turnId, code: "turn-stale" });
      return "turn-stale";
    }
    this.#accept(frame, author, print, gone);
    return undefined;
  }

  #accept(frame: Submit, author: string, print: string, gone: readonly RoomTurn[]): void {
    const commit = this.#begin();
    if (gone.length > 0) this.#removeIn(commit, gone);
    const now = this.#ports.clock.now();
    const rows = jsonRows(frame.input);
    const contextRows = frame.context === undefined ? [] : jsonRows(frame.context);
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
      ...(contextRows.length === 0 ? {} : { contextRows: contextRows.length }),
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
    commit.changes.context(spec.ordinal, contextRows);
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
    commit.next.push(() => this.#ports.report({ name: "turn-queued", turnId: turn.id, position }));
    this.#startNext(commit);
    this.#commit(commit);
  }

  /** Stops a turn from whatever state (T3). Idempotent; a settled turn stays as it is. */
  cancel(turnId: string, by: StopCause = "cancel"): Result<RoomTurn, ErrorCode> {
    const turn = this.#turns.get(turnId);
    if (turn === undefined) {
      // The submit may still be on its way, by another path: it must not run then (T1).
      if (!this.#tombstones.has(turnId)) {
        const commit = this.#begin();
        this.#bury(commit, turnId);
        this.#commit(commit);
      }
      return fail("turn-unknown");
    }
    if (turn.isSettled || turn.record.stopIntent !== undefined) return ok(turn);
    const commit = this.#begin();
    turn.record = { ...turn.record, stopIntent: { by, at: this.#ports.clock.now() } };
    commit.next.push(() => this.#ports.report({ name: "turn-stopping", turnId, by }));
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
    this.#wasCleared = true;
    const commit = this.#begin();
    for (const turn of this.#turns.values()) {
      turn.controller?.abort();
      turn.onEnded();
      this.#driver.release(turn, "cancelled");
      commit.changes.removeTurn(turn.record, turn.record.end?.rows ?? turn.rows);
      this.#bury(commit, turn.id);
      if (turn.isSettled || turn.generationId === undefined) continue;
      const name = this.#stops.intend(turn.generationId);
      commit.next.push(() => void this.#stops.retry(name));
    }
    this.#turns = new Map();
    this.#emptyEpochs.clear();
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
    // Nothing was ever there: who is in the room keeps its epoch.
    if (this.isPristine) {
      this.#roomStored = "";
      this.#agenda.load({});
      this.#agendaStored = "{}";
      await this.journal.erase(() => undefined);
      return;
    }
    this.#wasCleared = true;
    const running = activeTurns(this.#turns.values());
    for (const turn of this.#turns.values()) {
      turn.controller?.abort();
      turn.onEnded();
      this.#driver.release(turn, "cancelled");
    }
    this.#turns = new Map();
    this.#emptyEpochs.clear();
    this.#tombstones.clear();
    this.#epoch = this.#ports.newId();
    this.#seq = 0;
    this.#floor = 0;
    this.#nextOrdinal = 0;
    this.#agenda.load({});
    this.#agendaStored = "{}";
    this.#roomStored = "";
    const erased = this.journal.erase(() => {
      if (this.#closed) return;
      this.delivery.reset(this.#seq);
      this.#hooks.onCleared();
    });
    // What could not be told to stop stays on the new agenda: its id is all that is kept.
    await Promise.all([erased, ...running.map((turn) => this.#stops.of(turn))]);
  }

  /** Whether the room never accepted a turn and owes nobody a stop: nothing of it is worth keeping (F4). */
  get isPristine(): boolean {
    return this.#nextOrdinal === 0 && this.#tombstones.size === 0 && !this.#agenda.hasAny("stop/");
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

  /** Rings at `at` at the latest, also in a room that never accepted a turn: to take away what is stored of it all the same. */
  wakeAt(name: "tickets", at: number): void {
    if (this.#agenda.set(name, at)) this.#commit(this.#begin());
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
      if (name.startsWith("wait/")) this.#driver.wake(name);
      if (name.startsWith("stop/")) void this.#stops.retry(name);
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

  /** Turns that hold a slot. */
  active(): readonly RoomTurn[] {
    return activeTurns(this.#turns.values());
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
    this.#driver.close();
    this.delivery.close();
    for (const turn of this.#turns.values()) {
      turn.controller?.abort();
      turn.onEnded();
    }
  }

  // Commits

  #begin(): Commit {
    return { changes: new Changes(), frames: [], begin: [], next: [] };
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
    if (frames.length > 0 || this.#lastActiveAt === 0) this.#lastActiveAt = this.#ports.clock.now();
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
    if (!this.isPristine && (this.#agenda.at("expire") ?? 0) < expireAt - ttlSlackMs) {
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

  /**
   * Starts what may start, as part of `commit`: the way to the Limiter and the write of the start take their time together, and
   * the call goes out when the start is durable. The first call is counted with it, and not in a write of its own.
   */
  #startNext(commit: Commit): void {
    if (this.#closed || this.#ports.clock.now() < this.#drainUntil) return;
    for (const turn of startable(this.#turns.values(), this.#policy.maxActiveTurns)) {
      const at = this.#ports.clock.now();
      const seq = this.#nextSeq();
      const start = {
        seq,
        at,
        deadlineAt: at + this.#policy.turnTimeoutMs,
        history: historyOf(turn, this.turns, this.#policy),
      };
      turn.record = { ...turn.record, start, attempts: 1 };
      turn.advance({ type: "open" });
      commit.changes.turn(turn.record);
      this.#tell(commit, "start", turn.id, { type: "turn-start", seq, turnId: turn.id });
      const queueMs = at - turn.record.spec.createdAt;
      commit.next.push(() => this.#ports.report({ name: "turn-started", turnId: turn.id, queueMs }));
      commit.begin.push(() => this.#driver.run(turn, false));
    }
  }

  // Stopping and settling

  /** Aborts our side, tells the upstream, and settles with what is known of its answer (T3). */
  async #carryOutStop(turn: RoomTurn): Promise<void> {
    turn.controller?.abort();
    const stop = await this.#stops.of(turn);
    this.#settle(turn, { outcome: "cancelled", stop }, false);
  }

  #generationIdOf(turn: RoomTurn): Promise<string> {
    return this.#ports.generationIdOf(this.#epoch, turn.id);
  }

  /** The turn's record and what of its text is not yet in the log, durable together. */
  #store(turn: RoomTurn): Promise<void> {
    const commit = this.#begin();
    const { firstRow, rows } = turn.takeUnlogged();
    commit.changes.text(turn.record.spec.ordinal, firstRow, rows);
    commit.changes.turn(turn.record);
    return this.#durably(commit);
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
    const known = {
      ...(turn.model === undefined ? {} : { model: turn.model }),
      ...(turn.usage === undefined ? {} : { usage: turn.usage }),
    };
    const end: TurnEnd = {
      ...ending,
      ...known,
      seq,
      at: this.#ports.clock.now(),
      length: turn.length,
      bytes: utf8Length(JSON.stringify(turn.content?.parts() ?? [])),
      rows: turn.rows,
    };
    const { waitUntil: _, ...record } = turn.record;
    turn.record = { ...record, end };
    turn.advance({ type: "settle", ending });
    commit.changes.turn(turn.record);
    commit.changes.dropContext(turn.record.spec);
    this.#driver.settled(turn, releaseOutcomes[ending.outcome]);
    this.#tell(commit, "end", turn.id, {
      type: "turn-end",
      seq,
      turnId: turn.id,
      length: turn.length,
      ...ending,
      ...known,
    });
    const facts = factsOf(turn, ending, end.at);
    const span = turn.trace?.endTurn(facts, end.at, this.#policy.traceContent ? saidIn(turn) : undefined);
    this.#startNext(commit);
    if (excessTurns(this.turns, this.#policy).length > 0) this.#agenda.set("retention", this.#ports.clock.now());
    commit.next.push(() => {
      this.#ports.report({ name: "turn-settled", ...facts });
      if (span !== undefined) this.#ports.report(span);
      if (stopUpstream) void this.#stops.of(turn);
      turn.onEnded();
      if (this.#orphans().length === 0) this.viewersChanged();
    });
  }

  /** Forgets the oldest turns. It takes no `seq`: raising `floor` sends who knew only them to a snapshot. */
  #trimIn(commit: Commit): void {
    for (const turn of excessTurns(this.turns, this.#policy)) {
      if (this.#isUnpublished(turn)) continue;
      this.#turns.delete(turn.id);
      this.#floor = Math.max(this.#floor, turn.record.end?.seq ?? 0);
      commit.changes.removeTurn(turn.record, turn.record.end?.rows ?? turn.rows);
      this.#bury(commit, turn.id);
    }
  }

  #removeIn(commit: Commit, gone: readonly RoomTurn[]): void {
    const seq = this.#nextSeq();
    for (const turn of gone) {
      turn.controller?.abort();
      this.#turns.delete(turn.id);
      commit.changes.removeTurn(turn.record, turn.record.end?.rows ?? turn.rows);
      this.delivery.unsay(`notice/${turn.id}`);
      this.#bury(commit, turn.id, seq);
    }
    const turnIds = gone.map((turn) => turn.id);
    this.#tell(commit, "removed", turnIds[0] ?? "", { type: "turn-removed", seq, turnIds });
  }

  /** Remembers an id that must not run; forgetting an old removal raises `floor`. */
  #bury(commit: Commit, turnId: string, removedSeq?: number): void {
    const forgotten = this.#tombstones.bury(commit.changes, turnId, this.#ports.clock.now(), removedSeq);
    this.#floor = Math.max(this.#floor, forgotten);
  }
}

/** The words of a turn, for a trace that is to hold them. */
function saidIn(turn: RoomTurn): { input: string; output: string } {
  return { input: JSON.stringify(turn.input ?? null), output: JSON.stringify(turn.content?.parts() ?? []) };
}
