/**
 * The turns of one room: queueing them, running them against the upstream, stopping and settling them, and keeping all of
 * that stored so that a wake finds it. Accepting them is `submits.ts`, making changes durable and telling them `commits.ts`.
 * It knows no sockets: what changed is published to the delivery in `seq` order, each change durable first.
 */
import type { Have } from "../../../shared/protocol/client-frames.ts";
import type { ErrorCode } from "../../../shared/protocol/errors.ts";
import type { Outcome } from "../../../shared/protocol/server-frames.ts";
import { fail, ok, type Result } from "../../../shared/result.ts";
import { utf8Length } from "../../../shared/text.ts";
import { Delivery } from "../delivery/delivery.ts";
import type { StopCause } from "../events.ts";
import type { ReleaseOutcome } from "../limiter/limiter-port.ts";
import { Agenda } from "../log/deadlines.ts";
import { Journal } from "../log/journal.ts";
import { RoomLife } from "../log/log-position.ts";
import { TurnLog } from "../log/storage-schema.ts";
import { Tombstones } from "../log/tombstones.ts";
import type { Ending, Submit, TurnEnd, TurnRecord } from "../log/turn-record.ts";
import type { RoomPolicy } from "../policy.ts";
import type { RoomPorts } from "../ports.ts";
import { RoomTurn } from "../turn/live-turn.ts";
import { activeTurns, etaMs, queuedTurns, startable } from "../turn/turn-queue.ts";
import { factsOf } from "../turn/turn-report.ts";
import { turnError } from "../turn/turn-state.ts";
import { type Commit, Commits, watchdogMs } from "./commit.ts";
import { historyOf, messagesFor } from "./prompt-history.ts";
import { excessTurns } from "./retention.ts";
import { Submits } from "./submit.ts";
import { TurnDriver } from "./turn-runner.ts";
import { stopRetryEveryMs, UpstreamStops } from "./upstream-stops.ts";

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

export class Conversation {
  readonly delivery: Delivery;
  readonly journal: Journal;
  readonly #ports: RoomPorts;
  readonly #policy: RoomPolicy;
  readonly #hooks: ConversationHooks;
  readonly #log: TurnLog;
  readonly #agenda = new Agenda();
  readonly #life: RoomLife;
  readonly #commits: Commits;
  readonly #submits: Submits;
  readonly #driver: TurnDriver;
  readonly #stops: UpstreamStops;
  #turns = new Map<string, RoomTurn>();
  readonly #tombstones = new Tombstones();
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
    this.#life = new RoomLife(ports.newId);
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
    const parts = { journal: this.journal, delivery: this.delivery, agenda: this.#agenda, life: this.#life };
    this.#commits = new Commits(parts, ports, policy, {
      isClosed: () => this.#closed,
      isPristine: () => this.isPristine,
      hasOpenTurns: () => this.turns.some((turn) => !turn.isSettled),
      publish: (frame) => this.delivery.publish(frame),
      onLogged: () => hooks.onLogged(),
      onCommitted: () => hooks.onQueueChanged(),
    });
    this.#submits = new Submits({ ...parts, commits: this.#commits, tombstones: this.#tombstones }, ports, policy, {
      isClosed: () => this.#closed,
      turns: () => this.turns,
      turn: (id) => this.turn(id),
      add: (turn) => this.#turns.set(turn.id, turn),
      cancel: (turnId, by) => this.cancel(turnId, by),
      ended: (turn) => this.ended(turn),
      removeIn: (commit, gone) => this.#removeIn(commit, gone),
      startNext: (commit) => this.#startNext(commit),
      eta: (position) => this.eta(position),
    });
    this.#stops = new UpstreamStops(ports, policy, this.#agenda, () => this.#commits.durably(this.#commits.begin()));
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
    return this.#life.epoch;
  }
  get seq(): number {
    return this.#life.seq;
  }
  get floor(): number {
    return this.#life.floor;
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

  /** A reader says what it has: see `RoomLife`. */
  recognize(have: Have | undefined): void {
    this.#life.recognize(have);
  }

  /** Reads everything from storage and decides what becomes of each open turn (T5). Calls nobody. */
  async load(): Promise<void> {
    const stored = await this.#log.load();
    this.#commits.load(stored);
    this.#tombstones.load(stored.tombstones);
    for (const record of stored.turns) this.#turns.set(record.spec.id, await this.#restore(record));
    this.#unfinished = this.turns.filter((turn) => !turn.isSettled);
    this.delivery.reset(this.seq);
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
    const commit = this.#commits.begin();
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
    this.#commits.commit(commit);
  }

  /** Accepts a turn: see `Submits`. */
  submit(frame: Submit, author: string): Result<"accepted" | "known", ErrorCode> {
    return this.#submits.submit(frame, author);
  }

  /** For a turn that was accepted: resolves when it is durable, or with why it was refused after all. */
  decided(turnId: string): Promise<ErrorCode | undefined> {
    return this.#submits.decided(turnId);
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

  /** Stops a turn from whatever state (T3). Idempotent; a settled turn stays as it is. */
  cancel(turnId: string, by: StopCause = "cancel"): Result<RoomTurn, ErrorCode> {
    const turn = this.#turns.get(turnId);
    if (turn === undefined) {
      // The submit may still be on its way, by another path: it must not run then (T1).
      if (!this.#tombstones.has(turnId)) {
        const commit = this.#commits.begin();
        this.#bury(commit, turnId);
        this.#commits.commit(commit);
      }
      return fail("turn-unknown");
    }
    if (turn.isSettled || turn.record.stopIntent !== undefined) return ok(turn);
    const commit = this.#commits.begin();
    turn.record = { ...turn.record, stopIntent: { by, at: this.#ports.clock.now() } };
    commit.next.push(() => this.#ports.report({ name: "turn-stopping", turnId, by }));
    if (turn.phase.state === "queued") {
      // Nobody was ever asked for it: that is all the proof a stop can have.
      this.#settleIn(commit, turn, { outcome: "cancelled", stop: "confirmed" }, false);
    } else {
      commit.changes.turn(turn.record);
      commit.next.push(() => void this.#carryOutStop(turn));
    }
    this.#commits.commit(commit);
    return ok(turn);
  }

  /** Removes all turns and begins a new epoch; what ran is stopped, which is stored with the removal. */
  clear(): void {
    const commit = this.#commits.begin();
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
    this.#life.beginAnew(true);
    commit.next.push(() => {
      this.delivery.reset(this.seq);
      this.#hooks.onCleared();
    });
    this.#commits.commit(commit);
  }

  /** Removes all turns and deletes everything stored. Resolves when it is gone and what ran has been told to stop. */
  async erase(): Promise<void> {
    // Nothing was ever there: who is in the room keeps its epoch.
    if (this.isPristine) {
      this.#commits.forgetStored();
      await this.journal.erase(() => undefined);
      return;
    }
    const running = activeTurns(this.#turns.values());
    for (const turn of this.#turns.values()) {
      turn.controller?.abort();
      turn.onEnded();
      this.#driver.release(turn, "cancelled");
    }
    this.#turns = new Map();
    this.#tombstones.clear();
    this.#life.beginAnew(false);
    this.#commits.forgetStored();
    const erased = this.journal.erase(() => {
      if (this.#closed) return;
      this.delivery.reset(this.seq);
      this.#hooks.onCleared();
    });
    // What could not be told to stop stays on the new agenda: its id is all that is kept.
    await Promise.all([erased, ...running.map((turn) => this.#stops.of(turn))]);
  }

  /** Whether the room never accepted a turn and owes nobody a stop: nothing of it is worth keeping (F4). */
  get isPristine(): boolean {
    return this.#life.isUnused && this.#tombstones.size === 0 && !this.#agenda.hasAny("stop/");
  }

  /** Starts nothing new for a while: running turns end or move with the object, queued ones wait, stored (style: drain). */
  drain(): void {
    if (this.isPristine) return;
    this.#drainUntil = this.#ports.clock.now() + this.#policy.drainRoomMs;
    this.#agenda.set("drained", this.#drainUntil);
    this.#commits.commit(this.#commits.begin());
  }

  /** Rings at `at` at the latest, to look after sessions that were asked to leave. */
  remind(at: number): void {
    if (!this.isPristine && this.#agenda.set("away", at)) this.#commits.commit(this.#commits.begin());
  }

  /** Rings at `at` at the latest, also in a room that never accepted a turn: to take away what is stored of it all the same. */
  wakeAt(name: "tickets", at: number): void {
    if (this.#agenda.set(name, at)) this.#commits.commit(this.#commits.begin());
  }

  /** Viewers came or went: sets or clears the grace after which turns that nobody waits for are stopped (T4). */
  viewersChanged(): void {
    const abandoned = this.#hooks.viewers() === 0 && this.#orphans().length > 0;
    const changed = abandoned
      ? this.#agenda.at("orphan") === undefined &&
        this.#agenda.set("orphan", this.#ports.clock.now() + this.#policy.orphanGraceMs)
      : this.#agenda.clear("orphan");
    if (changed) this.#commits.commit(this.#commits.begin());
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
    const commit = this.#commits.begin();
    if (due.includes("retention")) this.#trimIn(commit);
    if (due.includes("drained")) this.#startNext(commit);
    for (const name of due) {
      if (name.startsWith("wait/")) this.#driver.wake(name);
      if (name.startsWith("stop/")) void this.#stops.retry(name);
    }
    await this.#commits.durably(commit);
  }

  /** The room has been idle for its time to live: it goes, unless somebody is here after all. */
  async #expire(now: number): Promise<void> {
    const isIdle = now - this.#life.lastActiveAt >= this.#policy.roomTtlMs && this.#hooks.viewers() === 0;
    if (isIdle && this.turns.every((turn) => turn.isSettled)) await this.erase();
    // Somebody is here: that counts as use, or the deadline would lie in the past and ring without end.
    else if (this.#hooks.viewers() > 0) this.#life.lastActiveAt = now;
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
      const seq = this.#life.nextSeq();
      const start = {
        seq,
        at,
        deadlineAt: at + this.#policy.turnTimeoutMs,
        history: historyOf(turn, this.turns, this.#policy),
      };
      turn.record = { ...turn.record, start, attempts: 1 };
      turn.advance({ type: "open" });
      commit.changes.turn(turn.record);
      this.#commits.tell(commit, "start", turn.id, { type: "turn-start", seq, turnId: turn.id });
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
    return this.#ports.generationIdOf(this.epoch, turn.id);
  }

  /** The turn's record and what of its text is not yet in the log, durable together. */
  #store(turn: RoomTurn): Promise<void> {
    const commit = this.#commits.begin();
    const { firstRow, rows } = turn.takeUnlogged();
    commit.changes.text(turn.record.spec.ordinal, firstRow, rows);
    commit.changes.turn(turn.record);
    return this.#commits.durably(commit);
  }

  #settle(turn: RoomTurn, ending: Ending, stopUpstream: boolean): void {
    if (turn.isSettled || this.#closed || this.#turns.get(turn.id) !== turn) return;
    const commit = this.#commits.begin();
    this.#settleIn(commit, turn, ending, stopUpstream);
    this.#commits.commit(commit);
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
    const seq = this.#life.nextSeq();
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
    this.#commits.tell(commit, "end", turn.id, {
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
      this.#life.raiseFloor(turn.record.end?.seq ?? 0);
      commit.changes.removeTurn(turn.record, turn.record.end?.rows ?? turn.rows);
      this.#bury(commit, turn.id);
    }
  }

  #removeIn(commit: Commit, gone: readonly RoomTurn[]): void {
    const seq = this.#life.nextSeq();
    for (const turn of gone) {
      turn.controller?.abort();
      this.#turns.delete(turn.id);
      commit.changes.removeTurn(turn.record, turn.record.end?.rows ?? turn.rows);
      this.delivery.unsay(`notice/${turn.id}`);
      this.#bury(commit, turn.id, seq);
    }
    const turnIds = gone.map((turn) => turn.id);
    this.#commits.tell(commit, "removed", turnIds[0] ?? "", { type: "turn-removed", seq, turnIds });
  }

  /** Remembers an id that must not run; forgetting an old removal raises `floor`. */
  #bury(commit: Commit, turnId: string, removedSeq?: number): void {
    const forgotten = this.#tombstones.bury(commit.changes, turnId, this.#ports.clock.now(), removedSeq);
    this.#life.raiseFloor(forgotten);
  }
}

/** The words of a turn, for a trace that is to hold them. */
function saidIn(turn: RoomTurn): { input: string; output: string } {
  return { input: JSON.stringify(turn.input ?? null), output: JSON.stringify(turn.content?.parts() ?? []) };
}
