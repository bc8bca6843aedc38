/**
 * The contract between a turn and its attempts at the upstream: what an attempt receives, what it reports, and how it ends.
 * `attempts.ts` implements it; the room and the bridge supply the sink.
 */
import type { NoticeCode } from "../../../../shared/protocol/messages-en.ts";
import type { TurnLimiter } from "../../limiter/limiter-port.ts";
import type { Ending } from "../../log/turn-record.ts";
import type { MonotonicClock, Upstream, UpstreamBatch, UpstreamFailure, UpstreamRequest } from "../../ports.ts";

/** Receives what happens to a turn while it runs, and answers what the attempts need to know of it. */
export interface TurnRunSink {
  /** Counts the call durably. The call is made when this resolves, unless the signal has aborted meanwhile. */
  attempting(resume: boolean): Promise<void>;
  batch(batch: UpstreamBatch): void;
  /** Resolves when the reader can take more, or `signal` aborts. Nothing is read meanwhile, and the silence timeout is off. */
  backpressure?(signal: AbortSignal): Promise<void>;
  /** An attempt failed. `mayGenerate`: this call or an earlier one may have begun a generation that still runs. */
  failed(failure: UpstreamFailure, resume: boolean, mayGenerate: boolean): void;
  /** The turn waits and holds no call. Resolves after `ms`, or at once when the turn's signal aborts. */
  wait(ms: number, notice: WaitNotice): Promise<void>;
  /** The counted call was refused and the turn is queued at the Limiter again: it spends time, not an attempt (U3). */
  uncount(): void;
  readonly attempts: number;
  readonly resumes: number;
  /** Whether any content was read. After that no generation is asked for a second time. */
  readonly hasContent: boolean;
  /** Whether the upstream said, or is configured, to accept a resume. */
  readonly resumable: boolean;
  readonly lastEventId: string | undefined;
  /** The trace context of the call that `attempting` counted. */
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
  readonly clock: MonotonicClock;
  readonly random: () => number;
}

export interface TurnRun {
  readonly request: Omit<UpstreamRequest, "lastEventId" | "traceparent">;
  readonly deadlineAt: number;
  /** Starts with a resume: a call was in flight, or a resume waited, when the object was lost. */
  readonly resuming: boolean;
  /** Waits first, until this time: the turn was waiting when the object was lost. */
  readonly waitUntil?: number;
  /** The turn was told to wait in an earlier life of the room. */
  readonly hasWaited: boolean;
  /** A call from before this run may have begun a generation that still runs. */
  readonly mayGenerate: boolean;
  /** Who asked: the Limiter's queue is fair between subjects. */
  readonly subject?: string;
}

/** How a run ended. `mustStop`: a generation may still run at the upstream and must be stopped there (U7). */
export interface RunEnd {
  readonly ending: Ending;
  readonly mustStop: boolean;
}
