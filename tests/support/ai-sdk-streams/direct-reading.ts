/**
 * The message that a page shows when it reads a backend's stream directly, without a gateway: the transport of the version
 * checks every event, and `readUIMessageStream` folds the chunks. This is what readings through the gateway are compared with.
 */
import { read } from "../../unit/ai-sdk/readers.ts";
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

/** @param before chunks that an earlier connection brought, to whose message these add. */
export async function readDirectly(
  version: Version,
  chunks: readonly StreamChunk[],
  before?: readonly StreamChunk[],
): Promise<DirectReading> {
  const earlier = before === undefined ? undefined : await read(version, eventsOf(before).join(""));
  const { message, errors } = await read(version, eventsOf(chunks).join(""), earlier?.message);
  return { shown: shownOf(message), errors: errors.map((error) => (error instanceof Error ? error.message : "?")) };
}

/**
 * As JSON has it, so that a field that is undefined and a missing one are equal. Half a character without its other half is
 * replaced, as the gateway does it. A step boundary with nothing behind it is left out, because the SDK's reader reports it
 * only with the next part.
 */
export function shownOf(
  message: { readonly parts: readonly unknown[]; readonly metadata?: unknown } | undefined,
): ShownMessage {
  const { parts = [], metadata } = message ?? {};
  const json = JSON.stringify({ parts, metadata });
  const shown = JSON.parse(json, (_key, value: unknown) =>
    typeof value === "string" ? value.toWellFormed() : value,
  ) as { parts: { type?: unknown }[]; metadata?: unknown };
  while (shown.parts.at(-1)?.type === "step-start") shown.parts.pop();
  return shown;
}

/** Random pieces of input aren't the beginning of JSON: what is known of them depends on the parser. */
export function withoutPartialInput({ parts, ...rest }: ShownMessage): ShownMessage {
  const kept = (parts as { state?: string; input?: unknown }[]).map(({ input, ...part }) =>
    part.state === "input-streaming" ? part : { ...part, input },
  );
  return { parts: kept, ...rest };
}
