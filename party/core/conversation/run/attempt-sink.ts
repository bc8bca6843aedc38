/**
 * What happens to a turn of a room while it runs: calls are counted durably before they are made, what the upstream sends
 * becomes content that is shown and logged, and failures and waits are reported. `turn/attempts/attempts.ts` drives it.
 */
import { isRun, isSameRun, type RunPart } from "../../../../shared/content.ts";
import { defined } from "../../../../shared/defined.ts";
import { utf8Length } from "../../../../shared/text.ts";
import type { Ending } from "../../log/turn-record.ts";
import type { UpstreamBatch, UpstreamFailure } from "../../ports.ts";
import type { ActiveRun } from "../../turn/active-run.ts";
import { type Answer, runHeadBytes } from "../../turn/answer.ts";
import { untilAborted } from "../../turn/attempts/abortable-sleep.ts";
import type { TurnRunSink, WaitNotice } from "../../turn/attempts/attempt-contract.ts";
import type { Turn } from "../../turn/turn.ts";
import { turnError } from "../../turn/turn-state.ts";
import type { ConversationParts } from "../conversation-parts.ts";
import type { LogWriter } from "./log-writer.ts";
import type { TurnWaits } from "./turn-waits.ts";

export interface AttemptSinkParts extends ConversationParts {
  readonly writer: LogWriter;
  readonly waits: TurnWaits;
}

export class AttemptSink implements TurnRunSink {
  readonly #turn: Turn;
  readonly #run: ActiveRun;
  readonly #answer: Answer;
  readonly #parts: AttemptSinkParts;
  readonly #fail: (ending: Ending) => void;
  /** The next call was counted by the turn's start. */
  #isCounted: boolean;
  /** The text with an id that was read last, until something else is read. */
  #newestRun: RunPart | undefined;

  /** @param fail settles the turn because of what the upstream sent. */
  constructor(turn: Turn, run: ActiveRun, answer: Answer, parts: AttemptSinkParts, fail: (ending: Ending) => void) {
    this.#turn = turn;
    this.#run = run;
    this.#answer = answer;
    this.#parts = parts;
    this.#fail = fail;
    this.#isCounted = !run.isRecovered;
  }

  get attempts(): number {
    return this.#turn.record.attempts;
  }
  get resumes(): number {
    return this.#turn.record.resumes;
  }
  get hasContent(): boolean {
    return this.#answer.arrived > 0;
  }
  get resumable(): boolean {
    return isResumable(this.#turn, this.#parts);
  }
  get lastEventId(): string | undefined {
    return this.#answer.mark?.eventId;
  }
  get traceparent(): string | undefined {
    return this.#run.trace?.traceparent;
  }

  async attempting(resume: boolean): Promise<void> {
    const turn = this.#turn;
    const { signal } = this.#run.controller;
    turn.advance(resume ? { type: "resume" } : { type: "open" });
    this.#answer.rewind(resume);
    // The lease may come before the turn's start is durable; the call goes out after it.
    if (this.#isCounted) await this.#parts.journal.settled();
    else {
      const { waitUntil: _, ...record } = turn.record;
      const { attempts, resumes } = record;
      turn.record = resume ? { ...record, resumes: resumes + 1 } : { ...record, attempts: attempts + 1 };
      await this.#parts.writer.store(turn);
    }
    this.#isCounted = false;
    // A stop that is still being written aborts the signal when it is durable. No call is made until then.
    if (turn.record.stopIntent !== undefined) await untilAborted(signal);
    if (signal.aborted) return;
    this.#run.mayGenerate = true;
    this.#reportCall(resume);
  }

  /** Runs for every read: no await, and little allocation. */
  batch(batch: UpstreamBatch): void {
    const run = this.#run;
    // A stop ends the answer where it was asked for, also while its intent is still being written.
    if (run.controller.signal.aborted || this.#turn.record.stopIntent !== undefined) return;
    if (batch.start !== undefined) this.#started(batch);
    if (batch.conversation !== undefined) this.#named(batch.conversation);
    const excess = this.#excessOf(batch);
    if (excess !== undefined) {
      this.#fail({ outcome: "failed", error: turnError(excess) });
      return;
    }
    const growth = this.#answer.take(batch, this.#parts.policy.maxTurnLength);
    if (batch.usage !== undefined) run.usage = { ...run.usage, ...batch.usage };
    if (batch.whole === true) this.#cameWhole(batch);
    if (batch.parts.length > 0) {
      run.times.chunks += 1;
      if (this.#turn.phase.state !== "streaming") this.#answered();
    }
    if (growth === "none") return;
    this.#parts.delivery.poke();
    if (growth === "full") this.#fail({ outcome: "failed", error: turnError("turn-too-long") });
    else this.#parts.writer.grown(this.#turn);
  }

  failed(failure: UpstreamFailure, resume: boolean, mayGenerate: boolean): void {
    const { clock, report } = this.#parts.ports;
    const run = this.#run;
    run.mayGenerate = mayGenerate;
    const now = clock.now();
    const afterMs = now - (run.times.callAt ?? now);
    const { code, cause = code } = failure;
    report({ name: "upstream-failure", turnId: this.#turn.id, code, resume, afterMs, cause });
    const span = run.trace?.endCall(now, code);
    if (span !== undefined) report(span);
  }

  uncount(): void {
    this.#uncount();
    this.#parts.writer.note(this.#turn);
  }

  async wait(ms: number, notice: WaitNotice): Promise<void> {
    const { signal } = this.#run.controller;
    if (this.#isCounted) {
      // The turn got no lease, so no call is made: a wake must go on waiting. Readers learn of the wait after that is stored.
      this.#isCounted = false;
      this.#uncount();
      await this.#parts.writer.store(this.#turn);
      if (signal.aborted) return;
    }
    await this.#parts.waits.wait(this.#turn, ms, notice, signal);
  }

  #uncount(): void {
    const { record } = this.#turn;
    this.#turn.record = { ...record, attempts: Math.max(0, record.attempts - 1) };
  }

  #reportCall(resume: boolean): void {
    const turn = this.#turn;
    const { times, trace } = this.#run;
    const number = resume ? turn.record.resumes : turn.record.attempts;
    times.callAt = this.#parts.ports.clock.now();
    times.firstCallAt ??= times.callAt;
    trace?.beginCall(number, resume, times.callAt);
    const traced = trace === undefined ? {} : { traceId: trace.traceId };
    this.#parts.ports.report({ name: "upstream-attempt", turnId: turn.id, attempt: number, resume, ...traced });
  }

  /** The first content of a call. */
  #answered(): void {
    const turn = this.#turn;
    const { times } = this.#run;
    const { ports } = this.#parts;
    turn.advance({ type: "content" });
    this.#parts.waits.deleteNotice(turn);
    const now = ports.clock.now();
    const firstChunkMs = now - (times.callAt ?? now);
    ports.report({ name: "upstream-answered", turnId: turn.id, firstChunkMs });
    // A resume answers too, but the wait for the answer was over long ago.
    if (turn.record.resumes > 0 || times.firstContentAt !== undefined) return;
    times.firstContentAt = now;
    times.firstChunkMs = firstChunkMs;
  }

  /** T6: parts that aren't text, and the ids of texts, are limited one by one and together; text by the answer's length. */
  #excessOf(batch: UpstreamBatch): "part-too-large" | "turn-too-long" | undefined {
    const { maxPartBytes, maxTurnLength } = this.#parts.policy;
    for (const part of batch.parts) {
      if (isRun(part)) {
        this.#answer.partBytes += this.#switchBytes(part);
        continue;
      }
      this.#newestRun = undefined;
      const bytes = utf8Length(JSON.stringify(part));
      if (bytes > maxPartBytes) return "part-too-large";
      this.#answer.partBytes += bytes;
    }
    return this.#answer.partBytes > maxTurnLength ? "turn-too-long" : undefined;
  }

  /** What it costs that another text with an id begins: texts that alternate are a part each, with their ids. */
  #switchBytes(part: RunPart): number {
    if (part.type !== "tool-input-delta" && part.id === undefined) return 0;
    const isSame = this.#newestRun !== undefined && isSameRun(this.#newestRun, part);
    this.#newestRun = part;
    return isSame ? 0 : runHeadBytes(part);
  }

  /** U6: the whole answer is stored at once, and shown step by step afterwards. */
  #cameWhole(batch: UpstreamBatch): void {
    const turn = this.#turn;
    const finishReason = batch.end?.kind === "done" ? batch.end.finishReason : undefined;
    this.#answer.endText(this.#parts.policy.maxTurnLength);
    this.#answer.show(0);
    turn.record = { ...turn.record, simulated: finishReason === undefined ? {} : { finishReason } };
    this.#run.mayGenerate = false;
    // The upstream is done: the lease is for the next turn, not for the showing.
    releaseLease(this.#run, this.#parts, "ok");
    void this.#parts.writer.store(turn);
  }

  /** A wake can't resume without the upstream's stored `start` (T5). A `start` without a resume can wait for the next row. */
  #started({ start, eventId, parts }: UpstreamBatch): void {
    const turn = this.#turn;
    if (start === undefined) return;
    this.#run.model = start.model ?? this.#run.model;
    const { conversation } = turn.record.upstream ?? {};
    const upstream = { ...start, ...defined({ eventId: parts.length > 0 ? undefined : eventId, conversation }) };
    const known = turn.record.upstream;
    if (known?.resumable === upstream.resumable && known.messageId === upstream.messageId) return;
    const matters = upstream.resumable || this.resumable;
    turn.record = { ...turn.record, upstream };
    if (matters) this.#parts.writer.note(turn);
    else this.#run.isRecordBehind = true;
  }

  /** The room's next question carries this id. It is stored with the next row, and with the turn's end at the latest. */
  #named(conversation: string): void {
    const turn = this.#turn;
    const { upstream } = turn.record;
    if (upstream?.conversation === conversation) return;
    turn.record = { ...turn.record, upstream: { resumable: this.resumable, ...upstream, conversation } };
    this.#run.isRecordBehind = true;
  }
}

/** Whether a broken answer of this turn can be continued (U7). */
export function isResumable(turn: Turn, { policy }: Pick<ConversationParts, "policy">): boolean {
  return turn.record.upstream?.resumable ?? policy.upstreamResumable;
}

/** Gives the turn's lease back, once, where it ever asked for one. */
export function releaseLease(
  run: ActiveRun,
  { ports }: Pick<ConversationParts, "ports">,
  outcome: "ok" | "failed" | "cancelled",
): void {
  if (run.generationId === undefined || run.isReleased) return;
  run.isReleased = true;
  ports.limiter.release(run.generationId, outcome);
}
