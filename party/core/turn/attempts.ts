/**
 * One turn against the upstream: attempts, timeouts, retries before content, resumes after it (U1, U2, U7). It knows
 * nothing of sockets and stores nothing; what happens it tells its sink, and how it ended it returns.
 */
import { backoffMs } from "../../../shared/backoff.ts";
import type { ErrorCode } from "../../../shared/protocol/errors.ts";
import type { NoticeCode } from "../../../shared/protocol/messages-en.ts";
import {
  type Grant,
  type LeaseRequest,
  type Refused,
  retryJitter,
  type TurnLimiter,
  type Wait,
  type WaitReason,
} from "../limiter/limiter-port.ts";
import type { RoomPolicy } from "../policy.ts";
import {
  type Clock,
  type Timer,
  type Upstream,
  type UpstreamBatch,
  type UpstreamEnd,
  UpstreamFailure,
  type UpstreamRequest,
} from "../ports.ts";
import { type Ending, turnError } from "./turn-state.ts";

/** The turn as its run sees it. */
export interface TurnRunSink {
  /** Counts the call durably; it is made when this resolves, unless the signal has aborted meanwhile. */
  attempting(resume: boolean): Promise<void>;
  batch(batch: UpstreamBatch): void;
  /** Resolves when there is room for more, or `signal` aborts. Nothing is read meanwhile, so it is no silence of the upstream's. */
  room?(signal: AbortSignal): Promise<void>;
  failed(failure: UpstreamFailure, resume: boolean): void;
  /** The turn waits and holds no call. Resolves after `ms`, or at once when the turn's signal aborts. */
  wait(ms: number, notice: WaitNotice): Promise<void>;
  /** The call that was counted came back unserved: it spends the turn's time, not its attempts (U3). */
  uncount(): void;
  readonly attempts: number;
  readonly resumes: number;
  /** Whether any content was ever read; after that nothing is asked for a second time. */
  readonly hasContent: boolean;
  /** Whether the upstream said (or is configured) to take a resume. */
  readonly resumable: boolean;
  readonly lastEventId: string | undefined;
  /** Of the call that `attempting` counted. */
  readonly traceparent?: string | undefined;
}

export interface WaitNotice {
  readonly code: NoticeCode;
  readonly scope: "tenant" | "upstream";
  readonly resume: boolean;
  readonly attempt?: number;
  readonly maxAttempts?: number;
}

export interface RunPorts {
  readonly limiter: TurnLimiter;
  readonly upstream: Upstream;
  readonly clock: Clock;
  readonly random: () => number;
}

export interface TurnRun {
  readonly request: Omit<UpstreamRequest, "lastEventId" | "traceparent">;
  readonly deadlineAt: number;
  /** Starts with a resume: the turn had a call in flight when the object was lost. */
  readonly resuming: boolean;
  /** Waits first, until this time: the turn was waiting when the object was lost. */
  readonly waitUntil?: number;
  /** It was told to wait in an earlier life of the room. */
  readonly hasWaited: boolean;
}

/** How a run ended, and by whose word: what the upstream did not end itself must be stopped there (U7). */
export interface RunEnd {
  readonly ending: Ending;
  readonly byUpstream: boolean;
}

/** Runs the turn to its end. Undefined when `signal` aborted: whoever aborted it knows how it ends. */
export async function runTurn(
  run: TurnRun,
  sink: TurnRunSink,
  ports: RunPorts,
  policy: RoomPolicy,
  signal: AbortSignal,
): Promise<RunEnd | undefined> {
  let resume = run.resuming;
  if (run.waitUntil !== undefined) {
    // It waited for leave, or to try again: people are told which.
    const inLine = { code: "waiting-for-slot", scope: "tenant", resume } as const;
    const notice = sink.attempts === 0 ? inLine : retrying(resume, sink, policy);
    await sink.wait(Math.max(0, run.waitUntil - ports.clock.now()), notice);
  }
  for (;;) {
    if (signal.aborted) return undefined;
    const leave = await takeLeave(run, resume, sink, ports, signal);
    if (leave === undefined || "ending" in leave) return leave;
    await sink.attempting(resume);
    if (signal.aborted) return undefined;
    const outcome = await attempt(run, resume, leave, sink, ports, policy, signal);
    if (signal.aborted) return undefined;
    if (outcome instanceof UpstreamFailure) {
      sink.failed(outcome, resume);
      const line = await reportTo(ports.limiter, run, outcome);
      if (signal.aborted) return undefined;
      if (line !== undefined && !sink.hasContent && !resume) {
        // U3: back in line. It asks again when it is told to, and has spent nothing but time.
        sink.uncount();
        const late = await waitInLine(line, resume, run, sink, ports);
        if (late !== undefined) return late;
        continue;
      }
      const next = afterFailure(outcome, resume, sink, run, ports, policy);
      if ("ending" in next) return next;
      resume = next.resume;
      await sink.wait(next.waitMs, next.notice);
    } else if (outcome.kind === "done") {
      const reason = outcome.finishReason === undefined ? {} : { finishReason: outcome.finishReason };
      return { ending: { outcome: "completed", ...reason }, byUpstream: true };
    }
  }
}

function leaseOf(run: TurnRun): LeaseRequest {
  const { generationId } = run.request;
  return { generationId, deadlineAt: run.deadlineAt, ...(run.hasWaited ? { hasWaited: true } : {}) };
}

/** The tenant's leave to call the upstream (Q4). Undefined when the turn was stopped meanwhile, an end when its time ran out. */
async function takeLeave(
  run: TurnRun,
  resume: boolean,
  sink: TurnRunSink,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<Grant | RunEnd | undefined> {
  // What runs at the upstream already is not held up by those who have yet to begin.
  const request = { ...leaseOf(run), ...(resume ? { credit: true } : {}) };
  for (;;) {
    const answer = await ports.limiter.acquire(request);
    if (signal.aborted) return undefined;
    if (answer.kind === "granted") return answer;
    const late = await waitInLine(answer, resume, run, sink, ports);
    if (signal.aborted) return undefined;
    if (late !== undefined) return late;
  }
}

const lineNotices = {
  concurrency: "waiting-for-slot",
  degraded: "waiting-for-slot",
  rate: "waiting-for-rate",
  "slow-down": "upstream-slow-down",
  circuit: "upstream-paused",
} as const satisfies Record<WaitReason, NoticeCode>;

/** Waits as the Limiter said, each turn at its own moment. The turn's end where its time would run out before that. */
async function waitInLine(
  line: Wait,
  resume: boolean,
  run: TurnRun,
  sink: TurnRunSink,
  ports: RunPorts,
): Promise<RunEnd | undefined> {
  const ms = Math.round(line.retryAfterMs * (1 + ports.random() * retryJitter));
  if (ports.clock.now() + ms >= run.deadlineAt) {
    const error = turnError(line.reason === "circuit" ? "upstream-circuit-open" : "upstream-rate-limited");
    return { ending: { outcome: sink.hasContent ? "interrupted" : "failed", error }, byUpstream: false };
  }
  const scope = line.reason === "slow-down" || line.reason === "circuit" ? "upstream" : "tenant";
  await sink.wait(ms, { code: lineNotices[line.reason], scope, resume });
  return undefined;
}

/** What a failure tells the Limiter: too much to do (429, 503), or that something is wrong there (other 5xx, no answer). */
function refusedBy(failure: UpstreamFailure): Refused | undefined {
  if (failure.code === "upstream-rate-limited") return "rate-limited";
  if (failure.code === "upstream-unavailable") return failure.isOverload ? "unavailable" : "unreachable";
  return failure.code === "upstream-unreachable" ? "unreachable" : undefined;
}

/** Tells the Limiter of a refusal. A wait: the turn stands in line again. */
function reportTo(limiter: TurnLimiter, run: TurnRun, failure: UpstreamFailure): Promise<Wait | undefined> {
  const refused = refusedBy(failure);
  if (refused === undefined || !failure.retryable) return Promise.resolve(undefined);
  return limiter.report(leaseOf(run), refused, failure.retryAfterMs);
}

function retrying(resume: boolean, sink: TurnRunSink, policy: RoomPolicy): WaitNotice {
  return {
    code: resume ? "upstream-resuming" : "upstream-retrying",
    scope: "upstream",
    resume,
    // Calls made: of an answer that is continued, the one that broke is the first.
    attempt: resume ? sink.resumes + 1 : sink.attempts,
    maxAttempts: resume ? policy.maxResumes + 1 : policy.maxAttempts,
  };
}

type Next = RunEnd | { readonly resume: boolean; readonly waitMs: number; readonly notice: WaitNotice };

/** Whether to try again, in which way and when; or how the turn ends. */
function afterFailure(
  failure: UpstreamFailure,
  wasResume: boolean,
  sink: TurnRunSink,
  run: TurnRun,
  ports: RunPorts,
  policy: RoomPolicy,
): Next {
  const error = turnError(failure.code);
  const ended = (outcome: Ending["outcome"]): RunEnd => ({
    ending: { outcome, error },
    // Who says "later" to a resume refuses the call: what it would have continued may still be generated.
    byUpstream: failure.byUpstream && !(wasResume && failure.retryable),
  });
  // The backend's own `error`, a malformed event, the deadline: nothing to continue.
  const mustResume = sink.hasContent || wasResume;
  // U2: a timeout is no reason to ask again, because the first call may still be worked on. To continue is always safe.
  const isFinal =
    failure.code === "upstream-deadline" || !(failure.retryable || (mustResume && isTimeout(failure.code)));
  if (mustResume) {
    // A resume that is refused (410: the generation is gone) leaves the text so far. What was not accepted is the resume,
    // not the question: people are told that the answer broke off.
    if (isFinal && failure.code === "upstream-rejected") {
      return { ending: { outcome: "interrupted", error: turnError("upstream-truncated") }, byUpstream: true };
    }
    if (isFinal) return ended("failed");
    if (!sink.resumable || sink.resumes >= policy.maxResumes) return ended("interrupted");
  } else if (isFinal || sink.attempts >= policy.maxAttempts) return ended("failed");
  const tries = mustResume ? sink.resumes : sink.attempts - 1;
  const waitMs = failure.retryAfterMs ?? backoffMs(tries, policy.backoff, ports.random);
  if (ports.clock.now() + waitMs >= run.deadlineAt) return ended(mustResume ? "interrupted" : "failed");
  return { resume: mustResume, waitMs, notice: retrying(mustResume, sink, policy) };
}

function isTimeout(code: ErrorCode): boolean {
  return code === "upstream-headers-timeout" || code === "upstream-first-token-timeout" || code === "upstream-silence";
}

type Finished = Extract<UpstreamEnd, { kind: "done" }>;

async function attempt(
  run: TurnRun,
  resume: boolean,
  leave: Grant,
  sink: TurnRunSink,
  ports: RunPorts,
  policy: RoomPolicy,
  signal: AbortSignal,
): Promise<Finished | UpstreamFailure> {
  const controller = new AbortController();
  const abort = () => controller.abort(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  const watch = new AttemptWatch(ports.clock, run.deadlineAt, (failure) => controller.abort(failure));
  try {
    watch.expect("upstream-headers-timeout", policy.headersTimeoutMs);
    const lastEventId = resume ? sink.lastEventId : undefined;
    const { traceparent } = sink;
    const request = {
      ...run.request,
      ...(traceparent === undefined ? {} : { traceparent }),
      ...(lastEventId === undefined ? {} : { lastEventId }),
    };
    const batches = await ports.upstream.open(request, controller.signal);
    watch.expect("upstream-first-token-timeout", policy.firstTokenTimeoutMs);
    let isUnanswered = leave.probe === true;
    for await (const batch of batches) {
      sink.batch(batch);
      if (isUnanswered && batch.parts.length > 0) {
        isUnanswered = false;
        ports.limiter.accepted(run.request.generationId);
      }
      if (batch.end?.kind === "done") return batch.end;
      if (batch.end?.kind === "error") {
        const { code, retryable, retryAfterMs } = batch.end;
        // After content the backend's own word is the end of it: there is nothing left to continue.
        const again = retryable && !sink.hasContent;
        return new UpstreamFailure(code, again, {
          byUpstream: true,
          ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
        });
      }
      if (sink.room !== undefined && sink.hasContent) {
        // Of all clocks only the turn's own goes on for a reader who does not read.
        watch.expect("upstream-silence", Number.POSITIVE_INFINITY);
        await sink.room(controller.signal);
        if (controller.signal.aborted) throw controller.signal.reason;
      }
      // A comment before the first token is no token: only content ends that wait.
      if (sink.hasContent) watch.expect("upstream-silence", policy.silenceTimeoutMs);
    }
    return new UpstreamFailure("upstream-truncated", true);
  } catch (error) {
    if (watch.failure !== undefined) return watch.failure;
    return error instanceof UpstreamFailure
      ? error
      : new UpstreamFailure("upstream-unreachable", true, { cause: error });
  } finally {
    watch.stop();
    signal.removeEventListener("abort", abort);
    // Closes the body in every case but its own end, where it changes nothing.
    controller.abort(new UpstreamFailure("upstream-truncated", false));
  }
}

/**
 * The timeouts of one attempt (U1). One timer for all: a byte only moves `expiresAt`, and the timer looks again when it
 * rings, so that a token costs no timer.
 */
class AttemptWatch {
  failure: UpstreamFailure | undefined;
  readonly #clock: Clock;
  readonly #deadlineAt: number;
  readonly #abort: (failure: UpstreamFailure) => void;
  #code: ErrorCode = "upstream-headers-timeout";
  #expiresAt = Number.POSITIVE_INFINITY;
  #ringsAt = Number.POSITIVE_INFINITY;
  #timer: Timer | undefined;

  constructor(clock: Clock, deadlineAt: number, abort: (failure: UpstreamFailure) => void) {
    this.#clock = clock;
    this.#deadlineAt = deadlineAt;
    this.#abort = abort;
  }

  /** From now on, `code` is the failure unless this is called again within `ms`. */
  expect(code: ErrorCode, ms: number): void {
    const now = this.#clock.now();
    const at = now + ms;
    this.#code = at < this.#deadlineAt ? code : "upstream-deadline";
    this.#expiresAt = Math.min(at, this.#deadlineAt);
    if (this.#expiresAt < this.#ringsAt) this.#arm(now);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#expiresAt = Number.POSITIVE_INFINITY;
  }

  #arm(now: number): void {
    this.#timer?.cancel();
    this.#ringsAt = this.#expiresAt;
    this.#timer = this.#clock.after(Math.max(0, this.#expiresAt - now), () => this.#ring());
  }

  #ring(): void {
    const now = this.#clock.now();
    if (now < this.#expiresAt) {
      this.#arm(now);
      return;
    }
    this.failure = new UpstreamFailure(this.#code, false);
    this.#abort(this.failure);
  }
}
