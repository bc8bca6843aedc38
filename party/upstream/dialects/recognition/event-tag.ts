/** Finds the tag of an event's object, and the role that the tag gives it. Used by the tagged dialect. */
import { isObject, type JsonObject, jsonOrUndefined } from "../stream-event.ts";
import { envelopes, flagIn } from "./event-flags.ts";
import { blockRole, findText, isTextKey, speakerOf } from "./find-text.ts";
import { shortTag } from "./short-keys.ts";
import { type Role, roleOf } from "./tag-roles.ts";

/** Where an object may have its tag, besides `type`. */
const tagKeys = [
  ...["event", "event_type", "eventType", "event_name", "eventName", "event_kind", "kind", "status", "state"],
  ...["msg_type", "msgType", "message_type", "messageType", "chunk_type", "chunkType"],
] as const;
/** Keys that may hold a tag, and that count only where the tag says something. */
const weakTagKeys = ["action", "phase", "stage", "op", "step", "cmd", "method"] as const;
/** Gradio's queue names its events so. */
const queueEvents =
  /^(?:estimation|process_(?:starts|generating|completed)|send_(?:hash|data)|queue_full|close_stream|heartbeat)$/;
/** A state that says nothing about the event it stands in. */
const neutralStates =
  /^(?:ok|success|succeeded|in_progress|running|processing|generating|pending|streaming|answering|continue|next|update|push|event|\d+)$/i;
/** Types that say no more than that something is there. */
const neutralTypes = /^(?:update|push|next|event|constructor)$/i;

/** Whether a name says no more than that something is there. */
export const isNeutral = (name: string) => neutralTypes.test(name);

export interface Roles {
  readonly tag: string | undefined;
  readonly role: Role | undefined;
}

/** Agents wrap the events of a model: `{type: "stream_event", event: {…}}`. */
export function unwrapped(value: JsonObject): JsonObject {
  const { event, data, lc, kwargs } = value;
  if (lc !== undefined && isObject(kwargs) && blockRole(value) !== "other") return kwargs;
  if (isObject(event) && typeof event["type"] === "string") return event;
  if (typeof data === "string" && value["type"] === undefined && event === undefined) return written(data) ?? value;
  // `{event: "message", data: {…}}` keeps its tag.
  return isObject(data) &&
    typeof data["event"] === "string" &&
    value["type"] === undefined &&
    value["event"] === undefined
    ? data
    : value;
}

/** The event that a backend wrote as JSON into a field. Undefined for text, which may be JSON as well. */
function written(data: string): JsonObject | undefined {
  if (!data.startsWith("{")) return undefined;
  const value = jsonOrUndefined(data);
  if (!isObject(value)) return undefined;
  const isEvent = "type" in value || "event" in value || "error" in value || flagIn(value, 0) !== undefined;
  return isEvent || findText(value).length > 0 ? value : undefined;
}

/** The tag that decides, and its role. No tag: undefined. */
export function rolesOf(value: JsonObject, name: string | undefined): Roles {
  const speaker = speakerOf(value);
  if (speaker !== undefined) return { tag: name, role: speaker };
  const tags = tagsOf(value, name);
  if (tags.length === 0 && isSource(value)) return { tag: undefined, role: "other" };
  const isTyped = typeof value["type"] === "string";
  let decided: Roles = { tag: undefined, role: undefined };
  for (const tag of tags) {
    const role = roleOf(tag);
    // The status of a thing that nobody knows says nothing about the answer, unless it is a failure.
    const mayDecide =
      role === "failure" || !isTyped || tag === name || (tag !== value["status"] && tag !== value["state"]);
    if (decided.role === undefined || (decided.role === "unknown" && role !== "unknown" && mayDecide))
      decided = { tag, role };
    // A message may say "text" in an event that says "over", "thinking" or "tool".
    else if (decided.role === "text" && strong.has(role)) decided = { tag, role };
  }
  return decided;
}

const strong: ReadonlySet<Role> = new Set([
  "failure",
  "end",
  "soft-end",
  "part-end",
  "tool",
  "reasoning",
  "keep-alive",
]);

function tagsOf(value: JsonObject, name: string | undefined): string[] {
  const tags: string[] = [];
  const { type, code } = value;
  if (typeof type === "string" && type !== "" && !(neutralTypes.test(type) && hasText(value))) tags.push(type);
  if (name !== undefined && !neutralStates.test(name)) tags.push(name);
  for (const key of tagKeys) {
    const tag = value[key];
    if (typeof tag === "string" && tag !== "" && !neutralStates.test(tag)) tags.push(tag);
  }
  for (const key of weakTagKeys) {
    const tag = value[key];
    if (typeof tag === "string" && tag !== "" && !neutralStates.test(tag) && roleOf(tag) !== "unknown") tags.push(tag);
  }
  const { msg } = value;
  if (typeof msg === "string" && queueEvents.test(msg)) tags.push("queue");
  const short = tags.length === 0 ? shortTag(value) : undefined;
  if (short !== undefined) tags.push(short);
  if (tags.length > 0) return tags;
  if (typeof code === "string" && !/^-?\d+$/.test(code) && "data" in value) return [code];
  // `{"contentBlockDelta": {…}}`: the only key is the tag.
  const keys = Object.keys(value);
  const [only = ""] = keys;
  return keys.length === 1 && !isTextKey(only) && isObject(value[only]) && strongKeys.has(roleOf(only)) ? [only] : [];
}

const strongKeys: ReadonlySet<Role> = new Set(["end", "soft-end", "part-end", "other", "reasoning", "keep-alive"]);

/** Whether an object is a page or a document that an answer refers to. */
function isSource(value: JsonObject): boolean {
  const address = value["url"] ?? value["href"] ?? value["link"];
  return typeof address === "string" && address !== "" && ("title" in value || "name" in value);
}

/** Whether there is a text that is no word about the event. */
function hasText(value: JsonObject): boolean {
  return ["content", "text", "delta", "token", "chunk", "answer"].some((key) => typeof value[key] === "string");
}

/** The object inside an envelope without a tag that has one, and that isn't text: `{code: 0, data: {type: "end"}}`. */
export function taggedInside(value: JsonObject): JsonObject | undefined {
  for (const key in value) {
    const inner = value[key];
    if (typeof inner !== "object" || !isObject(inner) || !envelopes.has(key)) continue;
    const { role } = rolesOf(inner, undefined);
    if (role !== undefined && role !== "text" && role !== "unknown") return inner;
  }
  return undefined;
}
