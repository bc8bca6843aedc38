/** One event of an upstream's stream, and what is asked of its data wherever it is read. */
import { jsonOr } from "../../../shared/parse-json.ts";
import { UpstreamFailure } from "../../core/ports.ts";

/** One event of a stream, parsed once. */
export interface StreamEvent {
  /** Name of a server-sent event. Undefined where it has none, or is named `message`. */
  readonly name: string | undefined;
  readonly data: string;
  /** The data as JSON where it is an object, an array or a string. Undefined where the data is text. */
  readonly value: unknown;
  readonly id: string | undefined;
}

export type JsonObject = Readonly<Record<string, unknown>>;

export function streamEvent(name: string | undefined, data: string, id: string | undefined): StreamEvent {
  return { name: name === "message" || name === "" ? undefined : name, data, value: jsonIn(data), id };
}

const brace = 123;
const bracket = 91;
const quote = 34;
const angle = 60;

/** Numbers, booleans and null are text: models write them token by token. */
function jsonIn(data: string): unknown {
  let at = 0;
  while (data.charCodeAt(at) <= 32) at += 1;
  const first = data.charCodeAt(at);
  if (first !== brace && first !== bracket && first !== quote) return undefined;
  return jsonOrUndefined(data);
}

/** Data of events that end a stream: `[DONE]` and its relatives. Only asked for data in brackets. */
const endMarks: ReadonlySet<string> = new Set(
  [
    "[DONE]",
    "[END]",
    "[EOS]",
    "[STOP]",
    "[FINISH]",
    "[FINISHED]",
    "[COMPLETE]",
    "[COMPLETED]",
    "[CLOSE]",
    "[CLOSED]",
  ].concat(["[STREAM_END]", "[END_OF_STREAM]", "[STREAM_DONE]", "[STREAM_COMPLETE]"]),
);

/** Whether the data is a mark that ends the stream. Cheap for what is not in brackets. */
export function isEndMark(data: string): boolean {
  if (data.length > 32) return false;
  const first = data.charCodeAt(0);
  if (first === angle) return /^<(?:END|DONE|EOS|STOP|FINISHED)(?:_[A-Z_]+)?>$/.test(data);
  // A quote: the mark may be a JSON string.
  if (first !== bracket && first !== quote && first > 32) return false;
  return endMarks.has(data.replaceAll('"', "").trim().toUpperCase());
}

/** Whether the data is a mark that says "failure": `[ERROR]`, also with a sentence after it. */
export function isFailureMark(data: string): boolean {
  return data.startsWith("[ERROR") && /^\[ERROR(?:\]|:)/.test(data);
}

/** Whether a body or an event is a page of HTML or another document in angle brackets, not an answer. */
export function looksLikeMarkup(text: string): boolean {
  const at = afterComments(text);
  return at >= 0 && pageStart.test(text.slice(at, at + 64));
}

/** How a page begins, or an error document of a storage service. */
const pageStart = /^<(?:!doctype\s|html[\s>]|head[\s>]|body[\s>]|title[\s>]|meta\s|\?xml\s|error>\s*<)/i;

/** Whether the text may yet become a page: it begins with a comment of HTML that isn't over, or with nothing after one. */
export function mayBecomeMarkup(text: string): boolean {
  const at = afterComments(text);
  return at < 0 || (at > 0 && text.length - at < 16 && text.startsWith("<!--"));
}

/** Where the text begins behind white space and comments of HTML, -1 where a comment isn't over. */
function afterComments(text: string): number {
  let at = 0;
  for (;;) {
    while (text.charCodeAt(at) <= 32) at += 1;
    if (!text.startsWith("<!--", at)) return at;
    const end = text.indexOf("-->", at + 4);
    if (end < 0) return -1;
    at = end + 3;
  }
}

export function malformed(cause?: unknown): UpstreamFailure {
  return new UpstreamFailure("upstream-malformed", false, { cause });
}

/** More than the largest answer as one event; bytes of UTF-8. */
const maxEventBytes = 8 * 1024 * 1024;

/** Undefined for what isn't JSON: the caller reads it as text. */
export function jsonOrUndefined(data: string): unknown {
  return jsonOr(data, maxEventBytes);
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The string under a key, "" where there is none. */
export function textAt(value: JsonObject, key: string): string {
  const text = value[key];
  return typeof text === "string" ? text : "";
}
