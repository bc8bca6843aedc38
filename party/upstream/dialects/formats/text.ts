/**
 * Plain text in events without names: as it is, or as JSON strings. The first event with text decides which, so that an answer
 * that shows JSON stays text. The end is `[DONE]`, an event with a name such as `done`, or simply the end of the stream, which
 * many such backends have and which cannot be told from a cut between two events.
 */
import type { UpstreamEnd } from "../../../core/ports.ts";
import type { BatchBuilder } from "../../batch-builder.ts";
import type { Dialect } from "../dialect.ts";
import { saysError } from "../recognition/failure-signs.ts";
import { findText } from "../recognition/find-text.ts";
import { isKnownFormat } from "../recognition/recognize.ts";
import { roleOf } from "../recognition/tag-roles.ts";
import { endOfError, endOfSaidError } from "../said-error.ts";
import {
  isEndMark,
  isFailureMark,
  isObject,
  type JsonObject,
  looksLikeMarkup,
  malformed,
  type StreamEvent,
} from "../stream-event.ts";
import { ToolSteps } from "../tool-steps.ts";

export class TextDialect implements Dialect {
  readonly #tools = new ToolSteps();
  #form: "string" | "plain" | undefined;

  read(event: StreamEvent, into: BatchBuilder): void {
    const { name, data, value } = event;
    if (isEndMark(data)) into.end({ kind: "done" });
    else if (isFailureMark(data)) into.end(endOfError(data));
    else if (name !== undefined) this.#named(name, event, into);
    else if (isObject(value) && this.#spoken(value, into)) return;
    else if (looksLikeMarkup(data)) throw malformed("HTML in the stream");
    else this.#text(data, value, into);
  }

  endOfStream(into: BatchBuilder): UpstreamEnd | undefined {
    // Nothing at all is no answer.
    if (this.#form === undefined) return undefined;
    const end = { kind: "done" } as const;
    into.end(end);
    return end;
  }

  #text(data: string, value: unknown, into: BatchBuilder): void {
    const isString = this.#form !== "plain" && typeof value === "string";
    if (this.#form === "string" && !isString) throw malformed("text between JSON strings");
    if (this.#form === undefined) into.start({ resumable: false });
    this.#form ??= isString ? "string" : "plain";
    const text = isString ? value : data;
    if (isString && isEndMark(text)) into.end({ kind: "done" });
    else into.text("text", text);
  }

  /** An object between plain text: a failure, an end, or another format. Any other is what the answer shows. */
  #spoken(value: JsonObject, into: BatchBuilder): boolean {
    const { type } = value;
    const role = typeof type === "string" ? roleOf(type) : undefined;
    if (role === "failure" || (role === undefined && saysError(value))) into.end(endOfError(value));
    else if (role === "end" || value["done"] === true) into.end({ kind: "done" });
    else if (isKnownFormat(value) || (role === "text" && findText(value).some(({ text }) => text !== "")))
      throw malformed("another format between plain text");
    else return role === "keep-alive";
    return true;
  }

  #named(name: string, event: StreamEvent, into: BatchBuilder): void {
    switch (roleOf(name)) {
      case "failure":
        into.end(endOfSaidError(event.data));
        return;
      case "end":
      case "soft-end":
        into.end({ kind: "done" });
        return;
      case "reasoning":
        if (!isObject(event.value)) into.text("reasoning", event.data);
        return;
      case "tool":
        this.#tools.read(name, event.value ?? event.data, into);
        return;
      case "text":
        throw malformed(`text under "${name}" after text without a name`);
      case "keep-alive":
        return;
      default:
        into.ignored(event);
    }
  }
}
