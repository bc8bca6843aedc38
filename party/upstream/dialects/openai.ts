/**
 * Chat completion chunks of OpenAI and of the many services that speak like it. Reasoning comes as `reasoning_content` or
 * `reasoning`; a tool call comes in fragments and is appended whole when the model ends its turn. The first choice counts.
 * The end is `[DONE]`; a stream that closes after a `finish_reason` has ended too, because some services leave it out.
 */
import type { EventSourceMessage } from "eventsource-parser";
import * as z from "zod/mini";
import { type UpstreamEnd, UpstreamFailure } from "../../core/ports.ts";
import type { BatchBuilder } from "../batch-builder.ts";
import { checked, type Dialect, doneData, isObject, json, jsonOrUndefined, nameOf } from "./dialect.ts";
import { endOfError, endOfSaidError, saysError } from "./said-error.ts";

const count = z.int().check(z.minimum(0));
const text = z.nullish(z.string());

const toolCallSchema = z.object({
  index: z.nullish(count),
  id: text,
  function: z.nullish(z.object({ name: text, arguments: text })),
});

/** A delta, or the message of an answer that came whole. */
export const messageSchema = z.object({
  content: text,
  reasoning_content: text,
  reasoning: text,
  refusal: text,
  tool_calls: z.nullish(z.array(toolCallSchema)),
});

export const usageSchema = z.nullish(
  z.object({ prompt_tokens: z.nullish(count), completion_tokens: z.nullish(count) }),
);

const chunkSchema = z.object({
  model: text,
  choices: z.array(z.object({ index: z.nullish(count), delta: z.nullish(messageSchema), finish_reason: text })),
  usage: usageSchema,
});

export type ChatMessage = z.infer<typeof messageSchema>;

/** Arguments of one turn beyond this are no call, whatever the part limit of the room is. In UTF-16 units. */
const maxToolUnits = 1_048_576;

export class OpenAiDialect implements Dialect {
  readonly #calls = new ToolCalls();
  #started = false;
  #finishReason: string | undefined;

  read(event: EventSourceMessage, into: BatchBuilder): void {
    const name = nameOf(event);
    if (name === "error") into.end(endOfSaidError(event.data));
    if (name !== undefined) return;
    if (event.data.trim() === doneData) {
      this.#end(into);
      return;
    }
    const value = json(event.data);
    // The hot path: a chunk with one string in it needs no schema.
    if (this.#started && addPlain(value, into)) return;
    if (isObject(value) && saysError(value)) into.end(endOfError(value));
    // Something else than a chunk, such as a ping: not ours to judge.
    else if (!isObject(value) || "choices" in value) this.#chunk(value, into);
  }

  endOfStream(into: BatchBuilder): UpstreamEnd | undefined {
    if (this.#finishReason === undefined) return undefined;
    return this.#end(into);
  }

  #chunk(value: unknown, into: BatchBuilder): void {
    const { model, choices, usage } = checked(chunkSchema, value);
    if (!this.#started) into.start({ resumable: false, ...(model ? { model } : {}) });
    this.#started = true;
    addUsage(usage, into);
    const choice = choices.find(({ index }) => (index ?? 0) === 0);
    if (choice?.delta) {
      addText(choice.delta, into);
      this.#calls.collect(choice.delta.tool_calls ?? []);
    }
    if (choice?.finish_reason) this.#finishReason = choice.finish_reason;
  }

  #end(into: BatchBuilder): UpstreamEnd {
    this.#calls.flush(into);
    const end = endOfFinish(this.#finishReason);
    into.end(end);
    return end;
  }
}

/** How an answer with this `finish_reason` ended. */
export function endOfFinish(finishReason: string | null | undefined): UpstreamEnd {
  // Routers of models say so when a model failed in the middle.
  if (finishReason === "error") return endOfError({});
  return { kind: "done", ...(finishReason ? { finishReason } : {}) };
}

/** True when the chunk held nothing but text, and that is added. */
function addPlain(value: unknown, into: BatchBuilder): boolean {
  if (!isObject(value) || (value["usage"] ?? null) !== null || !Array.isArray(value["choices"])) return false;
  const [choice, other] = value["choices"] as unknown[];
  if (other !== undefined || !isObject(choice) || (choice["finish_reason"] ?? null) !== null) return false;
  const { index, delta } = choice;
  if ((index !== 0 && index !== undefined) || !isObject(delta) || delta["tool_calls"] !== undefined) return false;
  if (typeof delta["content"] !== "string" || delta["content"] === "") return false;
  if ((delta["reasoning_content"] ?? delta["reasoning"] ?? delta["refusal"] ?? null) !== null) return false;
  into.text("text", delta["content"]);
  return true;
}

/** Reasoning first: where one chunk has both, the model thought before it spoke. */
export function addText({ content, reasoning_content, reasoning, refusal }: ChatMessage, into: BatchBuilder): void {
  const thought = reasoning_content || reasoning;
  if (thought) into.text("reasoning", thought);
  if (content) into.text("text", content);
  // What the model says instead of an answer.
  if (refusal) into.text("text", refusal);
}

export function addUsage(usage: z.infer<typeof usageSchema>, into: BatchBuilder): void {
  if (!usage) return;
  const { prompt_tokens: input, completion_tokens: output } = usage;
  into.usage({
    ...(typeof input === "number" ? { inputTokens: input } : {}),
    ...(typeof output === "number" ? { outputTokens: output } : {}),
  });
}

interface ToolCall {
  id: string;
  name: string;
  arguments: string;
}

/** Collects the fragments of tool calls: a reader is shown a call when it is whole. */
export class ToolCalls {
  readonly #calls = new Map<number, ToolCall>();
  #units = 0;

  collect(fragments: readonly z.infer<typeof toolCallSchema>[]): void {
    for (const fragment of fragments) {
      // Without an index: a new id opens a new call, anything else continues the last one.
      const index = fragment.index ?? Math.max(0, this.#calls.size - (fragment.id ? 0 : 1));
      const call = this.#calls.get(index) ?? { id: `call-${index}`, name: "", arguments: "" };
      this.#calls.set(index, call);
      if (fragment.id) call.id = fragment.id;
      call.name += fragment.function?.name ?? "";
      call.arguments += fragment.function?.arguments ?? "";
      this.#units += 1 + (fragment.function?.name?.length ?? 0) + (fragment.function?.arguments?.length ?? 0);
      if (this.#units > maxToolUnits) throw new UpstreamFailure("part-too-large", false);
    }
  }

  flush(into: BatchBuilder): void {
    for (const { id, name, arguments: written } of this.#calls.values()) {
      // A model may write arguments that are not JSON; its text is then the value.
      const value = jsonOrUndefined(written) ?? written;
      into.part({ kind: "tool", toolCallId: id, toolName: name, phase: "call", value });
    }
    this.#calls.clear();
  }
}
