/**
 * Writes the bridge's answer as events of the unified format (docs/nestjs.md), whatever dialect the backend speaks: JSON with a
 * `type`, without an event name. Beside the format's types: `notice` for a wait. JSON has no line ends, so each field is one line.
 */
import { type ChunkPart, isText, type Part, sliceParts } from "../../shared/content.ts";
import { defined } from "../../shared/defined.ts";
import type { TurnError } from "../../shared/protocol/server-frames.ts";
import { sseEvent } from "../responses/sse.ts";

export interface BridgeEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** The id goes with the last of them: only then does the reader hold them all. */
export function renderEvents(events: readonly BridgeEvent[], id?: string): string {
  return events
    .map((event, index) => sseEvent({ id: index === events.length - 1 ? id : undefined, data: JSON.stringify(event) }))
    .join("");
}

export function eventsOfParts(parts: readonly Part[]): BridgeEvent[] {
  return parts.flatMap((part) => eventOf(part) ?? []);
}

/** Undefined for what has no event: the boundaries of texts and steps. */
function eventOf(part: Part): BridgeEvent | undefined {
  if (isText(part)) return { type: part.type === "text-delta" ? "delta" : "reasoning", data: part.delta };
  const { type, toolCallId: id, toolName: name, ...fields } = part as ChunkPart;
  switch (type) {
    case "tool-input-available":
      return { type: "tool_call", id, name, args: fields["input"] };
    case "tool-output-available":
      return { type: "tool_result", id, ...defined({ name }), result: fields["output"] };
    case "tool-output-error":
    case "tool-input-error":
      return { type: "tool_result", id, ...defined({ name }), error: fields["errorText"] };
    case "source-url":
    case "source-document":
      return { type: "source", ...fields };
    case "file":
      return { type, ...fields };
    default:
      if (!type.startsWith("data-")) return undefined;
      return {
        type: "data",
        name: type.slice("data-".length),
        ...defined({ id: fields["id"] }),
        value: fields["data"],
      };
  }
}

/** The parts between two offsets of an answer. */
export function sliceEvents(parts: readonly Part[], from: number, to: number): string {
  return renderEvents(eventsOfParts(sliceParts(parts, from, to)));
}

/**
 * The last event of an answer that failed, and when an `EventSource` reconnects. It reconnects in any case, with the last id that
 * it saw: the id of an ended answer gets 204, which silences it; an empty id makes it ask anew, because it got nothing; without
 * one it asks for the rest.
 */
export function errorEvent(
  error: TurnError,
  options: { id?: string; retryAfterMs?: number; retryMs?: number },
): string {
  const { id, retryAfterMs, retryMs } = options;
  return sseEvent({ id, retryMs, data: JSON.stringify({ type: "error", ...error, ...defined({ retryAfterMs }) }) });
}
