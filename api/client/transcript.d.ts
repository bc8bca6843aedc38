import * as z from "zod/mini";
/** A reader's cursor (design §4): `offsets` lists every turn it does not hold whole. */
declare const haveSchema: z.ZodMiniObject<{
  epoch: z.ZodMiniString<string>;
  seq: z.ZodMiniInt;
  offsets: z.ZodMiniRecord<z.ZodMiniString<string>, z.ZodMiniInt>;
}, z.core.$strict>;
/** `parts` are what `content`, the text alone, leaves out: files and data. */
declare const messageSchema: z.ZodMiniObject<{
  role: z.ZodMiniEnum<{
    assistant: "assistant";
    system: "system";
    user: "user";
  }>;
  content: z.ZodMiniString<string>;
  parts: z.ZodMiniExactOptional<z.ZodMiniArray<z.ZodMiniUnion<readonly [z.ZodMiniObject<{
    type: z.ZodMiniLiteral<"text">;
    text: z.ZodMiniString<string>;
  }, z.core.$catchall<z.ZodMiniJSONSchema>>, z.ZodMiniObject<{
    type: z.ZodMiniLiteral<"file">;
    mediaType: z.ZodMiniString<string>;
    filename: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
    url: z.ZodMiniString<string>;
  }, z.core.$catchall<z.ZodMiniJSONSchema>>, z.ZodMiniObject<{
    type: z.ZodMiniTemplateLiteral<`data-${string}`>;
    id: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
    data: z.ZodMiniJSONSchema;
  }, z.core.$catchall<z.ZodMiniJSONSchema>>]>>>;
}, z.core.$strict>;
/** One question after the room's own history, as text or as parts, or `messages` in place of that history; or answers. */
declare const inputSchema: z.ZodMiniUnion<readonly [z.ZodMiniObject<{
  prompt: z.ZodMiniString<string>;
}, z.core.$strict>, z.ZodMiniObject<{
  parts: z.ZodMiniArray<z.ZodMiniUnion<readonly [z.ZodMiniObject<{
    type: z.ZodMiniLiteral<"text">;
    text: z.ZodMiniString<string>;
  }, z.core.$catchall<z.ZodMiniJSONSchema>>, z.ZodMiniObject<{
    type: z.ZodMiniLiteral<"file">;
    mediaType: z.ZodMiniString<string>;
    filename: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
    url: z.ZodMiniString<string>;
  }, z.core.$catchall<z.ZodMiniJSONSchema>>, z.ZodMiniObject<{
    type: z.ZodMiniTemplateLiteral<`data-${string}`>;
    id: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
    data: z.ZodMiniJSONSchema;
  }, z.core.$catchall<z.ZodMiniJSONSchema>>]>>;
}, z.core.$strict>, z.ZodMiniObject<{
  messages: z.ZodMiniArray<z.ZodMiniObject<{
    role: z.ZodMiniEnum<{
      assistant: "assistant";
      system: "system";
      user: "user";
    }>;
    content: z.ZodMiniString<string>;
    parts: z.ZodMiniExactOptional<z.ZodMiniArray<z.ZodMiniUnion<readonly [z.ZodMiniObject<{
      type: z.ZodMiniLiteral<"text">;
      text: z.ZodMiniString<string>;
    }, z.core.$catchall<z.ZodMiniJSONSchema>>, z.ZodMiniObject<{
      type: z.ZodMiniLiteral<"file">;
      mediaType: z.ZodMiniString<string>;
      filename: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
      url: z.ZodMiniString<string>;
    }, z.core.$catchall<z.ZodMiniJSONSchema>>, z.ZodMiniObject<{
      type: z.ZodMiniTemplateLiteral<`data-${string}`>;
      id: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
      data: z.ZodMiniJSONSchema;
    }, z.core.$catchall<z.ZodMiniJSONSchema>>]>>>;
  }, z.core.$strict>>;
}, z.core.$strict>, z.ZodMiniObject<{
  answers: z.ZodMiniArray<z.ZodMiniDiscriminatedUnion<[z.ZodMiniObject<{
    type: z.ZodMiniLiteral<"tool-output">;
    toolCallId: z.ZodMiniString<string>;
    output: z.ZodMiniJSONSchema;
  }, z.core.$strict>, z.ZodMiniObject<{
    type: z.ZodMiniLiteral<"tool-error">;
    toolCallId: z.ZodMiniString<string>;
    errorText: z.ZodMiniString<string>;
  }, z.core.$strict>, z.ZodMiniObject<{
    type: z.ZodMiniLiteral<"approval">;
    approvalId: z.ZodMiniString<string>;
    approved: z.ZodMiniBoolean<boolean>;
    reason: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
  }, z.core.$strict>], "type">>;
}, z.core.$strict>]>;
declare const helloFrame: z.ZodMiniObject<{
  type: z.ZodMiniLiteral<"hello">;
  version: z.ZodMiniInt;
  token: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
  have: z.ZodMiniExactOptional<z.ZodMiniObject<{
    epoch: z.ZodMiniString<string>;
    seq: z.ZodMiniInt;
    offsets: z.ZodMiniRecord<z.ZodMiniString<string>, z.ZodMiniInt>;
  }, z.core.$strict>>;
}, z.core.$strict>;
declare const turnSubmitFrame: z.ZodMiniObject<{
  type: z.ZodMiniLiteral<"turn-submit">;
  turnId: z.ZodMiniString<string>;
  epoch: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
  input: z.ZodMiniUnion<readonly [z.ZodMiniObject<{
    prompt: z.ZodMiniString<string>;
  }, z.core.$strict>, z.ZodMiniObject<{
    parts: z.ZodMiniArray<z.ZodMiniUnion<readonly [z.ZodMiniObject<{
      type: z.ZodMiniLiteral<"text">;
      text: z.ZodMiniString<string>;
    }, z.core.$catchall<z.ZodMiniJSONSchema>>, z.ZodMiniObject<{
      type: z.ZodMiniLiteral<"file">;
      mediaType: z.ZodMiniString<string>;
      filename: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
      url: z.ZodMiniString<string>;
    }, z.core.$catchall<z.ZodMiniJSONSchema>>, z.ZodMiniObject<{
      type: z.ZodMiniTemplateLiteral<`data-${string}`>;
      id: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
      data: z.ZodMiniJSONSchema;
    }, z.core.$catchall<z.ZodMiniJSONSchema>>]>>;
  }, z.core.$strict>, z.ZodMiniObject<{
    messages: z.ZodMiniArray<z.ZodMiniObject<{
      role: z.ZodMiniEnum<{
        assistant: "assistant";
        system: "system";
        user: "user";
      }>;
      content: z.ZodMiniString<string>;
      parts: z.ZodMiniExactOptional<z.ZodMiniArray<z.ZodMiniUnion<readonly [z.ZodMiniObject<{
        type: z.ZodMiniLiteral<"text">;
        text: z.ZodMiniString<string>;
      }, z.core.$catchall<z.ZodMiniJSONSchema>>, z.ZodMiniObject<{
        type: z.ZodMiniLiteral<"file">;
        mediaType: z.ZodMiniString<string>;
        filename: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
        url: z.ZodMiniString<string>;
      }, z.core.$catchall<z.ZodMiniJSONSchema>>, z.ZodMiniObject<{
        type: z.ZodMiniTemplateLiteral<`data-${string}`>;
        id: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
        data: z.ZodMiniJSONSchema;
      }, z.core.$catchall<z.ZodMiniJSONSchema>>]>>>;
    }, z.core.$strict>>;
  }, z.core.$strict>, z.ZodMiniObject<{
    answers: z.ZodMiniArray<z.ZodMiniDiscriminatedUnion<[z.ZodMiniObject<{
      type: z.ZodMiniLiteral<"tool-output">;
      toolCallId: z.ZodMiniString<string>;
      output: z.ZodMiniJSONSchema;
    }, z.core.$strict>, z.ZodMiniObject<{
      type: z.ZodMiniLiteral<"tool-error">;
      toolCallId: z.ZodMiniString<string>;
      errorText: z.ZodMiniString<string>;
    }, z.core.$strict>, z.ZodMiniObject<{
      type: z.ZodMiniLiteral<"approval">;
      approvalId: z.ZodMiniString<string>;
      approved: z.ZodMiniBoolean<boolean>;
      reason: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
    }, z.core.$strict>], "type">>;
  }, z.core.$strict>]>;
  provider: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
  model: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
  params: z.ZodMiniExactOptional<z.ZodMiniRecord<z.ZodMiniString<string>, z.ZodMiniJSONSchema>>;
  metadata: z.ZodMiniExactOptional<z.ZodMiniRecord<z.ZodMiniString<string>, z.ZodMiniJSONSchema>>;
  replaces: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
  continues: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
  onLeave: z.ZodMiniExactOptional<z.ZodMiniEnum<{
    cancel: "cancel";
    keep: "keep";
  }>>;
}, z.core.$strict>;
export declare const clientFrame: z.ZodMiniDiscriminatedUnion<[z.ZodMiniObject<{
  type: z.ZodMiniLiteral<"hello">;
  version: z.ZodMiniInt;
  token: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
  have: z.ZodMiniExactOptional<z.ZodMiniObject<{
    epoch: z.ZodMiniString<string>;
    seq: z.ZodMiniInt;
    offsets: z.ZodMiniRecord<z.ZodMiniString<string>, z.ZodMiniInt>;
  }, z.core.$strict>>;
}, z.core.$strict>, z.ZodMiniObject<{
  type: z.ZodMiniLiteral<"turn-submit">;
  turnId: z.ZodMiniString<string>;
  epoch: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
  input: z.ZodMiniUnion<readonly [z.ZodMiniObject<{
    prompt: z.ZodMiniString<string>;
  }, z.core.$strict>, z.ZodMiniObject<{
    parts: z.ZodMiniArray<z.ZodMiniUnion<readonly [z.ZodMiniObject<{
      type: z.ZodMiniLiteral<"text">;
      text: z.ZodMiniString<string>;
    }, z.core.$catchall<z.ZodMiniJSONSchema>>, z.ZodMiniObject<{
      type: z.ZodMiniLiteral<"file">;
      mediaType: z.ZodMiniString<string>;
      filename: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
      url: z.ZodMiniString<string>;
    }, z.core.$catchall<z.ZodMiniJSONSchema>>, z.ZodMiniObject<{
      type: z.ZodMiniTemplateLiteral<`data-${string}`>;
      id: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
      data: z.ZodMiniJSONSchema;
    }, z.core.$catchall<z.ZodMiniJSONSchema>>]>>;
  }, z.core.$strict>, z.ZodMiniObject<{
    messages: z.ZodMiniArray<z.ZodMiniObject<{
      role: z.ZodMiniEnum<{
        assistant: "assistant";
        system: "system";
        user: "user";
      }>;
      content: z.ZodMiniString<string>;
      parts: z.ZodMiniExactOptional<z.ZodMiniArray<z.ZodMiniUnion<readonly [z.ZodMiniObject<{
        type: z.ZodMiniLiteral<"text">;
        text: z.ZodMiniString<string>;
      }, z.core.$catchall<z.ZodMiniJSONSchema>>, z.ZodMiniObject<{
        type: z.ZodMiniLiteral<"file">;
        mediaType: z.ZodMiniString<string>;
        filename: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
        url: z.ZodMiniString<string>;
      }, z.core.$catchall<z.ZodMiniJSONSchema>>, z.ZodMiniObject<{
        type: z.ZodMiniTemplateLiteral<`data-${string}`>;
        id: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
        data: z.ZodMiniJSONSchema;
      }, z.core.$catchall<z.ZodMiniJSONSchema>>]>>>;
    }, z.core.$strict>>;
  }, z.core.$strict>, z.ZodMiniObject<{
    answers: z.ZodMiniArray<z.ZodMiniDiscriminatedUnion<[z.ZodMiniObject<{
      type: z.ZodMiniLiteral<"tool-output">;
      toolCallId: z.ZodMiniString<string>;
      output: z.ZodMiniJSONSchema;
    }, z.core.$strict>, z.ZodMiniObject<{
      type: z.ZodMiniLiteral<"tool-error">;
      toolCallId: z.ZodMiniString<string>;
      errorText: z.ZodMiniString<string>;
    }, z.core.$strict>, z.ZodMiniObject<{
      type: z.ZodMiniLiteral<"approval">;
      approvalId: z.ZodMiniString<string>;
      approved: z.ZodMiniBoolean<boolean>;
      reason: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
    }, z.core.$strict>], "type">>;
  }, z.core.$strict>]>;
  provider: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
  model: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
  params: z.ZodMiniExactOptional<z.ZodMiniRecord<z.ZodMiniString<string>, z.ZodMiniJSONSchema>>;
  metadata: z.ZodMiniExactOptional<z.ZodMiniRecord<z.ZodMiniString<string>, z.ZodMiniJSONSchema>>;
  replaces: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
  continues: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
  onLeave: z.ZodMiniExactOptional<z.ZodMiniEnum<{
    cancel: "cancel";
    keep: "keep";
  }>>;
}, z.core.$strict>, z.ZodMiniObject<{
  type: z.ZodMiniLiteral<"turn-cancel">;
  turnId: z.ZodMiniString<string>;
}, z.core.$strict>, z.ZodMiniObject<{
  type: z.ZodMiniLiteral<"sync-request">;
  have: z.ZodMiniObject<{
    epoch: z.ZodMiniString<string>;
    seq: z.ZodMiniInt;
    offsets: z.ZodMiniRecord<z.ZodMiniString<string>, z.ZodMiniInt>;
  }, z.core.$strict>;
}, z.core.$strict>, z.ZodMiniObject<{
  type: z.ZodMiniLiteral<"room-clear">;
}, z.core.$strict>, z.ZodMiniObject<{
  type: z.ZodMiniLiteral<"token-refresh">;
  token: z.ZodMiniString<string>;
}, z.core.$strict>], "type">;
export type Have = z.infer<typeof haveSchema>;
export type ChatMessage = z.infer<typeof messageSchema>;
export type TurnInput = z.infer<typeof inputSchema>;
export type HelloFrame = z.infer<typeof helloFrame>;
export type TurnSubmitFrame = z.infer<typeof turnSubmitFrame>;
export type ClientFrame = z.infer<typeof clientFrame>;
export type TextKind = "text" | "reasoning";
/** Text or reasoning. Without `id` it is of a plain answer, whose text has no boundaries of its own. */
export interface TextPart {
  readonly type: "text-delta" | "reasoning-delta";
  readonly id?: string;
  readonly delta: string;
}
/** A piece of a tool's input, as the model writes it. */
export interface ToolInputPart {
  readonly type: "tool-input-delta";
  readonly toolCallId: string;
  readonly inputTextDelta: string;
}
/** Any other chunk, its fields as they came. */
export interface ChunkPart {
  readonly type: string;
  readonly [field: string]: unknown;
}
/** Parts that hold text. Adjacent ones of one run are one part. */
type RunPart = TextPart | ToolInputPart;
export type Part = RunPart | ChunkPart;
export declare function isText(part: Part): part is TextPart;
/** Units of one part: its text's UTF-16 length, or one for a part that holds no text. */
export declare function unitsOf(part: Part): number;
export declare function lengthOf(parts: readonly Part[]): number;
/** `parts` followed by `more`, adjacent text of one run made one part. Neither input is changed; untouched parts are shared. */
export declare function joinParts(parts: readonly Part[], more: readonly Part[]): Part[];
/**
 * What lies in `[from, to)`. A bound inside a surrogate pair moves down to the pair's start, so no result ever holds half
 * a character; a caller that asks from inside a pair gets the whole of it again (a reader skips what it has).
 */
export declare function sliceParts(parts: readonly Part[], from: number, to?: number): Part[];
/** The visible text of an answer: its text in order, without reasoning and tools, and without what a `reset-step` voids. */
export declare function textOf(parts: readonly Part[]): string;
declare const turnStateSchema: z.ZodMiniEnum<{
  opening: "opening";
  queued: "queued";
  resuming: "resuming";
  settled: "settled";
  streaming: "streaming";
  waiting: "waiting";
}>;
declare const outcomeSchema: z.ZodMiniEnum<{
  cancelled: "cancelled";
  completed: "completed";
  failed: "failed";
  interrupted: "interrupted";
}>;
/** How a stop is known: the backend said so, or only our side was closed (T3). */
declare const stopSchema: z.ZodMiniEnum<{
  closed: "closed";
  confirmed: "confirmed";
}>;
declare const usageSchema: z.ZodMiniObject<{
  inputTokens: z.ZodMiniExactOptional<z.ZodMiniInt>;
  outputTokens: z.ZodMiniExactOptional<z.ZodMiniInt>;
}, z.core.$strip>;
declare const turnErrorSchema: z.ZodMiniObject<{
  code: z.ZodMiniString<string>;
  message: z.ZodMiniString<string>;
  retryable: z.ZodMiniBoolean<boolean>;
}, z.core.$strip>;
declare const welcomeFrame: z.ZodMiniObject<{
  type: z.ZodMiniLiteral<"welcome">;
  version: z.ZodMiniInt;
  sessionId: z.ZodMiniString<string>;
  room: z.ZodMiniString<string>;
  heartbeatMs: z.ZodMiniInt;
  limits: z.ZodMiniObject<{
    maxFrameBytes: z.ZodMiniInt;
    maxQueuedTurns: z.ZodMiniInt;
    maxActiveTurns: z.ZodMiniInt;
  }, z.core.$strip>;
  expiresAt: z.ZodMiniExactOptional<z.ZodMiniInt>;
  expiresInMs: z.ZodMiniExactOptional<z.ZodMiniInt>;
}, z.core.$strip>;
/** One turn in a sync. `input`, `continues`, `author`, `createdAt` and `metadata` come only for turns queued after the reader's `seq`. */
declare const syncTurnSchema: z.ZodMiniObject<{
  outcome: z.ZodMiniExactOptional<z.ZodMiniEnum<{
    cancelled: "cancelled";
    completed: "completed";
    failed: "failed";
    interrupted: "interrupted";
  }>>;
  stop: z.ZodMiniExactOptional<z.ZodMiniEnum<{
    closed: "closed";
    confirmed: "confirmed";
  }>>;
  finishReason: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
  model: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
  usage: z.ZodMiniExactOptional<z.ZodMiniObject<{
    inputTokens: z.ZodMiniExactOptional<z.ZodMiniInt>;
    outputTokens: z.ZodMiniExactOptional<z.ZodMiniInt>;
  }, z.core.$strip>>;
  error: z.ZodMiniExactOptional<z.ZodMiniObject<{
    code: z.ZodMiniString<string>;
    message: z.ZodMiniString<string>;
    retryable: z.ZodMiniBoolean<boolean>;
  }, z.core.$strip>>;
  open: z.ZodMiniExactOptional<z.ZodMiniArray<z.ZodMiniObject<{
    kind: z.ZodMiniEnum<{
      approval: "approval";
      tool: "tool";
    }>;
    toolCallId: z.ZodMiniString<string>;
    toolName: z.ZodMiniString<string>;
    approvalId: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
  }, z.core.$strip>>>;
  openUntil: z.ZodMiniExactOptional<z.ZodMiniInt>;
  id: z.ZodMiniString<string>;
  state: z.ZodMiniEnum<{
    opening: "opening";
    queued: "queued";
    resuming: "resuming";
    settled: "settled";
    streaming: "streaming";
    waiting: "waiting";
  }>;
  from: z.ZodMiniInt;
  parts: z.ZodMiniArray<z.ZodMiniType<Part, unknown, z.core.$ZodTypeInternals<Part, unknown>>>;
  length: z.ZodMiniInt;
  position: z.ZodMiniExactOptional<z.ZodMiniInt>;
  etaMs: z.ZodMiniExactOptional<z.ZodMiniInt>;
  simulated: z.ZodMiniExactOptional<z.ZodMiniBoolean<boolean>>;
  input: z.ZodMiniExactOptional<z.ZodMiniUnion<readonly [z.ZodMiniObject<{
    prompt: z.ZodMiniString<string>;
  }, z.core.$strict>, z.ZodMiniObject<{
    parts: z.ZodMiniArray<z.ZodMiniUnion<readonly [z.ZodMiniObject<{
      type: z.ZodMiniLiteral<"text">;
      text: z.ZodMiniString<string>;
    }, z.core.$catchall<z.ZodMiniJSONSchema>>, z.ZodMiniObject<{
      type: z.ZodMiniLiteral<"file">;
      mediaType: z.ZodMiniString<string>;
      filename: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
      url: z.ZodMiniString<string>;
    }, z.core.$catchall<z.ZodMiniJSONSchema>>, z.ZodMiniObject<{
      type: z.ZodMiniTemplateLiteral<`data-${string}`>;
      id: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
      data: z.ZodMiniJSONSchema;
    }, z.core.$catchall<z.ZodMiniJSONSchema>>]>>;
  }, z.core.$strict>, z.ZodMiniObject<{
    messages: z.ZodMiniArray<z.ZodMiniObject<{
      role: z.ZodMiniEnum<{
        assistant: "assistant";
        system: "system";
        user: "user";
      }>;
      content: z.ZodMiniString<string>;
      parts: z.ZodMiniExactOptional<z.ZodMiniArray<z.ZodMiniUnion<readonly [z.ZodMiniObject<{
        type: z.ZodMiniLiteral<"text">;
        text: z.ZodMiniString<string>;
      }, z.core.$catchall<z.ZodMiniJSONSchema>>, z.ZodMiniObject<{
        type: z.ZodMiniLiteral<"file">;
        mediaType: z.ZodMiniString<string>;
        filename: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
        url: z.ZodMiniString<string>;
      }, z.core.$catchall<z.ZodMiniJSONSchema>>, z.ZodMiniObject<{
        type: z.ZodMiniTemplateLiteral<`data-${string}`>;
        id: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
        data: z.ZodMiniJSONSchema;
      }, z.core.$catchall<z.ZodMiniJSONSchema>>]>>>;
    }, z.core.$strict>>;
  }, z.core.$strict>, z.ZodMiniObject<{
    answers: z.ZodMiniArray<z.ZodMiniDiscriminatedUnion<[z.ZodMiniObject<{
      type: z.ZodMiniLiteral<"tool-output">;
      toolCallId: z.ZodMiniString<string>;
      output: z.ZodMiniJSONSchema;
    }, z.core.$strict>, z.ZodMiniObject<{
      type: z.ZodMiniLiteral<"tool-error">;
      toolCallId: z.ZodMiniString<string>;
      errorText: z.ZodMiniString<string>;
    }, z.core.$strict>, z.ZodMiniObject<{
      type: z.ZodMiniLiteral<"approval">;
      approvalId: z.ZodMiniString<string>;
      approved: z.ZodMiniBoolean<boolean>;
      reason: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
    }, z.core.$strict>], "type">>;
  }, z.core.$strict>]>>;
  continues: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
  author: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
  metadata: z.ZodMiniExactOptional<z.ZodMiniRecord<z.ZodMiniString<string>, z.ZodMiniJSONSchema>>;
  createdAt: z.ZodMiniExactOptional<z.ZodMiniInt>;
}, z.core.$strip>;
declare const syncFrame: z.ZodMiniObject<{
  type: z.ZodMiniLiteral<"sync">;
  epoch: z.ZodMiniString<string>;
  seq: z.ZodMiniInt;
  floor: z.ZodMiniInt;
  mode: z.ZodMiniEnum<{
    delta: "delta";
    snapshot: "snapshot";
  }>;
  turns: z.ZodMiniArray<z.ZodMiniObject<{
    outcome: z.ZodMiniExactOptional<z.ZodMiniEnum<{
      cancelled: "cancelled";
      completed: "completed";
      failed: "failed";
      interrupted: "interrupted";
    }>>;
    stop: z.ZodMiniExactOptional<z.ZodMiniEnum<{
      closed: "closed";
      confirmed: "confirmed";
    }>>;
    finishReason: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
    model: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
    usage: z.ZodMiniExactOptional<z.ZodMiniObject<{
      inputTokens: z.ZodMiniExactOptional<z.ZodMiniInt>;
      outputTokens: z.ZodMiniExactOptional<z.ZodMiniInt>;
    }, z.core.$strip>>;
    error: z.ZodMiniExactOptional<z.ZodMiniObject<{
      code: z.ZodMiniString<string>;
      message: z.ZodMiniString<string>;
      retryable: z.ZodMiniBoolean<boolean>;
    }, z.core.$strip>>;
    open: z.ZodMiniExactOptional<z.ZodMiniArray<z.ZodMiniObject<{
      kind: z.ZodMiniEnum<{
        approval: "approval";
        tool: "tool";
      }>;
      toolCallId: z.ZodMiniString<string>;
      toolName: z.ZodMiniString<string>;
      approvalId: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
    }, z.core.$strip>>>;
    openUntil: z.ZodMiniExactOptional<z.ZodMiniInt>;
    id: z.ZodMiniString<string>;
    state: z.ZodMiniEnum<{
      opening: "opening";
      queued: "queued";
      resuming: "resuming";
      settled: "settled";
      streaming: "streaming";
      waiting: "waiting";
    }>;
    from: z.ZodMiniInt;
    parts: z.ZodMiniArray<z.ZodMiniType<Part, unknown, z.core.$ZodTypeInternals<Part, unknown>>>;
    length: z.ZodMiniInt;
    position: z.ZodMiniExactOptional<z.ZodMiniInt>;
    etaMs: z.ZodMiniExactOptional<z.ZodMiniInt>;
    simulated: z.ZodMiniExactOptional<z.ZodMiniBoolean<boolean>>;
    input: z.ZodMiniExactOptional<z.ZodMiniUnion<readonly [z.ZodMiniObject<{
      prompt: z.ZodMiniString<string>;
    }, z.core.$strict>, z.ZodMiniObject<{
      parts: z.ZodMiniArray<z.ZodMiniUnion<readonly [z.ZodMiniObject<{
        type: z.ZodMiniLiteral<"text">;
        text: z.ZodMiniString<string>;
      }, z.core.$catchall<z.ZodMiniJSONSchema>>, z.ZodMiniObject<{
        type: z.ZodMiniLiteral<"file">;
        mediaType: z.ZodMiniString<string>;
        filename: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
        url: z.ZodMiniString<string>;
      }, z.core.$catchall<z.ZodMiniJSONSchema>>, z.ZodMiniObject<{
        type: z.ZodMiniTemplateLiteral<`data-${string}`>;
        id: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
        data: z.ZodMiniJSONSchema;
      }, z.core.$catchall<z.ZodMiniJSONSchema>>]>>;
    }, z.core.$strict>, z.ZodMiniObject<{
      messages: z.ZodMiniArray<z.ZodMiniObject<{
        role: z.ZodMiniEnum<{
          assistant: "assistant";
          system: "system";
          user: "user";
        }>;
        content: z.ZodMiniString<string>;
        parts: z.ZodMiniExactOptional<z.ZodMiniArray<z.ZodMiniUnion<readonly [z.ZodMiniObject<{
          type: z.ZodMiniLiteral<"text">;
          text: z.ZodMiniString<string>;
        }, z.core.$catchall<z.ZodMiniJSONSchema>>, z.ZodMiniObject<{
          type: z.ZodMiniLiteral<"file">;
          mediaType: z.ZodMiniString<string>;
          filename: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
          url: z.ZodMiniString<string>;
        }, z.core.$catchall<z.ZodMiniJSONSchema>>, z.ZodMiniObject<{
          type: z.ZodMiniTemplateLiteral<`data-${string}`>;
          id: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
          data: z.ZodMiniJSONSchema;
        }, z.core.$catchall<z.ZodMiniJSONSchema>>]>>>;
      }, z.core.$strict>>;
    }, z.core.$strict>, z.ZodMiniObject<{
      answers: z.ZodMiniArray<z.ZodMiniDiscriminatedUnion<[z.ZodMiniObject<{
        type: z.ZodMiniLiteral<"tool-output">;
        toolCallId: z.ZodMiniString<string>;
        output: z.ZodMiniJSONSchema;
      }, z.core.$strict>, z.ZodMiniObject<{
        type: z.ZodMiniLiteral<"tool-error">;
        toolCallId: z.ZodMiniString<string>;
        errorText: z.ZodMiniString<string>;
      }, z.core.$strict>, z.ZodMiniObject<{
        type: z.ZodMiniLiteral<"approval">;
        approvalId: z.ZodMiniString<string>;
        approved: z.ZodMiniBoolean<boolean>;
        reason: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
      }, z.core.$strict>], "type">>;
    }, z.core.$strict>]>>;
    continues: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
    author: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
    metadata: z.ZodMiniExactOptional<z.ZodMiniRecord<z.ZodMiniString<string>, z.ZodMiniJSONSchema>>;
    createdAt: z.ZodMiniExactOptional<z.ZodMiniInt>;
  }, z.core.$strip>>;
  removed: z.ZodMiniExactOptional<z.ZodMiniArray<z.ZodMiniString<string>>>;
  more: z.ZodMiniExactOptional<z.ZodMiniBoolean<boolean>>;
}, z.core.$strip>;
declare const turnQueuedFrame: z.ZodMiniObject<{
  type: z.ZodMiniLiteral<"turn-queued">;
  seq: z.ZodMiniInt;
  turnId: z.ZodMiniString<string>;
  input: z.ZodMiniUnion<readonly [z.ZodMiniObject<{
    prompt: z.ZodMiniString<string>;
  }, z.core.$strict>, z.ZodMiniObject<{
    parts: z.ZodMiniArray<z.ZodMiniUnion<readonly [z.ZodMiniObject<{
      type: z.ZodMiniLiteral<"text">;
      text: z.ZodMiniString<string>;
    }, z.core.$catchall<z.ZodMiniJSONSchema>>, z.ZodMiniObject<{
      type: z.ZodMiniLiteral<"file">;
      mediaType: z.ZodMiniString<string>;
      filename: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
      url: z.ZodMiniString<string>;
    }, z.core.$catchall<z.ZodMiniJSONSchema>>, z.ZodMiniObject<{
      type: z.ZodMiniTemplateLiteral<`data-${string}`>;
      id: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
      data: z.ZodMiniJSONSchema;
    }, z.core.$catchall<z.ZodMiniJSONSchema>>]>>;
  }, z.core.$strict>, z.ZodMiniObject<{
    messages: z.ZodMiniArray<z.ZodMiniObject<{
      role: z.ZodMiniEnum<{
        assistant: "assistant";
        system: "system";
        user: "user";
      }>;
      content: z.ZodMiniString<string>;
      parts: z.ZodMiniExactOptional<z.ZodMiniArray<z.ZodMiniUnion<readonly [z.ZodMiniObject<{
        type: z.ZodMiniLiteral<"text">;
        text: z.ZodMiniString<string>;
      }, z.core.$catchall<z.ZodMiniJSONSchema>>, z.ZodMiniObject<{
        type: z.ZodMiniLiteral<"file">;
        mediaType: z.ZodMiniString<string>;
        filename: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
        url: z.ZodMiniString<string>;
      }, z.core.$catchall<z.ZodMiniJSONSchema>>, z.ZodMiniObject<{
        type: z.ZodMiniTemplateLiteral<`data-${string}`>;
        id: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
        data: z.ZodMiniJSONSchema;
      }, z.core.$catchall<z.ZodMiniJSONSchema>>]>>>;
    }, z.core.$strict>>;
  }, z.core.$strict>, z.ZodMiniObject<{
    answers: z.ZodMiniArray<z.ZodMiniDiscriminatedUnion<[z.ZodMiniObject<{
      type: z.ZodMiniLiteral<"tool-output">;
      toolCallId: z.ZodMiniString<string>;
      output: z.ZodMiniJSONSchema;
    }, z.core.$strict>, z.ZodMiniObject<{
      type: z.ZodMiniLiteral<"tool-error">;
      toolCallId: z.ZodMiniString<string>;
      errorText: z.ZodMiniString<string>;
    }, z.core.$strict>, z.ZodMiniObject<{
      type: z.ZodMiniLiteral<"approval">;
      approvalId: z.ZodMiniString<string>;
      approved: z.ZodMiniBoolean<boolean>;
      reason: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
    }, z.core.$strict>], "type">>;
  }, z.core.$strict>]>;
  continues: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
  author: z.ZodMiniString<string>;
  createdAt: z.ZodMiniInt;
  metadata: z.ZodMiniExactOptional<z.ZodMiniRecord<z.ZodMiniString<string>, z.ZodMiniJSONSchema>>;
  position: z.ZodMiniInt;
  etaMs: z.ZodMiniExactOptional<z.ZodMiniInt>;
}, z.core.$strip>;
declare const turnDeltaFrame: z.ZodMiniObject<{
  type: z.ZodMiniLiteral<"turn-delta">;
  turnId: z.ZodMiniString<string>;
  offset: z.ZodMiniInt;
  parts: z.ZodMiniArray<z.ZodMiniType<Part, unknown, z.core.$ZodTypeInternals<Part, unknown>>>;
  simulated: z.ZodMiniExactOptional<z.ZodMiniBoolean<boolean>>;
}, z.core.$strip>;
declare const turnEndFrame: z.ZodMiniObject<{
  stop: z.ZodMiniExactOptional<z.ZodMiniEnum<{
    closed: "closed";
    confirmed: "confirmed";
  }>>;
  finishReason: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
  model: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
  usage: z.ZodMiniExactOptional<z.ZodMiniObject<{
    inputTokens: z.ZodMiniExactOptional<z.ZodMiniInt>;
    outputTokens: z.ZodMiniExactOptional<z.ZodMiniInt>;
  }, z.core.$strip>>;
  error: z.ZodMiniExactOptional<z.ZodMiniObject<{
    code: z.ZodMiniString<string>;
    message: z.ZodMiniString<string>;
    retryable: z.ZodMiniBoolean<boolean>;
  }, z.core.$strip>>;
  open: z.ZodMiniExactOptional<z.ZodMiniArray<z.ZodMiniObject<{
    kind: z.ZodMiniEnum<{
      approval: "approval";
      tool: "tool";
    }>;
    toolCallId: z.ZodMiniString<string>;
    toolName: z.ZodMiniString<string>;
    approvalId: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
  }, z.core.$strip>>>;
  openUntil: z.ZodMiniExactOptional<z.ZodMiniInt>;
  type: z.ZodMiniLiteral<"turn-end">;
  seq: z.ZodMiniInt;
  turnId: z.ZodMiniString<string>;
  length: z.ZodMiniInt;
  outcome: z.ZodMiniEnum<{
    cancelled: "cancelled";
    completed: "completed";
    failed: "failed";
    interrupted: "interrupted";
  }>;
}, z.core.$strip>;
declare const noticeFrame: z.ZodMiniObject<{
  type: z.ZodMiniLiteral<"notice">;
  code: z.ZodMiniString<string>;
  scope: z.ZodMiniEnum<{
    ip: "ip";
    room: "room";
    session: "session";
    tenant: "tenant";
    turn: "turn";
    upstream: "upstream";
  }>;
  turnId: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
  retryAfterMs: z.ZodMiniExactOptional<z.ZodMiniInt>;
  attempt: z.ZodMiniExactOptional<z.ZodMiniInt>;
  maxAttempts: z.ZodMiniExactOptional<z.ZodMiniInt>;
  willRetry: z.ZodMiniBoolean<boolean>;
  message: z.ZodMiniString<string>;
}, z.core.$strip>;
declare const errorFrame: z.ZodMiniObject<{
  type: z.ZodMiniLiteral<"error">;
  code: z.ZodMiniString<string>;
  message: z.ZodMiniString<string>;
  turnId: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
  retryable: z.ZodMiniBoolean<boolean>;
  retryAfterMs: z.ZodMiniExactOptional<z.ZodMiniInt>;
}, z.core.$strip>;
export declare const serverFrame: z.ZodMiniDiscriminatedUnion<[z.ZodMiniObject<{
  type: z.ZodMiniLiteral<"welcome">;
  version: z.ZodMiniInt;
  sessionId: z.ZodMiniString<string>;
  room: z.ZodMiniString<string>;
  heartbeatMs: z.ZodMiniInt;
  limits: z.ZodMiniObject<{
    maxFrameBytes: z.ZodMiniInt;
    maxQueuedTurns: z.ZodMiniInt;
    maxActiveTurns: z.ZodMiniInt;
  }, z.core.$strip>;
  expiresAt: z.ZodMiniExactOptional<z.ZodMiniInt>;
  expiresInMs: z.ZodMiniExactOptional<z.ZodMiniInt>;
}, z.core.$strip>, z.ZodMiniObject<{
  type: z.ZodMiniLiteral<"sync">;
  epoch: z.ZodMiniString<string>;
  seq: z.ZodMiniInt;
  floor: z.ZodMiniInt;
  mode: z.ZodMiniEnum<{
    delta: "delta";
    snapshot: "snapshot";
  }>;
  turns: z.ZodMiniArray<z.ZodMiniObject<{
    outcome: z.ZodMiniExactOptional<z.ZodMiniEnum<{
      cancelled: "cancelled";
      completed: "completed";
      failed: "failed";
      interrupted: "interrupted";
    }>>;
    stop: z.ZodMiniExactOptional<z.ZodMiniEnum<{
      closed: "closed";
      confirmed: "confirmed";
    }>>;
    finishReason: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
    model: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
    usage: z.ZodMiniExactOptional<z.ZodMiniObject<{
      inputTokens: z.ZodMiniExactOptional<z.ZodMiniInt>;
      outputTokens: z.ZodMiniExactOptional<z.ZodMiniInt>;
    }, z.core.$strip>>;
    error: z.ZodMiniExactOptional<z.ZodMiniObject<{
      code: z.ZodMiniString<string>;
      message: z.ZodMiniString<string>;
      retryable: z.ZodMiniBoolean<boolean>;
    }, z.core.$strip>>;
    open: z.ZodMiniExactOptional<z.ZodMiniArray<z.ZodMiniObject<{
      kind: z.ZodMiniEnum<{
        approval: "approval";
        tool: "tool";
      }>;
      toolCallId: z.ZodMiniString<string>;
      toolName: z.ZodMiniString<string>;
      approvalId: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
    }, z.core.$strip>>>;
    openUntil: z.ZodMiniExactOptional<z.ZodMiniInt>;
    id: z.ZodMiniString<string>;
    state: z.ZodMiniEnum<{
      opening: "opening";
      queued: "queued";
      resuming: "resuming";
      settled: "settled";
      streaming: "streaming";
      waiting: "waiting";
    }>;
    from: z.ZodMiniInt;
    parts: z.ZodMiniArray<z.ZodMiniType<Part, unknown, z.core.$ZodTypeInternals<Part, unknown>>>;
    length: z.ZodMiniInt;
    position: z.ZodMiniExactOptional<z.ZodMiniInt>;
    etaMs: z.ZodMiniExactOptional<z.ZodMiniInt>;
    simulated: z.ZodMiniExactOptional<z.ZodMiniBoolean<boolean>>;
    input: z.ZodMiniExactOptional<z.ZodMiniUnion<readonly [z.ZodMiniObject<{
      prompt: z.ZodMiniString<string>;
    }, z.core.$strict>, z.ZodMiniObject<{
      parts: z.ZodMiniArray<z.ZodMiniUnion<readonly [z.ZodMiniObject<{
        type: z.ZodMiniLiteral<"text">;
        text: z.ZodMiniString<string>;
      }, z.core.$catchall<z.ZodMiniJSONSchema>>, z.ZodMiniObject<{
        type: z.ZodMiniLiteral<"file">;
        mediaType: z.ZodMiniString<string>;
        filename: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
        url: z.ZodMiniString<string>;
      }, z.core.$catchall<z.ZodMiniJSONSchema>>, z.ZodMiniObject<{
        type: z.ZodMiniTemplateLiteral<`data-${string}`>;
        id: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
        data: z.ZodMiniJSONSchema;
      }, z.core.$catchall<z.ZodMiniJSONSchema>>]>>;
    }, z.core.$strict>, z.ZodMiniObject<{
      messages: z.ZodMiniArray<z.ZodMiniObject<{
        role: z.ZodMiniEnum<{
          assistant: "assistant";
          system: "system";
          user: "user";
        }>;
        content: z.ZodMiniString<string>;
        parts: z.ZodMiniExactOptional<z.ZodMiniArray<z.ZodMiniUnion<readonly [z.ZodMiniObject<{
          type: z.ZodMiniLiteral<"text">;
          text: z.ZodMiniString<string>;
        }, z.core.$catchall<z.ZodMiniJSONSchema>>, z.ZodMiniObject<{
          type: z.ZodMiniLiteral<"file">;
          mediaType: z.ZodMiniString<string>;
          filename: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
          url: z.ZodMiniString<string>;
        }, z.core.$catchall<z.ZodMiniJSONSchema>>, z.ZodMiniObject<{
          type: z.ZodMiniTemplateLiteral<`data-${string}`>;
          id: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
          data: z.ZodMiniJSONSchema;
        }, z.core.$catchall<z.ZodMiniJSONSchema>>]>>>;
      }, z.core.$strict>>;
    }, z.core.$strict>, z.ZodMiniObject<{
      answers: z.ZodMiniArray<z.ZodMiniDiscriminatedUnion<[z.ZodMiniObject<{
        type: z.ZodMiniLiteral<"tool-output">;
        toolCallId: z.ZodMiniString<string>;
        output: z.ZodMiniJSONSchema;
      }, z.core.$strict>, z.ZodMiniObject<{
        type: z.ZodMiniLiteral<"tool-error">;
        toolCallId: z.ZodMiniString<string>;
        errorText: z.ZodMiniString<string>;
      }, z.core.$strict>, z.ZodMiniObject<{
        type: z.ZodMiniLiteral<"approval">;
        approvalId: z.ZodMiniString<string>;
        approved: z.ZodMiniBoolean<boolean>;
        reason: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
      }, z.core.$strict>], "type">>;
    }, z.core.$strict>]>>;
    continues: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
    author: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
    metadata: z.ZodMiniExactOptional<z.ZodMiniRecord<z.ZodMiniString<string>, z.ZodMiniJSONSchema>>;
    createdAt: z.ZodMiniExactOptional<z.ZodMiniInt>;
  }, z.core.$strip>>;
  removed: z.ZodMiniExactOptional<z.ZodMiniArray<z.ZodMiniString<string>>>;
  more: z.ZodMiniExactOptional<z.ZodMiniBoolean<boolean>>;
}, z.core.$strip>, z.ZodMiniObject<{
  type: z.ZodMiniLiteral<"turn-queued">;
  seq: z.ZodMiniInt;
  turnId: z.ZodMiniString<string>;
  input: z.ZodMiniUnion<readonly [z.ZodMiniObject<{
    prompt: z.ZodMiniString<string>;
  }, z.core.$strict>, z.ZodMiniObject<{
    parts: z.ZodMiniArray<z.ZodMiniUnion<readonly [z.ZodMiniObject<{
      type: z.ZodMiniLiteral<"text">;
      text: z.ZodMiniString<string>;
    }, z.core.$catchall<z.ZodMiniJSONSchema>>, z.ZodMiniObject<{
      type: z.ZodMiniLiteral<"file">;
      mediaType: z.ZodMiniString<string>;
      filename: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
      url: z.ZodMiniString<string>;
    }, z.core.$catchall<z.ZodMiniJSONSchema>>, z.ZodMiniObject<{
      type: z.ZodMiniTemplateLiteral<`data-${string}`>;
      id: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
      data: z.ZodMiniJSONSchema;
    }, z.core.$catchall<z.ZodMiniJSONSchema>>]>>;
  }, z.core.$strict>, z.ZodMiniObject<{
    messages: z.ZodMiniArray<z.ZodMiniObject<{
      role: z.ZodMiniEnum<{
        assistant: "assistant";
        system: "system";
        user: "user";
      }>;
      content: z.ZodMiniString<string>;
      parts: z.ZodMiniExactOptional<z.ZodMiniArray<z.ZodMiniUnion<readonly [z.ZodMiniObject<{
        type: z.ZodMiniLiteral<"text">;
        text: z.ZodMiniString<string>;
      }, z.core.$catchall<z.ZodMiniJSONSchema>>, z.ZodMiniObject<{
        type: z.ZodMiniLiteral<"file">;
        mediaType: z.ZodMiniString<string>;
        filename: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
        url: z.ZodMiniString<string>;
      }, z.core.$catchall<z.ZodMiniJSONSchema>>, z.ZodMiniObject<{
        type: z.ZodMiniTemplateLiteral<`data-${string}`>;
        id: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
        data: z.ZodMiniJSONSchema;
      }, z.core.$catchall<z.ZodMiniJSONSchema>>]>>>;
    }, z.core.$strict>>;
  }, z.core.$strict>, z.ZodMiniObject<{
    answers: z.ZodMiniArray<z.ZodMiniDiscriminatedUnion<[z.ZodMiniObject<{
      type: z.ZodMiniLiteral<"tool-output">;
      toolCallId: z.ZodMiniString<string>;
      output: z.ZodMiniJSONSchema;
    }, z.core.$strict>, z.ZodMiniObject<{
      type: z.ZodMiniLiteral<"tool-error">;
      toolCallId: z.ZodMiniString<string>;
      errorText: z.ZodMiniString<string>;
    }, z.core.$strict>, z.ZodMiniObject<{
      type: z.ZodMiniLiteral<"approval">;
      approvalId: z.ZodMiniString<string>;
      approved: z.ZodMiniBoolean<boolean>;
      reason: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
    }, z.core.$strict>], "type">>;
  }, z.core.$strict>]>;
  continues: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
  author: z.ZodMiniString<string>;
  createdAt: z.ZodMiniInt;
  metadata: z.ZodMiniExactOptional<z.ZodMiniRecord<z.ZodMiniString<string>, z.ZodMiniJSONSchema>>;
  position: z.ZodMiniInt;
  etaMs: z.ZodMiniExactOptional<z.ZodMiniInt>;
}, z.core.$strip>, z.ZodMiniObject<{
  type: z.ZodMiniLiteral<"turn-position">;
  turnId: z.ZodMiniString<string>;
  position: z.ZodMiniInt;
  etaMs: z.ZodMiniExactOptional<z.ZodMiniInt>;
}, z.core.$strip>, z.ZodMiniObject<{
  type: z.ZodMiniLiteral<"turn-start">;
  seq: z.ZodMiniInt;
  turnId: z.ZodMiniString<string>;
}, z.core.$strip>, z.ZodMiniObject<{
  type: z.ZodMiniLiteral<"turn-delta">;
  turnId: z.ZodMiniString<string>;
  offset: z.ZodMiniInt;
  parts: z.ZodMiniArray<z.ZodMiniType<Part, unknown, z.core.$ZodTypeInternals<Part, unknown>>>;
  simulated: z.ZodMiniExactOptional<z.ZodMiniBoolean<boolean>>;
}, z.core.$strip>, z.ZodMiniObject<{
  stop: z.ZodMiniExactOptional<z.ZodMiniEnum<{
    closed: "closed";
    confirmed: "confirmed";
  }>>;
  finishReason: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
  model: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
  usage: z.ZodMiniExactOptional<z.ZodMiniObject<{
    inputTokens: z.ZodMiniExactOptional<z.ZodMiniInt>;
    outputTokens: z.ZodMiniExactOptional<z.ZodMiniInt>;
  }, z.core.$strip>>;
  error: z.ZodMiniExactOptional<z.ZodMiniObject<{
    code: z.ZodMiniString<string>;
    message: z.ZodMiniString<string>;
    retryable: z.ZodMiniBoolean<boolean>;
  }, z.core.$strip>>;
  open: z.ZodMiniExactOptional<z.ZodMiniArray<z.ZodMiniObject<{
    kind: z.ZodMiniEnum<{
      approval: "approval";
      tool: "tool";
    }>;
    toolCallId: z.ZodMiniString<string>;
    toolName: z.ZodMiniString<string>;
    approvalId: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
  }, z.core.$strip>>>;
  openUntil: z.ZodMiniExactOptional<z.ZodMiniInt>;
  type: z.ZodMiniLiteral<"turn-end">;
  seq: z.ZodMiniInt;
  turnId: z.ZodMiniString<string>;
  length: z.ZodMiniInt;
  outcome: z.ZodMiniEnum<{
    cancelled: "cancelled";
    completed: "completed";
    failed: "failed";
    interrupted: "interrupted";
  }>;
}, z.core.$strip>, z.ZodMiniObject<{
  type: z.ZodMiniLiteral<"turn-removed">;
  seq: z.ZodMiniInt;
  turnIds: z.ZodMiniArray<z.ZodMiniString<string>>;
}, z.core.$strip>, z.ZodMiniObject<{
  type: z.ZodMiniLiteral<"notice">;
  code: z.ZodMiniString<string>;
  scope: z.ZodMiniEnum<{
    ip: "ip";
    room: "room";
    session: "session";
    tenant: "tenant";
    turn: "turn";
    upstream: "upstream";
  }>;
  turnId: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
  retryAfterMs: z.ZodMiniExactOptional<z.ZodMiniInt>;
  attempt: z.ZodMiniExactOptional<z.ZodMiniInt>;
  maxAttempts: z.ZodMiniExactOptional<z.ZodMiniInt>;
  willRetry: z.ZodMiniBoolean<boolean>;
  message: z.ZodMiniString<string>;
}, z.core.$strip>, z.ZodMiniObject<{
  type: z.ZodMiniLiteral<"error">;
  code: z.ZodMiniString<string>;
  message: z.ZodMiniString<string>;
  turnId: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
  retryable: z.ZodMiniBoolean<boolean>;
  retryAfterMs: z.ZodMiniExactOptional<z.ZodMiniInt>;
}, z.core.$strip>, z.ZodMiniObject<{
  type: z.ZodMiniLiteral<"token-accepted">;
  expiresAt: z.ZodMiniInt;
  expiresInMs: z.ZodMiniExactOptional<z.ZodMiniInt>;
}, z.core.$strip>, z.ZodMiniObject<{
  type: z.ZodMiniLiteral<"presence">;
  viewers: z.ZodMiniInt;
}, z.core.$strip>, z.ZodMiniObject<{
  type: z.ZodMiniLiteral<"heartbeat">;
  at: z.ZodMiniInt;
}, z.core.$strip>, z.ZodMiniObject<{
  type: z.ZodMiniLiteral<"goaway">;
  reason: z.ZodMiniString<string>;
  reconnectInMs: z.ZodMiniInt;
}, z.core.$strip>], "type">;
export type TurnState = z.infer<typeof turnStateSchema>;
export type Outcome = z.infer<typeof outcomeSchema>;
export type StopProof = z.infer<typeof stopSchema>;
export type Usage = z.infer<typeof usageSchema>;
export type TurnError = z.infer<typeof turnErrorSchema>;
export type SyncTurn = z.infer<typeof syncTurnSchema>;
export type WelcomeFrame = z.infer<typeof welcomeFrame>;
export type SyncFrame = z.infer<typeof syncFrame>;
export type TurnQueuedFrame = z.infer<typeof turnQueuedFrame>;
export type TurnDeltaFrame = z.infer<typeof turnDeltaFrame>;
export type TurnEndFrame = z.infer<typeof turnEndFrame>;
export type NoticeFrame = z.infer<typeof noticeFrame>;
export type ErrorFrame = z.infer<typeof errorFrame>;
export type ServerFrame = z.infer<typeof serverFrame>;
declare const callAnswerSchema: z.ZodMiniDiscriminatedUnion<[z.ZodMiniObject<{
  type: z.ZodMiniLiteral<"tool-output">;
  toolCallId: z.ZodMiniString<string>;
  output: z.ZodMiniJSONSchema;
}, z.core.$strict>, z.ZodMiniObject<{
  type: z.ZodMiniLiteral<"tool-error">;
  toolCallId: z.ZodMiniString<string>;
  errorText: z.ZodMiniString<string>;
}, z.core.$strict>, z.ZodMiniObject<{
  type: z.ZodMiniLiteral<"approval">;
  approvalId: z.ZodMiniString<string>;
  approved: z.ZodMiniBoolean<boolean>;
  reason: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
}, z.core.$strict>], "type">;
/** A call that waits for a client's output, or for a person's decision. Its input is in the answer's parts. */
declare const openCallSchema: z.ZodMiniObject<{
  kind: z.ZodMiniEnum<{
    approval: "approval";
    tool: "tool";
  }>;
  toolCallId: z.ZodMiniString<string>;
  toolName: z.ZodMiniString<string>;
  approvalId: z.ZodMiniExactOptional<z.ZodMiniString<string>>;
}, z.core.$strip>;
export type CallAnswer = z.infer<typeof callAnswerSchema>;
export type OpenCall = z.infer<typeof openCallSchema>;
export interface TurnView {
  readonly id: string;
  readonly state: TurnState;
  readonly parts: readonly Part[];
  /** Units held of the answer. Equal to the turn's own length once it has settled and all of it is here. */
  readonly length: number;
  readonly input?: TurnInput;
  /** The turn with which the message begins that this one continues: they are shown as one. */
  readonly continues?: string;
  readonly author?: string;
  /** Server time of the submit, ms since 1970. */
  readonly createdAt?: number;
  /** What the submit said about itself (`SubmitOptions.metadata`), for every reader. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Place in the queue, 0 = next; only while queued. */
  readonly position?: number;
  readonly etaMs?: number;
  readonly outcome?: Outcome;
  readonly stop?: StopProof;
  readonly finishReason?: string;
  /** Calls that wait for an answer, and until when one is taken, ms since 1970 by the room's clock. */
  readonly open?: readonly OpenCall[];
  readonly openUntil?: number;
  readonly model?: string;
  readonly usage?: Usage;
  readonly error?: TurnError;
  readonly simulated?: boolean;
  /** The latest word on a wait this turn is in; gone when text flows again or the turn ends. */
  readonly notice?: NoticeFrame;
}
export interface RoomView {
  /** Undefined until the first sync. */
  readonly epoch: string | undefined;
  readonly seq: number;
  readonly floor: number;
  readonly turns: readonly TurnView[];
  readonly viewers: number;
  /** Older turns exist that are not in `turns`. */
  readonly more: boolean;
  /** Current notices about the session, room or tenant; a turn's own are on the turn. */
  readonly notices: readonly NoticeFrame[];
}
export interface Folded {
  readonly view: RoomView;
  /** The frame could not be applied without a gap: ask for a sync with `haveOf(view)`. */
  readonly needsSync: boolean;
}
/** A page of a conversation, oldest first, each turn whole: what `GET …/turns` answers. */
export interface TurnsPage {
  readonly epoch: string;
  readonly turns: readonly SyncTurn[];
  /** Turns before these exist. */
  readonly more: boolean;
}
export declare const EMPTY_VIEW: RoomView;
export declare function foldFrame(view: RoomView, frame: ServerFrame): Folded;
/** The reader's cursor (design §4): what a `hello` or `sync-request` says it has. Undefined before the first sync. */
export declare function haveOf(view: RoomView): Have | undefined;
/**
 * The view with an older page before its turns; turns that are held already stay as they are. Undefined, and nothing
 * applied, for a page of another epoch or with a turn that is not whole.
 */
export declare function prependTurns(view: RoomView, page: TurnsPage): RoomView | undefined;
export {};