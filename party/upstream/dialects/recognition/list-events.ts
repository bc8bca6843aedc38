/**
 * Events whose data is a list: a tag and what goes with it (`["token", "Hello"]`, `["messages", [chunk, metadata]]`), a message and
 * its metadata, several objects, or one piece of text.
 */
import { isObject, type JsonObject, type StreamEvent } from "../stream-event.ts";
import { blockRole } from "./find-text.ts";
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
  // A list of what was found, suggested or asked is no list of messages.
  return objects.length > 8 && event.name === undefined && !isMessage(first)
    ? undefined
    : objects.map((value) => ({ ...event, value }));
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

const isMessage = (value: JsonObject) => "role" in value || "lc" in value || blockRole(value) !== "unknown";
