/** A tool's step as every dialect but the UI message stream writes it. */
import type { Part } from "../../shared/content.ts";

export function toolPart(toolCallId: string, toolName: string, phase: string, value: unknown): Part {
  const facts = { toolCallId, toolName, providerExecuted: true };
  if (phase === "call") return { type: "tool-input-available", ...facts, input: value ?? {} };
  if (phase === "result") return { type: "tool-output-available", ...facts, output: value };
  return { type: "tool-output-error", ...facts, errorText: typeof value === "string" ? value : JSON.stringify(value) };
}
