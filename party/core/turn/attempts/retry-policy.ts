/**
 * Decides what follows a failed attempt: another call, a resume, or the end of the turn. Pure; `attempts.ts` performs it.
 */
import { backoffMs } from "../../../../shared/backoff.ts";
import type { ErrorCode } from "../../../../shared/protocol/errors.ts";
import type { CallFailure } from "../../limiter/limiter-port.ts";
import type { Ending } from "../../log/turn-record.ts";
import type { RoomPolicy } from "../../policy.ts";
import type { UpstreamFailure } from "../../ports.ts";
import { turnError } from "../turn-state.ts";
import type { RunEnd, RunPorts, TurnRun, TurnRunSink, WaitNotice } from "./attempt-contract.ts";

/** What is reported of a failure to the Limiter: overload (429, 503), or a fault (other 5xx, no answer). */
export function refusedBy(failure: UpstreamFailure): CallFailure | undefined {
  if (failure.code === "upstream-rate-limited") return "rate-limited";
  if (failure.code === "upstream-unavailable") return failure.isOverload ? "unavailable" : "unreachable";
  return failure.code === "upstream-unreachable" ? "unreachable" : undefined;
}

export function retrying(resume: boolean, sink: TurnRunSink, policy: RoomPolicy): WaitNotice {
  return {
    code: resume ? "upstream-resuming" : "upstream-retrying",
    scope: "upstream",
    resume,
    // Calls so far. When an answer is continued, the call that broke counts as the first.
    attempt: resume ? sink.resumes + 1 : sink.attempts,
    maxAttempts: resume ? policy.maxResumes + 1 : policy.maxAttempts,
  };
}

/** How an upstream refuses a call for good. */
const refusals: ReadonlySet<ErrorCode> = new Set([
  "upstream-rejected",
  "upstream-auth-failed",
  "upstream-quota-exceeded",
  "upstream-context-too-long",
  "upstream-content-policy",
]);

export type Next = RunEnd | { readonly resume: boolean; readonly waitMs: number; readonly notice: WaitNotice };

/** Whether to try again, in which way and when; or how the turn ends. */
export function afterFailure(
  failure: UpstreamFailure,
  wasResume: boolean,
  mayGenerate: boolean,
  sink: TurnRunSink,
  run: TurnRun,
  ports: RunPorts,
  policy: RoomPolicy,
): Next {
  const error = turnError(failure.code);
  const ended = (outcome: Ending["outcome"]): RunEnd => ({
    ending: { outcome, error },
    // An upstream that answers a resume with "later" refuses the call; the generation may still run.
    mustStop: mayGenerate && !(failure.byUpstream && !(wasResume && failure.retryable)),
  });
  // The call was never made: nothing failed at the upstream, and nothing of the question is lost.
  if (failure.code === "upstream-token-lost") return ended("interrupted");
  const mustResume = sink.hasContent || wasResume;
  // U2: a call that timed out isn't repeated, because the upstream may still be working on it. Resuming is always safe.
  const isFinal =
    failure.code === "upstream-deadline" || !(failure.retryable || (mustResume && isTimeout(failure.code)));
  if (mustResume) {
    // A refused resume (410: the generation is gone) leaves the text so far. The error says that the answer broke off, not that
    // the question was rejected.
    if (isFinal && wasResume && refusals.has(failure.code)) {
      return { ending: { outcome: "interrupted", error: turnError("upstream-truncated") }, mustStop: false };
    }
    if (isFinal) return ended("failed");
    if (!sink.resumable || sink.resumes >= policy.maxResumes) return ended("interrupted");
  } else if (isFinal || sink.attempts >= policy.maxAttempts) return ended("failed");
  const tries = mustResume ? sink.resumes : sink.attempts - 1;
  const waitMs = failure.retryAfterMs ?? backoffMs(tries, policy.backoff, ports.random);
  if (ports.clock.now() + waitMs >= run.deadlineAt) return ended(mustResume ? "interrupted" : "failed");
  return { resume: mustResume, waitMs, notice: retrying(mustResume, sink, policy) };
}

export function isTimeout(code: ErrorCode): boolean {
  return code === "upstream-headers-timeout" || code === "upstream-first-token-timeout" || code === "upstream-silence";
}
