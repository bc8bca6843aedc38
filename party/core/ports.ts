/**
 * The ports of the core: sockets, time, storage, the upstream and identities. The hosts (`party/objects/`, `party/partykit.ts`)
 * and the tests each supply their own.
 */
import type { Part } from "../../shared/content.ts";
import type { CallAnswer } from "../../shared/protocol/answers.ts";
import type { ChatMessage, TurnInput, TurnSubmitFrame } from "../../shared/protocol/client-frames.ts";
import type { ErrorCode } from "../../shared/protocol/errors.ts";
import type { Outcome, Usage } from "../../shared/protocol/server-frames.ts";
import type { Result } from "../../shared/result.ts";
import type { UiPart } from "../../shared/ui-parts.ts";
import type { RoomEvent, Transport } from "./events.ts";
import type { TurnLimiter } from "./limiter/limiter-port.ts";
import type { Submit } from "./log/turn-record.ts";
import type { AccessRefusal, Principal } from "./principal.ts";

/** What the room knows of a socket. Compared by identity: connection ids repeat, and a replaced socket still has events. */
export interface RoomSocket {
  readonly transport: Transport;
  readonly isOpen: boolean;
  /** Bytes accepted and not yet taken by the network; an estimate where the host doesn't say (`sockets/unsent-estimate.ts`). */
  readonly bufferedAmount: number;
  /** When the runtime last answered this socket's `ping` for us, ms since 1970. */
  readonly pongedAt: number | undefined;
  /** What `attach` stored before the object last slept, or undefined on a new socket. Not yet parsed. */
  readonly attachment: unknown;
  /** Bytes that `attach` may store; 0 where a socket doesn't outlive its object. */
  readonly maxAttachmentBytes: number;
  /** Stores a value with the socket, which survives hibernation. */
  attach(value: unknown): void;
  /** Never throws; on a closed socket it does nothing. */
  send(text: string): void;
  /** Never throws. `reason` is cut to what a close frame holds. */
  close(code: number, reason: string): void;
}

/** The body of an HTTP answer, which its client takes bit by bit. */
export interface AnswerBody {
  /** Bytes that the client hasn't taken; 0 once it has all of them, or has left. */
  readonly unsentBytes: number;
  /** Ends the body in the middle and frees what it holds: the client sees a lost connection. Does nothing after its end. */
  breakOff(): void;
}

/** A socket that only sends, such as a stream of server-sent events. Its client reconnects by itself. */
export interface StreamSocket extends RoomSocket, AnswerBody {
  /** Sends a heartbeat, which changes no cursor. */
  beat(text: string): void;
  /** Sets the client's retry delay, for when the stream ends. */
  comeBackIn(ms: number): void;
}

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs once, `ms` from now. For waits up to 10 s; longer ones belong to the agenda, which survives an eviction. */
  after(ms: number, run: () => void): Timer;
}

/** A clock that also measures durations. `now()` jumps when the machine's clock is corrected, and so do differences of it. */
export interface MonotonicClock extends Clock {
  /** Milliseconds since some moment. A correction of the machine's clock never sets it back. */
  elapsed(): number;
}

/** Writes that become visible together or not at all. */
export interface StorageChanges {
  readonly put: ReadonlyMap<string, unknown>;
  readonly delete: readonly string[];
}

export interface ListOptions {
  readonly prefix: string;
  readonly limit?: number;
}

/** The key-value calls of a Durable Object's storage, in the shape the core uses them. */
export interface RoomStorage {
  get(keys: readonly string[]): Promise<Map<string, unknown>>;
  /** In key order. */
  list(options: ListOptions): Promise<Map<string, unknown>>;
  /** Resolves when the changes are durable. Later writes never overtake earlier ones. */
  commit(changes: StorageChanges): Promise<void>;
  /** Writes without holding back what is sent meanwhile: for log rows, which may trail what readers see (F3). */
  append(put: ReadonlyMap<string, unknown>): Promise<void>;
  /** Also the alarm. */
  deleteAll(): Promise<void>;
  /** When the alarm will ring, ms since 1970; undefined where none is set. */
  getAlarm(): Promise<number | undefined>;
  setAlarm(at: number): Promise<void>;
}

/** A message of the conversation. A question or an answer with more than text has its parts, for formats that carry them. */
export interface UpstreamMessage extends Omit<ChatMessage, "parts"> {
  /** An answer's own id at the upstream, where it gave one; otherwise an id that the message keeps in every request. */
  readonly id?: string;
  readonly parts?: readonly UiPart[];
  /** What the upstream said of its answer: the message metadata of a UI message stream. */
  readonly metadata?: unknown;
}

/** An answer to a call of the last message, for formats that name what is new. */
export interface UpstreamAnswer {
  readonly type: CallAnswer["type"];
  readonly toolCallId: string;
  readonly toolName: string;
  readonly output?: unknown;
  readonly errorText?: string;
  readonly approvalId?: string;
  readonly approved?: boolean;
  readonly reason?: string;
  /** The subject that answered. */
  readonly by: string;
  /** ms since 1970 */
  readonly at: number;
}

/** The request of one attempt. A retry sends the same body under the same key. */
export interface UpstreamRequest {
  readonly generationId: string;
  readonly messages: readonly UpstreamMessage[];
  /** Present where the last message is an answer to be continued: what was answered of its open calls. */
  readonly answers?: readonly UpstreamAnswer[];
  readonly provider?: string;
  readonly model?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  /** The subject that asked. */
  readonly user?: string;
  /** The upstream's own id of this conversation, as it named it in an earlier answer. */
  readonly conversation?: string;
  /** The id of the answer that this one replaces, where the same question is asked again. */
  readonly regenerates?: string;
  /** Present on a resume: continue after this event, and never start a generation. */
  readonly lastEventId?: string;
  /** W3C Trace Context of this call; absent where it belongs to no trace. */
  readonly traceparent?: string;
}

export type UpstreamEnd =
  | { readonly kind: "done"; readonly finishReason?: string; readonly usage?: Usage }
  | {
      readonly kind: "error";
      readonly code: ErrorCode;
      readonly retryable: boolean;
      readonly retryAfterMs?: number;
    };

/** The content of one read. An empty batch is only a sign of life, such as an SSE comment. */
export interface UpstreamBatch {
  /** Adjacent text is already merged. Text may still hold a lone surrogate: the turn repairs it. */
  readonly parts: readonly Part[];
  /** Id of the last event in this batch. */
  readonly eventId?: string;
  /** `messageId`: the upstream's own id of the answer. */
  readonly start?: { readonly model?: string; readonly resumable: boolean; readonly messageId?: string };
  readonly usage?: Usage;
  /** The upstream's own id of the conversation: sent back with the next question. */
  readonly conversation?: string;
  /** The upstream answered whole instead of streaming: this batch is all of it (U6). */
  readonly whole?: true;
  /** Set on the last batch of a stream that ended with its end event. */
  readonly end?: UpstreamEnd;
}

/** The AI backend. */
export interface Upstream {
  /**
   * One attempt. Resolves when the response's headers allow reading it. Aborting `signal` closes the body and makes the pending
   * read reject. Rejects with `UpstreamFailure` for failures of the upstream or the network; with `upstream-unreachable` only
   * where no response began, so that nothing can run there.
   */
  open(request: UpstreamRequest, signal: AbortSignal): Promise<AsyncIterable<UpstreamBatch>>;
  /** `confirmed`: not one more token is generated. `unsupported`: this upstream takes no stop. Rejects when it cannot be reached. */
  stop(generationId: string, signal: AbortSignal): Promise<"confirmed" | "unsupported">;
}

/** Why an attempt failed. `retryable` describes the cause; whether a retry is allowed is decided by the turn (U2). */
export class UpstreamFailure extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  /** The upstream itself ended the attempt (an error status, an `error` event): nothing runs there that must be stopped. */
  readonly byUpstream: boolean;
  /** The upstream is overloaded, not broken: every room of the tenant slows down (U3). */
  readonly isOverload: boolean;

  constructor(
    code: ErrorCode,
    retryable: boolean,
    options: { cause?: unknown; retryAfterMs?: number; byUpstream?: boolean; isOverload?: boolean } = {},
  ) {
    super(`[${code}]`, { cause: options.cause });
    this.name = "UpstreamFailure";
    this.code = code;
    this.retryable = retryable;
    this.retryAfterMs = options.retryAfterMs;
    this.byUpstream = options.byUpstream ?? false;
    // An upstream that names a retry delay is overloaded, whatever its status is.
    this.isOverload = options.isOverload ?? (code === "upstream-rate-limited" || options.retryAfterMs !== undefined);
  }
}

/** The address of an uploaded file: whoever has it may read the file until it expires. */
export interface SignedAddress {
  readonly url: string;
  /** ms since 1970. */
  readonly expiresAt: number;
  /** Until then a reader that gets the address now has time enough to use it. */
  readonly freshUntil: number;
}

/** The store of uploaded files, as a room uses it. Their bytes never pass through a room. */
export interface RoomFileStore {
  /** @param origin where clients reach the gateway. */
  sign(id: string, origin: string, now: number): Promise<SignedAddress>;
  /** Resolves when the bytes of these files are gone, also those that never came. */
  delete(ids: readonly string[]): Promise<void>;
}

/** An action in a room, for the audit log. */
export type AuditedAct =
  /** A question was accepted: it becomes a generation. */
  | { readonly act: "asked"; readonly by: Principal; readonly epoch: string; readonly turnId: string }
  /** Open calls of a turn were answered: ids and decisions. */
  | {
      readonly act: "answered";
      readonly by: Principal;
      readonly epoch: string;
      readonly turnId: string;
      readonly continues: string;
      readonly answers: readonly { readonly kind: string; readonly callId: string; readonly approved?: boolean }[];
    }
  /** Turns were removed, and with them their answers: an edit or a regenerate replaced them. */
  | { readonly act: "replaced"; readonly by: Principal; readonly epoch: string; readonly turnIds: readonly string[] }
  | { readonly act: "cleared" | "erased"; readonly by: Principal }
  | { readonly act: "uploaded"; readonly by: string; readonly fileId: string }
  | { readonly act: "drained" };

/** A turn whose end is durable, for the application that hosts the room. */
export interface SettledTurn {
  readonly turnId: string;
  readonly outcome: Outcome;
  readonly error?: string;
  readonly finishReason?: string;
  /** The subject that asked. */
  readonly author: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly endedAt: number;
  readonly model?: string;
  readonly usage?: Usage;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** `input` and `parts` are absent where the turn isn't in memory, as after a restart. */
  readonly input?: TurnInput;
  readonly parts?: readonly Part[];
}

export interface RoomPorts {
  readonly limiter: TurnLimiter;
  readonly clock: MonotonicClock;
  readonly storage: RoomStorage;
  readonly upstream: Upstream;
  /** Absent: the gateway has no store for uploaded files. */
  readonly files?: RoomFileStore;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** A fresh id of letters, digits, '-' and '_', at most 32 long. */
  readonly newId: () => string;
  /** The id under which the upstream knows a turn. Stable for the same epoch and turn. */
  readonly generationIdOf: (epoch: string, turnId: string) => Promise<string>;
  /** The field of a submit (provider, model or a param) that the tenant may not use; undefined where it may use all. */
  readonly refusalOf: (asked: Pick<TurnSubmitFrame, "provider" | "model" | "params">) => string | undefined;
  /**
   * Loads what `refusalOf` and `isRevoked` need, from other objects. Awaited before a socket that outlived an eviction gets or does
   * anything, and never inside of a start. Never rejects.
   */
  readonly prepare: () => Promise<unknown>;
  /** Checks the token of a `hello`. */
  readonly principalOf: (token: string | undefined) => Promise<Result<Principal, AccessRefusal>>;
  /**
   * False where the upstream wants the caller's own token and the room no longer has that of this user: the client must say
   * hello again. Absent: the upstream wants none.
   */
  readonly hasTokenOf?: (sub: string) => boolean;
  /** Whether a valid token has been revoked. At once where the list is fresh, else when it has been read again. */
  readonly isRevoked: (principal: Principal) => boolean | Promise<boolean>;
  /**
   * Lets the application change or refuse a question before the room accepts it. Never rejects, and is bounded in time. Absent:
   * questions are accepted at once.
   */
  readonly beforeTurn?: (submit: Submit, by: Principal) => Promise<Result<Submit, AccessRefusal>>;
  /** Tells the application of a turn that has ended. Returns at once and never throws. */
  readonly afterTurn?: (turn: SettledTurn) => void;
  /** Writes a line of the audit log. */
  readonly audit: (act: AuditedAct) => void;
  readonly report: (event: RoomEvent) => void;
  /** Storage failed, so memory may differ from it. The host drops this core; clients reconnect to a new one. */
  readonly onBroken: (error: unknown) => void;
}
