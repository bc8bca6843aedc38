/**
 * One part of an answer as it crosses the wire and lies in storage. Apart from the frames, so that the server, which only
 * writes frames, does not carry their schemas.
 */
import * as z from "zod/mini";

export const partSchema = z.union([
  z.object({ kind: z.enum(["text", "reasoning"]), text: z.string() }),
  z.object({
    kind: z.literal("tool"),
    toolCallId: z.string(),
    toolName: z.string(),
    phase: z.enum(["call", "result", "error"]),
    value: z.unknown(),
  }),
  z.object({ kind: z.literal("data"), name: z.string(), value: z.unknown() }),
]);
