/**
 * Events whose role is told by a tag: the unified format, and the formats that backends make up for themselves. Text is looked
 * up under the usual keys; an end event never repeats text that was already read. The tag of the first text is kept: text under
 * another tag later is another format, and ends the answer as `upstream-malformed`.
 */
import type { UpstreamEnd } from "../../../core/ports.ts";
import type { BatchBuilder } from "../../batch-builder.ts";
import type { Dialect } from "../dialect.ts";
import { flagIn, saysThinking } from "../recognition/event-flags.ts";
import { isNeutral, rolesOf, taggedInside, unwrapped } from "../recognition/event-tag.ts";
import { saysError } from "../recognition/failure-signs.ts";
import { type Found, findText, findWhole } from "../recognition/find-text.ts";
import { isGraphState, isGraphUpdate } from "../recognition/graph-state.ts";
import { eventsIn } from "../recognition/list-events.ts";
import { roleOf } from "../recognition/tag-roles.ts";
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
import { readGraph } from "./graph.ts";
import { brokenOff, TaggedEnd } from "./tagged-end.ts";
import { addedBy, hasWrongText, isBareWord, isNothing, mayRepeat, unifiedText } from "./tagged-text.ts";
import { TextTag } from "./text-tag.ts";
import { unifiedPart, unifiedParts } from "./unified-parts.ts";
import { readUntaggedTool } from "./untagged-tool.ts";

export class TaggedDialect implements Dialect {
  readonly #tools = new ToolSteps();
  readonly #textTag = new TextTag();
  /** Names under which text came as it is, not as JSON. */
  #rawName: string | undefined;
  /** The name under which text came as JSON strings. */
  #stringName: string | undefined;
  readonly #ends = new TaggedEnd();
  #hasPartials = false;
  /** The first text came in a list. */
  #isListed = false;
  /** The tag of the first text, where it came with the end of a message. */
  #wholeTag: string | undefined;
  #isUnified: boolean;

  constructor({ isUnified = false }: { readonly isUnified?: boolean } = {}) {
    this.#isUnified = isUnified;
    this.#ends.isNeeded = isUnified;
  }

  get isUnified(): boolean {
    return this.#isUnified;
  }

  get hasText(): boolean {
    return this.#textTag.isKnown;
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
    if (this.#ends.isNeeded && !this.#ends.isSaid) return undefined;
    // A tool or a thought alone is no answer that simply closed.
    if (!this.#ends.isSaid && !this.hasText) return undefined;
    return this.#end(into);
  }

  #object(value: JsonObject, event: StreamEvent, into: BatchBuilder): void {
    if (event.name === undefined ? isGraphUpdate(value) : isGraphState(event.name)) {
      if (!readGraph(value, this.#textTag, into)) into.ignored(event);
      return;
    }
    const { tag, role } = rolesOf(value, event.name);
    if (role === undefined) {
      const inner = taggedInside(value);
      if (inner !== undefined) {
        this.#object(inner, event, into);
        return;
      }
      if (readUntaggedTool(value, this.#tools, into)) return;
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
        this.#ending(role, tag ?? "", value, event, into);
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
      into.data(value["name"], value["value"] ?? null, textAt(value, "id") || undefined);
      return;
    }
    const { tool_call_chunks: chunks } = value;
    // LangChain's messages hold pieces of calls.
    if (Array.isArray(chunks) && chunks.length > 0) this.#tools.read("tool_call_chunk", chunks, into);
    const isUnified = tag === "delta" && "data" in value;
    const found = isUnified ? unifiedText(value["data"], into) : findText(value);
    const ending = flagIn(value, 0);
    if (ending !== undefined) this.#ends.isNeeded = true;
    const partial = value["partial"] ?? value["isPartial"] ?? value["is_partial"];
    if (partial === true) this.#hasPartials = true;
    // LangGraph repeats the message so far under this name.
    const isWhole =
      event.name === "messages/partial" ||
      ending === true ||
      (this.#hasPartials && partial !== true) ||
      mayRepeat(value);
    if (found.length === 0 && ending !== true) {
      if (hasWrongText(value, this.#textTag.is(tag))) throw malformed("text that is no string");
      const whole = findWhole(value);
      if (whole?.startsWith(into.received("text"))) this.#whole(whole, into);
      else if (!isNothing(value)) into.ignored(event);
      return;
    }
    const isThought = saysThinking(value);
    for (const { kind, text } of found) this.#piece(tag, { kind: isThought ? "reasoning" : kind, text }, isWhole, into);
    if (isUnified || (tag === "token" && event.name === "token")) this.#unified();
    addUsage(value["usage"], into);
    this.#ends.takeReason(value);
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
      if (!this.#textTag.accepts(tag)) {
        const isLonger = received !== "" && text.startsWith(received);
        const added = isLonger ? text.slice(received.length) : addedBy(text, received);
        if (added !== undefined) {
          into.repeated(kind, added);
          return;
        }
        throw this.#textTag.foreign(tag);
      }
      this.#textTag.returned();
    }
    if (isWhole) into.repeated(kind, addedBy(text, received) ?? text);
    else {
      this.#tools.flush(into);
      into.text(kind, text);
    }
  }

  /** The answer once more, of which what is new is shown. */
  #whole(text: string, into: BatchBuilder): void {
    if (text === "" || isEndMark(text)) return;
    if (!this.hasText) this.#textTag.accepts("");
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
    if (this.#isUnified && unifiedParts.has(tag)) into.part(unifiedPart(tag, value));
    else into.ignored(event);
  }

  #unknown(tag: string, value: JsonObject, event: StreamEvent, into: BatchBuilder): void {
    if (saysError(value)) {
      into.end(endOfError(value));
      return;
    }
    if (flagIn(value, 0) === true) {
      this.#ending("end", tag, value, event, into);
      return;
    }
    if (tag === "custom" || tag === "data")
      into.data(textAt(value, "name") || tag, value["value"] ?? value["data"] ?? null);
    else into.ignored(event);
    // Text that goes on under a tag that nobody knows, and never comes back to its own, would be lost without a word.
    if (this.hasText && findText(value).some(({ text }) => text !== "")) this.#textTag.strayed(tag);
  }

  #ending(
    role: "end" | "soft-end" | "part-end",
    tag: string,
    value: JsonObject,
    event: StreamEvent,
    into: BatchBuilder,
  ): void {
    if (saysError(value) || roleOf(textAt(value, "status")) === "failure") {
      into.end(endOfError(value));
      return;
    }
    if (role !== "part-end") {
      const whole = findWhole(value);
      const received = into.received("text");
      const wholeTag = `${tag} ${textAt(value, "type")}`;
      if (received === "" && whole !== undefined) this.#wholeTag = wholeTag;
      if (whole?.startsWith(received)) this.#whole(whole, into);
      // `final_answer` may be the name of each piece.
      else if (role === "soft-end" && whole !== undefined && this.#wholeTag === wholeTag) into.text("text", whole);
    }
    addUsage(value["usage"] ?? value["totalUsage"] ?? value, into);
    this.#ends.takeReason(value);
    if (role === "end") this.#end(into);
    else if (role === "soft-end") this.#ends.isSaid = true;
    else if (!this.hasText) into.ignored(event);
  }

  /** Data that is no JSON object: a name decides what it is; without a name it is another format. */
  #raw(event: StreamEvent, into: BatchBuilder): void {
    const { name, data, value } = event;
    if (looksLikeMarkup(data)) throw malformed("HTML in the stream");
    if (name === undefined) {
      const role = roleOf(data.trim());
      if (data.trim() === "" || data.trim() === "null" || isBareWord(data, role)) {
        if (role === "end") this.#end(into);
        return;
      }
      throw malformed("text between events of JSON");
    }
    const text = typeof value === "string" ? value : data;
    switch (isNeutral(name) ? "text" : roleOf(name)) {
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
        this.#ends.isSaid = true;
        return;
      case "reasoning":
        into.text("reasoning", text);
        return;
      case "text":
        // Raw text goes by `#rawName`. Here it follows JSON, so it isn't of this format.
        if (this.hasText && !(typeof value === "string" && this.#stringName === name))
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

  #list(value: readonly unknown[], event: StreamEvent, into: BatchBuilder): void {
    if (event.name !== undefined && roleOf(event.name) === "tool") {
      this.#tools.read(event.name, value, into);
      return;
    }
    const hadText = this.hasText;
    const events = eventsIn(value, event);
    // After text that came in objects, a list of objects is a list of something else.
    if (events === undefined || (hadText && !this.#isListed && event.name === undefined)) into.ignored(event);
    else for (const each of events) this.read(each, into);
    if (!hadText && this.hasText) this.#isListed = true;
  }

  #unified(): void {
    this.#isUnified = true;
    this.#ends.isNeeded = true;
  }

  #end(into: BatchBuilder): UpstreamEnd {
    this.#tools.flush(into);
    this.#textTag.check();
    const end = this.#ends.end();
    into.end(end);
    return end;
  }
}
