/** Checks that both editions of a page show the same code. Everything else in them may differ. */
import { globSync } from "node:fs";
import { expect, test } from "vitest";
import { parseWritten, root } from "./page.ts";

const pages = new Set(globSync("{*,docs/*,docs/already/*}.md", { cwd: root }));
const pairs = [...pages]
  .map((english) => ({ english, chinese: english.replace(/\.md$/, ".zh-CN.md") }))
  .filter(({ chinese }) => pages.has(chinese))
  // A reference without examples of its own: settings-editions.test.ts compares its tables.
  .filter(({ english }) => english !== "docs/settings.md");

/** Pictures have words of their own in each edition. */
const codeOf = (path: string) =>
  parseWritten(path)
    .blocks.filter(({ language }) => language !== "mermaid")
    .map(({ text, source }) => ({ text, source }));

test.each(pairs)("$english and $chinese show the same code", ({ english, chinese }) => {
  expect(codeOf(chinese)).toEqual(codeOf(english));
});
