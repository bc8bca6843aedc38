/** Finds the sections of the documentation that fit a question, with MiniSearch. Each language has an index of its own. */
import MiniSearch from "minisearch";
import type { Section } from "./sections.ts";
import { isChinese, termOf, wordsOf } from "./words.ts";

/** A section must hold at least this share of the question's words, or the question is about something else. */
const minCoverage = 0.5;

export interface Hit {
  readonly section: Section;
  readonly score: number;
}

interface Entry {
  readonly id: number;
  readonly heading: string;
  readonly parents: string;
  readonly body: string;
}

export class SectionIndex {
  readonly #sections: readonly Section[];
  readonly #english = newIndex();
  readonly #chinese = newIndex();

  constructor(sections: readonly Section[]) {
    this.#sections = sections;
    for (const [id, section] of sections.entries()) {
      const { heading, parents, blocks } = section;
      const body = blocks.map(({ text }) => text).join("\n");
      this.#indexFor(isChineseSection(section)).add({ id, heading, parents: parents.join("\n"), body });
    }
  }

  /** Best first; empty when nothing fits. The other language is searched only where the question's own has nothing. */
  search(question: string): Hit[] {
    const own = this.#searchIn(question, isChinese(question));
    return own.length > 0 ? own : this.#searchIn(question, !isChinese(question));
  }

  #searchIn(question: string, inChinese: boolean): Hit[] {
    const asked = termsIn(question).size;
    return this.#indexFor(inChinese)
      .search(question)
      .filter(({ queryTerms }) => new Set(queryTerms).size >= asked * minCoverage)
      .flatMap(({ id, score }) => {
        const section = this.#sections[id as number];
        return section === undefined ? [] : [{ section, score }];
      });
  }

  #indexFor(inChinese: boolean): MiniSearch<Entry> {
    return inChinese ? this.#chinese : this.#english;
  }
}

/** Pages have one language. A link to a Chinese page doesn't make a section Chinese. */
export function isChineseSection({ path, heading }: Section): boolean {
  return path.includes("zh-CN") || isChinese(heading);
}

export function termsIn(text: string): Set<string> {
  return new Set(wordsOf(text).flatMap((word) => termOf(word) ?? []));
}

function newIndex(): MiniSearch<Entry> {
  return new MiniSearch<Entry>({
    fields: ["heading", "parents", "body"],
    tokenize: wordsOf,
    processTerm: (word) => termOf(word) ?? false,
    searchOptions: {
      boost: { heading: 4, parents: 1.5 },
      prefix: (term) => term.length > 4,
      fuzzy: (term) => (term.length > 6 && !isChinese(term) ? 1 : false),
    },
  });
}
