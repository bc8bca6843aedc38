/** A turn as OpenAI's chunks. Its clients read them in tests/workerd/openai.test.ts. */
import { expect, test } from "vitest";
import { CompletionWriter, wholeCompletion } from "../../../party/http/openai/completion-writer.ts";
import type { Part } from "../../../shared/content.ts";
import { joinParts, lengthOf } from "../../../shared/content.ts";
import type { TurnView } from "../../../shared/transcript.ts";

const facts = { id: "chatcmpl-room.turn", model: "asked", created: 1 };

function view(parts: readonly Part[], more: Partial<TurnView> = {}): TurnView {
  const joined = joinParts([], parts);
  return { id: "turn", state: "streaming", parts: joined, length: lengthOf(joined), ...more } as TurnView;
}

const text = (delta: string): Part => ({ type: "text-delta", delta });
const end = {
  state: "settled",
  outcome: "completed",
  model: "said",
  usage: { inputTokens: 3, outputTokens: 2 },
} as const;

interface Chunk {
  readonly choices: readonly { readonly delta: { readonly content?: string }; readonly finish_reason: string | null }[];
  readonly usage?: object | null;
  readonly model: string;
}

const chunksOf = (writer: CompletionWriter, turn: TurnView) => writer.advance(turn).map(({ chunk }) => chunk as Chunk);
const wordsOf = (chunks: readonly Chunk[]) => chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("");

test("[C9] usage is in the last chunk and null in the others, and the answer's own model wins", () => {
  const chunks = chunksOf(new CompletionWriter(facts, true), view([text("hi")], end));
  expect(chunks.map(({ usage }) => usage)).toEqual([
    ...[null, null, null],
    { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
  ]);
  expect(chunks.at(-1)?.model).toBe("said");
  expect(
    chunksOf(new CompletionWriter(facts, false), view([text("hi")], end)).every((chunk) => !("usage" in chunk)),
  ).toBe(true);
});

test("[C9] whatever the pieces and wherever the reader stands, the words are the answer's", () => {
  const whole = "one two three";
  for (let cut = 0; cut <= whole.length; cut += 1) {
    const writer = new CompletionWriter(facts, false);
    const first = chunksOf(writer, view([text(whole.slice(0, cut))]));
    const rest = chunksOf(writer, view([text(whole)], end));
    expect(wordsOf([...first, ...rest])).toBe(whole);
    expect(wordsOf(chunksOf(new CompletionWriter(facts, false, cut), view([text(whole)], end)))).toBe(whole.slice(cut));
  }
});

test.each([
  [undefined, "stop"],
  ["length", "length"],
  ["content-filter", "content_filter"],
  ["content_filter", "content_filter"],
  ["unheard-of", "stop"],
])("[C9] the finish reason %s is %s", (finishReason, expected) => {
  const turn = view([text("hi")], { ...end, ...(finishReason === undefined ? {} : { finishReason }) });
  expect(wholeCompletion(facts, turn)).toMatchObject({ choices: [{ finish_reason: expected }] });
});

test("[C9] an answer that is read whole has no words of a step that was started over", () => {
  const parts: Part[] = [{ type: "start-step" }, text("wrong"), { type: "reset-step" }, text("right")];
  expect(wholeCompletion(facts, view(parts, end))).toMatchObject({ choices: [{ message: { content: "right" } }] });
});
