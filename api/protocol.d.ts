/** What both sides agree on, for pages and for clients in other places: the wire, offsets, the fold of frames into a room. */
import { ChatMessage, ChunkPart, ClientFrame, EMPTY_VIEW, ErrorFrame, Folded, Have, HelloFrame, NoticeFrame, Outcome, Part, RoomView, ServerFrame, StopProof, SyncFrame, SyncTurn, TextKind, TextPart, ToolInputPart, TurnDeltaFrame, TurnEndFrame, TurnError, TurnInput, TurnQueuedFrame, TurnState, TurnSubmitFrame, TurnView, TurnsPage, Usage, WelcomeFrame, clientFrame, foldFrame, haveOf, isText, joinParts, lengthOf, prependTurns, serverFrame, sliceParts, textOf, unitsOf } from "./client/transcript.js";
import * as z from "zod/mini";
import { ERRORS, ErrorCode, ErrorFacts, errorOfClose, isRetryableClose } from "./client/errors.js";
import { GatewayData, UiMessageChunk, UiMessageStep, UiMessageWriter } from "./client/ui-message-stream.js";
/**
 * The parts of a message as a page shows them, in the shape of the AI SDK's `UIMessage`. `message-fold.ts` makes them of an
 * answer's parts. A part of a type that isn't known here has the fields that its chunk came with.
 */
interface TextUiPart {
  readonly type: "text" | "reasoning";
  readonly text: string;
  readonly state: "streaming" | "done";
  readonly [field: string]: unknown;
}
type ToolState = "input-streaming" | "input-available" | "approval-requested" | "approval-responded" | "output-available" | "output-error" | "output-denied";
/** A tool's call and what came of it. `dynamic-tool` has its name in `toolName`, any other type is `tool-<name>`. */
interface ToolUiPart {
  readonly type: `tool-${string}` | "dynamic-tool";
  readonly toolCallId: string;
  readonly state: ToolState;
  readonly toolName?: string;
  readonly title?: string;
  /** While the input is streaming: what is known of it. */
  readonly input?: unknown;
  readonly output?: unknown;
  readonly errorText?: string;
  readonly providerExecuted?: boolean;
  readonly [field: string]: unknown;
}
interface DataUiPart {
  readonly type: `data-${string}`;
  readonly id?: string;
  readonly data: unknown;
}
interface OtherUiPart {
  readonly type: string;
  readonly [field: string]: unknown;
}
type UiPart = TextUiPart | ToolUiPart | DataUiPart | OtherUiPart;
export declare function isTextUiPart(part: UiPart): part is TextUiPart;
export declare function isToolUiPart(part: UiPart): part is ToolUiPart;
export declare function isDataUiPart(part: UiPart): part is DataUiPart;
export declare function toolNameOf({ type, toolName }: ToolUiPart): string;
/** How long to wait before trying again. Pure: used by the room towards the upstream and by the client towards the room. */
interface BackoffPolicy {
  readonly baseMs: number;
  readonly maxMs: number;
}
/**
 * Full jitter: uniform in [0, min(maxMs, baseMs · 2ⁿ)), so that the sockets one deploy dropped do not return in one wave.
 * `attempt` counts from 0. See "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
export declare function backoffMs(attempt: number, policy: BackoffPolicy, random: () => number): number;
interface FoldedMessage {
  readonly parts: readonly UiPart[];
  /** What `start`, `message-metadata` and `finish` said, merged. */
  readonly metadata?: unknown;
}
export declare function foldMessage(parts: readonly Part[]): FoldedMessage;
/** The text of what a person asked: the prompt, the text of its parts, or the last user message of a turn that brought its own history. */
export declare function promptOf(input: TurnInput | undefined): string;
/** Bounds on what may cross the wire. Both sides keep them; the room enforces them. */
/** A client frame, in bytes of UTF-8. Holds a long pasted prompt; small enough that a flood of them stays cheap. */
export declare const maxFrameBytes: number;
/** `params` and `metadata` of a submit, as JSON, in bytes of UTF-8. */
export declare const maxParamsBytes: number;
/** Turns a reader may name as not held whole: the open one, the queued ones, and what a crash left. */
export declare const maxHaveOffsets = 32;
/** How long a socket may stay without a hello before it is closed. */
export declare const helloTimeoutMs = 5000;
/** Turns of one page of the conversation's older part. */
export declare const maxPageTurns = 50;
/** How often a client shows a sign of life. Three may be lost before it stops counting as a viewer (`viewerTimeoutMs`). */
export declare const heartbeatMs = 25000;
export declare const turnIdPattern: RegExp;
/** Not `.` and `..`: a URL parser takes them for folders and asks for another path. */
export declare const roomNamePattern: RegExp;
export declare const LOCALES: readonly ["en", "zh-CN"];
type Locale = (typeof LOCALES)[number];
export declare const MESSAGES: Readonly<Record<Locale, Readonly<Record<string, string>>>>;
/** The message for a code in a language. A code of a newer server gets `fallback`, the message that the frame carried. */
export declare function messageFor(code: string, locale: Locale, fallback?: string): string;
/** The frame, or undefined for what this version does not know: a newer server may say more. */
export declare function parseServerFrame(text: string): ServerFrame | undefined;
/**
 * The version a `hello` names. Bump it with any change a reader of the previous version would misread, and add a line:
 *
 * 1 (2026-11): first version.
 * 2 (2026-11): the parts of an answer are UI message chunks.
 */
export declare const PROTOCOL_VERSION = 2;
/** A message in the shape of the AI SDK's `UIMessage`. */
interface GatewayUiMessage {
  readonly id: string;
  readonly role: "user" | "assistant";
  readonly parts: readonly UiPart[];
  readonly metadata?: unknown;
}
/**
 * A conversation as messages, oldest first. Of a turn that is not over the question alone: the answer comes as a stream,
 * from its start. `nameOf` gives back the page's own id of a turn's question, where it is known.
 */
export declare function uiMessagesOf(turns: readonly TurnView[], nameOf?: (turnId: string) => string): GatewayUiMessage[];
export declare const unifiedEvents: {
  readonly start: z.ZodMiniObject<{
    model: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
    resumable: z.ZodMiniExactOptional<z.ZodMiniBoolean<boolean>>;
  }, z.core.$strip>;
  readonly token: z.ZodMiniObject<{
    text: z.ZodMiniString<string>;
  }, z.core.$strip>;
  readonly reasoning: z.ZodMiniObject<{
    text: z.ZodMiniString<string>;
  }, z.core.$strip>;
  readonly tool: z.ZodMiniObject<{
    toolCallId: z.ZodMiniString<string>;
    toolName: z.ZodMiniString<string>;
    phase: z.ZodMiniEnum<{
      call: "call";
      error: "error";
      result: "result";
    }>;
    value: z.ZodMiniUnknown;
  }, z.core.$strip>;
  readonly usage: z.ZodMiniObject<{
    inputTokens: z.ZodMiniExactOptional<z.ZodMiniInt>;
    outputTokens: z.ZodMiniExactOptional<z.ZodMiniInt>;
  }, z.core.$strip>;
  readonly done: z.ZodMiniObject<{
    finishReason: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
    usage: z.ZodMiniExactOptional<z.ZodMiniObject<{
      inputTokens: z.ZodMiniExactOptional<z.ZodMiniInt>;
      outputTokens: z.ZodMiniExactOptional<z.ZodMiniInt>;
    }, z.core.$strip>>;
  }, z.core.$strip>;
  readonly error: z.ZodMiniObject<{
    code: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
    message: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
    retryable: z.ZodMiniExactOptional<z.ZodMiniBoolean<boolean>>;
    retryAfterMs: z.ZodMiniExactOptional<z.ZodMiniInt>;
  }, z.core.$strip>;
};
/** Body of `POST {NEST_BASE}/model/chat`. */
export declare const upstreamRequestSchema: z.ZodMiniObject<{
  generationId: z.ZodMiniString<string>;
  room: z.ZodMiniString<string>;
  provider: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
  model: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
  messages: z.ZodMiniArray<z.ZodMiniObject<{
    id: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
    role: z.ZodMiniEnum<{
      assistant: "assistant";
      system: "system";
      user: "user";
    }>;
    content: z.ZodMiniString<string>;
    parts: z.ZodMiniExactOptional<z.ZodMiniArray<z.ZodMiniObject<{
      type: z.ZodMiniString<string>;
    }, z.core.$loose>>>;
  }, z.core.$strict>>;
  answers: z.ZodMiniExactOptional<z.ZodMiniArray<z.ZodMiniObject<{
    type: z.ZodMiniEnum<{
      approval: "approval";
      "tool-error": "tool-error";
      "tool-output": "tool-output";
    }>;
    toolCallId: z.ZodMiniString<string>;
    toolName: z.ZodMiniString<string>;
    output: z.ZodMiniExactOptional<z.ZodMiniJSONSchema>;
    errorText: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
    approvalId: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
    approved: z.ZodMiniExactOptional<z.ZodMiniBoolean<boolean>>;
    reason: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
    by: z.ZodMiniString<string>;
    at: z.ZodMiniInt;
  }, z.core.$strip>>>;
  params: z.ZodMiniExactOptional<z.ZodMiniRecord<z.ZodMiniString<string>, z.ZodMiniJSONSchema>>;
}, z.core.$strip>;
type UpstreamRequestBody = z.infer<typeof upstreamRequestSchema>;
/**
 * The events of a backend's answer by `type`, as the docs and the reference backend name them. The reader takes these and many
 * others (docs/faults.md); `unifiedEvents` are the names of the first release, which are read as well.
 */
export declare const backendEvents: {
  readonly start: z.ZodMiniObject<{
    type: z.ZodMiniLiteral<"start">;
    model: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
    resumable: z.ZodMiniExactOptional<z.ZodMiniBoolean<boolean>>;
  }, z.core.$loose>;
  readonly delta: z.ZodMiniObject<{
    type: z.ZodMiniLiteral<"delta">;
    data: z.ZodMiniString<string>;
  }, z.core.$loose>;
  readonly reasoning: z.ZodMiniObject<{
    type: z.ZodMiniLiteral<"reasoning">;
    data: z.ZodMiniString<string>;
  }, z.core.$loose>;
  readonly tool_call: z.ZodMiniObject<{
    type: z.ZodMiniLiteral<"tool_call">;
    id: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
    name: z.ZodMiniString<string>;
    args: z.ZodMiniUnknown;
  }, z.core.$loose>;
  readonly tool_result: z.ZodMiniObject<{
    type: z.ZodMiniLiteral<"tool_result">;
    id: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
    name: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
    result: z.ZodMiniExactOptional<z.ZodMiniUnknown>;
    error: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
  }, z.core.$loose>;
  readonly data: z.ZodMiniObject<{
    type: z.ZodMiniLiteral<"data">;
    name: z.ZodMiniString<string>;
    value: z.ZodMiniUnknown;
    id: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
  }, z.core.$loose>;
  readonly usage: z.ZodMiniObject<{
    inputTokens: z.ZodMiniExactOptional<z.ZodMiniInt>;
    outputTokens: z.ZodMiniExactOptional<z.ZodMiniInt>;
    type: z.ZodMiniLiteral<"usage">;
  }, z.core.$loose>;
  readonly ping: z.ZodMiniObject<{
    type: z.ZodMiniLiteral<"ping">;
    ts: z.ZodMiniExactOptional<z.ZodMiniNumber<number>>;
  }, z.core.$loose>;
  readonly complete: z.ZodMiniObject<{
    finishReason: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
    usage: z.ZodMiniExactOptional<z.ZodMiniObject<{
      inputTokens: z.ZodMiniExactOptional<z.ZodMiniInt>;
      outputTokens: z.ZodMiniExactOptional<z.ZodMiniInt>;
    }, z.core.$strip>>;
    type: z.ZodMiniLiteral<"complete">;
  }, z.core.$loose>;
  readonly error: z.ZodMiniObject<{
    code: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
    message: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
    retryable: z.ZodMiniExactOptional<z.ZodMiniBoolean<boolean>>;
    retryAfterMs: z.ZodMiniExactOptional<z.ZodMiniInt>;
    type: z.ZodMiniLiteral<"error">;
  }, z.core.$loose>;
};
export { type BackoffPolicy, type ChatMessage, type ChunkPart, type ClientFrame, type DataUiPart, EMPTY_VIEW, ERRORS, type ErrorCode, type ErrorFacts, type ErrorFrame, type Folded, type FoldedMessage, type GatewayData, type Have, type HelloFrame, type Locale, type NoticeFrame, type Outcome, type Part, type RoomView, type ServerFrame, type StopProof, type SyncFrame, type SyncTurn, type TextKind, type TextPart, type TextUiPart, type ToolInputPart, type ToolState, type ToolUiPart, type TurnDeltaFrame, type TurnEndFrame, type TurnError, type TurnInput, type TurnQueuedFrame, type TurnState, type TurnSubmitFrame, type TurnView, type TurnsPage, type UiMessageChunk, type UiMessageStep, UiMessageWriter, type UiPart, type UpstreamRequestBody, type Usage, type WelcomeFrame, clientFrame, errorOfClose, foldFrame, haveOf, isRetryableClose, isText, joinParts, lengthOf, prependTurns, serverFrame, sliceParts, textOf, unitsOf };