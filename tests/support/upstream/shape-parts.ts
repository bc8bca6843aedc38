/** What the written-down shapes are made of: the pieces of one answer, and events around them. */

export interface PublicShape {
  readonly name: string;
  readonly contentType?: string;
  readonly events: readonly string[];
  readonly text: string;
  readonly reasoning?: string;
  readonly tools?: readonly { readonly name: string; readonly args?: unknown }[];
  /** Replaces the last events: what is sent when the model fails after the first of the text. */
  readonly failure?: readonly string[];
  /** A stream that closes before its last event is cut off. */
  readonly needsEnd?: boolean;
}

export const data = (value: unknown) => `data: ${typeof value === "string" ? value : JSON.stringify(value)}\n\n`;
export const named = (name: string, value: unknown) => `event: ${name}\n${data(value)}`;
export const line = (value: unknown) => `${JSON.stringify(value)}\n`;
export const pieces = ["Hello", ", 世界", "! 1", " < 2"] as const;
export const answer = pieces.join("");
export const each = (make: (text: string, index: number) => string) => pieces.map(make);

/** A chunk of a chat completion. */
export const chunk = (delta: unknown, finish: string | null = null) => ({
  id: "c",
  object: "chat.completion.chunk",
  created: 1,
  model: "m",
  choices: [{ index: 0, delta, finish_reason: finish }],
});
