/**
 * Where an answer that came whole is cut when it is shown bit by bit (U6). Pure: offsets in, no time. An answer may have a
 * million units, and finding the words of a Chinese one takes most of a second, so each step looks at the text around its own
 * cut only, when its turn comes.
 */
import { isRun, type Part, textIn } from "../../../shared/content.ts";

/** A run without a word boundary longer than this (a URL, base64) is cut inside, else it would come as one block. */
const maxWordUnits = 48;
/** Of such a run, how much comes at least at a time. */
const minRunUnits = 16;
/** How far blanks and closing marks are drawn to the word before them: alone they would cost a step that shows nothing. */
const maxTrailingUnits = 16;
const trailing = /^[\s\p{Pe}\p{Pf}\p{Po}]+$/u;
/** How much text before the soonest cut is looked at, so that the words there are known, and how far on a start for it is looked for. */
const leadUnits = 64;
const maxLeadUnits = 192;
/** How much text after the soonest cut is looked at. */
const aheadUnits = 256;
/** Steps in a row without a place to cut, as in a text of combining marks. What is left is one block then. */
const maxVainSteps = 4;
/** Before a character that follows one of these, the text further back may matter. */
const joining = /[\p{M}\p{Cf}]/u;

/**
 * Increasing offsets at which `text` is shown, the last its length; none for an empty text. Each lies between words, and never
 * inside a grapheme cluster. The first steps are one word each; they grow as far as it takes to be done within `maxMs` at one
 * step each `everyMs`. Each offset is found when it is asked for, at a cost that doesn't depend on the length of the text.
 */
export function* paceOf(text: string, everyMs: number, maxMs: number): Generator<number, void> {
  if (text === "") return;
  const steps = everyMs > 0 ? Math.max(1, Math.floor(maxMs / everyMs)) : 1;
  const cutter = new Cutter(text);
  let last = 0;
  let vain = 0;
  for (let step = 1; step < steps && vain < maxVainSteps; step += 1) {
    const due = Math.max(last + 1, dueAfter(step, text.length, steps));
    if (due >= text.length) break;
    const cut = cutter.cutFrom(due, last);
    if (cut === undefined) vain += 1;
    else {
      if (cut >= text.length) break;
      yield cut;
      last = cut;
      vain = 0;
    }
  }
  yield text.length;
}

class Cutter {
  readonly #text: string;
  // Made here, not at module scope: few rooms ever need them, and every cold start would pay for it.
  readonly #words = new Intl.Segmenter("en", { granularity: "word" });
  readonly #graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

  constructor(text: string) {
    this.#text = text;
  }

  /** The first good place at or after `due`; the text's length where the rest is one word; undefined where none is near. */
  cutFrom(due: number, last: number): number | undefined {
    const start = this.#startBefore(due, last);
    if (start === undefined) return undefined;
    const near = this.#text.slice(start, due + aheadUnits);
    const isRest = start + near.length === this.#text.length;
    const graphemes = this.#graphemes.segment(near);
    const isFit = (at: number) => at >= due - start && at < near.length && graphemes.containing(at)?.index === at;
    // A boundary is where the last word and what trails it end.
    let boundary = 0;
    let trails = 0;
    for (const { index, segment } of this.#words.segment(near)) {
      const end = index + segment.length;
      if (index > 0 && trails + segment.length <= maxTrailingUnits && trailing.test(segment)) trails += segment.length;
      else {
        if (boundary > 0 && isFit(boundary)) return start + boundary;
        trails = 0;
        if (segment.length > maxWordUnits) {
          const at = Math.max(due, last + minRunUnits, start + index + 1) - start;
          const cluster = graphemes.containing(at);
          const cut = cluster === undefined || cluster.index === at ? at : cluster.index + cluster.segment.length;
          if (cut < end && isFit(cut)) return start + cut;
        }
      }
      boundary = end;
    }
    return isRest ? this.#text.length : undefined;
  }

  /** Where the text around `due` can be read without what is before it: the last cut, or between two whole characters. */
  #startBefore(due: number, last: number): number | undefined {
    for (let at = due - leadUnits; at > last; at -= 1) {
      if (due - at > maxLeadUnits) return undefined;
      if (this.#isBetweenCharacters(at)) return at;
    }
    return last;
  }

  #isBetweenCharacters(at: number): boolean {
    const before = this.#text.slice(Math.max(0, at - 2), at);
    const previous = isPair(before) ? before : before.slice(-1);
    const next = String.fromCodePoint(this.#text.codePointAt(at) ?? 0);
    if (isPair(previous.slice(-1) + next) || joining.test(previous)) return false;
    return this.#graphemes.segment(previous + next).containing(previous.length)?.index === previous.length;
  }
}

function isPair(text: string): boolean {
  return text.length === 2 && (text.codePointAt(0) ?? 0) > 0xffff;
}

/**
 * How much of `length` must be shown by a step: one unit each, and what one unit a step leaves over in proportion to the
 * square of the step. As steps are at least a word, they are a word each until this catches up with them.
 */
function dueAfter(step: number, length: number, steps: number): number {
  if (length <= steps) return step;
  if (step >= steps) return length;
  return Math.ceil(step + ((length - steps) * step * (step - 1)) / (steps * (steps - 1)));
}

/** The same over parts, in the offsets of an answer (design §4): what is no text counts one, and is cut around like a word. */
export function paceParts(parts: readonly Part[], everyMs: number, maxMs: number): Generator<number, void> {
  return paceOf(parts.map((part) => (isRun(part) ? textIn(part) : "\uFFFC")).join(""), everyMs, maxMs);
}
