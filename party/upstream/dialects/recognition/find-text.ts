/**
 * Finds the text in an event's object: under the usual keys, also nested, in lists of content blocks, and beside reasoning.
 * Used where no fixed format says where the text is. The keys of an object play roles, as tags do: a title, a status or an id
 * is never text.
 */
import type { TextKind } from "../../../../shared/content.ts";
import { isObject, type JsonObject } from "../stream-event.ts";
import { textInPatches } from "./patches.ts";
import { shortText } from "./short-keys.ts";
import { type Role, roleOf, wordsOf } from "./tag-roles.ts";

/** Where text is looked for, in this order: the increment before what might be the whole or words about it. */
const textKeys: readonly string[] = [
  ...[
    "delta",
    "textDelta",
    "text_delta",
    "token",
    "chunk",
    "text",
    "content",
    "contents",
    "answer",
    "response",
    "reply",
  ],
  ...[
    "output_text",
    "generated_text",
    "completion",
    "parts",
    "part",
    "choices",
    "candidates",
    "data",
    "payload",
    "body",
    "output",
  ],
  ...[
    "result",
    "results",
    "messages",
    "message",
    "artifact",
    "items",
    "receive",
    "value",
    "msg",
    "kwargs",
    "args",
    "params",
    "generations",
    "predictions",
  ],
];
const reasoningKeys = [
  "reasoning_content",
  "reasoningContent",
  "reasoning",
  "thinking",
  "thought",
  "thoughts",
] as const;
/** Places of the keys in that order. */
const ranks: ReadonlyMap<string, number> = new Map(textKeys.map((key, rank) => [key, rank]));
const thinkKeys: ReadonlySet<string> = new Set(reasoningKeys);
/** Where an end event has the whole answer. `message` isn't one of them: there it is a word about the end. */
const wholeKeys = [
  ...[
    "text",
    "content",
    "answer",
    "reply",
    "response",
    "fullText",
    "full_text",
    "fullReply",
    "full_reply",
    "fullResponse",
  ],
  ...["full_response", "fullContent", "full_content", "finalAnswer", "final_answer", "final_output", "finalOutput"],
  ...["output", "outputs", "result", "data", "payload", "responseMessage", "message"],
] as const;
/** Strings that these hold aren't the answer, unless they hold it inside. */
const onlyNested: ReadonlySet<string> = new Set(["message", "data", "payload"]);
const maxDepth = 6;

export interface Found {
  readonly kind: TextKind;
  readonly text: string;
}

/** The text and reasoning of an object, in the order of thinking before speaking. Empty where it holds none. */
export function findText(value: JsonObject): Found[] {
  const found: Found[] = [];
  collect(value, found, "text", 0);
  return found;
}

/** The whole answer in an end event, or undefined. */
export function findWhole(value: JsonObject, depth = 0): string | undefined {
  for (const key of wholeKeys) {
    const inner = value[key];
    if (typeof inner === "string" && !(onlyNested.has(key) && depth === 0)) return inner;
    if (Array.isArray(inner)) {
      const found: Found[] = [];
      if (collectList(inner, found, "text", 1)) {
        const text = found.map(({ kind, text: piece }) => (kind === "text" ? piece : "")).join("");
        if (text !== "") return text;
      }
    } else if (isObject(inner) && depth < maxDepth) {
      const text = findWhole(inner, depth + 1);
      if (text !== undefined) return text;
    }
  }
  return undefined;
}

/** Returns whether the object holds text of any kind, which may be empty. */
function collect(value: JsonObject, into: Found[], kind: TextKind, depth: number): boolean {
  let best = textKeys.length;
  let mayThink = false;
  for (const key in value) {
    const rank = ranks.get(key);
    if (rank === undefined) mayThink ||= thinkKeys.has(key);
    else if (rank < best && value[key] !== null) best = rank;
  }
  if (mayThink) addThought(value, into, depth);
  const isStatus = isAbout(value);
  for (let rank = best; rank < textKeys.length; rank += 1) {
    const key = textKeys[rank] ?? "";
    const inner = value[key];
    // There it is a word about the event.
    if (isStatus && (key === "message" || key === "msg") && typeof inner === "string") continue;
    if (key === "token" && typeof inner === "string" && inner.length > 20 && signedToken.test(inner)) continue;
    if (inner !== undefined && inner !== null && collectAt(inner, into, kind, depth)) return true;
  }
  if (collectByWords(value, into, kind, depth)) return true;
  const text = textInPatches(value) ?? shortText(value);
  if (text !== undefined) into.push({ kind, text });
  return text !== undefined || (into.length > 0 && depth > 0);
}

/** Keys of progress, beside which a message isn't the answer. */
const progressKeys: ReadonlySet<string> = new Set([
  "code",
  "success",
  "stage",
  "step",
  "progress",
  "percent",
  "percentage",
]);

const aboutStates =
  /^(?:ok|success|succeeded|processing|running|pending|in_progress|queued|waiting|started|starting)$/i;

/** Whether a message in this object is a word about the event: beside a code, a status or a progress. */
function isAbout(value: JsonObject): boolean {
  const { status } = value;
  if (typeof status === "number" || (typeof status === "string" && aboutStates.test(status))) return true;
  for (const key in value) if (progressKeys.has(key)) return true;
  return false;
}

function addThought(value: JsonObject, into: Found[], depth: number): void {
  for (const key of reasoningKeys) {
    const thought = value[key];
    if (isObject(thought) && depth < maxDepth && collect(thought, into, "reasoning", depth + 1)) return;
    if (typeof thought !== "string" || thought === "") continue;
    into.push({ kind: "reasoning", text: thought });
    return;
  }
}

/** Keys of a backend's own making, such as `ai_response_chunk`. */
function collectByWords(value: JsonObject, into: Found[], kind: TextKind, depth: number): boolean {
  for (const key in value) {
    if (!isTextKey(key) && typeof value[key] === "string" && roleOf(key) === "text" && !isLabel(key)) {
      into.push({ kind, text: value[key] });
      return true;
    }
  }
  for (const key in value) {
    const inner = value[key];
    if (!isTextKey(key) && isObject(inner) && roleOf(key) === "text" && collectAt(inner, into, kind, depth))
      return true;
  }
  return false;
}

/** Whether a key names, numbers or describes something, whatever else its words say: `part_delta_kind`, `messageId`. */
function isLabel(key: string): boolean {
  const said = wordsOf(key);
  return labelWords.has(said.at(-1) ?? "") || said.some((word) => secretWords.has(word));
}

/** Words of keys that hold credentials: a `token` beside one of them is no token of text. */
const secretWords: ReadonlySet<string> = new Set(
  "access auth authorization bearer refresh csrf xsrf jwt secret session password api cookie".split(" "),
);
/** A signed token (RFC 7519), which a handler may send in front of its answer. */
const signedToken = /^eyJ[\w-]{8,}\.[\w-]+\.[\w-]*$/;

const labelWords: ReadonlySet<string> = new Set(
  "kind type id ids name role status state format model index count time at url uri lang language path mode key".split(
    " ",
  ),
);

/** Whether a key is one of those that text is looked for under. */
export const isTextKey = (key: string) => ranks.has(key);

function collectAt(inner: unknown, into: Found[], kind: TextKind, depth: number): boolean {
  if (typeof inner === "string") {
    into.push({ kind, text: inner });
    return true;
  }
  if (depth >= maxDepth) return false;
  if (Array.isArray(inner)) return collectList(inner, into, kind, depth + 1);
  return isObject(inner) && collectBlock(inner, into, kind, depth + 1);
}

function collectList(items: readonly unknown[], into: Found[], kind: TextKind, depth: number): boolean {
  let holds = false;
  for (const item of afterQuestion(items)) if (collectAt(item, into, kind, depth)) holds = true;
  return holds;
}

/** Of a whole conversation, what follows the user's last message. */
function afterQuestion(items: readonly unknown[]): readonly unknown[] {
  const at = items.findLastIndex((item) => isObject(item) && saysUser(item));
  return at < 0 ? items : items.slice(at + 1);
}

function saysUser(message: JsonObject): boolean {
  const { type, id } = message;
  return type === "human" || speakerOf(message) === "other" || (Array.isArray(id) && id.at(-1) === "HumanMessage");
}

/** An object inside may have a tag of its own: a block of thinking, a tool's, a citation. */
function collectBlock(block: JsonObject, into: Found[], kind: TextKind, depth: number): boolean {
  // A token that a tokenizer uses for itself, as text-generation-inference marks it.
  if (block["special"] === true) return true;
  const role = blockRole(block);
  switch (role) {
    case "reasoning":
      return collect(block, into, "reasoning", depth);
    case "text":
    case "unknown":
    case "end":
    case "soft-end":
    case "part-end":
      return collect(block, into, block["thought"] === true ? "reasoning" : kind, depth);
    default:
      // Claimed: it says something else than text.
      return depth > 1 || role !== "other";
  }
}

export function blockRole(block: JsonObject): Role {
  const speaker = speakerOf(block);
  if (speaker !== undefined) return speaker;
  const { type, id } = block;
  // LangChain's own serialization names a class.
  if (type === "constructor" && Array.isArray(id)) return roleOf(String(id.at(-1)));
  return typeof type === "string" ? roleOf(type) : "unknown";
}

/** What a message is by its author: the user's own words and system prompts come back from some backends. */
export function speakerOf(value: JsonObject): "other" | "tool" | undefined {
  if (value["isCreatedByUser"] === true) return "other";
  const role = value["role"] ?? value["sender"] ?? value["source"] ?? value["author"];
  if (typeof role !== "string") return undefined;
  if (role === "user" || role === "User" || role === "human" || role === "system" || role === "developer")
    return "other";
  return role === "tool" || role === "function" ? "tool" : undefined;
}
