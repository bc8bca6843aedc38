/**
 * Plain text in events without names: as it is, as a JSON string, or in an object with one of `text`, `content`, `token`,
 * `delta`. Which of the two it is the first event with text decides for the whole answer, so that an answer that shows
 * JSON is not taken for it. The end is `[DONE]`, an event named `done` or `end`, an object with `done: true`, or simply the
 * end of the stream, which many such backends have and which cannot be told from a cut between two events.
 */
import type { EventSourceMessage } from "eventsource-parser";
import type { UpstreamEnd } from "../../core/ports.ts";
import type { BatchBuilder } from "../batch-builder.ts";
import { type Dialect, doneData, isObject, jsonOrUndefined, malformed, nameOf } from "./dialect.ts";
import { endOfError, endOfSaidError, saysError } from "./said-error.ts";

const textKeys = ["text", "content", "token", "delta"] as const;

/** Whether an object looks like one of this dialect. */
export function hasText(value: Readonly<Record<string, unknown>>): boolean {
  return textKeys.some((key) => typeof value[key] === "string");
}

export class TextDialect implements Dialect {
  #form: "json" | "plain" | undefined;

  read(event: EventSourceMessage, into: BatchBuilder): void {
    const name = nameOf(event);
    if (name === "error") into.end(endOfSaidError(event.data));
    else if (name === "done" || name === "end") into.end({ kind: "done" });
    if (name !== undefined) return;
    const { data } = event;
    if (data.trim() === doneData) {
      into.end({ kind: "done" });
      return;
    }
    const value = this.#form === "plain" ? undefined : jsonIn(data);
    if (value === undefined && this.#form === "json") throw malformed();
    const text = value === undefined ? data : textOf(value, into);
    if (text === undefined) return;
    if (this.#form === undefined) into.start({ resumable: false });
    this.#form ??= value === undefined ? "plain" : "json";
    into.text("text", text);
  }

  endOfStream(into: BatchBuilder): UpstreamEnd | undefined {
    // Nothing at all is no answer.
    if (this.#form === undefined) return undefined;
    const end = { kind: "done" } as const;
    into.end(end);
    return end;
  }
}

/** A string or an object in JSON; undefined where the data is text itself. Numbers and the like are text: models write them. */
function jsonIn(data: string): string | Readonly<Record<string, unknown>> | undefined {
  const value = jsonOrUndefined(data);
  return typeof value === "string" || isObject(value) ? value : undefined;
}

/** Undefined where an object carries no text: it says something that is not for the answer. */
function textOf(value: string | Readonly<Record<string, unknown>>, into: BatchBuilder): string | undefined {
  if (typeof value === "string") return value;
  if (saysError(value)) {
    into.end(endOfError(value));
    return undefined;
  }
  const key = textKeys.find((known) => value[known] !== undefined && value[known] !== null);
  const text = key === undefined ? undefined : value[key];
  if (text !== undefined && typeof text !== "string") throw malformed();
  if (value["done"] === true) into.end({ kind: "done" });
  return text;
}
