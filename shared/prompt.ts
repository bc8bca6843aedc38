/** The question in an input. */
import type { TurnInput } from "./protocol/client-frames.ts";
import type { QuestionPart } from "./protocol/question.ts";

/** The text of what a person asked: the prompt, the text of its parts, or the last user message of a turn that brought its own history. */
export function promptOf(input: TurnInput | undefined): string {
  if (input === undefined) return "";
  if ("prompt" in input) return input.prompt;
  if ("answers" in input) return "";
  if ("parts" in input) return textOfQuestion(input.parts);
  return input.messages.findLast(({ role }) => role === "user")?.content ?? "";
}

/** The text of a question without its files and data. */
export function textOfQuestion(parts: readonly QuestionPart[]): string {
  return parts.map((part) => (part.type === "text" ? part.text : "")).join("");
}
