/** The text of a tagged event: the unified format's deltas, repetitions, and what stands where text should be. */
import type { BatchBuilder } from "../../batch-builder.ts";
import { type Found, findText, isTextKey } from "../recognition/find-text.ts";
import type { Role } from "../recognition/tag-roles.ts";
import { isObject, type JsonObject, malformed } from "../stream-event.ts";

/** `delta.data` is text, or a structured fragment that may hold text. */
export function unifiedText(data: unknown, into: BatchBuilder): Found[] {
  if (typeof data === "string") return [{ kind: "text", text: data }];
  if (isObject(data)) {
    const found = findText(data);
    if (found.length > 0) return found;
  }
  if (Array.isArray(data)) {
    const found = findText({ content: data });
    if (found.length > 0) return found;
  }
  if (data === null || data === undefined) return [];
  if (typeof data !== "object") throw malformed("a delta whose data is no text");
  into.data("delta", data);
  return [];
}

/** Whether a last event has the whole answer once more. A short answer that is one word twice is no repetition. */
function repeats(text: string, received: string): boolean {
  return received !== "" && text.startsWith(received) && (text.length > received.length || received.length > 8);
}

/** Of two texts that begin alike for so long, one repeats the other. */
const alikeUnits = 12;

/**
 * What a last event adds that has the whole answer once more: "" where it differs from what was received in white space or in
 * details, which an answer that only grows can't take back. Undefined where the text isn't a repetition.
 */
export function addedBy(text: string, received: string): string | undefined {
  if (repeats(text, received)) return text.slice(received.length);
  const [whole, known] = [text.trim(), received.trim()];
  if (known.length < alikeUnits) return undefined;
  if (whole.startsWith(known)) return whole.slice(known.length);
  const isAlike = whole.slice(0, alikeUnits) === known.slice(0, alikeUnits) && whole.length * 2 >= known.length;
  return isAlike ? "" : undefined;
}

const plainKeys = ["text", "content", "token", "delta", "chunk", "answer"] as const;

/** Whether an object of a known text event has something else than text where the text is. */
export function hasWrongText(value: JsonObject, isKnown: boolean): boolean {
  if (!isKnown && !("type" in value) && !plainKeys.some((key) => key in value)) return false;
  return plainKeys.some((key) => typeof value[key] === "number" || typeof value[key] === "boolean");
}

/** Whether an object says nothing at all, such as `{}` or `{"text": null}`. */
export function isNothing(value: JsonObject): boolean {
  return Object.keys(value).every((key) => isTextKey(key) && (value[key] === null || value[key] === ""));
}

/** A single word between events of JSON that says something about the stream: `done`, `ping`, `connected`. */
export function isBareWord(data: string, role: Role): boolean {
  if (!/^\s*[\w-]+\s*$/.test(data)) return false;
  return role === "end" || role === "keep-alive" || role === "other" || /^\s*ok\s*$/i.test(data);
}

/** RAGFlow's events: each has the answer so far, or what is new of it, by version. */
export function mayRepeat({ data }: JsonObject): boolean {
  return isObject(data) && "answer" in data && "reference" in data;
}
