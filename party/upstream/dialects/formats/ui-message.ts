/**
 * The AI SDK's UI message stream, version 1 (`toUIMessageStreamResponse()`). Text and reasoning keep their order; a tool's
 * input is shown when it is whole, and preliminary outputs are left out because the final one follows. Data parts are appended,
 * also where one with the same id came before. The end is `finish`; `[DONE]` after it is not waited for.
 */
import type { UpstreamEnd } from "../../../core/ports.ts";
import type { BatchBuilder } from "../../batch-builder.ts";
import type { Dialect } from "../dialect.ts";
import { readStray } from "../recognition/stray-events.ts";
import { endOfError } from "../said-error.ts";
import { addUsage } from "../said-usage.ts";
import { isEndMark, isObject, type JsonObject, malformed, type StreamEvent, textAt } from "../stream-event.ts";
import { ToolSteps } from "../tool-steps.ts";

const silentTypes: ReadonlySet<string> = new Set([
  ...["start", "start-step", "finish-step", "reset-step", "message-metadata"],
  ...["text-start", "text-end", "reasoning-start", "reasoning-end", "tool-input-start", "tool-input-delta"],
  ...["source-url", "source-document", "file", "reasoning-file", "tool-approval-request", "tool-approval-response"],
]);

/** Whether an object can only be of this stream. `start`, `start-step` or `finish` are types of other formats, too. */
export function isUiMessage(value: JsonObject): boolean {
  switch (value["type"]) {
    case "text-delta":
    case "reasoning-delta":
      return typeof value["id"] === "string" && typeof value["delta"] === "string";
    case "tool-input-start":
    case "tool-input-available":
      return typeof value["toolCallId"] === "string" && typeof value["toolName"] === "string";
    case "tool-output-available":
      return typeof value["toolCallId"] === "string";
    case "source-url":
      return typeof value["sourceId"] === "string";
    case "finish":
      return isObject(value["messageMetadata"]);
    default:
      return typeof value["type"] === "string" && value["type"].startsWith("data-") && "data" in value;
  }
}

export class UiMessageDialect implements Dialect {
  readonly #tools = new ToolSteps();
  #started = false;
  #isUnderstood = false;

  read(event: StreamEvent, into: BatchBuilder): void {
    const { value, name, data } = event;
    if (isEndMark(data)) {
      into.end({ kind: "done" });
      return;
    }
    if (name !== undefined || !isObject(value) || typeof value["type"] !== "string") {
      if (name === undefined && value === undefined && data.trim().startsWith("{"))
        throw malformed("an event that is no JSON");
      if (readStray(event, this.#tools, into) === "end") into.end({ kind: "done" });
      return;
    }
    if (!this.#started) into.start({ resumable: false });
    this.#started = true;
    this.#chunk(value["type"], value, event, into);
  }

  endOfStream(): UpstreamEnd | undefined {
    return undefined;
  }

  #chunk(type: string, value: JsonObject, event: StreamEvent, into: BatchBuilder): void {
    switch (type) {
      case "text-delta":
      case "reasoning-delta":
        if (typeof value["delta"] !== "string") throw malformed("a delta that is no text");
        this.#isUnderstood = true;
        into.text(type === "text-delta" ? "text" : "reasoning", value["delta"]);
        return;
      case "tool-input-available":
        this.#tools.call(idIn(value), textAt(value, "toolName"), value["input"], into);
        return;
      case "tool-input-error":
        this.#tools.settle(idIn(value), textAt(value, "toolName"), "error", value["errorText"], into, true);
        return;
      case "tool-output-available":
        if (value["preliminary"] !== true) this.#tools.settle(idIn(value), "", "result", value["output"], into, true);
        return;
      case "tool-output-error":
        this.#tools.settle(idIn(value), "", "error", value["errorText"], into, true);
        return;
      case "tool-output-denied":
        this.#tools.settle(idIn(value), "", "error", "denied", into, true);
        return;
      case "finish": {
        const { finishReason, messageMetadata } = value;
        // Backends that tell usage put it here, under the name that the AI SDK gives it.
        if (isObject(messageMetadata)) addUsage(messageMetadata["usage"] ?? messageMetadata["totalUsage"], into);
        into.end({ kind: "done", ...(typeof finishReason === "string" ? { finishReason } : {}) });
        return;
      }
      case "error":
        into.end(endOfError(value["errorText"] ?? value));
        return;
      case "abort":
        // Nobody here asked for it: to the reader it is an answer that broke off.
        into.end({ kind: "error", code: "upstream-truncated", retryable: true });
        return;
      default:
        if (type.startsWith("data-")) addData(type.slice("data-".length), value, into);
        else if (!silentTypes.has(type)) this.#unknown(type, event, into);
    }
  }

  /** A newer SDK may have types that we don't know. Text of another format isn't one of them. */
  #unknown(type: string, event: StreamEvent, into: BatchBuilder): void {
    if (this.#isUnderstood && !type.includes("-")) readStray(event, this.#tools, into);
    else into.ignored(event);
  }
}

function idIn(value: JsonObject): string {
  const id = value["toolCallId"];
  if (typeof id !== "string") throw malformed("a tool step without its id");
  return id;
}

function addData(name: string, value: JsonObject, into: BatchBuilder): void {
  // A transient part is for the moment it is sent in, not for the answer.
  if (value["transient"] !== true) into.part({ kind: "data", name, value: value["data"] ?? null });
}
