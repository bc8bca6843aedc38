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
import { Delivery, type DeliveryEvents } from "../delivery/delivery.ts";
import type { StopCause } from "../events.ts";
import type { ReleaseOutcome } from "../limiter/limiter-port.ts";
import { Agenda } from "../log/deadlines.ts";
import { Journal } from "../log/journal.ts";
import { LogPosition } from "../log/log-position.ts";
import { TurnLog } from "../log/storage-schema.ts";
import type { Ending, Submit, TurnEnd, TurnRecord } from "../log/turn-record.ts";
import type { RoomPolicy } from "../policy.ts";
import type { RoomPorts } from "../ports.ts";
import { Turn } from "../turn/turn.ts";
import { TurnList } from "../turn/turn-list.ts";
import { activeTurns, startable } from "../turn/turn-queue.ts";
import { factsOf } from "../turn/turn-report.ts";
import { turnError } from "../turn/turn-state.ts";
import { type Commit, Commits, watchdogMs } from "./commit.ts";
import { historyOf, messagesFor } from "./prompt-history.ts";
import { excessTurns } from "./retention.ts";
import { Submits } from "./submit.ts";
import { TurnDriver } from "./turn-runner.ts";
import { TurnTexts } from "./turn-texts.ts";
import { stopRetryEveryMs, UpstreamStops } from "./upstream-stops.ts";

const releaseOutcomes = {
  completed: "ok",
  cancelled: "cancelled",
  failed: "failed",
  interrupted: "failed",
} as const satisfies Record<Outcome, ReleaseOutcome>;

/** What the room learns from its conversation, and is asked by it. */
export interface ConversationEvents extends DeliveryEvents {
  /** Viewers right now (R6). */
  viewers(): number;
  /** A commit is durable and published: the queue may have changed. */
  onCommitted(): void;
  /** What readers have been sent is now in storage: a wake would continue from here. */
  onLogged(): void;
  /** All turns are gone and a new epoch has begun: every reader needs a snapshot. */
  onCleared(): void;
}

export class Conversation {
  readonly turns: TurnList;
  readonly texts: TurnTexts;
  readonly delivery: Delivery;
  readonly journal: Journal;
  readonly #ports: RoomPorts;
  readonly #policy: RoomPolicy;
  readonly #events: ConversationEvents;
  readonly #life: AbortController;
  readonly #log: TurnLog;
  readonly #agenda = new Agenda();
  readonly #commits: Commits;
  readonly #submits: Submits;
  readonly #driver: TurnDriver;
  readonly #stops: UpstreamStops;
  /** Turns that storage said were not over, until `recover` has taken them up. */
  #unfinished: Turn[] = [];
  /** Until when nothing new is started: the room is being drained. */
  #drainUntil = 0;

  /** @param life aborts when this life of the room is over: nothing is written, sent or waited for any more. */
  constructor(ports: RoomPorts, policy: RoomPolicy, events: ConversationEvents, life: AbortController) {
    this.#ports = ports;
    this.#policy = policy;
    this.#events = events;
    this.#life = life;
    this.#log = new TurnLog(ports.storage);
    this.turns = new TurnList(new LogPosition(ports.newId));
    this.texts = new TurnTexts(this.turns, this.#log);
    this.journal = new Journal(ports.storage, (error) => {
      ports.report({ name: "room-broken", cause: error });
      life.abort();
      ports.onBroken(error);
    });
    this.delivery = new Delivery(this.turns, events, ports.clock, policy);
    const parts = {
      journal: this.journal,
      delivery: this.delivery,
      agenda: this.#agenda,
      turns: this.turns,
      life: life.signal,
    };
    this.#commits = new Commits(parts, ports, policy, events);
    this.#submits = new Submits({ ...parts, commits: this.#commits }, ports, policy, {
      cancel: (turnId, by) => this.cancel(turnId, by),
      removeIn: (commit, gone) => this.#removeIn(commit, gone),
      startNext: (commit) => this.#startNext(commit),
    });
    this.#stops = new UpstreamStops(ports, policy, this.#agenda, () => this.#commits.durably(this.#commits.begin()));
    this.#driver = new TurnDriver(ports, policy, parts, {
      generationIdOf: (turn) => this.#generationIdOf(turn),
      messagesFor: (turn) =>
        turn.record.spec.contextRows === undefined
          ? messagesFor(turn, this.turns.all(), this.#policy, (past) => this.texts.load(past))
          : this.#log.readContext(turn.record.spec.ordinal),
      store: (turn) => this.#store(turn),
      settle: (turn, ending, stopUpstream) => this.#settle(turn, ending, stopUpstream),
      onLogged: () => events.onLogged(),
    });
    life.signal.addEventListener("abort", () => this.#end(), { once: true });
  }

  get epoch(): string {
    return this.turns.epoch;
  }
  get seq(): number {
    return this.turns.seq;
  }
  get floor(): number {
    return this.turns.floor;
  }

  turn(id: string): Turn | undefined {
    return this.turns.get(id);
  }

  /** A reader says what it has: see `LogPosition`. */
  recognize(have: Have | undefined): void {
    this.turns.position.recognize(have);
  }

  /** Reads everything from storage and decides what becomes of each open turn (T5). Calls nobody. */
  async load(): Promise<void> {
    const [stored, alarmAt] = await Promise.all([this.#log.load(), this.#ports.storage.getAlarm()]);
    this.#commits.load(stored, alarmAt);
    this.turns.tombstones.load(stored.tombstones);
    for (const record of stored.turns) this.turns.add(await this.#restore(record));
    this.#unfinished = this.turns.unsettled();
    this.delivery.reset(this.seq);
  }

  async #restore(record: TurnRecord): Promise<Turn> {
    if (record.end !== undefined) return new Turn(record, { state: "settled", ending: record.end });
    const input = await this.#log.readInput(record.spec.ordinal);
    if (record.start === undefined) return new Turn(record, { state: "queued" }, input);
    // A call that was never made, or came back unserved, is waited for; one that was made is resumed, or given up.
    const isWaiting = record.waitUntil !== undefined || record.attempts === 0;
    const turn = new Turn(record, { state: isWaiting ? "waiting" : "resuming" }, input);
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
    // A1: sets the alarm that the agenda needs, where it was lost: a room that can't start lets it ring without effect.
    this.#commits.commit(this.#commits.begin());
    // Only what was loaded: a frame may have started a new turn between the start and now.
    const unfinished = this.#unfinished.filter((turn) => !turn.isSettled && this.turns.has(turn));
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
  async ended(turn: Turn): Promise<void> {
    await turn.ended;
  }

  /** This life of the room is over: nothing that is waited for will come. */
  get isClosed(): boolean {
    return this.#life.signal.aborted;
  }

  /** Stops a turn from whatever state (T3). Idempotent; a settled turn stays as it is. */
  cancel(turnId: string, by: StopCause = "cancel"): Result<Turn, ErrorCode> {
    const turn = this.turns.get(turnId);
    if (turn === undefined) {
      // The submit may still be on its way, by another path: it must not run then (T1).
      if (!this.turns.tombstones.has(turnId)) {
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
    for (const turn of this.turns) {
      turn.abandon();
      this.#driver.release(turn, "cancelled");
      commit.changes.removeTurn(turn.record, turn.record.end?.rows ?? turn.rows);
      this.#bury(commit, turn.id);
      if (turn.isSettled || turn.generationId === undefined) continue;
      const name = this.#stops.intend(turn.generationId);
      commit.next.push(() => void this.#stops.retry(name));
    }
    this.turns.removeAll();
    this.turns.position.beginAnew(true);
    commit.next.push(() => {
      this.delivery.reset(0);
      this.#events.onCleared();
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
    const running = this.turns.active();
    for (const turn of this.turns) {
      turn.abandon();
      this.#driver.release(turn, "cancelled");
    }
    this.turns.removeAll();
    this.turns.tombstones.clear();
    this.turns.position.beginAnew(false);
    this.#commits.forgetStored();
    const erased = this.journal.erase(() => {
      if (this.#life.signal.aborted) return;
      this.delivery.reset(0);
      this.#events.onCleared();
    });
    // What could not be told to stop stays on the new agenda: its id is all that is kept.
    await Promise.all([erased, ...running.map((turn) => this.#stops.of(turn))]);
  }

  /** Whether the room never accepted a turn and owes nobody a stop: nothing of it is worth keeping (F4). */
  get isPristine(): boolean {
    return this.#commits.isPristine;
  }

  /** Starts nothing new for a while: running turns end or move with the object, queued ones wait, stored (style: drain). */
  drain(): void {
    if (this.isPristine) return;
    this.#drainUntil = this.#ports.clock.now() + this.#policy.drainRoomMs;
    this.#agenda.set("drained", this.#drainUntil);
    this.#commits.commit(this.#commits.begin());
  }

  /**
   * Sets the alarm for `at` at the latest, also in a room that never accepted a turn: to close sessions that were asked to
   * leave, and to remove stored tickets.
   */
  wakeAt(name: "away" | "tickets", at: number): void {
    if (this.#agenda.set(name, at)) this.#commits.commit(this.#commits.begin());
  }

  /** Viewers came or went: sets or clears the grace after which turns that nobody waits for are stopped (T4). */
  viewersChanged(): void {
    const abandoned = this.#events.viewers() === 0 && this.#orphans().length > 0;
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
    if (due.includes("orphan") && this.#events.viewers() === 0) {
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
    const isIdle = now - this.turns.position.lastActiveAt >= this.#policy.roomTtlMs && this.#events.viewers() === 0;
    if (isIdle && !this.turns.hasUnsettled) await this.erase();
    // Somebody is here: that counts as use, or the deadline would lie in the past and ring without end.
    else if (this.#events.viewers() > 0) this.turns.position.lastActiveAt = now;
  }

  /** Ends this life of the room: timers, waits and calls to the upstream stop, storage stays as it is. */
  close(): void {
    this.#life.abort();
  }

  #end(): void {
    this.#driver.close();
    this.delivery.close();
    for (const turn of this.turns) turn.abandon();
  }

  // Turns

  #orphans(): Turn[] {
    return this.turns.unsettled().filter((turn) => turn.record.spec.onLeave === "cancel");
  }

  /**
   * Starts what may start, as part of `commit`: the way to the Limiter and the write of the start take their time together, and
   * the call goes out when the start is durable. The first call is counted with it, and not in a write of its own.
   */
  #startNext(commit: Commit): void {
    if (this.#life.signal.aborted || this.#ports.clock.now() < this.#drainUntil) return;
    for (const turn of startable(this.turns.unsettled(), this.#policy.maxActiveTurns)) {
      const at = this.#ports.clock.now();
      const seq = this.turns.position.nextSeq();
      const start = {
        seq,
        at,
        deadlineAt: at + this.#policy.turnTimeoutMs,
        history: historyOf(turn, this.turns.all(), this.#policy),
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
  async #carryOutStop(turn: Turn): Promise<void> {
    turn.controller?.abort();
    const stop = await this.#stops.of(turn);
    this.#settle(turn, { outcome: "cancelled", stop }, false);
  }

  #generationIdOf(turn: Turn): Promise<string> {
    return this.#ports.generationIdOf(this.epoch, turn.id);
  }

  /** The turn's record and what of its text is not yet in the log, durable together. */
  #store(turn: Turn): Promise<void> {
    const commit = this.#commits.begin();
    const { firstRow, rows } = turn.takeUnlogged();
    commit.changes.text(turn.record.spec.ordinal, firstRow, rows);
    commit.changes.turn(turn.record);
    return this.#commits.durably(commit);
  }

  #settle(turn: Turn, ending: Ending, stopUpstream: boolean): void {
    if (turn.isSettled || this.#life.signal.aborted || !this.turns.has(turn)) return;
    const commit = this.#commits.begin();
    this.#settleIn(commit, turn, ending, stopUpstream);
    this.#commits.commit(commit);
  }

  /** Ends a turn, once (T2): its last rows, its record and the next turn's start are one commit. */
  #settleIn(commit: Commit, turn: Turn, ending: Ending, stopUpstream: boolean): void {
    // Half a pair that still waits is a fault of a finished text, but no more than a cut in one that broke off.
    if (ending.outcome === "completed") turn.endText(this.#policy.maxTurnLength);
    // A stop settles at what was shown (U6); everything else shows the rest.
    if (ending.outcome === "cancelled") turn.cutToShown();
    else turn.show(Number.POSITIVE_INFINITY);
    turn.controller?.abort();
    turn.controller = undefined;
    const { firstRow, rows } = turn.takeUnlogged();
    commit.changes.text(turn.record.spec.ordinal, firstRow, rows);
    const seq = this.turns.position.nextSeq();
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
    if (excessTurns(this.turns.all(), this.#policy).length > 0) this.#agenda.set("retention", this.#ports.clock.now());
    commit.next.push(() => {
      this.#ports.report({ name: "turn-settled", ...facts });
      if (span !== undefined) this.#ports.report(span);
      if (stopUpstream) void this.#stops.of(turn);
      this.turns.publishEnd(turn);
      this.texts.release();
      if (this.#orphans().length === 0) this.viewersChanged();
    });
  }

  /** Forgets the oldest turns. It takes no `seq`: raising `floor` sends who knew only them to a snapshot. */
  #trimIn(commit: Commit): void {
    for (const turn of excessTurns(this.turns.all(), this.#policy)) {
      if (!turn.isEndPublished) continue;
      this.turns.remove(turn);
      this.turns.position.raiseFloor(turn.record.end?.seq ?? 0);
      commit.changes.removeTurn(turn.record, turn.record.end?.rows ?? turn.rows);
      this.#bury(commit, turn.id);
    }
  }

  #removeIn(commit: Commit, gone: readonly Turn[]): void {
    const seq = this.turns.position.nextSeq();
    for (const turn of gone) {
      turn.controller?.abort();
      this.turns.remove(turn);
      commit.changes.removeTurn(turn.record, turn.record.end?.rows ?? turn.rows);
      this.delivery.deleteState(`notice/${turn.id}`);
      this.#bury(commit, turn.id, seq);
    }
    const turnIds = gone.map((turn) => turn.id);
    this.#commits.tell(commit, "removed", turnIds[0] ?? "", { type: "turn-removed", seq, turnIds });
  }

  #bury(commit: Commit, turnId: string, removedSeq?: number): void {
    this.turns.bury(commit.changes, turnId, this.#ports.clock.now(), removedSeq);
  }
}

/** The words of a turn, for a trace that is to hold them. */
function saidIn(turn: Turn): { input: string; output: string } {
  return { input: JSON.stringify(turn.input ?? null), output: JSON.stringify(turn.content?.parts() ?? []) };
}
