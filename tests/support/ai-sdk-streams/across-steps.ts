/**
 * Recognizes streams that go on with something in a later step. The SDK's versions read these in their own ways, no known backend
 * sends them, and a message through the gateway may differ there (docs/decisions/2026-11-30-ui-message-parts.md).
 */
import type { StreamChunk } from "./stream-chunk.ts";

/** Whether a step ends after half a character. `ai` 5 and 6 close all texts there, so the gateway gives up the other half. */
export function hasHalfAcrossSteps(chunks: readonly StreamChunk[]): boolean {
  const halves = new Set<unknown>();
  return chunks.some(({ type, id, delta }) => {
    if (typeof delta === "string" && delta !== "") {
      if (/[\ud800-\udbff]$/.test(delta)) halves.add(id);
      else halves.delete(id);
    }
    return type.endsWith("-step") && halves.size > 0;
  });
}

/** Whether a tool's input goes on in another step. Then the SDK begins a second part, whose fields depend on how many deltas came. */
export function hasInputAcrossSteps(chunks: readonly StreamChunk[]): boolean {
  let ofStep = new Set<unknown>();
  return chunks.some(({ type, toolCallId }) => {
    if (type === "start-step") ofStep = new Set();
    if (type === "tool-input-start") ofStep.add(toolCallId);
    return type === "tool-input-delta" && !ofStep.has(toolCallId);
  });
}
