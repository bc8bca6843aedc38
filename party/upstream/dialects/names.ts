/** The values of `UPSTREAM_DIALECT`. Kept apart from the dialects, so that parsing the settings loads none of them. */
export const dialectNames = [
  ...["auto", "unified", "openai", "responses", "anthropic", "gemini", "ui-message", "data-stream"],
  ...["dashscope", "tagged", "text"],
] as readonly DialectName[];
export type DialectName =
  | "auto"
  | "unified"
  | "openai"
  | "responses"
  | "anthropic"
  | "gemini"
  | "ui-message"
  | "data-stream"
  | "dashscope"
  | "tagged"
  | "text";
