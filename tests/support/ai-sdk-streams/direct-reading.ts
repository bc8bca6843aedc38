/**
 * The message that a page shows when it reads a backend's stream directly, without a gateway: the transport of the version
 * checks every event, and `readUIMessageStream` folds the chunks. This is what readings through the gateway are compared with.
 */
import { type ReadMessage, read } from "../../unit/ai-sdk/readers.ts";
import type { Version } from "../../unit/ai-sdk/stories.ts";
import { eventsOf, type StreamChunk } from "./stream-chunk.ts";

/** What the comparisons look at. The id is left out: through the gateway it is the turn's. */
export interface ShownMessage {
  readonly parts: readonly unknown[];
  readonly metadata?: unknown;
}

export interface DirectReading {
  readonly shown: ShownMessage;
  /** The sentences of all errors, an `error` chunk included. */
  readonly errors: readonly string[];
}

export async function readDirectly(version: Version, chunks: readonly StreamChunk[]): Promise<DirectReading> {
  const { message, errors } = await read(version, eventsOf(chunks).join(""));
  return { shown: shownOf(message), errors: errors.map((error) => (error instanceof Error ? error.message : "?")) };
}

/** As JSON has it, so that a field that is undefined and a missing one are equal. */
export function shownOf(message: (ReadMessage & { readonly metadata?: unknown }) | undefined): ShownMessage {
  const { parts = [], metadata } = message ?? {};
  return JSON.parse(JSON.stringify({ parts, metadata })) as ShownMessage;
}
