/**
 * One question at the backend, without a room. The rules are the room's own (core/run-turn): attempts, timeouts, waits, resumes.
 * What comes of it is written into an outbox as events of the unified format, or as the backend's bytes.
 */

import { lengthOf, type Part } from "../../shared/content.ts";
import { defined } from "../../shared/defined.ts";
import type { ErrorCode } from "../../shared/protocol/errors.ts";
import { NOTICE_MESSAGES } from "../../shared/protocol/messages-en.ts";
import type { TurnError } from "../../shared/protocol/server-frames.ts";
import type { RoomEvent } from "../core/events.ts";
import type { ReleaseOutcome, TurnLimiter } from "../core/limiter/limiter-port.ts";
import type { RoomPolicy } from "../core/policy.ts";
import type { MonotonicClock, Upstream, UpstreamBatch, UpstreamFailure } from "../core/ports.ts";
import { sleep } from "../core/turn/attempts/abortable-sleep.ts";
import type { RunEnd, TurnRun, TurnRunSink, WaitNotice } from "../core/turn/attempts/attempt-contract.ts";
import { runTurn } from "../core/turn/attempts/attempts.ts";
import { paceParts } from "../core/turn/simulated-pace.ts";
import { formatTraceparent, parseTraceparent, turnContext } from "../core/turn/trace/trace-context.ts";
import { turnError } from "../core/turn/turn-state.ts";
import { BoundedWaitUpstream } from "./bounded-wait.ts";
import { type BridgeEvent, errorEvent, eventsOfParts, renderEvents, sliceEvents } from "./bridge-events.ts";
import { Outbox } from "./byte-queue.ts";
import type { Question } from "./question.ts";
import { endsEvent, isRaw } from "./raw-stream.ts";
import { formatPosition, newGenerationId } from "./resume-position.ts";

/** When to ask again after a failure that says nothing of it: a few readers must not become a storm. */
const comeBackMs = 5_000;

export interface AnswerRunOptions {
  readonly upstream: Upstream;
  /** Leases from the tenant's Limiter; a platform without one passes `NO_LIMITER`. */
  readonly limiter: TurnLimiter;
  /** A new generation is about to be requested. */
  readonly onGeneration: (generationId: string) => void;
  /** The subject that asks. */
  readonly user: string;
  readonly policy: RoomPolicy;
  readonly clock: MonotonicClock;
  readonly random: () => number;
  /** The longest wait that the backend may ask for, as things stand. */
  readonly maxWaitMs: () => number;
  /** The reader left, or is known to leave. */
  readonly left: AbortSignal;
  /** Where the reader's trace stands; what is none begins one. */
  readonly traceparent: string | undefined;
  readonly report: (event: RoomEvent) => void;
}

/** What is known first of an answer, which decides how the request is answered. */
export type FirstWord =
  | { readonly kind: "open" }
  | { readonly kind: "waiting"; readonly retryAfterMs: number }
  | { readonly kind: "failed"; readonly error: TurnError; readonly retryAfterMs?: number }
  | { readonly kind: "left" };

export class AnswerRun implements TurnRunSink {
  readonly outbox = new Outbox();
  attempts = 0;
  resumes = 0;
  hasContent: boolean;
  resumable: boolean;
  lastEventId: string | undefined;
  readonly #question: Question;
  readonly #options: AnswerRunOptions;
  readonly #generationId: string;
  readonly #stop = new AbortController();
  #calledAt = 0;
  #onWord: (word: FirstWord) => void = () => undefined;
  #lastFailure: UpstreamFailure | undefined;
  /** The backend's bytes go through as they are. */
  #isRaw = false;
  #isMarkedLost = false;
  /** The reader was told when to come back for the rest. */
  #isPutOff = false;
  #length = 0;
  /** Why this run stopped itself, where it did. */
  #abortedBy: ErrorCode = "internal";
  /** The wait for a lease that was longer than the reader's patience. */
  #leaseWaitMs: number | undefined;
  #isBetweenEvents = true;
  /** An answer that came whole, shown bit by bit once the call is over. */
  #whole: readonly Part[] | undefined;

  constructor(question: Question, options: AnswerRunOptions) {
    const { position } = question;
    // Makes headers and a first byte leave at once, through whatever stands in between.
    this.outbox.push(":worker-bridge\n\n");
    this.#question = question;
    this.#options = options;
    this.#generationId = position?.generationId ?? newGenerationId();
    // Who comes back in the middle of an answer has some of it: the question is never asked a second time.
    this.lastEventId = position?.kind === "at" ? position.eventId : undefined;
    this.hasContent = position !== undefined;
    this.resumable = position !== undefined || options.policy.upstreamResumable;
  }

  /** Begins; what is known first comes to `onWord`, and later words too. Resolves when all is in the outbox. Never rejects. */
  async start(onWord: (word: FirstWord) => void): Promise<void> {
    this.#onWord = onWord;
    if (this.#question.position?.kind === "lost") {
      this.#fail(turnError("upstream-truncated"));
      this.outbox.end();
      return;
    }
    const { left, policy, clock, random, limiter } = this.#options;
    const leave = () => {
      // What waits for room would wait for ever: nobody takes anything any more.
      this.outbox.drop();
      this.#stop.abort(left.reason);
    };
    left.addEventListener("abort", leave, { once: true });
    if (left.aborted) leave();
    const upstream = new BoundedWaitUpstream(this.#options.upstream, {
      maxWaitMs: this.#options.maxWaitMs,
      onOpen: () => onWord({ kind: "open" }),
    });
    const end = await runTurn(this.#run(), this, { limiter, upstream, clock, random }, policy, this.#stop.signal);
    limiter.release(this.#generationId, end === undefined ? "cancelled" : releaseOutcomeOf(end));
    if (end === undefined || end.ending.error !== undefined) {
      this.#fail(end?.ending.error ?? turnError(this.#abortedBy));
    } else {
      if (this.#whole !== undefined) await this.#show(this.#whole);
      const { finishReason } = end.ending;
      if (!this.#isRaw) this.#emit([{ type: "complete", ...defined({ finishReason }) }], this.#over);
    }
    onWord({ kind: "left" });
    // U7: what the backend did not end itself is stopped there. Who only left may come back, and the backend waits for them.
    const isAwaited = this.#mayComeBack && (left.aborted || this.#isPutOff);
    if (end?.mustStop !== false && !isAwaited) await this.#stopUpstream(upstream);
    this.outbox.end();
    left.removeEventListener("abort", leave);
  }

  attempting(resume: boolean): Promise<void> {
    // What an earlier failure asked for has been waited for.
    this.#lastFailure = undefined;
    if (resume) this.resumes += 1;
    else this.attempts += 1;
    if (!resume && this.attempts === 1) this.#options.onGeneration(this.#generationId);
    this.#calledAt = this.#options.clock.now();
    return Promise.resolve();
  }

  batch(batch: UpstreamBatch): void {
    if (isRaw(batch)) {
      // Its ids, if it has any, name no generation: it cannot be continued. The first event has one of ours until the backend
      // gives it another. A line of that event, and none of its own: not every browser keeps the id of an event without data.
      if (!this.#isRaw) this.outbox.push(`id: ${this.#over}\n`);
      this.#isRaw = true;
      this.hasContent = true;
      this.resumable = false;
      this.#isBetweenEvents = endsEvent(batch.bytes);
      this.outbox.push(batch.bytes);
      return;
    }
    const { parts, start, usage, eventId, whole } = batch;
    const events: BridgeEvent[] = [];
    if (start !== undefined) {
      this.resumable = start.resumable || this.#options.policy.upstreamResumable;
      events.push({ type: "start", ...start, ...defined({ simulated: whole }) });
    }
    if (parts.length > 0) this.hasContent = true;
    this.#length += lengthOf(parts);
    if (this.#length > this.#options.policy.maxTurnLength) {
      this.#abortedBy = "turn-too-long";
      this.#stop.abort();
    } else if (whole === true) this.#whole = parts;
    else events.push(...eventsOfParts(parts));
    if (usage !== undefined) events.push({ type: "usage", ...usage });
    if (events.length > 0) this.#emit(events, this.#positionAfter(eventId));
    else if (eventId !== undefined && this.resumable) this.lastEventId = eventId;
  }

  backpressure(signal: AbortSignal): Promise<void> {
    return this.outbox.room(signal);
  }

  failed(failure: UpstreamFailure, resume: boolean): void {
    this.#lastFailure = failure;
    const { clock, report } = this.#options;
    const { code, cause = code } = failure;
    const afterMs = clock.now() - this.#calledAt;
    report({ name: "upstream-failure", turnId: this.#generationId, code, resume, afterMs, cause });
  }

  async wait(ms: number, { code, scope, attempt, maxAttempts }: WaitNotice): Promise<void> {
    if (scope === "tenant" && ms > this.#options.maxWaitMs()) {
      // A limit of the tenant: the reader is told when to come back, instead of holding a request open until then.
      this.#abortedBy = "rate-limited";
      this.#leaseWaitMs = ms;
      this.#stop.abort();
      return;
    }
    this.#emit([{ type: "notice", code, message: NOTICE_MESSAGES[code], retryAfterMs: ms, attempt, maxAttempts }]);
    this.#onWord({ kind: "waiting", retryAfterMs: ms });
    await sleep(this.#options.clock, ms, this.#stop.signal);
  }

  uncount(): void {
    this.attempts -= 1;
  }

  /**
   * No span is recorded here, so the backend's parent is whoever asked (the Worker's span, where there is one). A trace that
   * begins here is the same for who comes back.
   */
  get traceparent(): string {
    const { traceparent, policy } = this.#options;
    const asked = parseTraceparent(traceparent);
    return formatTraceparent(asked ?? turnContext(this.#generationId, undefined, policy.traceSamplePercent));
  }

  /** The reader was given an id with which the backend goes on. */
  get #mayComeBack(): boolean {
    return this.resumable && this.lastEventId !== undefined;
  }

  get #over(): string {
    return formatPosition({ kind: "over", generationId: this.#generationId });
  }

  #run(): TurnRun {
    const { messages, provider, model, params, position } = this.#question;
    const { clock, policy, user } = this.#options;
    return {
      request: {
        generationId: this.#generationId,
        messages,
        user,
        ...defined({ provider, model, params }),
      },
      deadlineAt: clock.now() + policy.turnTimeoutMs,
      resuming: this.lastEventId !== undefined,
      hasWaited: false,
      mayGenerate: position !== undefined,
    };
  }

  #emit(events: readonly BridgeEvent[], id?: string): void {
    this.outbox.push(renderEvents(events, id));
  }

  /** An answer that cannot be continued says so once: an `EventSource` keeps the last id it was given. */
  #positionAfter(eventId: string | undefined): string | undefined {
    const generationId = this.#generationId;
    if (this.resumable) {
      if (eventId === undefined) return undefined;
      this.lastEventId = eventId;
      return formatPosition({ kind: "at", generationId, eventId });
    }
    if (this.#isMarkedLost) return undefined;
    this.#isMarkedLost = true;
    return formatPosition({ kind: "lost", generationId });
  }

  #fail(error: TurnError): void {
    // In the middle of an answer there is nothing to ask anew, and of a raw one that broke off within an event nothing to say:
    // readers discard an event without end.
    const isAgain = error.retryable && !this.hasContent;
    const retryAfterMs = this.#leaseWaitMs ?? this.#lastFailure?.retryAfterMs ?? (isAgain ? comeBackMs : undefined);
    this.#isPutOff = error.retryable && this.#mayComeBack && retryAfterMs !== undefined;
    if (this.#isBetweenEvents) {
      this.outbox.push(
        errorEvent(error, {
          // Who is put off in the middle keeps the id of the place where it stands.
          ...(this.#isPutOff ? {} : { id: isAgain ? "" : this.#over }),
          ...defined({ retryAfterMs }),
          ...((isAgain || this.#isPutOff) && retryAfterMs !== undefined ? { retryMs: retryAfterMs } : {}),
        }),
      );
    }
    this.#onWord({ kind: "failed", error, ...defined({ retryAfterMs }) });
  }

  /** U6: bit by bit, at the pace of reading along. */
  async #show(parts: readonly Part[]): Promise<void> {
    const { clock, policy } = this.#options;
    const { simulateChunkMs, simulateMaxMs } = policy;
    let from = 0;
    for (const to of paceParts(parts, simulateChunkMs, simulateMaxMs)) {
      if (from > 0) await sleep(clock, simulateChunkMs, this.#stop.signal);
      await this.outbox.room(this.#stop.signal);
      if (this.#stop.signal.aborted) return;
      this.outbox.push(sliceEvents(parts, from, to));
      from = to;
    }
  }

  async #stopUpstream(upstream: Upstream): Promise<void> {
    const { clock, policy, report } = this.#options;
    const generationId = this.#generationId;
    const late = new AbortController();
    const timer = clock.after(policy.stopConfirmMs, () => late.abort());
    await upstream
      .stop(generationId, late.signal)
      .catch((cause: unknown) => report({ name: "stop-unconfirmed", generationId, cause }));
    timer.cancel();
  }
}

function releaseOutcomeOf({ ending }: RunEnd): ReleaseOutcome {
  return ending.outcome === "completed" ? "ok" : "failed";
}
