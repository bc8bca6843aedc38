/** Events of OpenAI's Responses API, and a response that comes whole. The end is `response.completed` or `response.incomplete`. */
import type { UpstreamEnd } from "../../../core/ports.ts";
import type { BatchBuilder } from "../../batch-builder.ts";
import type { Dialect } from "../dialect.ts";
import { readStray } from "../recognition/stray-events.ts";
import { endOfError } from "../said-error.ts";
import { addUsage } from "../said-usage.ts";
import { isObject, type JsonObject, jsonOrUndefined, malformed, type StreamEvent, textAt } from "../stream-event.ts";
import { ToolSteps } from "../tool-steps.ts";

/** Types that only this API has: a backend of one's own may well send `response.chunk`. */
const ownTypes =
  /^response\.(?:created|in_progress|queued|output_item\.|content_part\.|output_text\.|refusal\.|function_call_arguments\.|reasoning(?:_|\.)|completed$|incomplete$|failed$|web_search_call\.|file_search_call\.|mcp_|code_interpreter_call)/;

export function isResponse(value: JsonObject): boolean {
  return ownTypes.test(textAt(value, "type")) || (value["object"] === "response" && Array.isArray(value["output"]));
}

export class ResponsesDialect implements Dialect {
  readonly #tools = new ToolSteps();
  #started = false;

  read(event: StreamEvent, into: BatchBuilder): void {
    const { value } = event;
    if (!isObject(value)) {
      // `[DONE]` may follow, and says nothing that `response.completed` hasn't said.
      if (readStray(event, this.#tools, into) === "end") into.end({ kind: "done" });
      return;
    }
    if (value["object"] === "response") {
      this.#whole(value, into);
      return;
    }
    const type = textAt(value, "type");
    switch (type) {
      case "response.output_text.delta":
      case "response.refusal.delta":
        into.text("text", deltaIn(value));
        return;
      case "response.reasoning_summary_text.delta":
      case "response.reasoning_text.delta":
      case "response.reasoning.delta":
        into.text("reasoning", deltaIn(value));
        return;
      case "response.created":
        this.#start(value["response"], into);
        return;
      case "response.output_item.done":
        if (isObject(value["item"])) this.#item(value["item"], into);
        return;
      case "response.completed":
      case "response.incomplete":
      case "response.done":
        this.#over(value["response"], into);
        return;
      case "response.failed":
      case "error":
        into.end(endOfError(value));
        return;
      case "response.cancelled":
        into.end({ kind: "error", code: "upstream-truncated", retryable: true });
        return;
      default:
        if (type.startsWith("response.")) return;
        if (readStray(event, this.#tools, into) === "end") into.end({ kind: "done" });
    }
  }

  endOfStream(): UpstreamEnd | undefined {
    return undefined;
  }

  #start(response: unknown, into: BatchBuilder): void {
    if (this.#started) return;
    this.#started = true;
    const model = isObject(response) ? textAt(response, "model") : "";
    into.start({ resumable: false, ...(model === "" ? {} : { model }) });
  }

  #item(item: JsonObject, into: BatchBuilder): void {
    const type = textAt(item, "type");
    if (type === "function_call" || type === "mcp_call" || type === "custom_tool_call") {
      const id = textAt(item, "call_id") || textAt(item, "id");
      const written = textAt(item, "arguments") || textAt(item, "input");
      this.#tools.call(id || undefined, textAt(item, "name"), jsonOrUndefined(written) ?? written, into);
      if (item["output"] !== undefined && item["output"] !== null)
        this.#tools.settle(id || undefined, textAt(item, "name"), "result", item["output"], into);
    } else if (type === "function_call_output") {
      this.#tools.settle(textAt(item, "call_id") || undefined, "", "result", item["output"], into);
    } else if (type.endsWith("_call")) {
      const id = textAt(item, "id") || undefined;
      this.#tools.call(id, type.slice(0, -"_call".length), item["action"] ?? item["queries"] ?? null, into);
    }
  }

  #over(response: unknown, into: BatchBuilder): void {
    if (!isObject(response)) {
      into.end({ kind: "done" });
      return;
    }
    // A proxy that leaves the deltas out still sends the whole.
    if (into.received("text") === "") this.#output(response, into);
    addUsage(response["usage"], into);
    const { incomplete_details: details } = response;
    const reason = isObject(details) ? textAt(details, "reason") : "";
    into.end({ kind: "done", ...(reason === "" ? {} : { finishReason: reason }) });
  }

  #whole(response: JsonObject, into: BatchBuilder): void {
    this.#start(response, into);
    if (textAt(response, "status") === "failed") {
      into.end(endOfError(response));
      return;
    }
    for (const item of response["output"] as unknown[]) if (isObject(item)) this.#item(item, into);
    this.#over(response, into);
  }

  #output(response: JsonObject, into: BatchBuilder): void {
    const { output } = response;
    if (!Array.isArray(output)) return;
    for (const item of output) {
      if (!isObject(item) || item["type"] !== "message" || !Array.isArray(item["content"])) continue;
      for (const block of item["content"]) {
        if (isObject(block)) into.text("text", textAt(block, "text") || textAt(block, "refusal"));
      }
    }
  }
}

function deltaIn(value: JsonObject): string {
  if (typeof value["delta"] !== "string") throw malformed("a delta that is no text");
  return value["delta"];
}
