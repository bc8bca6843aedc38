/**
 * The unified event format: what a backend streams and what the gateway asks of it (design §7, docs/protocol.md).
 * Each SSE event carries an explicit increasing `id`; its name is the key below and its data the JSON described there.
 */
import * as z from "zod/mini";
import { contextMessageSchema } from "./protocol/client-frames.ts";

const count = z.int().check(z.minimum(0));

export const unifiedEvents = {
  start: z.object({ model: z.exactOptional(z.string()), resumable: z.exactOptional(z.boolean()) }),
  token: z.object({ text: z.string() }),
  reasoning: z.object({ text: z.string() }),
  tool: z.object({
    toolCallId: z.string(),
    toolName: z.string(),
    phase: z.enum(["call", "result", "error"]),
    value: z.unknown(),
  }),
  usage: z.object({ inputTokens: z.exactOptional(count), outputTokens: z.exactOptional(count) }),
  done: z.object({
    finishReason: z.exactOptional(z.string()),
    usage: z.exactOptional(z.object({ inputTokens: z.exactOptional(count), outputTokens: z.exactOptional(count) })),
  }),
  error: z.object({
    code: z.exactOptional(z.string()),
    message: z.exactOptional(z.string()),
    retryable: z.exactOptional(z.boolean()),
    retryAfterMs: z.exactOptional(count),
  }),
} as const;

export const upstreamAnswerSchema = z.object({
  type: z.enum(["tool-output", "tool-error", "approval"]),
  toolCallId: z.string(),
  toolName: z.string(),
  output: z.exactOptional(z.json()),
  errorText: z.exactOptional(z.string()),
  approvalId: z.exactOptional(z.string()),
  approved: z.exactOptional(z.boolean()),
  reason: z.exactOptional(z.string()),
  /** The subject that answered, and when (ms since 1970). */
  by: z.string(),
  at: count,
});

/** Body of `POST {NEST_BASE}/model/chat`. */
export const upstreamRequestSchema = z.object({
  generationId: z.string(),
  room: z.string(),
  provider: z.exactOptional(z.string()),
  model: z.exactOptional(z.string()),
  /** A question with files or data has its `parts` beside its text. */
  messages: z.array(contextMessageSchema),
  /** Present where the last message is an answer to be continued: what was answered of the calls that it left open. */
  answers: z.exactOptional(z.array(upstreamAnswerSchema)),
  params: z.exactOptional(z.record(z.string(), z.json())),
});

export type UpstreamRequestBody = z.infer<typeof upstreamRequestSchema>;

/**
 * The events of a backend's answer by `type`, as the docs and the reference backend name them. The reader takes these and many
 * others (docs/faults.md); `unifiedEvents` are the names of the first release, which are read as well.
 */
export const backendEvents = {
  start: z.looseObject({
    type: z.literal("start"),
    model: z.exactOptional(z.string()),
    resumable: z.exactOptional(z.boolean()),
  }),
  delta: z.looseObject({ type: z.literal("delta"), data: z.string() }),
  reasoning: z.looseObject({ type: z.literal("reasoning"), data: z.string() }),
  tool_call: z.looseObject({
    type: z.literal("tool_call"),
    id: z.exactOptional(z.string()),
    name: z.string(),
    args: z.unknown(),
  }),
  tool_result: z.looseObject({
    type: z.literal("tool_result"),
    id: z.exactOptional(z.string()),
    name: z.exactOptional(z.string()),
    result: z.exactOptional(z.unknown()),
    error: z.exactOptional(z.string()),
  }),
  data: z.looseObject({
    type: z.literal("data"),
    name: z.string(),
    value: z.unknown(),
    id: z.exactOptional(z.string()),
  }),
  usage: z.looseObject({ type: z.literal("usage"), ...unifiedEvents.usage.shape }),
  ping: z.looseObject({ type: z.literal("ping"), ts: z.exactOptional(z.number()) }),
  complete: z.looseObject({ type: z.literal("complete"), ...unifiedEvents.done.shape }),
  error: z.looseObject({ type: z.literal("error"), ...unifiedEvents.error.shape }),
} as const;
