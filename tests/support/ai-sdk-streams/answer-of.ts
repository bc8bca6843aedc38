/** Short forms in which the listed streams are written. */
import type { StreamChunk } from "./stream-chunk.ts";

/** A complete answer of one step around `content`. */
export function answerOf(...content: readonly StreamChunk[]): StreamChunk[] {
  return [{ type: "start", messageId: "m-1" }, ...stepOf(...content), { type: "finish", finishReason: "stop" }];
}

export function stepOf(...content: readonly StreamChunk[]): StreamChunk[] {
  return [{ type: "start-step" }, ...content, { type: "finish-step" }];
}

export function textOf(id: string, ...deltas: readonly string[]): StreamChunk[] {
  return [
    { type: "text-start", id },
    ...deltas.map((delta) => ({ type: "text-delta", id, delta })),
    { type: "text-end", id },
  ];
}

export function reasoningOf(id: string, ...deltas: readonly string[]): StreamChunk[] {
  return [
    { type: "reasoning-start", id },
    ...deltas.map((delta) => ({ type: "reasoning-delta", id, delta })),
    { type: "reasoning-end", id },
  ];
}

/** A tool call whose input is streamed in pieces and then stated as a whole. `more` goes onto its first and last chunk. */
export function callOf(
  toolCallId: string,
  toolName: string,
  input: unknown,
  more: Readonly<Record<string, unknown>> = {},
): StreamChunk[] {
  const text = JSON.stringify(input);
  const half = Math.ceil(text.length / 2);
  return [
    { type: "tool-input-start", toolCallId, toolName, ...more },
    { type: "tool-input-delta", toolCallId, inputTextDelta: text.slice(0, half) },
    { type: "tool-input-delta", toolCallId, inputTextDelta: text.slice(half) },
    { type: "tool-input-available", toolCallId, toolName, input, ...more },
  ];
}
