/**
 * One turn against the upstream: attempts, timeouts, retries before content, resumes after it (U1, U2, U7). It knows no
 * sockets and stores nothing: it reports to its sink and returns how the turn ends. The room and the bridge use it.
 */
import { defined } from "../../../../shared/defined.ts";
import type { NoticeCode } from "../../../../shared/protocol/messages-en.ts";
import {
  type Grant,
  type LeaseRequest,
  type TurnLimiter,
  type Wait,
  type WaitReason,
  withJitter,
} from "../../limiter/limiter-port.ts";
import type { RoomPolicy } from "../../policy.ts";
import { type UpstreamEnd, UpstreamFailure } from "../../ports.ts";
import { turnError } from "../turn-state.ts";
import type { RunEnd, RunPorts, TurnRun, TurnRunSink } from "./attempt-contract.ts";
import { AttemptWatch } from "./attempt-timeouts.ts";
import { afterFailure, refusedBy, retrying } from "./retry-policy.ts";

/** Runs the turn to its end. Undefined when `signal` aborted: the code that aborted it decides how the turn ends. */
export async function runTurn(
  run: TurnRun,
  sink: TurnRunSink,
  ports: RunPorts,
  policy: RoomPolicy,
  signal: AbortSignal,
): Promise<RunEnd | undefined> {
  let resume = run.resuming;
  let mayGenerate = run.mayGenerate;
  if (run.waitUntil !== undefined) {
    // The turn waited for a lease, or to try again: its notice says which.
    const queued = { code: "waiting-for-concurrency", scope: "tenant", resume } as const;
    const notice = sink.attempts === 0 ? queued : retrying(resume, sink, policy);
    await sink.wait(Math.max(0, run.waitUntil - ports.clock.now()), notice);
  }
  for (;;) {
    if (signal.aborted) return undefined;
    const lease = await takeLease(run, resume, sink, ports, mayGenerate, signal);
    if (lease === undefined || "ending" in lease) return lease;
    await sink.attempting(resume);
    if (signal.aborted) return undefined;
    const outcome = await attempt(run, resume, lease, sink, ports, policy, signal);
    if (signal.aborted) return undefined;
    if (outcome.kind === "done") {
      const { finishReason } = outcome;
      return { ending: { outcome: "completed", ...defined({ finishReason }) }, mustStop: false };
    }
    const { failure } = outcome;
    mayGenerate ||= !beganNothing(failure, resume);
    sink.failed(failure, resume, mayGenerate);
    const wait = await reportTo(ports.limiter, run, failure);
    if (signal.aborted) return undefined;
    // U3: the Limiter has queued the turn again. The first refusals spend only its time, later ones its attempts.
    const isCounted = wait?.spendsAttempt === true;
    if (wait !== undefined && !sink.hasContent && !resume && !(isCounted && sink.attempts >= policy.maxAttempts)) {
      if (!isCounted) sink.uncount();
      const late = await waitInQueue(wait, resume, run, sink, ports, mayGenerate);
      if (late !== undefined) return late;
      continue;
    }
    const next = afterFailure(failure, resume, mayGenerate, sink, run, ports, policy);
    if ("ending" in next) return next;
    resume = next.resume;
    await sink.wait(next.waitMs, next.notice);
  }
}

/**
 * Whether the failed call certainly began no generation: the upstream itself refused it, or the connection failed before a
 * response began. A timeout says nothing, because the upstream may be working on the call.
 */
function beganNothing(failure: UpstreamFailure, resume: boolean): boolean {
  // Without the caller's token the call was never made.
  if (failure.code === "upstream-token-lost") return true;
  if (resume) return false;
  return failure.byUpstream || failure.code === "upstream-unreachable";
}

function leaseRequest(run: TurnRun): LeaseRequest {
  const { generationId, provider: upstream } = run.request;
  const { deadlineAt, subject } = run;
  return { generationId, deadlineAt, ...defined({ upstream, subject, hasWaited: run.hasWaited ? true : undefined }) };
}

/** Asks for the tenant's lease (Q4). Undefined when the turn was stopped meanwhile, an end when its time ran out. */
async function takeLease(
  run: TurnRun,
  resume: boolean,
  sink: TurnRunSink,
  ports: RunPorts,
  mayGenerate: boolean,
  signal: AbortSignal,
): Promise<Grant | RunEnd | undefined> {
  // A generation that runs already doesn't wait behind turns that haven't begun.
  const request = { ...leaseRequest(run), ...(resume ? { credit: true } : {}) };
  for (;;) {
    const answer = await ports.limiter.acquire(request);
    if (signal.aborted) return undefined;
    if (answer.kind === "granted") return answer;
    const late = await waitInQueue(answer, resume, run, sink, ports, mayGenerate);
    if (signal.aborted) return undefined;
    if (late !== undefined) return late;
  }
}

const queueNotices = {
  concurrency: "waiting-for-concurrency",
  degraded: "waiting-for-concurrency",
  rate: "waiting-for-rate",
  "slow-down": "upstream-slow-down",
  circuit: "upstream-paused",
} as const satisfies Record<WaitReason, NoticeCode>;

/** Waits as the Limiter said, each turn at its own moment. Returns the turn's end where its time would run out before that. */
async function waitInQueue(
  wait: Wait,
  resume: boolean,
  run: TurnRun,
  sink: TurnRunSink,
  ports: RunPorts,
  mayGenerate: boolean,
): Promise<RunEnd | undefined> {
  const ms = withJitter(wait.retryAfterMs, ports.random);
  if (ports.clock.now() + ms >= run.deadlineAt) {
    const error = turnError(wait.reason === "circuit" ? "upstream-circuit-open" : "upstream-rate-limited");
    return { ending: { outcome: sink.hasContent ? "interrupted" : "failed", error }, mustStop: mayGenerate };
  }
  const scope = wait.reason === "slow-down" || wait.reason === "circuit" ? "upstream" : "tenant";
  await sink.wait(ms, { code: queueNotices[wait.reason], scope, resume });
  return undefined;
}

/** Reports a refusal to the Limiter. Returns a wait where the turn is queued there again. */
function reportTo(limiter: TurnLimiter, run: TurnRun, failure: UpstreamFailure): Promise<Wait | undefined> {
  const refused = refusedBy(failure);
  if (refused === undefined || !failure.retryable) return Promise.resolve(undefined);
  return limiter.report(leaseRequest(run), refused, failure.retryAfterMs);
}

type AttemptOutcome =
  | Extract<UpstreamEnd, { kind: "done" }>
  | { readonly kind: "failed"; readonly failure: UpstreamFailure };

async function attempt(
  run: TurnRun,
  resume: boolean,
  lease: Grant,
  sink: TurnRunSink,
  ports: RunPorts,
  policy: RoomPolicy,
  signal: AbortSignal,
): Promise<AttemptOutcome> {
  let hasResponse = false;
  const failed = (failure: UpstreamFailure): AttemptOutcome => ({ kind: "failed", failure });
  const controller = new AbortController();
  const abort = () => controller.abort(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  const watch = new AttemptWatch(ports.clock, run.deadlineAt, (failure) => controller.abort(failure));
  try {
    watch.expect("upstream-headers-timeout", policy.headersTimeoutMs);
    const lastEventId = resume ? sink.lastEventId : undefined;
    const { traceparent } = sink;
    const request = { ...run.request, ...defined({ traceparent, lastEventId }) };
    const batches = await ports.upstream.open(request, controller.signal);
    hasResponse = true;
    watch.expect("upstream-first-token-timeout", policy.firstTokenTimeoutMs);
    let isUnanswered = lease.probe === true;
    for await (const batch of batches) {
      sink.batch(batch);
      if (isUnanswered && batch.parts.length > 0) {
        isUnanswered = false;
        ports.limiter.accepted(run.request.generationId);
      }
      if (batch.end?.kind === "done") return batch.end;
      if (batch.end?.kind === "error") {
        const { code, retryable, retryAfterMs } = batch.end;
        // After content the upstream's own error ends the turn: there is nothing left to continue.
        const again = retryable && !sink.hasContent;
        return failed(new UpstreamFailure(code, again, { byUpstream: true, ...defined({ retryAfterMs }) }));
      }
      if (sink.backpressure !== undefined && sink.hasContent) {
        // While a reader doesn't read, only the turn's own deadline counts.
        watch.expect("upstream-silence", Number.POSITIVE_INFINITY);
        await sink.backpressure(controller.signal);
        if (controller.signal.aborted) throw controller.signal.reason;
      }
      // A comment before the first token doesn't end the wait for it: only content does.
      if (sink.hasContent) watch.expect("upstream-silence", policy.silenceTimeoutMs);
    }
    return failed(new UpstreamFailure("upstream-truncated", true));
  } catch (error) {
    // The reader knows why no token came in time: it read data and understood nothing.
    if (error instanceof UpstreamFailure && error.code === "upstream-unrecognized") return failed(error);
    if (watch.failure !== undefined) return failed(watch.failure);
    if (error instanceof UpstreamFailure) return failed(error);
    // A fault that isn't the upstream's word: the connection failed, or the answer broke off once it had begun.
    return failed(
      new UpstreamFailure(hasResponse ? "upstream-truncated" : "upstream-unreachable", true, { cause: error }),
    );
  } finally {
    watch.stop();
    signal.removeEventListener("abort", abort);
    // Closes the body, also where it was left before its end.
    controller.abort(new UpstreamFailure("upstream-truncated", false));
  }
}
