/**
 * Alibaba's DashScope and Bailian applications: text under `output`. Unless a request asks for increments, each event repeats the
 * text so far, so the second event tells which of the two it is. The end is a `finish_reason`.
 */
import type { TextKind } from "../../../../shared/content.ts";
import type { UpstreamEnd } from "../../../core/ports.ts";
import type { BatchBuilder } from "../../batch-builder.ts";
import type { Dialect } from "../dialect.ts";
import { findText } from "../recognition/find-text.ts";
import { readStray } from "../recognition/stray-events.ts";
import { endOfError } from "../said-error.ts";
import { addUsage } from "../said-usage.ts";
import { isObject, type JsonObject, type StreamEvent, textAt } from "../stream-event.ts";
import { ToolFragments } from "../tool-fragments.ts";
import { ToolSteps } from "../tool-steps.ts";
import { addedBy } from "./tagged-text.ts";

export function isDashScope(value: JsonObject): boolean {
  const { output } = value;
  if (!isObject(output) || !("request_id" in value || "requestId" in value)) return false;
  return typeof output["text"] === "string" || Array.isArray(output["choices"]);
}

export class DashScopeDialect implements Dialect {
  readonly #tools = new ToolSteps();
  readonly #calls = new ToolFragments();
  #repeats: boolean | undefined;
  #finishReason: string | undefined;

  read(event: StreamEvent, into: BatchBuilder): void {
    const { value, name } = event;
    if (isObject(value) && isObject(value["output"]) && name !== "error") this.#chunk(value, value["output"], into);
    else if (isObject(value) && textAt(value, "code") !== "") into.end(endOfError(value));
    else if (readStray(event, this.#tools, into) === "end") {
      this.#finishReason ??= "stop";
      this.endOfStream(into);
    }
  }

  endOfStream(into: BatchBuilder): UpstreamEnd | undefined {
    this.#calls.flush(into);
    if (this.#finishReason === undefined) return undefined;
    const end: UpstreamEnd = { kind: "done", finishReason: this.#finishReason };
    into.end(end);
    return end;
  }

  #chunk(value: JsonObject, output: JsonObject, into: BatchBuilder): void {
    const [choice] = Array.isArray(output["choices"]) ? output["choices"] : [];
    const message = isObject(choice) && isObject(choice["message"]) ? choice["message"] : undefined;
    const reason = textAt(isObject(choice) ? choice : output, "finish_reason");
    const isLast = reason !== "" && reason !== "null";
    if (message === undefined) this.#add("text", textAt(output, "text"), isLast, into);
    else {
      this.#add("reasoning", textAt(message, "reasoning_content"), isLast, into);
      const { content } = message;
      const found = Array.isArray(content) ? findText({ content }) : [];
      const text = found.map((piece) => (piece.kind === "text" ? piece.text : "")).join("");
      this.#add("text", typeof content === "string" ? content : text, isLast, into);
      this.#calls.collect(message["tool_calls"]);
    }
    addUsage(value["usage"], into);
    if (isLast) this.#finishReason = reason;
  }

  #add(kind: TextKind, text: string, isLast: boolean, into: BatchBuilder): void {
    if (text === "") return;
    const received = into.received(kind);
    if (received.length > 1 && this.#repeats === undefined)
      this.#repeats = text.startsWith(received) && (text.length > received.length || isLast);
    if (this.#repeats === false) {
      into.text(kind, text);
      return;
    }
    const isRepeat = this.#repeats === true && text.startsWith(received);
    into.repeated(kind, isRepeat ? text.slice(received.length) : (addedBy(text, received) ?? text));
  }
}
