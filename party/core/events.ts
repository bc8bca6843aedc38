/**
 * The events that the core reports to operators: a name and its fields, never text of a conversation, and none for each delta.
 * Times are in milliseconds, sizes in units of text or in bytes. Telemetry turns them into logs, metrics and traces.
 */
import type { ErrorCode } from "../../shared/protocol/errors.ts";
import type { NoticeCode } from "../../shared/protocol/messages-en.ts";
import type { Outcome } from "../../shared/protocol/server-frames.ts";

export type StopCause = "cancel" | "orphan" | "replace";

/** How a turn went, reported at its end. A fact is absent where the turn didn't get that far, or where a wake lost it. */
export interface TurnFacts {
  readonly turnId: string;
  /** The trace that the turn belongs to; absent where the upstream was never called. */
  readonly traceId?: string;
  /** The spans of this turn are reported. */
  readonly isTraced?: true;
  readonly outcome: Outcome;
  /** An error code. */
  readonly error?: string;
  readonly finishReason?: string;
  readonly provider?: string;
  readonly model?: string;
  /** Calls to the upstream: the first call with its retries. Calls that continued an answer are `resumes`. */
  readonly attempts: number;
  readonly resumes: number;
  /** Time in the room's queue, before the turn's start. */
  readonly queueMs?: number;
  /** From the submit to the first content: the time that a user waits. */
  readonly firstTokenMs?: number;
  /** From the first call to the end. */
  readonly operationMs?: number;
  /** From the successful call to its first content: the upstream's share of `firstTokenMs`. */
  readonly firstChunkMs?: number;
  /** Between two reads of the answer, on average. */
  readonly chunkMs?: number;
  readonly length: number;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  /** The answer came whole and was shown at a pace (U6). */
  readonly simulated?: true;
  readonly stoppedBy?: StopCause;
  readonly stop?: "confirmed" | "closed";
  /** From the request to stop to its proof. */
  readonly stopMs?: number;
}

/** A finished piece of work, with its ids in the trace (W3C Trace Context). */
export interface SpanEvent {
  readonly name: "span";
  /** A turn's time in the room from its start to its end, or one call to the upstream. */
  readonly operation: "turn" | "call";
  readonly turnId: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId?: string;
  /** Milliseconds since 1970. */
  readonly startAt: number;
  readonly endAt: number;
  readonly error?: string;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
}

export type Transport = "websocket" | "sse" | "poll";

export type RoomEvent =
  /** A session got its welcome and first sync. Polls have no session: the first poll of a series counts. `resumed`: the client had a cursor. */
  | {
      readonly name: "session-opened";
      readonly session?: string;
      readonly transport: Transport;
      readonly resumed: boolean;
    }
  /** A session was closed before its welcome. */
  | { readonly name: "session-refused"; readonly session: string; readonly transport: Transport; readonly code: string }
  /** `code`: why the room closed the session; absent where the client left. */
  | {
      readonly name: "session-closed";
      readonly session: string;
      readonly transport: Transport;
      readonly stayedMs: number;
      readonly code?: string;
    }
  /** `resumed`: the client had a cursor. */
  | {
      readonly name: "sync-sent";
      readonly session: string;
      readonly mode: "delta" | "snapshot";
      readonly resumed: boolean;
      readonly bytes: number;
    }
  | { readonly name: "turn-queued"; readonly turnId: string; readonly position: number }
  /** A submit was not accepted. */
  | { readonly name: "turn-refused"; readonly turnId: string; readonly code: ErrorCode }
  | { readonly name: "turn-started"; readonly turnId: string; readonly queueMs: number }
  /** The turn waits without a call: for a lease, or for its next attempt. `code` is the notice that its readers see. */
  | {
      readonly name: "turn-waiting";
      readonly turnId: string;
      readonly code: NoticeCode;
      readonly scope: "tenant" | "upstream";
      readonly waitMs: number;
    }
  | { readonly name: "turn-stopping"; readonly turnId: string; readonly by: StopCause }
  | ({ readonly name: "turn-settled" } & TurnFacts)
  | {
      readonly name: "upstream-attempt";
      readonly turnId: string;
      readonly traceId?: string;
      readonly attempt: number;
      readonly resume: boolean;
    }
  | SpanEvent
  /** The first content of a call. */
  | { readonly name: "upstream-answered"; readonly turnId: string; readonly firstChunkMs: number }
  | {
      readonly name: "upstream-failure";
      readonly turnId: string;
      readonly code: ErrorCode;
      readonly resume: boolean;
      /** Time since the call was made. */
      readonly afterMs: number;
      readonly cause: unknown;
    }
  /** The file store didn't delete the bytes of removed files. They are deleted later. */
  | { readonly name: "files-undeleted"; readonly files: number; readonly cause: unknown }
  | { readonly name: "stop-unconfirmed"; readonly generationId: string; readonly cause: unknown }
  | { readonly name: "limiter-degraded"; readonly cause: unknown }
  | { readonly name: "session-fault"; readonly cause: unknown }
  | { readonly name: "room-broken"; readonly cause: unknown };
