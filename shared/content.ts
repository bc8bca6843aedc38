/**
 * A turn's answer and the arithmetic on it (design §4). An answer is an append-only list of parts; its length counts one
 * per UTF-16 unit of text and one per other part, so an offset is one integer that stays true however the stream was cut.
 * Nothing here knows about frames, turns or storage.
 */
import { isHighSurrogate, isLowSurrogate, safeCut } from "./text.ts";

export type TextKind = "text" | "reasoning";
export type ToolPhase = "call" | "result" | "error";

export interface TextPart {
  kind: TextKind;
  text: string;
}
export interface ToolPart {
  kind: "tool";
  toolCallId: string;
  toolName: string;
  phase: ToolPhase;
  value: unknown;
}
export interface DataPart {
  kind: "data";
  name: string;
  value: unknown;
}
export type Part = TextPart | ToolPart | DataPart;

export function isText(part: Part): part is TextPart {
  return part.kind === "text" || part.kind === "reasoning";
}

/** Units of one part: its text's UTF-16 length, or one for a part that is not text. */
export function unitsOf(part: Part): number {
  return isText(part) ? part.text.length : 1;
}

export function lengthOf(parts: readonly Part[]): number {
  let length = 0;
  for (const part of parts) length += unitsOf(part);
  return length;
}

/** `parts` followed by `more`, adjacent text of one kind made one part. Neither input is changed; untouched parts are shared. */
export function joinParts(parts: readonly Part[], more: readonly Part[]): Part[] {
  const joined = parts.slice();
  for (const part of more) {
    const last = joined.at(-1);
    if (isText(part) && part.text.length === 0) continue;
    if (last && isText(last) && isText(part) && last.kind === part.kind) {
      joined[joined.length - 1] = { kind: last.kind, text: last.text + part.text };
    } else joined.push(part);
  }
  return joined;
}

/**
 * What lies in `[from, to)`. A bound inside a surrogate pair moves down to the pair's start, so no result ever holds half
 * a character; a caller that asks from inside a pair gets the whole of it again (a reader skips what it has).
 */
export function sliceParts(parts: readonly Part[], from: number, to = Number.POSITIVE_INFINITY): Part[] {
  const slice: Part[] = [];
  let start = 0;
  for (const part of parts) {
    const units = unitsOf(part);
    const end = start + units;
    if (units > 0 && end > from && start < to) {
      if (!isText(part)) slice.push(part);
      else if (start >= from && end <= to) slice.push(part);
      else {
        const text = part.text.slice(
          safeCut(part.text, Math.max(0, from - start)),
          safeCut(part.text, Math.min(units, to - start)),
        );
        if (text.length > 0) slice.push({ kind: part.kind, text });
      }
    }
    start = end;
  }
  return slice;
}

/** The visible text of an answer: its text parts in order, without reasoning and tools. */
export function textOf(parts: readonly Part[]): string {
  let text = "";
  for (const part of parts) if (part.kind === "text") text += part.text;
  return text;
}

/**
 * Text as it may enter an answer: lone surrogates become U+FFFD, and a trailing high half is held back until its other
 * half arrives or is known not to come. One repairer per stream of text; `end()` says that no more follows.
 */
export class TextRepairer {
  #held = "";

  /** True while half a pair waits: what has been read is not yet wholly in the answer. */
  get holding(): boolean {
    return this.#held !== "";
  }

  push(text: string): string {
    if (text === "") return "";
    const joined = this.#held + text;
    const last = joined.charCodeAt(joined.length - 1);
    if (isHighSurrogate(last)) {
      this.#held = joined.slice(-1);
      return joined.slice(0, -1).toWellFormed();
    }
    this.#held = "";
    return joined.toWellFormed();
  }

  end(): string {
    const rest = this.#held === "" ? "" : "\uFFFD";
    this.#held = "";
    return rest;
  }
}

/** Units a segment grows to before the next begins: bounds what a cut near the end has to copy. */
const segmentUnits = 2048;

interface Segment {
  readonly start: number;
  part: Part;
}

/**
 * An answer while it grows. Kept as short segments, not as whole parts: cutting the newest text out of one long string
 * would flatten the whole of it at every flush, which makes a long answer quadratic.
 */
export class Content {
  readonly #segments: Segment[] = [];
  #length = 0;

  constructor(parts: readonly Part[] = []) {
    this.append(parts);
  }

  get length(): number {
    return this.#length;
  }

  append(parts: readonly Part[]): void {
    for (const part of parts) {
      const units = unitsOf(part);
      if (units === 0) continue;
      const last = this.#segments.at(-1);
      if (last && isText(last.part) && isText(part) && last.part.kind === part.kind && this.#fits(last)) {
        last.part = { kind: part.kind, text: last.part.text + part.text };
      } else this.#segments.push({ start: this.#length, part });
      this.#length += units;
    }
  }

  #fits(segment: Segment): boolean {
    return this.#length - segment.start < segmentUnits;
  }

  /** Parts in `[from, to)`, found from the end because readers are almost always near it. */
  slice(from: number, to = this.#length): Part[] {
    if (from >= to) return [];
    let first = this.#segments.length - 1;
    while (first > 0 && (this.#segments[first]?.start ?? 0) > from) first -= 1;
    let start = this.#segments[first]?.start ?? 0;
    const raw: Part[] = [];
    for (let index = first; index < this.#segments.length && start < to; index += 1) {
      const segment = this.#segments[index];
      if (!segment) break;
      raw.push(segment.part);
      start = segment.start + unitsOf(segment.part);
    }
    const base = this.#segments[first]?.start ?? 0;
    return joinParts([], sliceParts(raw, from - base, to - base));
  }

  parts(): Part[] {
    return this.slice(0);
  }

  /** Drops everything from `length` on. Only a log that was found shorter than memory asks for this. */
  cut(length: number): void {
    const kept = this.slice(0, length);
    this.#segments.length = 0;
    this.#length = 0;
    this.append(kept);
  }
}

/** True where a cut at `offset` would part a surrogate pair of `text`; readers use it to refuse such cursors. */
export function splitsPair(text: string, offset: number): boolean {
  return isHighSurrogate(text.charCodeAt(offset - 1)) && isLowSurrogate(text.charCodeAt(offset));
}
