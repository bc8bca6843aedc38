/** The question in an input. */
import type { TurnInput } from "./protocol/client-frames.ts";

/** What a person asked: the prompt, or the last user message of a turn that brought its own history. */
export function promptOf(input: TurnInput | undefined): string {
  if (input === undefined) return "";
  if ("prompt" in input) return input.prompt;
  return input.messages.findLast(({ role }) => role === "user")?.content ?? "";
}
