/**
 * The contract between a turn and its attempts at the upstream: what an attempt receives, what it reports, and how it ends.
 * `attempts.ts` implements it; the room and the bridge supply the sink.
 */
import type { NoticeCode } from "../../../shared/protocol/messages-en.ts";
import type { TurnLimiter } from "../limiter/limiter-port.ts";
import type { Ending } from "../log/turn-record.ts";
import type { Clock, Upstream, UpstreamBatch, UpstreamFailure, UpstreamRequest } from "../ports.ts";

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
  /** The call that was counted was refused, and spends the turn's time instead of an attempt (U3). */
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
  /** The turn waited in an earlier life of the room. */
  readonly hasWaited: boolean;
  /** Who asked: the Limiter's queue is fair between subjects. */
  readonly subject?: string;
}

/** How a run ended, and by whose word: what the upstream did not end itself must be stopped there (U7). */
export interface RunEnd {
  readonly ending: Ending;
  readonly byUpstream: boolean;
}
