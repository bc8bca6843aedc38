/** What pages quote of the bench is what its last recorded run says, or that none is recorded. Nobody edits a figure there by hand. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { partOf, quotingPages, withPart } from "../../bench/lib/report/pages.ts";
import type { Results } from "../../bench/lib/report/results.ts";
import { read, root } from "./page.ts";

const recorded = "bench/results.json";
const results = existsSync(join(root, recorded)) ? (JSON.parse(read(recorded)) as Results) : undefined;

test.each(quotingPages)("$path quotes the recorded run (npm run pages --prefix bench mends it)", (page) => {
  const text = read(page.path);
  expect(text).toBe(withPart(text, partOf(page, results)));
});

test("a figure edited by hand is noticed", () => {
  const [page] = quotingPages;
  if (page === undefined) throw new Error("no page quotes the bench");
  const text = withPart(read(page.path), "| 20 tabs | 999 |");
  expect(text).not.toBe(withPart(text, partOf(page, results)));
});
