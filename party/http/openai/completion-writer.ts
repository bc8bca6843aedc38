/**
 * A turn as OpenAI's chat completion: chunk by chunk, or whole. Pure: views of the turn go in, objects of the protocol come out.
 * https://platform.openai.com/docs/api-reference/chat/streaming
 *
 * Reasoning is `reasoning_content`, the field that most compatible services use. A tool that the backend ran itself isn't
 * mentioned, because its client would run it again; calls that wait for the client come at the end, whole.
 */
import { type ChunkPart, isText, type Part, sliceParts, textOf, unitsOf } from "../../../shared/content.ts";
import { defined } from "../../../shared/defined.ts";
import type { Usage } from "../../../shared/protocol/server-frames.ts";
import type { TurnView } from "../../../shared/transcript.ts";

export interface CompletionFacts {
  readonly id: string;
  /** What was asked for; the answer's own name of the model wins. */
  readonly model: string;
  /** Seconds since 1970. */
  readonly created: number;
}

export interface ToolCall {
  readonly id: string;
  readonly type: "function";
  readonly function: { readonly name: string; readonly arguments: string };
}

/** One object of the stream, and how many units of the answer its reader has with it. */
export interface CompletionStep {
  readonly chunk: object;
  readonly at: number;
}

export class CompletionWriter {
  readonly #facts: CompletionFacts;
  readonly #includesUsage: boolean;
  #at: number;
  #isBegun = false;

  /** @param from units of the answer that the reader has already. */
  constructor(facts: CompletionFacts, includesUsage: boolean, from = 0) {
    this.#facts = facts;
    this.#includesUsage = includesUsage;
    this.#at = from;
    this.#isBegun = from > 0;
  }

  /** What brings the reader to this view. A failed turn's end is the caller's to tell (`isFailed`). */
  advance(turn: TurnView): CompletionStep[] {
    const steps: CompletionStep[] = [];
    const put = (delta: object, finishReason: string | null = null) => {
      const choices = [{ index: 0, delta, logprobs: null, finish_reason: finishReason }];
      steps.push({ chunk: this.#chunk(turn, { choices }), at: this.#at });
    };
    const begin = () => {
      if (!this.#isBegun) put({ role: "assistant", content: "" });
      this.#isBegun = true;
    };
    for (const part of sliceParts(turn.parts, this.#at)) {
      this.#at += unitsOf(part);
      if (!isText(part) || part.delta === "") continue;
      begin();
      put(part.type === "text-delta" ? { content: part.delta } : { reasoning_content: part.delta });
    }
    if (turn.state !== "settled" || isFailed(turn)) return steps;
    begin();
    const calls = openCalls(turn.parts);
    if (calls.length > 0) put({ tool_calls: calls.map((call, index) => ({ index, ...call })) });
    put({}, finishReasonOf(turn));
    if (this.#includesUsage) {
      steps.push({ chunk: this.#chunk(turn, { choices: [], usage: usageOf(turn.usage) ?? null }), at: this.#at });
    }
    return steps;
  }

  #chunk({ model }: TurnView, content: object): object {
    const { id, created } = this.#facts;
    return {
      ...{ id, object: "chat.completion.chunk", created, model: model ?? this.#facts.model, ...content },
      // With `include_usage` every chunk has the field.
      ...(this.#includesUsage && !("usage" in content) ? { usage: null } : {}),
    };
  }
}

/** A turn that ended without an answer that may be used. */
export function isFailed({ outcome }: TurnView): boolean {
  return outcome === "failed" || outcome === "interrupted";
}

/** A settled turn as one object. */
export function wholeCompletion({ id, model, created }: CompletionFacts, turn: TurnView): object {
  const text = textOf(turn.parts);
  const reasoning = turn.parts
    .map((part) => (part.type === "reasoning-delta" && isText(part) ? part.delta : ""))
    .join("");
  const calls = openCalls(turn.parts);
  const message = {
    ...{ role: "assistant", content: text === "" && calls.length > 0 ? null : text, refusal: null },
    ...(reasoning === "" ? {} : { reasoning_content: reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
  const choices = [{ index: 0, message, logprobs: null, finish_reason: finishReasonOf(turn) }];
  return defined({
    ...{ id, object: "chat.completion", created, model: turn.model ?? model, choices },
    usage: usageOf(turn.usage),
  });
}

/** A stopped answer ends as one that stopped by itself: the format has no word for it. */
function finishReasonOf({ parts, finishReason = "stop" }: TurnView): string {
  if (openCalls(parts).length > 0) return "tool_calls";
  const reason = finishReason.replaceAll("-", "_");
  return reason === "length" || reason === "content_filter" ? reason : "stop";
}

/** Calls that nobody has answered: the client is to run them. */
function openCalls(parts: readonly Part[]): ToolCall[] {
  const calls = new Map<string, ToolCall>();
  for (const part of parts as readonly ChunkPart[]) {
    const id = String(part["toolCallId"]);
    if (part.type === "tool-input-available" && part["providerExecuted"] !== true) {
      const args = JSON.stringify(part["input"] ?? {});
      calls.set(id, { id, type: "function", function: { name: String(part["toolName"]), arguments: args } });
    } else if (/^tool-(?:output-|input-error|approval-request)/.test(part.type)) calls.delete(id);
    else if (part.type === "reset-step") calls.clear();
  }
  return [...calls.values()];
}

function usageOf(usage: Usage | undefined): object | undefined {
  if (usage === undefined) return undefined;
  const { inputTokens: prompt_tokens = 0, outputTokens: completion_tokens = 0 } = usage;
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
}
