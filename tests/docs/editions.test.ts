/** The two editions of a page say the same: section by section, table by table, the same code, the same links. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Page, parseWritten, root } from "./page.ts";

const pairs = ["README", "docs/guide", "docs/compare"]
  .map((name) => ({ english: `${name}.md`, chinese: `${name}.zh-CN.md` }))
  .filter(({ chinese }) => existsSync(join(root, chinese)));

/** A page without an English edition: what it says stands in several English ones. */
const isChineseAlone = (target: string): boolean =>
  target.endsWith(".zh-CN.md") && !pairs.some(({ english }) => english.endsWith(target.replace(".zh-CN.md", ".md")));

/** A link as both editions have it: the edition's own pages by name, its own headings by number. */
function linksOf(page: Page): string[][] {
  const place = (line: number) => page.headings.filter((heading) => heading.line < line).length;
  const sections: string[][] = page.headings.map(() => []);
  for (const { target, line } of page.links) {
    if (isChineseAlone(target)) continue;
    const [file = "", anchor] = target.replace(".zh-CN.md", ".md").split("#");
    const isPair = file === "" || pairs.some(({ english }) => english.endsWith(file));
    const own = page.headings.findIndex((heading) => heading.anchor === anchor);
    sections[place(line) - 1]?.push(isPair && own !== -1 ? `${file}#${own}` : isPair ? file : target);
  }
  return sections.map((links) => links.sort());
}

/** A Mermaid picture without its words: who is connected to whom, in which order. */
const shapeOf = (picture: string): string =>
  picture.replace(/\[[^\]]*\]|\{[^}]*\}|\|[^|]*\|/g, "[]").replace(/(: | as ).*$/gm, "$1");

describe.each(pairs)("$english and $chinese", ({ english, chinese }) => {
  const [en, zh] = [parseWritten(english), parseWritten(chinese)];

  test("have the same sections", () => {
    expect(zh.headings.map(({ level }) => level)).toEqual(en.headings.map(({ level }) => level));
  });

  test("have tables of the same form, with the same code and figures in the same cells", () => {
    const form = (page: Page) => page.tables.map(({ rows }) => rows.map((row) => row.length));
    expect(form(zh)).toEqual(form(en));
    const codes = (page: Page) =>
      page.tables.map(({ rows }) =>
        rows.map((row) => row.map((cell) => [...cell.matchAll(/`[^`]+`/g)].map(String).sort())),
      );
    expect(codes(zh)).toEqual(codes(en));
  });

  test("have the same code, and the same pictures with words of their own", () => {
    const codeOf = ({ blocks }: Page) =>
      blocks.map(({ text, source, language }) => ({ text: language === "mermaid" ? shapeOf(text) : text, source }));
    expect(codeOf(zh)).toEqual(codeOf(en));
  });

  test("have the same links in the same sections", () => {
    expect(linksOf(zh)).toEqual(linksOf(en));
  });

  test("the Chinese one is in Chinese", () => {
    for (const { text } of zh.headings.slice(1)) expect(text).toMatch(/\p{Script=Han}/u);
  });
});
