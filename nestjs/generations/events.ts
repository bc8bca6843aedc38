/**
 * The events of a generation. In the unified format `start` comes first and once, then content (`delta`, `reasoning`,
 * `tool_call`, `tool_result`) and `usage`, then exactly one of `complete` and `error`. A producer may speak the AI SDK's UI
 * message stream instead: then each of its events is a `chunk`, and the first one holds a `start`.
 */

export interface Usage {
  inputTokens: number;
  outputTokens: number;
}

/** A chunk of the UI message stream, version 1, with its fields as they are sent. */
export interface UiChunk {
  readonly type: string;
  readonly [field: string]: unknown;
}

export type GenerationEvent =
  | { type: "chunk"; chunk: UiChunk }
  | { type: "start"; model?: string }
  | { type: "delta"; data: string }
  | { type: "reasoning"; data: string }
  | { type: "tool_call"; id: string; name: string; args: unknown }
  | { type: "tool_result"; id: string; name: string; result: unknown }
  | { type: "tool_result"; id: string; name: string; error: unknown }
  | ({ type: "usage" } & Usage)
  | { type: "complete"; finishReason: string; usage?: Usage }
  | { type: "error"; code: string; message: string; retryable: boolean; retryAfterMs?: number };

/** An event with its place in the generation: 1, 2, 3 …, the same for every reader. */
export interface SequencedEvent {
  id: number;
  event: GenerationEvent;
}

const contentTypes: ReadonlySet<string> = new Set(["delta", "reasoning", "tool_call", "tool_result"]);
/** Chunks that show nothing. */
const silentChunks: ReadonlySet<string> = new Set(["start", "start-step", "finish-step", "message-metadata"]);

export const isStart = (event: GenerationEvent): boolean => typeOf(event) === "start";

/** Content that is sent twice is seen twice, so a generation that failed after some is never started anew. */
export const isContent = (event: GenerationEvent): boolean =>
  event.type === "chunk" ? !silentChunks.has(event.chunk.type) : contentTypes.has(event.type);

export const isToken = (event: GenerationEvent): boolean => {
  const type = typeOf(event);
  return type === "delta" || type === "text-delta";
};

/** How a generation ends with this event; undefined for an event after which it goes on. */
export function endOf(event: GenerationEvent): "finished" | "failed" | undefined {
  switch (typeOf(event)) {
    case "complete":
    case "finish":
      return "finished";
    case "error":
    case "abort":
      return "failed";
    default:
      return undefined;
  }
}

const typeOf = (event: GenerationEvent): string => (event.type === "chunk" ? event.chunk.type : event.type);

/**
 * The data of the stream's event. A generation whose producer speaks chunks ends with a chunk also where the store ends it.
 * Whether a reader may come back is the store's promise, not the producer's, so `resumable` is added here.
 */
export function dataOf(event: GenerationEvent, isChunked: boolean): object {
  if (event.type === "chunk") return event.chunk.type === "start" ? { ...event.chunk, resumable: true } : event.chunk;
  if (isChunked && event.type === "error") return { type: "error", errorText: event.message };
  if (isChunked && event.type === "complete") {
    const { finishReason } = event;
    return finishReason === "cancelled" ? { type: "abort" } : { type: "finish", finishReason };
  }
  return event.type === "start" ? { ...event, resumable: true } : event;
}
