/**
 * Events whose data is a list: a tag and what goes with it (`["token", "Hello"]`, `["messages", [chunk, metadata]]`), a message and
 * its metadata, several objects, or one piece of text.
 */
import { isObject, type JsonObject, type StreamEvent } from "../stream-event.ts";
import { blockRole, isTextKey } from "./find-text.ts";
import { isGraphState } from "./graph-state.ts";
import { roleOf } from "./tag-roles.ts";

/** The events that a list stands for; undefined where it says nothing that can be read. */
export function eventsIn(list: readonly unknown[], event: StreamEvent): readonly StreamEvent[] | undefined {
  const [first, second] = list;
  if (Array.isArray(first) && typeof second === "string") return eventsIn(list.slice(1), event);
  if (typeof first === "string") return fromWords(first, list, event);
  if (!isObject(first)) return undefined;
  const isSpoken = event.name === undefined || roleOf(event.name) === "text" || isGraphState(event.name);
  if (!isSpoken) return undefined;
  const isPair = list.length === 2 && isObject(second) && !sameKeys(first, second);
  const objects = isPair ? [first] : list.filter(isObject);
  // A list of what was found or suggested is no list of messages.
  const isAnswer = event.name !== undefined || objects.every((item) => isMessage(item) || isPiece(item));
  return isAnswer ? objects.map((value) => ({ ...event, value })) : undefined;
}

function fromWords(first: string, list: readonly unknown[], event: StreamEvent): readonly StreamEvent[] | undefined {
  const [, payload] = list;
  if (list.length === 1 && event.name === undefined) return [{ ...event, value: { text: first } }];
  const isTag = isGraphState(first) || first === "custom" || roleOf(first) !== "unknown";
  if (list.length !== 2 || event.name !== undefined || !isTag) return undefined;
  const data = typeof payload === "string" ? payload : payload === null ? "" : JSON.stringify(payload);
  return [{ ...event, name: first, data, value: typeof payload === "object" ? (payload ?? undefined) : undefined }];
}

function sameKeys(first: JsonObject, second: JsonObject): boolean {
  return Object.keys(first).sort().join() === Object.keys(second).sort().join();
}

/** An object with nothing beside its text but what numbers it. */
const isPiece = (value: JsonObject) =>
  Object.keys(value).every((key) => isTextKey(key) || key === "id" || key === "index");

const isMessage = (value: JsonObject) =>
  "choices" in value || "role" in value || "lc" in value || blockRole(value) !== "unknown";
