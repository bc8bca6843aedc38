/**
 * What a generation says, one event at a time: the payloads of the upstream contract, without their ids. `start` comes first and
 * once, then content (`token`, `reasoning`, `tool`) and `usage`, then exactly one of `done` and `error`, and nothing after it.
 */

export interface Usage {
  inputTokens: number;
  outputTokens: number;
}

export type GenerationEvent =
  | { type: "start"; model: string }
  | { type: "token"; text: string }
  | { type: "reasoning"; text: string }
  | { type: "tool"; toolCallId: string; toolName: string; phase: "call" | "result" | "error"; value: unknown }
  | ({ type: "usage" } & Usage)
  | { type: "done"; finishReason: string; usage?: Usage }
  | { type: "error"; code: string; message: string; retryable: boolean; retryAfterMs?: number };

/** An event with its place in the generation: 1, 2, 3 …, the same for every reader. */
export interface SequencedEvent {
  id: number;
  event: GenerationEvent;
}

/** Content is what a reader cannot get twice without seeing it twice: after it, a failed generation is never started anew. */
export const isContent = (event: GenerationEvent): boolean =>
  event.type === "token" || event.type === "reasoning" || event.type === "tool";

export const isTerminal = (event: GenerationEvent): boolean => event.type === "done" || event.type === "error";
