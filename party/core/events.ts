/**
 * What the core tells an operator of: a name and its fields, never text of a conversation. Times are milliseconds, sizes
 * units of text (design §4) or bytes. What becomes of an event (log, metrics, traces) is telemetry's business; the core
 * names what happened, once, where it happened, and nothing for each delta.
 */
import type { ErrorCode } from "../../shared/protocol/errors.ts";
import type { NoticeCode } from "../../shared/protocol/messages-en.ts";
import type { Outcome } from "../../shared/protocol/server-frames.ts";

export type StopCause = "cancel" | "orphan" | "replace";

/** How a turn went, at its end: all that dashboards are made of. What was not reached, or was lost in a wake, is absent. */
export interface TurnFacts {
  readonly turnId: string;
  /** The trace it belongs to; absent where nothing was ever asked for it. */
  readonly traceId?: string;
  /** Its spans are told of. */
  readonly isTraced?: true;
  readonly outcome: Outcome;
  /** An error code. */
  readonly error?: string;
  readonly finishReason?: string;
  readonly provider?: string;
  readonly model?: string;
  /** Calls to the upstream: the first and its retries, and those that continued an answer. */
  readonly attempts: number;
  readonly resumes: number;
  /** In the room's line, before its start. */
  readonly queueMs?: number;
  /** From the submit to the first content: what a user waits. */
  readonly firstTokenMs?: number;
  /** From the first call to the end. */
  readonly operationMs?: number;
  /** From the call that was answered to its first content: the upstream's share of `firstTokenMs`. */
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
  /** From the stop's being asked for to its proof. */
  readonly stopMs?: number;
}

/** A piece of work that is over, with where it stands in its trace (W3C Trace Context ids). */
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
  /** A session was welcomed and brought up to date; over polls, which have none, the first of a row. `resumed`: it had something of the room already. */
  | {
      readonly name: "session-opened";
      readonly session?: string;
      readonly transport: Transport;
      readonly resumed: boolean;
    }
  /** Before its welcome it was sent away. */
  | { readonly name: "session-refused"; readonly session: string; readonly transport: Transport; readonly code: string }
  /** `code` where we ended it; absent where it left. */
  | {
      readonly name: "session-closed";
      readonly session: string;
      readonly transport: Transport;
      readonly stayedMs: number;
      readonly code?: string;
    }
  /** `resumed`: for somebody who had something of the room already. */
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
  /** It waits and holds no call: for its tenant's leave, or to try again. `code` is the notice that its readers see. */
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
      /** Since the call was made. */
      readonly afterMs: number;
      readonly cause: unknown;
    }
  | { readonly name: "stop-unconfirmed"; readonly generationId: string; readonly cause: unknown }
  | { readonly name: "limiter-degraded"; readonly cause: unknown }
  | { readonly name: "session-fault"; readonly cause: unknown }
  | { readonly name: "room-broken"; readonly cause: unknown };
