/** BM25 over sections. A word in a heading counts as several in the text; the index is a few hundred sections, so all are scored. */
import type { Section } from "./sections.ts";
import { isChinese, termsOf } from "./words.ts";

const headingWeight = 5;
const parentWeight = 1.5;
/** BM25's usual constants: how soon repetition stops counting, and how much length does. */
const saturation = 1.2;
const lengthPenalty = 0.6;
/** A hit must hold at least this share of the question's weight, or the question is about something else. */
const minCoverage = 0.4;
const unknownShare = 0.7;

export interface Hit {
  section: Section;
  score: number;
}

interface Entry {
  section: Section;
  isChinese: boolean;
  counts: Map<string, number>;
  length: number;
}

export class SectionIndex {
  readonly #entries: Entry[];
  readonly #documentCounts = new Map<string, number>();
  readonly #averageLength: number;

  constructor(sections: readonly Section[]) {
    this.#entries = sections.map(entryOf);
    for (const { counts } of this.#entries) {
      for (const term of counts.keys()) this.#documentCounts.set(term, (this.#documentCounts.get(term) ?? 0) + 1);
    }
    const total = this.#entries.reduce((sum, { length }) => sum + length, 0);
    this.#averageLength = total / Math.max(1, this.#entries.length);
  }

  /** Best first; empty when nothing fits. Sections in the question's language come before all others. */
  search(question: string): Hit[] {
    const terms = new Set(termsOf(question));
    const wantsChinese = isChinese(question);
    const hits = this.#rank(terms, (entry) => entry.isChinese === wantsChinese);
    return hits.length > 0 ? hits : this.#rank(terms, (entry) => entry.isChinese !== wantsChinese);
  }

  /** How much a word tells; the most for a rare one. */
  weightOf(term: string): number {
    const having = this.#documentCounts.get(term) ?? 0;
    // An unknown word may be the subject, or only another way to say it: it counts, but not as the rarest of all.
    if (having === 0) return unknownShare * Math.log(1 + (this.#entries.length + 0.5) / 0.5);
    return Math.log(1 + (this.#entries.length - having + 0.5) / (having + 0.5));
  }

  #rank(terms: Set<string>, isWanted: (entry: Entry) => boolean): Hit[] {
    const asked = [...terms].reduce((sum, term) => sum + this.weightOf(term), 0);
    return this.#entries
      .filter(isWanted)
      .map((entry) => ({ section: entry.section, ...this.#score(entry, terms) }))
      .filter(({ score, held }) => score > 0 && held >= asked * minCoverage)
      .sort((a, b) => b.score - a.score)
      .map(({ section, score }) => ({ section, score }));
  }

  #score({ counts, length }: Entry, terms: Set<string>): { score: number; held: number } {
    const norm = saturation * (1 - lengthPenalty + (lengthPenalty * length) / this.#averageLength);
    let score = 0;
    let held = 0;
    for (const term of terms) {
      const count = counts.get(term) ?? 0;
      if (count === 0) continue;
      const weight = this.weightOf(term);
      held += weight;
      score += (weight * count * (saturation + 1)) / (count + norm);
    }
    return { score, held };
  }
}

function entryOf(section: Section): Entry {
  const counts = new Map<string, number>();
  let length = 0;
  const add = (text: string, weight: number): void => {
    for (const term of termsOf(text)) {
      counts.set(term, (counts.get(term) ?? 0) + weight);
      length += 1;
    }
  };
  add(section.heading, headingWeight);
  for (const parent of section.parents) add(parent, parentWeight);
  const body = section.blocks.map(({ text }) => text).join("\n");
  add(body, 1);
  return { section, isChinese: section.path.includes("zh-CN") || isChinese(section.heading), counts, length };
}
