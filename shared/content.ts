/**
 * A turn's answer and the arithmetic on it. An answer is an append-only list of parts, and a part is a chunk of the AI SDK's
 * UI message stream (docs/protocol.md). Its length counts one per UTF-16 unit of text and one per other part, so an offset is
 * one integer that stays true however the stream was cut. Nothing here knows about frames, turns or storage.
 */
import { isHighSurrogate, isLowSurrogate, safeCut } from "./text.ts";

export type TextKind = "text" | "reasoning";

/** Text or reasoning. Without `id` it is of a plain answer, whose text has no boundaries of its own. */
export interface TextPart {
  readonly type: "text-delta" | "reasoning-delta";
  readonly id?: string;
  readonly delta: string;
}
/** A piece of a tool's input, as the model writes it. */
export interface ToolInputPart {
  readonly type: "tool-input-delta";
  readonly toolCallId: string;
  readonly inputTextDelta: string;
}
/** Any other chunk, its fields as they came. */
export interface ChunkPart {
  readonly type: string;
  readonly [field: string]: unknown;
}
/** Parts that hold text. Adjacent ones of one run are one part. */
export type RunPart = TextPart | ToolInputPart;
export type Part = RunPart | ChunkPart;

/** A part of a plain answer. */
export function textPart(kind: TextKind, text: string): TextPart {
  return { type: kind === "text" ? "text-delta" : "reasoning-delta", delta: text };
}

export function isText(part: Part): part is TextPart {
  return part.type === "text-delta" || part.type === "reasoning-delta";
}

/** Whether a part holds text. A delta without text that has further fields, such as provider metadata, is a chunk. */
export function isRun(part: Part): part is RunPart {
  if (isText(part)) return part.delta !== "" || !hasMore(part);
  return part.type === "tool-input-delta" && ((part as ToolInputPart).inputTextDelta !== "" || !hasMore(part));
}

function hasMore(part: Part): boolean {
  for (const field in part) {
    if (field !== "type" && field !== "id" && field !== "delta" && field !== "toolCallId" && field !== "inputTextDelta")
      return true;
  }
  return false;
}

export function textIn(run: RunPart): string {
  return run.type === "tool-input-delta" ? run.inputTextDelta : run.delta;
}

/** The same run with another text. */
export function withText(run: RunPart, text: string): RunPart {
  if (run.type === "tool-input-delta") return { type: run.type, toolCallId: run.toolCallId, inputTextDelta: text };
  return run.id === undefined ? { type: run.type, delta: text } : { type: run.type, id: run.id, delta: text };
}

/** Whether the text of `b` continues that of `a`. */
export function isSameRun(a: RunPart, b: RunPart): boolean {
  if (a.type === "tool-input-delta") return b.type === "tool-input-delta" && a.toolCallId === b.toolCallId;
  return b.type === a.type && a.id === b.id;
}

/** Units of one part: its text's UTF-16 length, or one for a part that holds no text. */
export function unitsOf(part: Part): number {
  return isRun(part) ? textIn(part).length : 1;
}

export function lengthOf(parts: readonly Part[]): number {
  let length = 0;
  for (const part of parts) length += unitsOf(part);
  return length;
}

/** `parts` followed by `more`, adjacent text of one run made one part. Neither input is changed; untouched parts are shared. */
export function joinParts(parts: readonly Part[], more: readonly Part[]): Part[] {
  const joined = parts.slice();
  for (const part of more) {
    if (!isRun(part)) {
      joined.push(part);
      continue;
    }
    const text = textIn(part);
    if (text === "") continue;
    const last = joined[joined.length - 1];
    if (last !== undefined && isRun(last) && isSameRun(last, part)) {
      joined[joined.length - 1] = withText(last, textIn(last) + text);
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
      if (!isRun(part) || (start >= from && end <= to)) slice.push(part);
      else {
        const whole = textIn(part);
        const text = whole.slice(
          safeCut(whole, Math.max(0, from - start)),
          safeCut(whole, Math.min(units, to - start)),
        );
        if (text.length > 0) slice.push(withText(part, text));
      }
    }
    start = end;
  }
  return slice;
}

/** The visible text of an answer: its text in order, without reasoning and tools, and without what a `reset-step` voids. */
export function textOf(parts: readonly Part[]): string {
  let text = "";
  let stepStart = 0;
  for (const part of parts) {
    if (part.type === "text-delta") text += (part as TextPart).delta;
    else if (part.type === "start-step") stepStart = text.length;
    else if (part.type === "reset-step") text = text.slice(0, stepStart);
  }
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

  /** Half a pair that waits, unrepaired: its text goes on elsewhere. */
  take(): string {
    const held = this.#held;
    this.#held = "";
    return held;
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
  /** A chunk, or the run that `text` belongs to; the run's own text is only how it began. */
  readonly part: Part;
  /** What a run holds by now. It grows in place, because a part of its own for each token would be garbage at the next. */
  text: string;
  units: number;
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
    for (const part of parts) this.add(part);
  }

  add(part: Part): void {
    const text = isRun(part) ? textIn(part) : undefined;
    const units = text === undefined ? 1 : text.length;
    if (units === 0) return;
    const last = this.#segments[this.#segments.length - 1];
    if (text !== undefined && last !== undefined && this.#grows(last, part as RunPart)) {
      last.text += text;
      last.units += units;
    } else this.#segments.push({ start: this.#length, part, text: text ?? "", units });
    this.#length += units;
  }

  #grows({ part, units, text }: Segment, run: RunPart): boolean {
    return text !== "" && units < segmentUnits && isSameRun(part as RunPart, run);
  }

  /**
   * Parts in `[from, to)`, found from the end because readers are almost always near it. A bound inside a surrogate pair moves
   * down to the pair's start.
   */
  slice(from: number, to = this.#length): Part[] {
    const slice: Part[] = [];
    if (from >= to) return slice;
    const segments = this.#segments;
    let index = segments.length - 1;
    while (index > 0 && (segments[index]?.start ?? 0) > from) index -= 1;
    let run: RunPart | undefined;
    let text = "";
    for (; index < segments.length; index += 1) {
      const segment = segments[index];
      if (segment === undefined || segment.start >= to) break;
      if (segment.start + segment.units <= from) continue;
      const piece = cutOf(segment, from, to);
      if (segment.text !== "" && piece === "") continue;
      if (run !== undefined && (piece === "" || !isSameRun(run, segment.part as RunPart))) {
        slice.push(withText(run, text));
        run = undefined;
        text = "";
      }
      if (piece === "") slice.push(segment.part);
      else {
        run = segment.part as RunPart;
        text += piece;
      }
    }
    if (run !== undefined) slice.push(withText(run, text));
    return slice;
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

/** What of a segment's text lies in `[from, to)`; empty for a chunk. */
function cutOf({ start, text, units }: Segment, from: number, to: number): string {
  if (start >= from && start + units <= to) return text;
  return text.slice(safeCut(text, Math.max(0, from - start)), safeCut(text, Math.min(units, to - start)));
}

/** True where a cut at `offset` would part a surrogate pair of `text`; readers use it to refuse such cursors. */
export function splitsPair(text: string, offset: number): boolean {
  return isHighSurrogate(text.charCodeAt(offset - 1)) && isLowSurrogate(text.charCodeAt(offset));
}
