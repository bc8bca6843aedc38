/**
 * A chunk of the AI SDK's UI message stream, which versions of `ai` accept its type, and its bytes. Used by the lists and
 * the generator of streams beside this file. It knows neither the gateway nor the readers.
 */
import type * as ai7 from "ai";
import type * as ai5 from "ai5";
import type * as ai6 from "ai6";
import type { Version } from "../../unit/ai-sdk/stories.ts";

/** A chunk of any version, with its fields as they are sent. */
export interface StreamChunk {
  readonly type: string;
  readonly [field: string]: unknown;
}

type TypeOf<Chunk extends { readonly type: string }> = Exclude<Chunk["type"], `data-${string}`>;
export type ChunkType = TypeOf<ai5.UIMessageChunk | ai6.UIMessageChunk | ai7.UIMessageChunk>;

const all: readonly Version[] = ["ai5", "ai6", "ai7"];
const since6: readonly Version[] = ["ai6", "ai7"];
const since7: readonly Version[] = ["ai7"];

/** Every type but `data-*`. The compiler refuses this table when an installed version has a type that it lacks. */
export const acceptedBy: Readonly<Record<ChunkType, readonly Version[]>> = {
  start: all,
  "start-step": all,
  "finish-step": all,
  "reset-step": since7,
  "text-start": all,
  "text-delta": all,
  "text-end": all,
  "reasoning-start": all,
  "reasoning-delta": all,
  "reasoning-end": all,
  "reasoning-file": since7,
  "tool-input-start": all,
  "tool-input-delta": all,
  "tool-input-available": all,
  "tool-input-error": all,
  "tool-approval-request": since6,
  "tool-approval-response": since7,
  "tool-output-available": all,
  "tool-output-error": all,
  "tool-output-denied": since6,
  "source-url": all,
  "source-document": all,
  file: all,
  custom: since7,
  "steering-message": since7,
  "message-metadata": all,
  finish: all,
  abort: all,
  error: all,
};

/** The versions whose transport accepts every chunk of a stream. */
export function versionsAccepting(chunks: readonly StreamChunk[]): Version[] {
  return all.filter((version) =>
    chunks.every(({ type }) => type.startsWith("data-") || acceptedBy[type as ChunkType]?.includes(version)),
  );
}

/** One SSE event for each chunk, as the AI SDK's own response writes them, and the end mark. */
export function eventsOf(chunks: readonly StreamChunk[]): string[] {
  return [...chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`), "data: [DONE]\n\n"];
}
