/**
 * The unified event format: what a backend streams and what the gateway asks of it (design §7, docs/protocol.md).
 * Each SSE event carries an explicit increasing `id`; its name is the key below and its data the JSON described there.
 */
import * as z from "zod/mini";
import { messageSchema } from "./protocol/client-frames.ts";

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

/** Body of `POST {NEST_BASE}/model/chat`. */
export const upstreamRequestSchema = z.object({
  generationId: z.string(),
  room: z.string(),
  provider: z.exactOptional(z.string()),
  model: z.exactOptional(z.string()),
  /** A question with files or data has its `parts` beside its text. */
  messages: z.array(messageSchema),
  params: z.exactOptional(z.record(z.string(), z.json())),
});

export type UpstreamRequestBody = z.infer<typeof upstreamRequestSchema>;
