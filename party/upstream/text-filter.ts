/**
 * What the settings of a mapping do to the text of any dialect: text that repeats itself is cut to what is new, and a mark ends
 * the answer. Works on text that is cut anywhere, also inside a mark.
 */
import type { TextKind } from "../../shared/content.ts";
import type { MappingSettings } from "./dialects/mapping-settings.ts";
import { malformed } from "./dialects/stream-event.ts";
import { overlap } from "./dialects/think-tags.ts";

type Settings = Pick<MappingSettings, "isCumulative" | "endMarks">;

/** Undefined where the mapping changes no text: the hot path asks for nothing then. */
export function textFilterFor(mapping: Settings | undefined): TextFilter | undefined {
  if (mapping === undefined || !(mapping.isCumulative || mapping.endMarks.length > 0)) return undefined;
  return new TextFilter(mapping);
}

export class TextFilter {
  readonly #settings: Settings;
  readonly #seen = { text: "", reasoning: "" };
  #held = "";
  #isOver = false;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** An end mark was read: the answer is over. */
  get isOver(): boolean {
    return this.#isOver;
  }

  get isHolding(): boolean {
    return this.#held !== "";
  }

  /** What of this text is new and may be shown. */
  push(kind: TextKind, text: string): string {
    const fresh = this.#settings.isCumulative ? this.#unseen(kind, text) : text;
    const { endMarks } = this.#settings;
    if (kind !== "text" || endMarks.length === 0) return fresh;
    const joined = this.#held + fresh;
    const at = Math.min(...endMarks.map((mark) => joined.indexOf(mark)).map((found) => (found < 0 ? Infinity : found)));
    if (Number.isFinite(at)) {
      this.#isOver = true;
      this.#held = "";
      return joined.slice(0, at);
    }
    const kept = Math.max(...endMarks.map((mark) => overlap(joined, mark)));
    this.#held = joined.slice(joined.length - kept);
    return joined.slice(0, joined.length - kept);
  }

  /** No more text follows: what was held back was no mark. */
  end(): string {
    const held = this.#held;
    this.#held = "";
    return held;
  }

  #unseen(kind: TextKind, text: string): string {
    const seen = this.#seen[kind];
    // An answer that is rewritten can't be shown by a log that only grows.
    if (!text.startsWith(seen)) {
      if (seen.startsWith(text)) return "";
      throw malformed("cumulative text that doesn't begin with the text so far");
    }
    this.#seen[kind] = text;
    return text.slice(seen.length);
  }
}
