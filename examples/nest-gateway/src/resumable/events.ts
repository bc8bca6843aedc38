/**
 * The events of a generation, as they stand in the data of the stream's events: the unified format. `start` comes first and once,
 * then content (`delta`, `reasoning`, `tool_call`, `tool_result`) and `usage`, then exactly one of `complete` and `error`.
 */

export interface Usage {
  inputTokens: number;
  outputTokens: number;
}

export type GenerationEvent =
  | { type: "start"; model: string }
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

const contentTypes: ReadonlySet<GenerationEvent["type"]> = new Set(["delta", "reasoning", "tool_call", "tool_result"]);

/** Content that is sent twice is seen twice, so a generation that failed after some is never started anew. */
export const isContent = (event: GenerationEvent): boolean => contentTypes.has(event.type);

export const isTerminal = (event: GenerationEvent): boolean => event.type === "complete" || event.type === "error";
