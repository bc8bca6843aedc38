/**
 * The parts in text rows of version 1, and what they are now. Each became one part that counts as many units, so that offsets,
 * marks and lengths of a stored answer stay true. Used by `log-reader.ts`.
 */
import * as z from "zod/mini";
import { type Part, textPart } from "../../../shared/content.ts";

export const partV1Schema = z.union([
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

export function partOfV1(part: z.infer<typeof partV1Schema>): Part {
  switch (part.kind) {
    case "tool": {
      const { toolCallId, toolName, phase, value } = part;
      const facts = { toolCallId, toolName, providerExecuted: true };
      if (phase === "call") return { type: "tool-input-available", ...facts, input: value ?? {} };
      if (phase === "result") return { type: "tool-output-available", ...facts, output: value };
      const errorText = typeof value === "string" ? value : JSON.stringify(value ?? null);
      return { type: "tool-output-error", ...facts, errorText };
    }
    case "data":
      return { type: `data-${part.name}`, data: part.value };
    default:
      return textPart(part.kind, part.text);
  }
}
