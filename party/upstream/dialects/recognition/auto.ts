/**
 * Makes the dialect that an upstream's stream is read in. `auto` reads by tags until an event tells a known format; once text was
 * read by tags, a known format is another one and ends the answer. Every dialect gets the hot path of `text-template.ts`.
 */
import type { UpstreamEnd } from "../../../core/ports.ts";
import type { BatchBuilder } from "../../batch-builder.ts";
import type { Dialect } from "../dialect.ts";
import { AnthropicDialect } from "../formats/anthropic.ts";
import { DashScopeDialect } from "../formats/dashscope.ts";
import { DataStreamDialect } from "../formats/data-stream.ts";
import { GeminiDialect } from "../formats/gemini.ts";
import { MappedDialect } from "../formats/mapped.ts";
import { OpenAiDialect } from "../formats/openai.ts";
import { ResponsesDialect } from "../formats/responses.ts";
import { TaggedDialect } from "../formats/tagged.ts";
import { TextDialect } from "../formats/text.ts";
import { OpeningChunks, UiMessageDialect } from "../formats/ui-message.ts";
import { unifiedParts } from "../formats/unified-parts.ts";
import type { MappingSettings } from "../mapping-settings.ts";
import type { DialectName } from "../names.ts";
import {
  isObject,
  jsonOrUndefined,
  looksLikeMarkup,
  malformed,
  type StreamEvent,
  streamEvent,
} from "../stream-event.ts";
import { TextTemplate } from "../text-template.ts";
import { withSmallKeys } from "./capital-keys.ts";
import { findText } from "./find-text.ts";
import { dialectOf, type KnownDialect } from "./recognize.ts";
import { roleOf } from "./tag-roles.ts";

/** A fresh dialect for one attempt, with the hot path in front of it. */
export class DialectReader {
  readonly #dialect: Dialect;
  readonly #template: TextTemplate;
  readonly #hasTemplate: boolean;

  /** @param known ids of calls and approvals in the answer that this one continues. */
  constructor(name: DialectName, mapping?: MappingSettings, known: readonly string[] = []) {
    const dialect = dialectFor(name, known);
    this.#dialect = mapping === undefined ? dialect : new MappedDialect(mapping, dialect);
    this.#template = new TextTemplate(mapping !== undefined);
    // Conversation ids, ends and failures may be in any event.
    this.#hasTemplate = mapping === undefined || mapping.text.length === 0;
  }

  /** The dialect that was recognized, for those who ask: undefined while it is unknown. */
  get recognized(): KnownDialect | undefined {
    return this.#dialect instanceof AutoDialect ? this.#dialect.recognized : undefined;
  }

  read(name: string | undefined, data: string, id: string | undefined, into: BatchBuilder): void {
    if (this.#template.read(name, data, into)) {
      if (this.#isResumable) into.eventId(id);
      return;
    }
    const event = streamEvent(name, data, id);
    if (!this.#hasTemplate || !this.#template.isLearning) {
      this.#template.forget();
      this.#dialect.read(event, into);
      return;
    }
    const before = into.calls;
    this.#dialect.read(event, into);
    const after = into.calls;
    const counts = after.usage - before.usage;
    if (after.text === before.text + 1 && after.other === before.other && counts <= 1) {
      const { last } = into;
      this.#template.learn(event, last, counts === 0 ? undefined : last.usage);
    } else this.#template.forget();
  }

  endOfStream(into: BatchBuilder): UpstreamEnd | undefined {
    return this.#dialect.endOfStream(into);
  }

  /** The answer's end was said, but more of it may follow until the stream closes. */
  get isFinished(): boolean {
    return this.#dialect.isFinished === true;
  }

  get #isResumable(): boolean {
    return this.#dialect.isUnified === true;
  }
}

function dialectFor(name: DialectName, known: readonly string[]): Dialect {
  return name === "auto" ? new AutoDialect(known) : fixedDialect(name, known);
}

function fixedDialect(name: KnownDialect, known: readonly string[]): Dialect {
  switch (name) {
    case "unified":
      return new TaggedDialect({ isUnified: true });
    case "tagged":
      return new TaggedDialect();
    case "openai":
      return new OpenAiDialect();
    case "responses":
      return new ResponsesDialect();
    case "anthropic":
      return new AnthropicDialect();
    case "gemini":
      return new GeminiDialect();
    case "ui-message":
      return new UiMessageDialect(known);
    case "data-stream":
      return new DataStreamDialect();
    case "dashscope":
      return new DashScopeDialect();
    case "text":
      return new TextDialect();
  }
}

/** Words that some backends send before their answer, and that may also be one. */
const openingWords: ReadonlySet<string> = new Set(["connected", "start", "open", "ready", "ping", "heartbeat", "ok"]);

/** An event whose data is a string of JSON with an object in it, by a backend that encoded it twice. */
function encodedTwice(event: StreamEvent): StreamEvent | undefined {
  if (typeof event.value !== "string" || !event.value.startsWith("{")) return undefined;
  const value = jsonOrUndefined(event.value);
  if (!isObject(value) || !("type" in value || "event" in value || findText(value).length > 0)) return undefined;
  return { ...event, data: event.value, value };
}

class AutoDialect implements Dialect {
  readonly #tagged = new TaggedDialect();
  #chosen: Dialect | undefined;
  #name: KnownDialect | undefined;
  #pending: StreamEvent | undefined;
  readonly #opening = new OpeningChunks();
  readonly #known: readonly string[];

  constructor(known: readonly string[]) {
    this.#known = known;
  }

  get recognized(): KnownDialect | undefined {
    if (this.#name !== undefined) return this.#name;
    return this.#tagged.isUnified ? "unified" : this.#tagged.hasText ? "tagged" : undefined;
  }

  get isUnified(): boolean {
    return this.#chosen === undefined && this.#tagged.isUnified;
  }

  get isFinished(): boolean {
    return this.#chosen?.isFinished === true;
  }

  read(sent: StreamEvent, into: BatchBuilder): void {
    const event = withSmallKeys(sent);
    if (this.#chosen !== undefined) {
      this.#chosen.read(event, into);
      return;
    }
    const twice = encodedTwice(event);
    if (twice !== undefined) {
      this.#tagged.read(twice, into);
      return;
    }
    if (this.#tagged.hasText && !isObject(event.value)) {
      this.#tagged.read(event, into);
      return;
    }
    if (this.#isBlank(event)) return;
    const name = dialectOf(event);
    // A file of the unified format has the fields of a UI message stream's.
    if (this.#tagged.isUnified && isObject(event.value) && unifiedParts.has(String(event.value["type"]))) {
      this.#tagged.read(event, into);
      return;
    }
    if (this.#tagged.hasText) {
      // An end or a tool's event may hold an object of a known format: a whole message, a list of candidates.
      const isText = event.name === undefined || roleOf(event.name) === "text";
      if (name !== undefined && isText) throw malformed(`${name} after events of another format`);
      this.#tagged.read(event, into);
      return;
    }
    const pending = this.#pending;
    this.#pending = undefined;
    if (name === "text") {
      this.#firstText(event, pending, into);
      return;
    }
    if (name === undefined) {
      this.#pending = pending;
      this.#opening.keep(event);
      this.#tagged.read(event, into);
      return;
    }
    const chosen = this.#choose(name);
    // Other formats say nothing with these, and the tags have read what they say.
    if (name === "ui-message") for (const early of this.#opening.events) chosen.read(early, into);
    chosen.read(event, into);
  }

  endOfStream(into: BatchBuilder): UpstreamEnd | undefined {
    if (this.#pending !== undefined && this.#chosen === undefined && !this.#tagged.hasText)
      this.#choose("text").read(this.#pending, into);
    return (this.#chosen ?? this.#tagged).endOfStream(into);
  }

  /** The first plain text. A word such as `connected` waits for what follows: JSON after it says that it was no answer. */
  #firstText(event: StreamEvent, pending: StreamEvent | undefined, into: BatchBuilder): void {
    if (looksLikeMarkup(event.data)) throw malformed("HTML in the stream");
    if (event.data.trim().startsWith("{") && event.value === undefined) throw malformed("an event that is no JSON");
    const word = event.data.trim().toLowerCase();
    if (pending === undefined && (openingWords.has(word) || roleOf(word) === "keep-alive")) {
      this.#pending = event;
      return;
    }
    const text = this.#choose("text");
    if (pending !== undefined) text.read(pending, into);
    text.read(event, into);
  }

  #isBlank({ name, data }: StreamEvent): boolean {
    if (name !== undefined) return false;
    return (
      data === "" || data.trim() === "null" || (this.#pending !== undefined && roleOf(data.trim()) === "keep-alive")
    );
  }

  #choose(name: KnownDialect): Dialect {
    this.#name = name;
    this.#chosen = fixedDialect(name, this.#known);
    return this.#chosen;
  }
}
