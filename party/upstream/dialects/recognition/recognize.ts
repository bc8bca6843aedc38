/**
 * Tells the known formats by what only they have. Asked until a stream's format is known, never for a token. What is of none of
 * them is told by its tags (`tagged.ts`).
 */
import { isAnthropic } from "../formats/anthropic.ts";
import { isDashScope } from "../formats/dashscope.ts";
import { isDataStreamLine } from "../formats/data-stream.ts";
import { isGemini } from "../formats/gemini.ts";
import { isCompletion } from "../formats/openai.ts";
import { isResponse } from "../formats/responses.ts";
import { isTextBoundary, isUiMessage } from "../formats/ui-message.ts";
import type { DialectName } from "../names.ts";
import { isObject, type JsonObject, type StreamEvent } from "../stream-event.ts";
import { unwrapped } from "./event-tag.ts";

export type KnownDialect = Exclude<DialectName, "auto">;

/** The format of an object that no other format has, or undefined. */
export function formatOf(value: JsonObject): KnownDialect | undefined {
  if (isCompletion(value)) return "openai";
  if (isResponse(value)) return "responses";
  if (isAnthropic(unwrapped(value))) return "anthropic";
  if (isGemini(value)) return "gemini";
  if (isUiMessage(value)) return "ui-message";
  return isDashScope(value) ? "dashscope" : undefined;
}

/** Whether an object is of a known format, the unified one included. */
export function isKnownFormat(value: JsonObject): boolean {
  if (formatOf(value) !== undefined || isTextBoundary(value)) return true;
  return value["type"] === "delta" && "data" in value;
}

/** The dialect that an event tells, or undefined where it tells nothing that only one of them has. */
export function dialectOf(event: StreamEvent): KnownDialect | undefined {
  const { name, data, value } = event;
  if (isObject(value)) return formatOf(value);
  if (name !== undefined || Array.isArray(value)) return undefined;
  return isDataStreamLine(data) ? "data-stream" : "text";
}
