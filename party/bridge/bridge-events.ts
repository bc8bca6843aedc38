/**
 * The unified events (shared/upstream-contract.ts) as the bridge writes them, whatever dialect the backend speaks. Beside
 * them: `data` for a data part, and `notice` for a wait. Every field is one line: JSON has no line ends of its own.
 */
import { type Part, sliceParts } from "../../shared/content.ts";
import type { TurnError } from "../../shared/protocol/server-frames.ts";

/** Its name and its data. */
export type BridgeEvent = readonly [name: string, data: unknown];

/** The id goes with the last of them: only then does the reader hold them all. */
export function renderEvents(events: readonly BridgeEvent[], id?: string): string {
  return events
    .map(([name, data], index) => {
      const idLine = id === undefined || index < events.length - 1 ? "" : `id: ${id}\n`;
      return `${idLine}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
    })
    .join("");
}

export function eventsOfParts(parts: readonly Part[]): BridgeEvent[] {
  return parts.map((part) => {
    switch (part.kind) {
      case "text":
        return ["token", { text: part.text }];
      case "reasoning":
        return ["reasoning", { text: part.text }];
      default: {
        const { kind, ...data } = part;
        return [kind, data];
      }
    }
  });
}

/** The parts between two offsets of an answer. */
export function sliceEvents(parts: readonly Part[], from: number, to: number): string {
  return renderEvents(eventsOfParts(sliceParts(parts, from, to)));
}

/**
 * The last event of an answer that failed, and when an `EventSource` comes back. It comes back in any case, with the last id
 * it saw: the one that says "over" is answered with 204, which silences it; an empty one makes it ask anew, as somebody who
 * got nothing may; without one it comes back for the rest.
 */
export function errorEvent(
  error: TurnError,
  options: { id?: string; retryAfterMs?: number; retryMs?: number },
): string {
  const { id, retryAfterMs, retryMs } = options;
  const retry = retryMs === undefined ? "" : `retry: ${retryMs}\n`;
  return retry + renderEvents([["error", { ...error, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }]], id);
}
