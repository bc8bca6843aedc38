/**
 * Google's `generateContent`: chunks of the stream with `alt=sse`, elements of the JSON array without it, and an answer that
 * comes whole. There is no end event: a stream that closes after a `finishReason` has ended.
 */
import type { UpstreamEnd } from "../../../core/ports.ts";
import type { BatchBuilder } from "../../batch-builder.ts";
import type { Dialect } from "../dialect.ts";
import { saysError } from "../recognition/failure-signs.ts";
import { readStray } from "../recognition/stray-events.ts";
import { endOfError } from "../said-error.ts";
import { addUsage } from "../said-usage.ts";
import { isObject, type JsonObject, type StreamEvent, textAt } from "../stream-event.ts";
import { ToolSteps } from "../tool-steps.ts";

export function isGemini(value: JsonObject): boolean {
  const { candidates } = value;
  // The models before it had their text under `output`.
  if (Array.isArray(candidates)) return !candidates.some((item) => isObject(item) && "output" in item);
  return isObject(value["promptFeedback"]) || isObject(value["usageMetadata"]);
}

export class GeminiDialect implements Dialect {
  readonly #tools = new ToolSteps();
  #started = false;
  #finishReason: string | undefined;

  read(event: StreamEvent, into: BatchBuilder): void {
    const { value } = event;
    if (isObject(value) && saysError(value)) into.end(endOfError(value));
    else if (isObject(value) && isGemini(value)) this.#chunk(value, into);
    else if (readStray(event, this.#tools, into) === "end") {
      this.#finishReason ??= "STOP";
      this.endOfStream(into);
    }
  }

  endOfStream(into: BatchBuilder): UpstreamEnd | undefined {
    if (this.#finishReason === undefined) return undefined;
    const end: UpstreamEnd = { kind: "done", finishReason: this.#finishReason };
    into.end(end);
    return end;
  }

  #chunk(value: JsonObject, into: BatchBuilder): void {
    const { candidates, promptFeedback } = value;
    if (!this.#started) {
      const model = textAt(value, "modelVersion");
      into.start({ resumable: false, ...(model === "" ? {} : { model }) });
    }
    this.#started = true;
    addUsage(value["usageMetadata"], into);
    if (isObject(promptFeedback) && textAt(promptFeedback, "blockReason") !== "") {
      into.end({ kind: "error", code: "upstream-rejected", retryable: false });
      return;
    }
    const [candidate] = Array.isArray(candidates) ? candidates : [];
    if (!isObject(candidate)) return;
    const { content } = candidate;
    if (isObject(content) && Array.isArray(content["parts"])) {
      for (const part of content["parts"]) if (isObject(part)) this.#part(part, into);
    }
    const reason = textAt(candidate, "finishReason");
    if (reason !== "" && reason !== "FINISH_REASON_UNSPECIFIED") this.#finishReason = reason;
  }

  #part(part: JsonObject, into: BatchBuilder): void {
    const { text, functionCall, functionResponse } = part;
    if (typeof text === "string") into.text(part["thought"] === true ? "reasoning" : "text", text);
    else if (isObject(functionCall))
      this.#tools.call(
        textAt(functionCall, "id") || undefined,
        textAt(functionCall, "name"),
        functionCall["args"],
        into,
      );
    else if (isObject(functionResponse)) {
      const id = textAt(functionResponse, "id") || undefined;
      this.#tools.settle(id, textAt(functionResponse, "name"), "result", functionResponse["response"], into);
    }
  }
}
