/**
 * A turn at work: its run against the upstream, what comes of it into the answer and the log, the waits in between, and the
 * showing of answers that came whole. How a turn begins and ends is the conversation's; this is what lies between.
 */
import { isText } from "../../../shared/content.ts";
import { defined } from "../../../shared/defined.ts";
import type { ChatMessage } from "../../../shared/protocol/client-frames.ts";
import { NOTICE_MESSAGES } from "../../../shared/protocol/messages-en.ts";
import type { NoticeFrame } from "../../../shared/protocol/server-frames.ts";
import { utf8Length } from "../../../shared/text.ts";
import type { Delivery } from "../delivery/delivery.ts";
import type { ReleaseOutcome } from "../limiter/limiter-port.ts";
import type { Agenda } from "../log/deadlines.ts";
import type { Journal } from "../log/journal.ts";
import { Changes } from "../log/storage-schema.ts";
import type { Ending } from "../log/turn-record.ts";
import type { RoomPolicy } from "../policy.ts";
import type { RoomPorts, Timer, UpstreamBatch, UpstreamFailure } from "../ports.ts";
import type { TurnRunSink, WaitNotice } from "../turn/attempt-contract.ts";
import { runTurn } from "../turn/attempts.ts";
import { paceParts } from "../turn/simulated-pace.ts";
import { turnContext } from "../turn/trace-context.ts";
import type { Turn } from "../turn/turn.ts";
import type { TurnList } from "../turn/turn-list.ts";
import { TurnTrace } from "../turn/turn-spans.ts";
import { turnError } from "../turn/turn-state.ts";

/** Waits up to this long use a timer; longer ones the agenda, so that the object may sleep (A1). */
const timerWaitMs = 10_000;
/** A wait up to this long is over before anybody has read how long it takes. */
const shortWaitMs = 2_500;

export interface DriverHost {
  generationIdOf(turn: Turn): Promise<string>;
  messagesFor(turn: Turn): Promise<ChatMessage[]>;
  /** Makes the turn's record and all of its text so far durable. */
  store(turn: Turn): Promise<void>;
  settle(turn: Turn, ending: Ending, stopUpstream: boolean): void;
  /** Log rows were written. */
  onLogged(): void;
}

export interface DriverParts {
  readonly journal: Journal;
  readonly delivery: Delivery;
  readonly agenda: Agenda;
  readonly turns: TurnList;
}

export class TurnDriver {
  readonly #ports: RoomPorts;
  readonly #policy: RoomPolicy;
  readonly #journal: Journal;
  readonly #delivery: Delivery;
  readonly #agenda: Agenda;
  readonly #turns: TurnList;
  readonly #host: DriverHost;
  /** Ways to end a wait that only the agenda would end. */
  readonly #wakers = new Map<string, () => void>();
  /** The reason that was last sent and logged for a turn's wait, by turn. */
  readonly #sentReasons = new Map<string, string>();
  #logTimer: Timer | undefined;

  constructor(ports: RoomPorts, policy: RoomPolicy, parts: DriverParts, host: DriverHost) {
    this.#ports = ports;
    this.#policy = policy;
    this.#journal = parts.journal;
    this.#delivery = parts.delivery;
    this.#agenda = parts.agenda;
    this.#turns = parts.turns;
    this.#host = host;
  }

  /** The agenda says that a wait is over. */
  wake(name: string): void {
    this.#wakers.get(name)?.();
  }

  /** The turn has settled: nothing of it is waited for, and with the last one no timer keeps the object awake. */
  settled(turn: Turn, outcome: ReleaseOutcome): void {
    this.release(turn, outcome);
    this.#endCall(turn);
    this.#agenda.clear(`wait/${turn.id}`);
    this.#deleteNotice(turn);
    if (this.#turns.active().length > 0) return;
    this.#logTimer?.cancel();
    this.#logTimer = undefined;
  }

  /** Stops all timers and waits of this life of the room. */
  close(): void {
    this.#logTimer?.cancel();
    for (const wake of this.#wakers.values()) wake();
  }

  isResumable(turn: Turn): boolean {
    return turn.record.upstream?.resumable ?? this.#policy.upstreamResumable;
  }

  /** Runs the turn from its first call, or from where it was lost. Returns at once; the host hears of the end. */
  run(turn: Turn, resuming: boolean): void {
    if (turn.isSettled || turn.record.stopIntent !== undefined || !this.#turns.has(turn)) return;
    const controller = new AbortController();
    turn.controller = controller;
    void this.#drive(turn, resuming, controller.signal).catch((error: unknown) => {
      this.#ports.report({ name: "session-fault", cause: error });
      if (!controller.signal.aborted)
        this.#host.settle(turn, { outcome: "failed", error: turnError("internal") }, true);
    });
  }

  async #drive(turn: Turn, resuming: boolean, signal: AbortSignal): Promise<void> {
    const { spec, start, waitUntil } = turn.record;
    const [generationId, messages] = await Promise.all([this.#host.generationIdOf(turn), this.#host.messagesFor(turn)]);
    if (signal.aborted) return;
    turn.generationId = generationId;
    const context = turnContext(generationId, spec.metadata?.["traceparent"], this.#policy.traceSamplePercent);
    turn.trace = new TurnTrace(turn, generationId, context);
    const run = {
      request: {
        generationId,
        messages,
        user: spec.author,
        ...defined({
          provider: spec.provider,
          model: spec.model,
          params: spec.params,
          conversation: this.#conversationBefore(turn),
        }),
      },
      deadlineAt: start?.deadlineAt ?? this.#ports.clock.now() + this.#policy.turnTimeoutMs,
      resuming,
      hasWaited: waitUntil !== undefined,
      subject: spec.author,
      ...(waitUntil === undefined ? {} : { waitUntil }),
    };
    const end = await runTurn(run, this.#sinkOf(turn, signal, resuming), this.#ports, this.#policy, signal);
    if (turn.record.simulated !== undefined) await this.#showAtPace(turn, signal);
    if (end !== undefined && !signal.aborted) this.#host.settle(turn, end.ending, !end.byUpstream);
  }

  /** The upstream's own id of the conversation, from the newest answer before this turn that named one. */
  #conversationBefore(turn: Turn): string | undefined {
    const { ordinal } = turn.record.spec;
    const before = this.#turns.all().filter(({ record }) => record.spec.ordinal < ordinal);
    return before.findLast(({ record }) => record.upstream?.conversation !== undefined)?.record.upstream?.conversation;
  }

  /** Shows an answer that came whole bit by bit (U6). Resolves when all of it has been shown, or the turn was stopped. */
  async #showAtPace(turn: Turn, signal: AbortSignal): Promise<void> {
    for (const offset of turn.pace) {
      if (signal.aborted) return;
      turn.show(offset);
      this.#delivery.poke();
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

  #sinkOf(turn: Turn, signal: AbortSignal, wasResumed: boolean): TurnRunSink {
    // The start commit counted the first call, so that a turn that gets leave at once needs no write of its own for it.
    let counted = turn.record.attempts > 0 && !wasResumed && turn.record.waitUntil === undefined;
    const isResumable = () => this.isResumable(turn);
    const uncount = () => {
      turn.record = { ...turn.record, attempts: Math.max(0, turn.record.attempts - 1) };
    };
    return {
      attempting: async (resume) => {
        turn.advance(resume ? { type: "resume" } : { type: "open" });
        turn.rewind(resume);
        // Leave may come before the start is durable; the call goes out after it.
        if (counted) await this.#journal.settled();
        else {
          const { waitUntil: _, ...record } = turn.record;
          turn.record = resume
            ? { ...record, resumes: record.resumes + 1 }
            : { ...record, attempts: record.attempts + 1 };
          await this.#host.store(turn);
        }
        counted = false;
        // A stop is on its way to the disk, and comes as the signal: nothing is asked for until then.
        if (turn.record.stopIntent !== undefined) await aborted(signal);
        if (signal.aborted) return;
        const number = resume ? turn.record.resumes : turn.record.attempts;
        turn.times.callAt = this.#ports.clock.now();
        turn.trace?.beginCall(number, resume, turn.times.callAt);
        turn.times.firstCallAt ??= turn.times.callAt;
        this.#ports.report({ name: "upstream-attempt", turnId: turn.id, attempt: number, resume, ...traced(turn) });
      },
      batch: (batch) => {
        if (!signal.aborted) this.#take(turn, batch);
      },
      failed: (failure, resume) => this.#failed(turn, failure, resume),
      uncount: () => {
        uncount();
        this.#note(turn);
      },
      wait: async (ms, notice) => {
        if (counted) {
          // No leave, so no call: a wake is to go on waiting. Nobody is told of a wait before the turn's start, either.
          counted = false;
          uncount();
          await this.#host.store(turn);
          if (signal.aborted) return;
        }
        await this.#wait(turn, ms, notice, signal);
      },
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
        return isResumable();
      },
      get lastEventId() {
        return turn.mark?.eventId;
      },
      get traceparent() {
        return turn.trace?.traceparent;
      },
    };
  }

  #failed(turn: Turn, failure: UpstreamFailure, resume: boolean): void {
    const now = this.#ports.clock.now();
    const afterMs = now - (turn.times.callAt ?? now);
    const { code, cause = code } = failure;
    this.#ports.report({ name: "upstream-failure", turnId: turn.id, code, resume, afterMs, cause });
    this.#endCall(turn, code);
  }

  /** The hot path: what the upstream said becomes content, and readers are told now or within the coalescing time. */
  #take(turn: Turn, batch: UpstreamBatch): void {
    if (batch.start !== undefined) this.#started(turn, batch);
    if (batch.conversation !== undefined) this.#named(turn, batch.conversation);
    const excess = this.#excessOf(turn, batch);
    if (excess !== undefined) {
      this.#host.settle(turn, { outcome: "failed", error: turnError(excess) }, true);
      return;
    }
    const grew = turn.take(batch, this.#policy.maxTurnLength);
    if (batch.whole === true) this.#tookWhole(turn, batch);
    if (batch.parts.length > 0) {
      turn.times.chunks += 1;
      if (turn.phase.state !== "streaming") this.#answered(turn);
    }
    if (!grew) return;
    this.#delivery.poke();
    if (turn.arrived >= this.#policy.maxTurnLength) {
      this.#host.settle(turn, { outcome: "failed", error: turnError("turn-too-long") }, true);
    } else if (turn.arrived - turn.loggedLength >= this.#policy.logLagUnits) this.#appendLog(turn);
    else this.#logTimer ??= this.#ports.clock.after(this.#policy.logLagMs, () => this.#appendLogs());
  }

  #endCall(turn: Turn, error?: string): void {
    const span = turn.trace?.endCall(this.#ports.clock.now(), error);
    if (span !== undefined) this.#ports.report(span);
  }

  /** The first content of a call. */
  #answered(turn: Turn): void {
    turn.advance({ type: "content" });
    this.#deleteNotice(turn);
    const now = this.#ports.clock.now();
    const firstChunkMs = now - (turn.times.callAt ?? now);
    this.#ports.report({ name: "upstream-answered", turnId: turn.id, firstChunkMs });
    // A resume answers too, but the wait for the answer was over long ago.
    if (turn.record.resumes > 0 || turn.times.firstContentAt !== undefined) return;
    turn.times.firstContentAt = now;
    turn.times.firstChunkMs = firstChunkMs;
  }

  /** T6: what a tool step says is bounded by itself and together; text by the turn's length. */
  #excessOf(turn: Turn, batch: UpstreamBatch): "part-too-large" | "turn-too-long" | undefined {
    for (const part of batch.parts) {
      if (isText(part)) continue;
      const bytes = utf8Length(JSON.stringify(part));
      if (bytes > this.#policy.maxPartBytes) return "part-too-large";
      turn.partBytes += bytes;
    }
    return turn.partBytes > this.#policy.maxTurnLength ? "turn-too-long" : undefined;
  }

  /** Gives the turn's lease back, if it ever asked for one. */
  release(turn: Turn, outcome: ReleaseOutcome): void {
    if (turn.generationId === undefined || turn.isReleased) return;
    turn.isReleased = true;
    this.#ports.limiter.release(turn.generationId, outcome);
  }

  /** U6: stored whole at once; what is shown of it begins with nothing and grows at the pace. */
  #tookWhole(turn: Turn, batch: UpstreamBatch): void {
    const finishReason = batch.end?.kind === "done" ? batch.end.finishReason : undefined;
    turn.endText(this.#policy.maxTurnLength);
    turn.record = { ...turn.record, simulated: finishReason === undefined ? {} : { finishReason } };
    turn.pace = paceParts(turn.slice(0), this.#policy.simulateChunkMs, this.#policy.simulateMaxMs);
    turn.show(0);
    // The upstream has said all it will: the lease is for the next turn, not for the showing.
    this.release(turn, "ok");
    void this.#host.store(turn);
  }

  /** Without the upstream's own word in storage, a wake could not resume (T5). That it takes no resume can wait for the next row. */
  #started(turn: Turn, batch: UpstreamBatch): void {
    const { start, eventId } = batch;
    if (start === undefined) return;
    turn.model = start.model ?? turn.model;
    const { conversation } = turn.record.upstream ?? {};
    const mark = eventId === undefined || batch.parts.length > 0 ? undefined : eventId;
    const upstream = { ...start, ...defined({ eventId: mark, conversation }) };
    if (turn.record.upstream?.resumable === upstream.resumable) return;
    const matters = upstream.resumable || this.isResumable(turn);
    turn.record = { ...turn.record, upstream };
    if (matters) this.#note(turn);
    else turn.isRecordBehind = true;
  }

  /** The next question of the room carries this id. It is stored with the next row, and with the turn's end at the latest. */
  #named(turn: Turn, conversation: string): void {
    const { upstream } = turn.record;
    if (upstream?.conversation === conversation) return;
    turn.record = { ...turn.record, upstream: { resumable: this.isResumable(turn), ...upstream, conversation } };
    turn.isRecordBehind = true;
  }

  /**
   * Writes the turn's record as a log row is written, unconfirmed: nothing that is shown rests on it, and a commit would hold
   * the next frame back until the disk has it.
   */
  #note(turn: Turn): void {
    const changes = new Changes();
    changes.turn(turn.record);
    this.#journal.append(changes.put);
  }

  #deleteNotice(turn: Turn): void {
    this.#sentReasons.delete(turn.id);
    this.#delivery.deleteState(`notice/${turn.id}`);
  }

  #appendLogs(): void {
    this.#logTimer = undefined;
    for (const turn of this.#turns.active()) if (turn.arrived > turn.loggedLength) this.#appendLog(turn);
  }

  #appendLog(turn: Turn): void {
    const { firstRow, rows } = turn.takeUnlogged();
    const changes = new Changes();
    changes.text(turn.record.spec.ordinal, firstRow, rows);
    if (turn.isRecordBehind) changes.turn(turn.record);
    turn.isRecordBehind = false;
    this.#journal.append(changes.put);
    this.#host.onLogged();
  }

  /** Waits without a call open. A long wait is stored, and the alarm ends it, so that the object may sleep. */
  async #wait(turn: Turn, ms: number, notice: WaitNotice, signal: AbortSignal): Promise<void> {
    turn.advance(notice.resume ? { type: "resume" } : { type: "wait" });
    const { resume: _, ...said } = notice;
    const frame: NoticeFrame = {
      type: "notice",
      ...said,
      turnId: turn.id,
      retryAfterMs: ms,
      willRetry: true,
      message: NOTICE_MESSAGES[notice.code],
    };
    const { code, scope, attempt } = notice;
    // A queued turn asks several times a second. Only a wait for another reason, or one that a person sees pass, is news.
    const reason = `${code}/${scope}/${attempt ?? 0}`;
    const isNews = this.#sentReasons.get(turn.id) !== reason;
    if (isNews || ms > shortWaitMs) this.#delivery.setState(`notice/${turn.id}`, JSON.stringify(frame));
    if (isNews) this.#ports.report({ name: "turn-waiting", turnId: turn.id, code, scope, waitMs: ms });
    this.#sentReasons.set(turn.id, reason);
    const name = `wait/${turn.id}`;
    if (ms > timerWaitMs) {
      const until = this.#ports.clock.now() + ms;
      turn.record = { ...turn.record, waitUntil: until };
      this.#agenda.set(name, until);
      await this.#host.store(turn);
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
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function traced({ trace }: Turn): { traceId?: string } {
  return trace === undefined ? {} : { traceId: trace.traceId };
}
