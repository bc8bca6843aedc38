/** An answer's parts as a page shows them: a tool's call and what came of it are one card, where the call stood. */
import type { DataPart, Part, TextPart, ToolPart } from "./content.ts";

export interface ToolCard {
  readonly kind: "tool-card";
  readonly toolCallId: string;
  readonly toolName: string;
  readonly call?: ToolPart;
  /** A result or an error; without one the tool still runs, or its answer ended first. */
  readonly end?: ToolPart;
}

export type ShownPart = TextPart | DataPart | ToolCard;

export function shownParts(parts: readonly Part[]): readonly ShownPart[] {
  const shown: ShownPart[] = [];
  const cardAt = new Map<string, number>();
  for (const part of parts) {
    if (part.kind !== "tool") {
      shown.push(part);
      continue;
    }
    const { toolCallId, toolName } = part;
    const step = part.phase === "call" ? { call: part } : { end: part };
    const at = cardAt.get(toolCallId) ?? shown.length;
    const card = shown[at];
    cardAt.set(toolCallId, at);
    shown[at] = { ...(card?.kind === "tool-card" ? card : { kind: "tool-card", toolCallId, toolName }), ...step };
  }
  return shown;
}
