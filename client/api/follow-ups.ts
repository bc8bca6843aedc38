/** Asking about a turn that is there: the same, in other words, or for the rest of its answer. What is sent; nothing is sent here. */
import { textOf } from "../../shared/content.ts";
import { defined } from "../../shared/defined.ts";
import type { ChatMessage, TurnInput } from "../../shared/protocol/client-frames.ts";
import type { QuestionPart } from "../../shared/protocol/question.ts";
import type { TurnView } from "../../shared/transcript.ts";

/**
 * What a continuing turn asks. The room sends the answer so far along, as part of the conversation, so this is all that is
 * to be said. Fixed words in one language: every page recognises them, whatever it speaks (docs/decisions/2026-11-22-continue.md).
 */
export const CONTINUE_PROMPT = "Continue exactly where you stopped. Do not repeat anything.";

/** An answer with text that ended before it was done. */
export function isContinuable(turn: TurnView): boolean {
  if (turn.state !== "settled" || textOf(turn.parts) === "") return false;
  return turn.outcome !== "completed" || turn.finishReason === "length";
}

/** Asks for the rest of the answer before it, rather than something of its own. */
export function isContinuation(input: TurnInput | undefined): boolean {
  return input !== undefined && "prompt" in input && input.prompt === CONTINUE_PROMPT;
}

/** The input with another question: a turn that brought its own history keeps it. */
export function withPrompt(input: TurnInput | undefined, prompt: string): TurnInput {
  if (input === undefined || "prompt" in input || "answers" in input) return { prompt };
  if ("parts" in input) return { parts: withText(input.parts, prompt) };
  const last = input.messages.findLastIndex(({ role }) => role === "user");
  return last < 0 ? { prompt } : { messages: input.messages.with(last, withContent(input.messages[last], prompt)) };
}

function withContent(message: ChatMessage | undefined, content: string): ChatMessage {
  const { parts } = message ?? {};
  return defined({ role: "user" as const, content, parts: parts && withText(parts, content) });
}

/** The files and data stay. The text takes the place of the first text that was there. */
function withText(parts: readonly QuestionPart[], text: string): QuestionPart[] {
  const first = Math.max(
    0,
    parts.findIndex(({ type }) => type === "text"),
  );
  const rest = (list: readonly QuestionPart[]) => list.filter(({ type }) => type !== "text");
  return [...rest(parts.slice(0, first)), { type: "text", text }, ...rest(parts.slice(first))];
}
