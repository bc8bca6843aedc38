/**
 * The room's numbers, each with its unit in its name and the reason for its default. Settings override them
 * (`party/config/settings.ts`); `tests/unit/core/policy.test.ts` pins how they relate.
 */
import type { BackoffPolicy } from "../../shared/backoff.ts";
import { maxDataUrlBytes } from "../../shared/protocol/limits.ts";

export interface RoomPolicy {
  readonly maxActiveTurns: number;
  readonly maxQueuedTurns: number;
  readonly orphanPolicy: "cancel" | "keep";
  readonly orphanGraceMs: number;
  readonly coalesceMs: number;
  readonly logLagMs: number;
  readonly logLagUnits: number;
  readonly headersTimeoutMs: number;
  readonly firstTokenTimeoutMs: number;
  readonly silenceTimeoutMs: number;
  readonly turnTimeoutMs: number;
  readonly maxAttempts: number;
  readonly maxResumes: number;
  readonly backoff: BackoffPolicy;
  readonly stopConfirmMs: number;
  readonly simulateChunkMs: number;
  readonly simulateMaxMs: number;
  readonly historyTurns: number;
  readonly historyBytes: number;
  readonly answerWithinMs: number;
  readonly historyFileBytes: number;
  readonly allowHttp: boolean;
  readonly maxTurnLength: number;
  readonly maxPartBytes: number;
  readonly upstreamResumable: boolean;
  readonly traceSamplePercent: number;
  readonly traceContent: boolean;
  readonly softBufferBytes: number;
  readonly drainMs: number;
  readonly maxSockets: number;
  readonly maxGreetingSockets: number;
  readonly framesPer10s: number;
  readonly syncBytesPerMinute: number;
  readonly keepTurns: number;
  readonly keepBytes: number;
  readonly roomTtlMs: number;
  readonly roomBufferBytes: number;
  readonly maxSocketAgeMs: number;
  readonly drainRoomMs: number;
  readonly pollMergeMs: number;
  readonly streamBeatMs: number;
  readonly streamIdleMs: number;
  readonly streamLookMs: number;
  readonly streamRetryMs: number;
  readonly maxFileBytes: number;
  readonly roomFiles: number;
  readonly roomFileBytes: number;
  readonly unusedFileMs: number;
  readonly fileAddressMs: number;
}

export const DEFAULT_POLICY: RoomPolicy = {
  /** One answer at a time is what a conversation is; a second question waits its turn, visibly. */
  maxActiveTurns: 1,
  /** More than anyone types ahead; few enough that the last one is still answered today. */
  maxQueuedTurns: 16,
  orphanPolicy: "cancel",
  /** Long enough for a phone to change networks; short enough that an abandoned turn stops costing money. */
  orphanGraceMs: 30_000,
  /** Deltas closer together than this leave as one frame: one paint, and about 60 sends a second per socket at most. */
  coalesceMs: 16,
  /** What a crash may cost a reader who is ahead of the log (F3, F5): two seconds of text. */
  logLagMs: 2_000,
  logLagUnits: 4_096,
  /** A backend that has not even answered in 10 s is stuck or unreachable. */
  headersTimeoutMs: 10_000,
  /** Large prompts take models tens of seconds before the first token. */
  firstTokenTimeoutMs: 30_000,
  silenceTimeoutMs: 30_000,
  turnTimeoutMs: 600_000,
  maxAttempts: 4,
  /** Counted durably before each call, so that a crash loop cannot ask without end (T5). */
  maxResumes: 3,
  backoff: { baseMs: 500, maxMs: 20_000 },
  stopConfirmMs: 5_000,
  /** The pace at which an answer that came whole is shown: about that of reading along (U6). */
  simulateChunkMs: 150,
  /** Nobody should wait longer than this for words that are already here. */
  simulateMaxMs: 20_000,
  historyTurns: 20,
  historyBytes: 262_144,
  /** How long an open call takes an answer: somebody may decide on the next day. */
  answerWithinMs: 86_400_000,
  /** Data URLs of earlier questions, apart from their text: four questions with as much as one may have. */
  historyFileBytes: 4 * maxDataUrlBytes,
  /** Whether a file's address may be http beyond loopback: the rule of the settings (`ALLOW_HTTP`). */
  allowHttp: false,
  /** One Mi units: about 250,000 tokens. Beyond that something loops (T6). */
  maxTurnLength: 1_048_576,
  /** A tool's output, a data part or an inline image as JSON: one sync, and up to 64 stored rows. */
  maxPartBytes: 1_048_576,
  /** Whether to trust a backend to resume that has not said so in its `start`. */
  upstreamResumable: false,
  /** Of a hundred traces that begin here, how many are recorded. */
  traceSamplePercent: 100,
  /** Words of a conversation are private until the operator says otherwise. */
  traceContent: false,
  /** A socket with more than this unsent is skipped until it drains (F2). */
  softBufferBytes: 1_048_576,
  drainMs: 10_000,
  /** Hundreds of tabs is the design point; the platform's own limit is 32,768. */
  maxSockets: 1_000,
  /** Sockets without a hello: those of a whole room that reconnects at once. They cost little, and the oldest ones lose. */
  maxGreetingSockets: 256,
  /** Of one socket. A person sends a few; a client that comes back sends its whole outbox at once (S2). */
  framesPer10s: 120,
  /** Of one session: four of the largest snapshots at once, then one in 15 s. A resume costs a few hundred bytes. */
  syncBytesPerMinute: 4 * 1_048_576,
  /** What a person scrolls back to, and more than any model is sent (F4). */
  keepTurns: 200,
  /** Prompts and answers as JSON. */
  keepBytes: 8 * 1_048_576,
  roomTtlMs: 30 * 86_400_000,
  /** What all sockets together may have unsent: a quarter of an object's memory, which other rooms may share (F2). */
  roomBufferBytes: 32 * 1_048_576,
  /** A day: a tab that is never closed still moves to new code and a fresh token now and then. */
  maxSocketAgeMs: 86_400_000,
  /** How long a drained room starts nothing: its tabs leave within this time, spread out. */
  drainRoomMs: 30_000,
  /** Text that continues reaches a long-poll at most this often: each answer costs a request. */
  pollMergeMs: 500,
  /** Under the 60 s at which many proxies close a silent connection, with three tries; what the SSE standard suggests. */
  streamBeatMs: 15_000,
  /** A stream in which nothing can happen ends after this: while it is open the object is awake, and paid for. */
  streamIdleMs: 60_000,
  /** One that comes back for nothing stays for its first heartbeat, no more. */
  streamLookMs: 2_000,
  /** When an idle stream comes back: how late another tab's question may be seen. */
  streamRetryMs: 20_000,
  /** A photo of a phone, or a long PDF; what models take at most is of this order. */
  maxFileBytes: 20 * 1_048_576,
  /** One for every second turn that a room keeps. */
  roomFiles: 100,
  /** A hundred photos. */
  roomFileBytes: 256 * 1_048_576,
  /** An attachment whose question is still being written; a draft that was left is not kept. */
  unusedFileMs: 3_600_000,
  /** How long an address is good at least: a backend that reads it late, a page that shows it after an hour. */
  fileAddressMs: 3_600_000,
};
