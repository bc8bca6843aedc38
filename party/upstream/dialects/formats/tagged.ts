/**
 * Events whose role is told by a tag: the unified format, and the formats that backends make up for themselves. Text is looked
 * up under the usual keys; an end event never repeats text that was already read. The tag of the first text is kept: text under
 * another tag later is another format, and ends the answer as `upstream-malformed`.
 */
import type { UpstreamEnd } from "../../../core/ports.ts";
import type { BatchBuilder } from "../../batch-builder.ts";
import type { Dialect } from "../dialect.ts";
import { saysError } from "../recognition/failure-signs.ts";
import { type Found, findText, findWhole, isTextKey, speakerOf } from "../recognition/find-text.ts";
import { type Role, roleOf } from "../recognition/tag-roles.ts";
import { endOfError, endOfSaidError } from "../said-error.ts";
import { addUsage } from "../said-usage.ts";
import {
  isEndMark,
  isFailureMark,
  isObject,
  type JsonObject,
  looksLikeMarkup,
  malformed,
  type StreamEvent,
  textAt,
} from "../stream-event.ts";
import { ToolSteps } from "../tool-steps.ts";

/** Where an object may have its tag, besides `type`. */
const tagKeys = ["event", "event_type", "eventType", "kind", "status", "state", "msg_type", "messageType"] as const;
/** Keys with a reason why the model stopped. */
const reasonKeys = ["finishReason", "finish_reason", "stopReason", "stop_reason", "done_reason"] as const;
/** A state that says nothing about the event it stands in. */
const neutralStates =
  /^(?:ok|success|succeeded|in_progress|running|processing|generating|pending|streaming|answering|continue|next|update|push|event|\d+)$/i;
/** Tags that one backend mixes in one answer. */
const sameText: ReadonlyMap<string, string> = new Map([
  ["agent_message", "message"],
  ["on_llm_stream", "on_chat_model_stream"],
]);

interface Roles {
  readonly tag: string | undefined;
  readonly role: Role | undefined;
}

export class TaggedDialect implements Dialect {
  readonly #tools = new ToolSteps();
  /** Undefined until the first text; "" where text has no tag. */
  #textTag: string | undefined;
  /** Names under which text came as it is, not as JSON. */
  #rawName: string | undefined;
  /** The name under which text came as JSON strings. */
  #stringName: string | undefined;
  /** The format has an end event: a stream that closes before it is cut off. */
  #needsEnd: boolean;
  #isOver = false;
  #finishReason: string | undefined;
  #hasPartials = false;
  #strayTag: string | undefined;
  #strays = 0;
  #isUnified: boolean;

  constructor({ isUnified = false }: { readonly isUnified?: boolean } = {}) {
    this.#isUnified = isUnified;
    this.#needsEnd = isUnified;
  }

  get isUnified(): boolean {
    return this.#isUnified;
  }

  get hasText(): boolean {
    return this.#textTag !== undefined;
  }

  read(event: StreamEvent, into: BatchBuilder): void {
    const { name, data, value } = event;
    if (isEndMark(data)) this.#end(into);
    else if (isFailureMark(data)) into.end(endOfError(data));
    else if (name !== undefined && name === this.#rawName) into.text("text", data);
    else if (isObject(value)) this.#object(unwrapped(value), event, into);
    else if (Array.isArray(value)) this.#list(value, event, into);
    else this.#raw(event, into);
    if (this.#isUnified) into.eventId(event.id);
  }

  endOfStream(into: BatchBuilder): UpstreamEnd | undefined {
    this.#tools.flush(into);
    if (this.#needsEnd && !this.#isOver) return undefined;
    // A tool or a thought alone is no answer that simply closed.
    if (!this.#isOver && !this.hasText) return undefined;
    return this.#end(into);
  }

  #object(value: JsonObject, event: StreamEvent, into: BatchBuilder): void {
    const { tag, role } = rolesOf(value, event.name);
    if (role === undefined) {
      const inner = taggedInside(value);
      if (inner !== undefined) {
        this.#object(inner, event, into);
        return;
      }
      if (this.#untaggedTool(value, into)) return;
    }
    switch (role) {
      case "failure":
        // Nobody here asked for an abort: to the reader it is an answer that broke off.
        if (/abort|cancel/i.test(tag ?? "") && !saysError(value)) into.end(brokenOff);
        else into.end(endOfError(value));
        return;
      case "keep-alive":
        return;
      case "tool":
        this.#tools.read(tag ?? "", value, into);
        return;
      case "other":
        this.#other(tag ?? "", value, event, into);
        return;
      case "end":
      case "soft-end":
      case "part-end":
        this.#ending(role, value, event, into);
        return;
      case "reasoning":
        this.#thought(value, into);
        return;
      case "unknown":
        this.#unknown(tag ?? "", value, event, into);
        return;
      default:
        this.#text(tag ?? "", value, event, into);
    }
  }

  #text(tag: string, value: JsonObject, event: StreamEvent, into: BatchBuilder): void {
    if (saysError(value)) {
      into.end(endOfError(value));
      return;
    }
    if (tag === "data" && typeof value["name"] === "string" && "value" in value) {
      into.part({ kind: "data", name: value["name"], value: value["value"] ?? null });
      return;
    }
    const isUnified = tag === "delta" && "data" in value;
    const found = isUnified ? unifiedText(value["data"], into) : findText(value);
    const ending = flagIn(value, 0);
    if (ending !== undefined) this.#needsEnd = true;
    const partial = value["partial"];
    if (partial === true) this.#hasPartials = true;
    // LangGraph repeats the message so far under this name.
    const isWhole = event.name === "messages/partial" || ending === true || (this.#hasPartials && partial !== true);
    if (found.length === 0 && ending !== true) {
      if (hasWrongText(value, this.#textTag === tag)) throw malformed("text that is no string");
      const whole = findWhole(value);
      if (whole?.startsWith(into.received("text"))) this.#whole(whole, into);
      else if (!isNothing(value)) into.ignored(event);
      return;
    }
    const isThought = saysThinking(value);
    for (const { kind, text } of found) this.#piece(tag, { kind: isThought ? "reasoning" : kind, text }, isWhole, into);
    if (isUnified || (tag === "token" && event.name === "token")) this.#unified();
    addUsage(value["usage"], into);
    this.#reason(value);
    if (ending === true) this.#end(into);
  }

  #piece(tag: string, { kind, text }: Found, isWhole: boolean, into: BatchBuilder): void {
    if (text === "") return;
    if (isEndMark(text)) {
      this.#end(into);
      return;
    }
    const received = into.received(kind);
    // Only thoughts of an event whose text is the answer are of its tag: they have none of their own.
    if (kind === "text") {
      const known = sameText.get(tag) ?? tag;
      if (this.#textTag === undefined) this.#textTag = known;
      else if (this.#textTag !== known) {
        if (received !== "" && text.startsWith(received)) {
          into.repeated(kind, text.slice(received.length));
          return;
        }
        throw malformed(`text under "${known}" after text under "${this.#textTag}"`);
      }
      this.#strays = 0;
    }
    if (isWhole) into.repeated(kind, repeats(text, received) ? text.slice(received.length) : text);
    else {
      this.#tools.flush(into);
      into.text(kind, text);
    }
  }

  /** The answer once more, of which what is new is shown. */
  #whole(text: string, into: BatchBuilder): void {
    if (text === "" || isEndMark(text)) return;
    this.#textTag ??= "";
    into.repeated("text", text.slice(into.received("text").length));
  }

  #thought(value: JsonObject, into: BatchBuilder): void {
    for (const { text } of findText(value)) into.text("reasoning", text);
  }

  #other(tag: string, value: JsonObject, event: StreamEvent, into: BatchBuilder): void {
    if (tag === "start" || tag === "begin") {
      const { model, resumable } = value;
      if (typeof resumable === "boolean") this.#unified();
      into.start({
        resumable: resumable === true,
        ...(typeof model === "string" && model !== "" ? { model } : {}),
      });
      return;
    }
    if (tag === "usage") {
      addUsage(isObject(value["data"]) ? value["data"] : value, into);
      addUsage(value["usage"], into);
      return;
    }
    if (saysError(value) && !("content" in value)) {
      into.end(endOfError(value));
      return;
    }
    if (this.#isUnified && unifiedParts.has(tag)) into.part({ kind: "data", name: tag, value: withoutType(value) });
    else into.ignored(event);
  }

  #unknown(tag: string, value: JsonObject, event: StreamEvent, into: BatchBuilder): void {
    if (saysError(value)) {
      into.end(endOfError(value));
      return;
    }
    if (flagIn(value, 0) === true) {
      this.#ending("end", value, event, into);
      return;
    }
    if (tag === "custom" || tag === "data")
      into.part({ kind: "data", name: textAt(value, "name") || tag, value: value["value"] ?? value["data"] ?? null });
    else into.ignored(event);
    // Text that goes on under a tag that nobody knows, and never comes back to its own, would be lost without a word.
    if (this.hasText && findText(value).some(({ text }) => text !== "")) {
      if (tag !== this.#strayTag) this.#strays = 0;
      this.#strayTag = tag;
      this.#strays += 1;
    }
  }

  #ending(role: "end" | "soft-end" | "part-end", value: JsonObject, event: StreamEvent, into: BatchBuilder): void {
    if (saysError(value) || roleOf(textAt(value, "status")) === "failure") {
      into.end(endOfError(value));
      return;
    }
    if (role !== "part-end") {
      const whole = findWhole(value);
      if (whole?.startsWith(into.received("text"))) this.#whole(whole, into);
    }
    addUsage(value["usage"] ?? value["totalUsage"] ?? value, into);
    this.#reason(value);
    if (role === "end") this.#end(into);
    else if (role === "soft-end") this.#isOver = true;
    else if (this.#textTag === undefined) into.ignored(event);
  }

  /** Data that is no JSON object: a name decides what it is; without a name it is another format. */
  #raw(event: StreamEvent, into: BatchBuilder): void {
    const { name, data, value } = event;
    if (looksLikeMarkup(data)) throw malformed("HTML in the stream");
    if (name === undefined) {
      const role = roleOf(data.trim());
      if (data.trim() === "" || isBareWord(data, role)) {
        if (role === "end") this.#end(into);
        return;
      }
      throw malformed("text between events of JSON");
    }
    const text = typeof value === "string" ? value : data;
    switch (roleOf(name)) {
      case "failure":
        into.end(endOfSaidError(data));
        return;
      case "tool":
        this.#tools.read(name, text, into);
        return;
      case "end":
        this.#end(into);
        return;
      case "soft-end":
        this.#isOver = true;
        return;
      case "reasoning":
        into.text("reasoning", text);
        return;
      case "text":
        // Raw text goes by `#rawName`. Here it follows JSON, so it isn't of this format.
        if (this.#textTag !== undefined && !(typeof value === "string" && this.#stringName === name))
          throw malformed("an event that is no JSON");
        if (typeof value === "string") this.#stringName = name;
        if (typeof value !== "string") this.#rawName ??= name;
        this.#piece(name, { kind: "text", text }, false, into);
        return;
      case "keep-alive":
      case "part-end":
        return;
      default:
        into.ignored(event);
    }
  }

  /** LangGraph sends a message chunk and its metadata as a pair. */
  #list(value: readonly unknown[], event: StreamEvent, into: BatchBuilder): void {
    const [first] = value;
    if (event.name !== undefined && roleOf(event.name) === "text" && isObject(first)) this.#object(first, event, into);
    else if (event.name !== undefined && roleOf(event.name) === "tool") this.#tools.read(event.name, value, into);
    else if (event.name === undefined && value.length === 1 && isObject(first)) this.#object(first, event, into);
    else into.ignored(event);
  }

  /** An object without a tag, of which one key is a tool's: `{"toolUpdate": {…}}`. True where it holds nothing else. */
  #untaggedTool(value: JsonObject, into: BatchBuilder): boolean {
    let isStep = this.#stepsIn(value, into);
    for (const key of messageKeys) {
      const message = value[key];
      if (isObject(message) && this.#stepsIn(message, into)) isStep = true;
    }
    return isStep && flagIn(value, 0) !== true && findText(value).every(({ text }) => text === "");
  }

  #stepsIn(holder: JsonObject, into: BatchBuilder): boolean {
    let isStep = false;
    for (const key in holder) {
      const step = holder[key];
      if (typeof step !== "object" || step === null || roleOf(key) !== "tool") continue;
      if (Array.isArray(step) && step.length === 0) continue;
      this.#tools.read(key, step, into);
      isStep = true;
    }
    return isStep;
  }

  #reason(value: JsonObject): void {
    for (const key of reasonKeys) {
      const reason = value[key];
      if (typeof reason === "string" && reason !== "" && reason !== "null") {
        this.#finishReason = reason;
        this.#isOver = true;
      }
    }
  }

  #unified(): void {
    this.#isUnified = true;
    this.#needsEnd = true;
  }

  #end(into: BatchBuilder): UpstreamEnd {
    this.#tools.flush(into);
    if (this.#strays > 1) throw malformed(`text under "${this.#strayTag}", which nothing says is text`);
    const end: UpstreamEnd =
      this.#finishReason === "error"
        ? endOfError({})
        : { kind: "done", ...(this.#finishReason === undefined ? {} : { finishReason: this.#finishReason }) };
    into.end(end);
    return end;
  }
}

/** A single word between events of JSON that says something about the stream: `done`, `ping`, `connected`. */
function isBareWord(data: string, role: Role): boolean {
  return /^\s*\w+\s*$/.test(data) && (role === "end" || role === "keep-alive" || role === "other");
}

/** Objects that may hold the tool calls of a message. */
const messageKeys = ["message", "delta", "data"] as const;

/** The object inside an envelope without a tag that has one, and that isn't text: `{code: 0, data: {type: "end"}}`. */
function taggedInside(value: JsonObject): JsonObject | undefined {
  for (const key in value) {
    const inner = value[key];
    if (typeof inner !== "object" || !isObject(inner) || !envelopes.has(key)) continue;
    const { role } = rolesOf(inner, undefined);
    if (role !== undefined && role !== "text" && role !== "unknown") return inner;
  }
  return undefined;
}

const brokenOff: UpstreamEnd = { kind: "error", code: "upstream-truncated", retryable: true };

/** The unified format's parts that the room keeps as data. */
const unifiedParts: ReadonlySet<string> = new Set(["source", "file"]);

function withoutType(value: JsonObject): JsonObject {
  const { type: _, ...rest } = value;
  return rest;
}

/** `delta.data` is text, or a structured fragment that may hold text. */
function unifiedText(data: unknown, into: BatchBuilder): Found[] {
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
  into.part({ kind: "data", name: "delta", value: data });
  return [];
}

/** Agents wrap the events of a model: `{type: "stream_event", event: {…}}`. */
export function unwrapped(value: JsonObject): JsonObject {
  const { event, data } = value;
  if (isObject(event) && typeof event["type"] === "string") return event;
  // `{event: "message", data: {…}}` keeps its tag; `{data: "<JSON>"}` is left as it is.
  return isObject(data) &&
    typeof data["event"] === "string" &&
    value["type"] === undefined &&
    value["event"] === undefined
    ? data
    : value;
}

/** The tag that decides, and its role. No tag: undefined. */
function rolesOf(value: JsonObject, name: string | undefined): Roles {
  const speaker = speakerOf(value);
  if (speaker !== undefined) return { tag: name, role: speaker };
  const tags = tagsOf(value, name);
  let decided: Roles = { tag: undefined, role: undefined };
  for (const tag of tags) {
    const role = roleOf(tag);
    if (decided.role === undefined || (decided.role === "unknown" && role !== "unknown")) decided = { tag, role };
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
  if (typeof type === "string" && type !== "") tags.push(type);
  if (name !== undefined && !neutralStates.test(name)) tags.push(name);
  for (const key of tagKeys) {
    const tag = value[key];
    if (typeof tag === "string" && tag !== "" && !neutralStates.test(tag)) tags.push(tag);
  }
  if (tags.length > 0) return tags;
  if (typeof code === "string" && !/^-?\d+$/.test(code) && "data" in value) return [code];
  // `{"contentBlockDelta": {…}}`: the only key is the tag.
  const keys = Object.keys(value);
  const [only = ""] = keys;
  return keys.length === 1 && !isTextKey(only) && isObject(value[only]) && strongKeys.has(roleOf(only)) ? [only] : [];
}

const strongKeys: ReadonlySet<Role> = new Set(["end", "soft-end", "part-end", "other", "reasoning", "keep-alive"]);

/** Whether flags in the object say that it is the last: true, false where they say that more comes, undefined without any. */
function flagIn(value: JsonObject, depth: number): boolean | undefined {
  let said: boolean | undefined;
  for (const key in value) {
    const flag = value[key];
    if (typeof flag === "boolean") {
      const role = roleOf(key);
      if (role !== "end" && role !== "soft-end") continue;
      if (flag) return true;
      said = false;
    } else if (depth < 2 && isObject(flag) && envelopes.has(key)) {
      const inner = flagIn(flag, depth + 1);
      if (inner === true) return true;
      said ??= inner;
    }
  }
  return said;
}

const envelopes: ReadonlySet<string> = new Set(["data", "payload", "message", "output", "result", "body", "response"]);

/** Whether a flag says that the text is a thought: `{"thinking": true, "content": "…"}`. */
function saysThinking(value: JsonObject): boolean {
  for (const key in value) if (value[key] === true && roleOf(key) === "reasoning") return true;
  return false;
}

/** Whether a last event has the whole answer once more. A short answer that is one word twice is no repetition. */
function repeats(text: string, received: string): boolean {
  return received !== "" && text.startsWith(received) && (text.length > received.length || received.length > 8);
}

const plainKeys = ["text", "content", "token", "delta", "chunk", "answer"] as const;

/** Whether an object of a known text event has something else than text where the text is. */
function hasWrongText(value: JsonObject, isKnown: boolean): boolean {
  if (!isKnown && !("type" in value) && !plainKeys.some((key) => key in value)) return false;
  return plainKeys.some((key) => typeof value[key] === "number" || typeof value[key] === "boolean");
}

/** Whether an object says nothing at all, such as `{}` or `{"text": null}`. */
function isNothing(value: JsonObject): boolean {
  return Object.keys(value).every((key) => isTextKey(key) && (value[key] === null || value[key] === ""));
}
