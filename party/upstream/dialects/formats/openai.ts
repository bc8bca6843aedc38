/**
 * Chat completion chunks of OpenAI and of the many services that speak like it, and completions that come whole. Strict about
 * nothing but the answer: usage, choices and fields of odd types are left out. The first choice counts. The end is `[DONE]`; a
 * stream that closes after a `finish_reason` has ended too, because some services leave it out.
 */
import type { UpstreamEnd } from "../../../core/ports.ts";
import type { BatchBuilder } from "../../batch-builder.ts";
import type { Dialect } from "../dialect.ts";
import { saysError } from "../recognition/failure-signs.ts";
import { readStray } from "../recognition/stray-events.ts";
import { roleOf } from "../recognition/tag-roles.ts";
import { endOfError } from "../said-error.ts";
import { addUsage } from "../said-usage.ts";
import { isEndMark, isObject, type JsonObject, malformed, type StreamEvent, textAt } from "../stream-event.ts";
import { ToolFragments } from "../tool-fragments.ts";
import { ToolSteps } from "../tool-steps.ts";
import { addedBy } from "./tagged-text.ts";

/** Whether an object is a chunk or a whole completion, or an odd one of a stream of them. */
export function isCompletion(value: JsonObject): boolean {
  const { choices, object } = value;
  if (!("choices" in value)) return false;
  if (typeof object === "string" && /^(?:chat\.completion|text_completion)/.test(object)) return true;
  if (!Array.isArray(choices)) return choices === null && ("model" in value || "usage" in value);
  const [first] = choices;
  if (first === undefined) return !("type" in value);
  return isObject(first) && ("delta" in first || "message" in first || "finish_reason" in first || "text" in first);
}

export class OpenAiDialect implements Dialect {
  readonly #calls = new ToolFragments();
  readonly #steps = new ToolSteps();
  #started = false;
  #finishReason: string | undefined;

  read(event: StreamEvent, into: BatchBuilder): void {
    const { name, data, value } = event;
    if (isEndMark(data)) this.#end(into);
    else if (isObject(value) && "choices" in value && (name === undefined || roleOf(name) !== "failure"))
      this.#chunk(value, event, into);
    else if (isObject(value) && name === undefined && !this.#isForeign(value)) {
      if (saysError(value)) into.end(endOfError(value));
      else addUsage(value["usage"], into);
    } else if (readStray(event, this.#steps, into) === "end") this.#end(into);
  }

  endOfStream(into: BatchBuilder): UpstreamEnd | undefined {
    if (this.#finishReason === undefined) return undefined;
    return this.#end(into);
  }

  /** A chunk without choices, such as one with the usage alone, is of this format. */
  #isForeign(value: JsonObject): boolean {
    return !("usage" in value) && !("object" in value) && !saysError(value);
  }

  #chunk(value: JsonObject, event: StreamEvent, into: BatchBuilder): void {
    if (saysError(value)) {
      into.end(endOfError(value));
      return;
    }
    const { choices, model } = value;
    if (!this.#started)
      into.start({ resumable: false, ...(typeof model === "string" && model !== "" ? { model } : {}) });
    this.#started = true;
    addUsage(value["usage"], into);
    if (!Array.isArray(choices)) {
      if (choices !== null) throw malformed("choices that are no list");
      return;
    }
    const choice = choices.find((item) => isObject(item) && (item["index"] ?? 0) === 0) as JsonObject | undefined;
    if (choice === undefined) return;
    this.#steps.flush(into);
    const delta = choice["delta"] ?? choice["message"];
    if (isObject(delta)) {
      addMessage(choice["delta"] === undefined || choice["delta"] === null ? unrepeated(delta, into) : delta, into);
      this.#calls.collect(delta["tool_calls"]);
      if (isObject(delta["function_call"])) this.#calls.collect([delta["function_call"]]);
    } else if (typeof delta === "string") into.text("text", delta);
    else if (typeof choice["text"] === "string") into.text("text", choice["text"]);
    else if (delta !== undefined && delta !== null) into.ignored(event);
    const reason = choice["finish_reason"] ?? choice["finishReason"];
    if (typeof reason === "string" && reason !== "" && reason !== "null") this.#finishReason = reason;
    // A completion that came whole.
    if (isObject(choice["message"]) && choice["delta"] === undefined) this.#finishReason ??= "stop";
  }

  #end(into: BatchBuilder): UpstreamEnd {
    this.#calls.flush(into);
    this.#steps.flush(into);
    // Routers of models say "error" when a model failed in the middle.
    const end: UpstreamEnd =
      this.#finishReason === "error"
        ? endOfError({})
        : { kind: "done", ...(this.#finishReason === undefined ? {} : { finishReason: this.#finishReason }) };
    into.end(end);
    return end;
  }
}

/** A message that comes whole after its chunks, without what they said. */
function unrepeated(message: JsonObject, into: BatchBuilder): JsonObject {
  const { content } = message;
  const received = into.received("text");
  const added = typeof content === "string" ? addedBy(content, received) : undefined;
  return added === undefined ? message : { content: added };
}

/** Reasoning first: where one chunk has both, the model thought before it spoke. */
export function addMessage(message: JsonObject, into: BatchBuilder): void {
  const { content } = message;
  const thought = textAt(message, "reasoning_content") || textAt(message, "reasoning") || textAt(message, "thinking");
  if (thought !== "") into.text("reasoning", thought);
  if (typeof content === "string") into.text("text", content);
  else if (Array.isArray(content)) for (const block of content) addBlock(block, "text", into);
  else if (isObject(content)) addBlock(content, "text", into);
  else if (content !== undefined && content !== null) throw malformed("content that is no text");
  // What the model says instead of an answer.
  const refusal = textAt(message, "refusal");
  if (refusal !== "") into.text("text", refusal);
}

/** A content block: `{type: text, text}` or `{type: thinking, thinking: [blocks]}`, as Mistral has it. */
function addBlock(block: unknown, kind: "text" | "reasoning", into: BatchBuilder): void {
  if (typeof block === "string") into.text(kind, block);
  if (!isObject(block)) return;
  const type = textAt(block, "type");
  const inner = roleOf(type) === "reasoning" ? "reasoning" : kind;
  const held = block["thinking"] ?? block["reasoning"] ?? block["text"] ?? block["content"];
  if (typeof held === "string") into.text(inner, held);
  else if (Array.isArray(held)) for (const item of held) addBlock(item, inner, into);
  else if (isObject(held) && typeof held["value"] === "string") into.text(inner, held["value"]);
}
