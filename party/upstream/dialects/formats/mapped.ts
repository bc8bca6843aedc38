/**
 * Reads a backend by what its operator wrote down (`mapping-settings.ts`). With paths to the text nothing else is shown as text;
 * without them the recognized dialect reads the text, and the mapping's end, failure and conversation apply on top.
 */
import type { UpstreamEnd } from "../../../core/ports.ts";
import type { BatchBuilder } from "../../batch-builder.ts";
import type { Dialect } from "../dialect.ts";
import type { MappingSettings, Selector } from "../mapping-settings.ts";
import { roleOf } from "../recognition/tag-roles.ts";
import { endOfError } from "../said-error.ts";
import { isEndMark, isObject, looksLikeMarkup, malformed, type StreamEvent, textAt } from "../stream-event.ts";

export class MappedDialect implements Dialect {
  readonly #mapping: MappingSettings;
  readonly #inner: Dialect;
  #conversation: string | undefined;
  #hasText = false;

  constructor(mapping: MappingSettings, inner: Dialect) {
    this.#mapping = mapping;
    this.#inner = inner;
  }

  get isUnified(): boolean {
    return this.#inner.isUnified === true;
  }

  read(event: StreamEvent, into: BatchBuilder): void {
    const mapping = this.#mapping;
    const conversation = firstText(mapping.conversation, event);
    if (conversation !== undefined && conversation !== this.#conversation) {
      this.#conversation = conversation;
      into.conversation(conversation);
    }
    if (this.#fails(event)) {
      into.end(endOfError(event.value ?? event.data));
      return;
    }
    const isLast = mapping.end.some((selector) => isSet(selector, event));
    if (mapping.text.length === 0) this.#inner.read(event, into);
    else this.#text(event, into);
    if (isLast && !into.ended) into.end({ kind: "done" });
  }

  endOfStream(into: BatchBuilder): UpstreamEnd | undefined {
    const { text, end, endMarks } = this.#mapping;
    if (end.length > 0 || endMarks.length > 0) return undefined;
    if (text.length === 0) return this.#inner.endOfStream(into);
    if (!this.#hasText) return undefined;
    const done = { kind: "done" } as const;
    into.end(done);
    return done;
  }

  #text(event: StreamEvent, into: BatchBuilder): void {
    if (isEndMark(event.data)) {
      into.end({ kind: "done" });
      return;
    }
    const reasoning = firstText(this.#mapping.reasoning, event);
    if (reasoning !== undefined) into.text("reasoning", reasoning);
    const text = firstText(this.#mapping.text, event);
    if (text !== undefined) {
      this.#hasText = true;
      into.text("text", text);
    } else if (reasoning === undefined) {
      if (event.value === undefined && looksLikeMarkup(event.data)) throw malformed("HTML in the stream");
      into.ignored(event);
    }
  }

  #fails(event: StreamEvent): boolean {
    const { failure, failureMarks, text } = this.#mapping;
    // NestJS tells a failure after the headers by an event of this name, whatever the backend's format is.
    if (text.length > 0 && event.name !== undefined && roleOf(event.name) === "failure") return true;
    if (failure.some((selector) => isSet(selector, event))) return true;
    if (failureMarks.length === 0) return false;
    const said = firstText(text, event) ?? (isObject(event.value) ? undefined : event.data);
    return said !== undefined && failureMarks.some((mark) => said.trimStart().startsWith(mark));
  }
}

/** The text under the first selector that finds one. */
function firstText(selectors: readonly Selector[], event: StreamEvent): string | undefined {
  for (const selector of selectors) {
    const found = find(selector, event);
    if (selector.value !== undefined && String(found) !== selector.value) continue;
    if (typeof found === "string") return found;
    if (typeof found === "number") return String(found);
  }
  return undefined;
}

/** Whether the place has the selector's value; without one, whether it has any but false, null, 0 and "". */
function isSet(selector: Selector, event: StreamEvent): boolean {
  if (!isOf(selector, event)) return false;
  if (selector.path.length === 0 && selector.value === undefined) return true;
  const found = find(selector, event);
  return selector.value === undefined ? Boolean(found) : String(found) === selector.value;
}

function find(selector: Selector, event: StreamEvent): unknown {
  if (!isOf(selector, event)) return undefined;
  let place: unknown = event.value ?? (selector.path.length === 0 ? event.data : undefined);
  for (const step of selector.path) {
    if (typeof place !== "object" || place === null || !Object.hasOwn(place, step)) return undefined;
    place = (place as Record<string, unknown>)[step];
  }
  return place;
}

function isOf({ tag }: Selector, { name, value }: StreamEvent): boolean {
  if (tag === undefined || tag === name) return true;
  return isObject(value) && (textAt(value, "type") || name || textAt(value, "event")) === tag;
}
