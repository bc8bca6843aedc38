/**
 * One part of an answer as it crosses the wire and lies in storage: a chunk of the AI SDK's UI message stream. Fields that
 * aren't listed pass as they are. Apart from the frames, so that the server, which only writes frames, does not carry their
 * schemas.
 */
import * as z from "zod/mini";
import type { Part } from "../content.ts";

const text = z.looseObject({
  type: z.enum(["text-delta", "reasoning-delta"]),
  /** Absent in a plain answer. */
  id: z.exactOptional(z.string()),
  delta: z.string(),
});
const toolInput = z.looseObject({
  type: z.literal("tool-input-delta"),
  toolCallId: z.string(),
  inputTextDelta: z.string(),
});
const chunk = z.looseObject({
  type: z
    .string()
    .check(z.refine((type) => type !== "text-delta" && type !== "reasoning-delta" && type !== "tool-input-delta")),
});

export const partSchema: z.ZodMiniType<Part> = z.union([text, toolInput, chunk]);
