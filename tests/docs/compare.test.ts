/** The feature table: each of our cells leads to a test of ours, each of another's to a public source, or says nothing. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parsePage, root } from "./page.ts";

test.each(["docs/compare.md", "docs/compare.zh-CN.md"])("%s: every claim has its proof", (path) => {
  const tables = parsePage(path).tables.filter(({ rows }) => /^(this gateway|本网关)$/.test(rows[0]?.[1] ?? ""));
  expect(tables).toHaveLength(3);
  for (const [feature = "", ours = "", ...theirs] of tables.flatMap(({ rows }) => rows.slice(1))) {
    const [, proof = ""] = /\]\(\.\.\/(tests\/[^)]+\.test\.ts)\)$/.exec(ours) ?? [];
    expect(existsSync(join(root, proof)) && proof !== "", `${feature}: ${ours}`).toBe(true);
    for (const cell of theirs) expect(cell, feature).toMatch(/^(–|\[.+\]\(https:\/\/\S+\))$/);
  }
});
