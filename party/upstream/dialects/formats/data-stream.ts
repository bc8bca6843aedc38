/**
 * The AI SDK 4's data stream (`pipeDataStreamToResponse()`): lines of a code, a colon and JSON, such as `0:"Hello"`. The end is
 * `d:`. Streams of AI SDK 3 have text lines alone and simply close.
 */
import type { UpstreamEnd } from "../../../core/ports.ts";
import type { BatchBuilder } from "../../batch-builder.ts";
import type { Dialect } from "../dialect.ts";
import { readStray } from "../recognition/stray-events.ts";
import { endOfError } from "../said-error.ts";
import { addUsage } from "../said-usage.ts";
import { isObject, jsonOrUndefined, malformed, type StreamEvent, textAt } from "../stream-event.ts";
import { ToolSteps } from "../tool-steps.ts";

/** A line that can only be of this stream. */
export function isDataStreamLine(line: string): boolean {
  return /^(?:0:"|[1-9a-k]:["[{])/.test(line) && jsonOrUndefined(line.slice(2)) !== undefined;
}

export class DataStreamDialect implements Dialect {
  readonly #tools = new ToolSteps();
  #needsEnd = false;
  #hasText = false;

  read(event: StreamEvent, into: BatchBuilder): void {
    const { data } = event;
    if (event.name !== undefined || data.charAt(1) !== ":") {
      if (readStray(event, this.#tools, into) === "end") into.end({ kind: "done" });
      return;
    }
    const value = jsonOrUndefined(data.slice(2));
    if (value === undefined) throw malformed("a line that is no JSON");
    switch (data.charAt(0)) {
      case "0":
      case "g":
        if (typeof value !== "string") throw malformed("text that is no string");
        this.#hasText = true;
        into.text(data.charAt(0) === "0" ? "text" : "reasoning", value);
        return;
      case "2":
        if (Array.isArray(value)) for (const item of value) into.data("data", item);
        return;
      case "3":
        into.end(endOfError(value));
        return;
      case "9":
        if (isObject(value))
          this.#tools.call(textAt(value, "toolCallId"), textAt(value, "toolName"), value["args"], into);
        return;
      case "a":
        if (isObject(value)) this.#tools.settle(textAt(value, "toolCallId"), "", "result", value["result"], into, true);
        return;
      case "f":
      case "e":
        this.#needsEnd = true;
        return;
      case "d": {
        const { finishReason, usage } = isObject(value) ? value : {};
        addUsage(usage, into);
        into.end({ kind: "done", ...(typeof finishReason === "string" ? { finishReason } : {}) });
        return;
      }
      default:
    }
  }

  endOfStream(into: BatchBuilder): UpstreamEnd | undefined {
    if (this.#needsEnd || !this.#hasText) return undefined;
    const end = { kind: "done" } as const;
    into.end(end);
    return end;
  }
}
