/**
 * Where an answer that came whole is cut when it is shown bit by bit (U6). Pure: offsets in, no time.
 */
import { isText, type Part, unitsOf } from "../../shared/content.ts";

/**
 * Increasing offsets at which `text` is shown, the last its length. Cuts fall between words and so never inside a grapheme
 * cluster. The first steps are about a word; they grow as far as it takes to be done within `maxMs` at one step each
 * `everyMs`.
 */
export function paceOf(text: string, everyMs: number, maxMs: number): number[] {
  // Made here, not at module scope: few rooms ever need it, and every cold start would pay for it.
  const words = new Intl.Segmenter(undefined, { granularity: "word" });
  const ends: number[] = [];
  for (const { index, segment } of words.segment(text)) {
    const end = index + segment.length;
    // Blanks and marks belong to the word before them: alone they would cost a step that shows nothing.
    if (ends.length > 0 && !/[\p{L}\p{N}\p{S}]/u.test(segment)) ends[ends.length - 1] = end;
    else ends.push(end);
  }
  const steps = Math.max(1, Math.floor(maxMs / everyMs));
  if (ends.length <= steps) return ends;
  // Step k takes in words in proportion to k, so that it begins slowly and ends in time.
  const offsets: number[] = [];
  let taken = 0;
  for (let step = 1; step <= steps; step += 1) {
    const upTo = Math.ceil((ends.length * step * (step + 1)) / (steps * (steps + 1)));
    if (upTo <= taken) continue;
    taken = upTo;
    offsets.push(ends[taken - 1] ?? text.length);
  }
  return offsets;
}

/** The same over parts: text is cut as above, every other part comes whole with the text before it. */
export function paceParts(parts: readonly Part[], everyMs: number, maxMs: number): number[] {
  const total = parts.reduce((sum, part) => sum + unitsOf(part), 0);
  const offsets: number[] = [];
  let start = 0;
  for (const part of parts) {
    const units = unitsOf(part);
    if (isText(part)) {
      // Each stretch of text gets its share of the time.
      const share = Math.max(everyMs, (maxMs * units) / total);
      for (const offset of paceOf(part.text, everyMs, share)) offsets.push(start + offset);
    } else if (offsets.length > 0) offsets[offsets.length - 1] = start + units;
    else offsets.push(start + units);
    start += units;
  }
  return offsets;
}
