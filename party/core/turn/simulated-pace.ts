/**
 * Where an answer that came whole is cut when it is shown bit by bit (U6). Pure: offsets in, no time. Linear in the length,
 * because an answer may have a million units.
 */
import { isRun, type Part, textIn } from "../../../shared/content.ts";

/** A run without a word boundary longer than this (a URL, base64) is cut inside, else it would come as one block. */
const maxWordUnits = 48;
/** Of such a run, how much comes at least at a time. */
const minRunUnits = 16;
/** How far blanks and closing marks are drawn to the word before them: alone they would cost a step that shows nothing. */
const maxTrailingUnits = 16;
const trailing = /^[\s\p{Pe}\p{Pf}\p{Po}]+$/u;

/**
 * Increasing offsets at which `text` is shown, the last its length; none for an empty text. Each lies between words, and never
 * inside a grapheme cluster. The first steps are one word each; they grow as far as it takes to be done within `maxMs` at one
 * step each `everyMs`.
 */
export function paceOf(text: string, everyMs: number, maxMs: number): number[] {
  const offsets: number[] = [];
  if (text === "") return offsets;
  const steps = everyMs > 0 ? Math.max(1, Math.floor(maxMs / everyMs)) : 1;
  // Made here, not at module scope: few rooms ever need them, and every cold start would pay for it.
  const words = new Intl.Segmenter("en", { granularity: "word" }).segment(text);
  const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text);
  let due = dueAfter(1, text.length, steps);
  const cutAt = (at: number) => {
    if (at < due || at >= text.length || graphemes.containing(at)?.index !== at) return;
    offsets.push(at);
    due = Math.max(at + 1, dueAfter(offsets.length + 1, text.length, steps));
  };
  // A boundary is where the last word and what trails it end.
  let boundary = 0;
  let trails = 0;
  for (const { index, segment } of words) {
    const end = index + segment.length;
    if (index > 0 && trails + segment.length <= maxTrailingUnits && trailing.test(segment)) trails += segment.length;
    else {
      if (boundary > 0) cutAt(boundary);
      trails = 0;
      if (segment.length > maxWordUnits) {
        const enough = () => Math.max(due, (offsets.at(-1) ?? 0) + minRunUnits, index + 1);
        for (let at = enough(); at < end; at = enough()) {
          const cluster = graphemes.containing(at);
          const cut = cluster === undefined || cluster.index === at ? at : cluster.index + cluster.segment.length;
          if (cut >= end) break;
          cutAt(cut);
        }
      }
    }
    boundary = end;
  }
  offsets.push(text.length);
  return offsets;
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
export function paceParts(parts: readonly Part[], everyMs: number, maxMs: number): number[] {
  return paceOf(parts.map((part) => (isRun(part) ? textIn(part) : "\uFFFC")).join(""), everyMs, maxMs);
}
