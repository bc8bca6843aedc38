/**
 * One turn against the upstream: attempts, timeouts, retries before content, resumes after it (U1, U2, U7). It knows
 * nothing of sockets and stores nothing; what happens it tells its sink, and how it ended it returns.
 */
import { defined } from "../../../shared/defined.ts";
import type { NoticeCode } from "../../../shared/protocol/messages-en.ts";
import {
  type Grant,
  type LeaseRequest,
  type TurnLimiter,
  type Wait,
  type WaitReason,
  withJitter,
} from "../limiter/limiter-port.ts";
import type { RoomPolicy } from "../policy.ts";
import { type UpstreamEnd, UpstreamFailure } from "../ports.ts";
import type { RunEnd, RunPorts, TurnRun, TurnRunSink } from "./attempt-contract.ts";
import { AttemptWatch } from "./attempt-timeouts.ts";
import { afterFailure, refusedBy, retrying } from "./retry-policy.ts";
import { turnError } from "./turn-state.ts";

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
    // The turn waited for a lease, or to try again: the notice says which.
    const queued = { code: "waiting-for-slot", scope: "tenant", resume } as const;
    const notice = sink.attempts === 0 ? queued : retrying(resume, sink, policy);
    await sink.wait(Math.max(0, run.waitUntil - ports.clock.now()), notice);
  }
  for (;;) {
    if (signal.aborted) return undefined;
    const lease = await takeLease(run, resume, sink, ports, signal);
    if (lease === undefined || "ending" in lease) return lease;
    await sink.attempting(resume);
    if (signal.aborted) return undefined;
    const outcome = await attempt(run, resume, lease, sink, ports, policy, signal);
    if (signal.aborted) return undefined;
    if (outcome instanceof UpstreamFailure) {
      sink.failed(outcome, resume);
      const wait = await reportTo(ports.limiter, run, outcome);
      if (signal.aborted) return undefined;
      // U3: the Limiter has queued the turn again. The first refusals spend only its time, later ones its attempts.
      const isCounted = wait?.spendsAttempt === true;
      if (wait !== undefined && !sink.hasContent && !resume && !(isCounted && sink.attempts >= policy.maxAttempts)) {
        if (!isCounted) sink.uncount();
        const late = await waitInQueue(wait, resume, run, sink, ports);
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
  const { generationId, provider: upstream } = run.request;
  const { deadlineAt, subject } = run;
  return { generationId, deadlineAt, ...defined({ upstream, subject, hasWaited: run.hasWaited ? true : undefined }) };
}

/** Gets a lease to call the upstream (Q4). Undefined when the turn was stopped meanwhile, an end when its time ran out. */
async function takeLease(
  run: TurnRun,
  resume: boolean,
  sink: TurnRunSink,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<Grant | RunEnd | undefined> {
  // An answer that runs at the upstream already doesn't wait for turns that have yet to begin.
  const request = { ...leaseOf(run), ...(resume ? { credit: true } : {}) };
  for (;;) {
    const answer = await ports.limiter.acquire(request);
    if (signal.aborted) return undefined;
    if (answer.kind === "granted") return answer;
    const late = await waitInQueue(answer, resume, run, sink, ports);
    if (signal.aborted) return undefined;
    if (late !== undefined) return late;
  }
}

const queueNotices = {
  concurrency: "waiting-for-slot",
  degraded: "waiting-for-slot",
  rate: "waiting-for-rate",
  "slow-down": "upstream-slow-down",
  circuit: "upstream-paused",
} as const satisfies Record<WaitReason, NoticeCode>;

/** Waits as the Limiter said, each turn at its own moment. The turn's end where its time would run out before that. */
async function waitInQueue(
  wait: Wait,
  resume: boolean,
  run: TurnRun,
  sink: TurnRunSink,
  ports: RunPorts,
): Promise<RunEnd | undefined> {
  const ms = withJitter(wait.retryAfterMs, ports.random);
  if (ports.clock.now() + ms >= run.deadlineAt) {
    const error = turnError(wait.reason === "circuit" ? "upstream-circuit-open" : "upstream-rate-limited");
    return { ending: { outcome: sink.hasContent ? "interrupted" : "failed", error }, byUpstream: false };
  }
  const scope = wait.reason === "slow-down" || wait.reason === "circuit" ? "upstream" : "tenant";
  await sink.wait(ms, { code: queueNotices[wait.reason], scope, resume });
  return undefined;
}

/** Reports a refusal to the Limiter. A wait: the turn is queued again. */
function reportTo(limiter: TurnLimiter, run: TurnRun, failure: UpstreamFailure): Promise<Wait | undefined> {
  const refused = refusedBy(failure);
  if (refused === undefined || !failure.retryable) return Promise.resolve(undefined);
  return limiter.report(leaseOf(run), refused, failure.retryAfterMs);
}

type Finished = Extract<UpstreamEnd, { kind: "done" }>;

async function attempt(
  run: TurnRun,
  resume: boolean,
  lease: Grant,
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
