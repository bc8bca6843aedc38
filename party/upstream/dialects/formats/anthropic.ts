/**
 * Events of Anthropic's Messages API, as server-sent events or as objects on lines, and a message that comes whole. The end is
 * `message_stop`; after a message that asks for tools the next one may follow in the same stream.
 */
import type { UpstreamEnd } from "../../../core/ports.ts";
import type { BatchBuilder } from "../../batch-builder.ts";
import type { Dialect } from "../dialect.ts";
import { unwrapped } from "../recognition/event-tag.ts";
import { readStray } from "../recognition/stray-events.ts";
import { endOfError } from "../said-error.ts";
import { addUsage } from "../said-usage.ts";
import { isObject, type JsonObject, jsonOrUndefined, malformed, type StreamEvent, textAt } from "../stream-event.ts";
import { ToolSteps } from "../tool-steps.ts";

export function isAnthropic(value: JsonObject): boolean {
  switch (value["type"]) {
    case "message_start":
      return isObject(value["message"]);
    case "content_block_start":
      return isObject(value["content_block"]);
    case "content_block_delta":
      return isObject(value["delta"]);
    case "message":
      return value["role"] === "assistant" && Array.isArray(value["content"]) && "stop_reason" in value;
    default:
      return false;
  }
}

interface ToolBlock {
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
  written: string;
}

export class AnthropicDialect implements Dialect {
  readonly #tools = new ToolSteps();
  readonly #blocks = new Map<unknown, ToolBlock>();
  #stopReason: string | undefined;
  #isOver = false;

  read(event: StreamEvent, into: BatchBuilder): void {
    const value = isObject(event.value) ? unwrapped(event.value) : undefined;
    switch (value?.["type"]) {
      case "content_block_delta":
        this.#delta(value, into);
        return;
      case "content_block_start":
        this.#isOver = false;
        if (isObject(value["content_block"])) this.#block(value["index"], value["content_block"], into);
        return;
      case "content_block_stop":
        this.#close(value["index"], into);
        return;
      case "message_start": {
        const { message } = value;
        if (!isObject(message)) return;
        const model = textAt(message, "model");
        into.start({ resumable: false, ...(model === "" ? {} : { model }) });
        addUsage(message["usage"], into);
        return;
      }
      case "message_delta":
        if (isObject(value["delta"])) this.#stopReason = textAt(value["delta"], "stop_reason") || this.#stopReason;
        addUsage(value["usage"], into);
        return;
      case "message_stop":
        this.#isOver = true;
        if (this.#stopReason !== "tool_use") this.endOfStream(into);
        return;
      case "message":
        if (Array.isArray(value["content"])) this.#whole(value, value["content"], into);
        return;
      case "ping":
        return;
      case "error":
        into.end(endOfError(value));
        return;
      default:
        if (readStray(event, this.#tools, into) === "end") {
          this.#isOver = true;
          this.endOfStream(into);
        }
    }
  }

  endOfStream(into: BatchBuilder): UpstreamEnd | undefined {
    // Some proxies leave out `message_stop`; the reason to stop was said.
    if (!this.#isOver && this.#stopReason === undefined) return undefined;
    const end: UpstreamEnd = {
      kind: "done",
      ...(this.#stopReason === undefined ? {} : { finishReason: this.#stopReason }),
    };
    into.end(end);
    return end;
  }

  #delta(value: JsonObject, into: BatchBuilder): void {
    const { delta } = value;
    if (!isObject(delta)) throw malformed("a content block without its delta");
    switch (delta["type"]) {
      case "text_delta":
        if (typeof delta["text"] !== "string") throw malformed("a text_delta without text");
        into.text("text", delta["text"]);
        return;
      case "thinking_delta":
        into.text("reasoning", textAt(delta, "thinking"));
        return;
      case "input_json_delta": {
        const block = this.#blocks.get(value["index"]);
        if (block !== undefined) block.written += textAt(delta, "partial_json");
        return;
      }
      default:
        // A backend that writes these events itself may leave out the type inside.
        if (delta["type"] === undefined) into.text("text", textAt(delta, "text"));
    }
  }

  #block(index: unknown, block: JsonObject, into: BatchBuilder): void {
    const type = textAt(block, "type");
    if (type === "text") into.text("text", textAt(block, "text"));
    else if (type === "thinking") into.text("reasoning", textAt(block, "thinking"));
    else if (type.endsWith("tool_use")) {
      const { input } = block;
      this.#blocks.set(index, { id: textAt(block, "id"), name: textAt(block, "name"), input, written: "" });
    } else if (type.endsWith("tool_result"))
      this.#tools.settle(textAt(block, "tool_use_id"), "", "result", block["content"], into);
  }

  #close(index: unknown, into: BatchBuilder): void {
    const block = this.#blocks.get(index);
    if (block === undefined) return;
    this.#blocks.delete(index);
    const { id, name, input, written } = block;
    this.#tools.call(id || undefined, name, written === "" ? input : (jsonOrUndefined(written) ?? written), into);
  }

  #whole(value: JsonObject, content: readonly unknown[], into: BatchBuilder): void {
    for (const [index, block] of content.entries()) {
      if (!isObject(block)) continue;
      this.#block(index, block, into);
      this.#close(index, into);
    }
    addUsage(value["usage"], into);
    this.#stopReason = textAt(value, "stop_reason") || "end_turn";
    this.endOfStream(into);
  }
}
