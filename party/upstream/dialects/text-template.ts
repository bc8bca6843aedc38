/**
 * The hot path of every dialect. Most events of a stream differ in the text alone, or in the text, a time and some counts. An
 * event that equals an earlier one everywhere else is read by comparing the literals between these holes, without parsing it as
 * JSON. Any other event is read in full. `event-template.ts` finds the holes.
 */
import type { RunPart, TextKind } from "../../../shared/content.ts";
import type { Usage } from "../../../shared/protocol/server-frames.ts";
import type { BatchBuilder } from "../batch-builder.ts";
import { type Hole, type Lesson, lessonOf } from "./event-template.ts";
import type { StreamEvent } from "./stream-event.ts";

/** Lessons in a row that no event fitted. After these, learning is given up: the stream never repeats itself. */
const maxLessons = 6;
/** More digits may be more than a safe integer. */
const maxDigits = 15;

const quote = 34;
const backslash = 92;
const bracket = 91;

export class TextTemplate {
  readonly #isTextOnly: boolean;
  #lesson: Lesson | undefined;
  #name: string | undefined;
  #kind: TextKind = "text";
  #run: RunPart | undefined;
  #lessons = 0;

  /** @param isTextOnly the operator's mapping may read any field, so that nothing but the text may differ. */
  constructor(isTextOnly: boolean) {
    this.#isTextOnly = isTextOnly;
  }

  /** Whether an event read in full is worth a lesson. */
  get isLearning(): boolean {
    return this.#lessons < maxLessons;
  }

  /** Reads an event that fits. False, with nothing added, where it must be read in full. */
  read(name: string | undefined, data: string, into: BatchBuilder): boolean {
    const lesson = this.#lesson;
    if (lesson === undefined || this.#name !== name) return false;
    const { literals, holes } = lesson;
    let at = 0;
    let text = "";
    let input = -1;
    let output = -1;
    // Comparing a slice is several times as fast as `startsWith`, which V8 runs unit by unit.
    for (let index = 0; index < holes.length; index += 1) {
      const literal = literals[index] as string;
      if (data.slice(at, at + literal.length) !== literal) return false;
      const start = at + literal.length;
      const hole = holes[index] as Hole;
      const isString = data.charCodeAt(start) === quote;
      at = isString ? stringEnd(data, start, hole === "text") : numberEnd(data, start);
      if (at < 0) return false;
      if (hole === "text") {
        const found = isString ? stringIn(data, start, at) : "";
        // `[` may begin an end mark.
        if (found === "" || found.charCodeAt(0) === bracket) return false;
        text = found;
      } else if (hole === "input" || hole === "output") {
        const count = isString || at - start > maxDigits ? Number.NaN : Number(data.slice(start, at));
        if (!Number.isInteger(count)) return false;
        if (hole === "input") input = count;
        else output = count;
      }
    }
    const last = literals[holes.length] as string;
    if (data.length !== at + last.length || data.slice(at) !== last) return false;
    this.#lessons = 0;
    if (this.#run === undefined) into.text(this.#kind, text);
    else into.run(this.#run, text);
    if (input >= 0 || output >= 0) into.usage(usageOf(input, output));
    return true;
  }

  /** The next event is read in full: something else than text came, and what follows may mean something else. */
  forget(): void {
    this.#lesson = undefined;
  }

  /** Learns from an event of which nothing but this text, and these counts if any, was read. */
  learn(event: StreamEvent, { kind, run, text }: BatchBuilder["last"], usage: Usage | undefined): void {
    this.#lessons += 1;
    // The id of a run says which text goes on, so another id is another event.
    this.#lesson = lessonOf(event, text, usage, this.#isTextOnly || run !== undefined);
    this.#name = event.name;
    this.#kind = kind;
    this.#run = run;
  }
}

function usageOf(input: number, output: number): Usage {
  if (input < 0) return { outputTokens: output };
  return output < 0 ? { inputTokens: input } : { inputTokens: input, outputTokens: output };
}

/** Behind the closing quote of the string that begins here, or -1 where it is no JSON string that may stand here. */
function stringEnd(data: string, start: number, mayEscape: boolean): number {
  for (let at = start + 1; at < data.length; at += 1) {
    const unit = data.charCodeAt(at);
    if (unit === quote) return at + 1;
    if (unit < 32) return -1;
    if (unit !== backslash) continue;
    if (!mayEscape) return -1;
    at += 1;
  }
  return -1;
}

/** Behind the number that begins here, or -1. Signs and exponents are left to the full read. */
function numberEnd(data: string, start: number): number {
  const whole = digitsEnd(data, start);
  if (whole === start || (whole > start + 1 && data.charCodeAt(start) === 48)) return -1;
  if (data.charCodeAt(whole) !== 46) return whole;
  const end = digitsEnd(data, whole + 1);
  return end === whole + 1 ? -1 : end;
}

function digitsEnd(data: string, start: number): number {
  let at = start;
  for (let unit = data.charCodeAt(at); unit >= 48 && unit <= 57; unit = data.charCodeAt(at)) at += 1;
  return at;
}

/** The text between two quotes, "" where its escapes aren't those of JSON. */
function stringIn(data: string, start: number, end: number): string {
  const text = data.slice(start + 1, end - 1);
  if (!text.includes("\\")) return text;
  try {
    return JSON.parse(data.slice(start, end)) as string;
  } catch {
    // The whole event is no JSON either: the full read says so.
    return "";
  }
}
