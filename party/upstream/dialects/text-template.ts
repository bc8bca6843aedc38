/**
 * The hot path of every dialect. Most events of a stream differ in one JSON string, the text: an event that equals an earlier one
 * in everything before and after it is read by parsing this string alone, whatever the dialect. An event that differs anywhere
 * else is read in full.
 */
import type { TextKind } from "../../../shared/content.ts";
import type { StreamEvent } from "./stream-event.ts";

/** Streams with a time or a number in each event never repeat. Learning from them is given up. */
const maxLessons = 6;

export class TextTemplate {
  #name: string | undefined;
  #prefix = "";
  #suffix = "";
  #kind: TextKind = "text";
  #isLearned = false;
  #lessons = 0;

  /** Kind of the text that `textOf` returned last. */
  get kind(): TextKind {
    return this.#kind;
  }

  /** Whether an event read in full is worth a lesson. */
  get isLearning(): boolean {
    return this.#lessons < maxLessons;
  }

  /** The text of an event that fits, or undefined. */
  textOf(name: string | undefined, data: string): string | undefined {
    if (!this.#isLearned || this.#name !== name) return undefined;
    const prefix = this.#prefix;
    const suffix = this.#suffix;
    if (data.length < prefix.length + suffix.length + 2 || !data.startsWith(prefix) || !data.endsWith(suffix))
      return undefined;
    const literal = data.slice(prefix.length, data.length - suffix.length);
    if (literal.charCodeAt(0) !== 34) return undefined;
    try {
      // Exactly one string, or the event is of another shape: `"a","b":"c"` isn't one.
      const text: unknown = JSON.parse(literal);
      if (typeof text === "string" && text !== "" && text.charCodeAt(0) !== 91) {
        this.#lessons = 0;
        return text;
      }
    } catch {
      // Not a string alone: the event is read in full.
    }
    return undefined;
  }

  /** The next event is read in full: something else than text came, and what follows may mean something else. */
  forget(): void {
    this.#isLearned = false;
  }

  /** Learns from an event of which nothing but this text was read. */
  learn({ name, data, value }: StreamEvent, kind: TextKind, text: string): void {
    this.#lessons += 1;
    if (text.length < 1 || typeof value !== "object" || value === null) return;
    const literal = JSON.stringify(text);
    const at = data.indexOf(literal);
    // The text must be the only such string, or another field would be taken for it.
    if (at < 0 || data.includes(literal, at + 1) || count(value, text, 0) !== 1) return;
    this.#isLearned = true;
    this.#name = name;
    this.#kind = kind;
    this.#prefix = data.slice(0, at);
    this.#suffix = data.slice(at + literal.length);
  }
}

/** How often the text is a value anywhere inside. */
function count(value: unknown, text: string, depth: number): number {
  if (value === text) return 1;
  if (typeof value !== "object" || value === null || depth > 16) return 0;
  let found = 0;
  for (const inner of Object.values(value)) found += count(inner, text, depth + 1);
  return found;
}
