/** Checks that docs/settings.zh-CN.md has the settings of docs/settings.md, each with the same default and range. */
import { expect, test } from "vitest";
import { parsePage } from "./page.ts";

/** The rows of both kinds of tables: name, and for numbers default and range. */
function settingsOf(path: string): Map<string, string> {
  const rows = parsePage(path).tables.flatMap(({ rows: [head = [], ...body] }) =>
    body.filter((row) => /^`[A-Z][A-Z0-9_]+`$/.test(row[0] ?? "")).map((row) => ({ row, isNumber: head.length === 5 })),
  );
  const untranslated = (cell: string) => (/^[\d–]+$/.test(cell) ? cell : "");
  return new Map(
    rows.map(({ row, isNumber }) => [row[0] ?? "", isNumber ? row.slice(2, 4).map(untranslated).join(" ") : ""]),
  );
}

test("the Chinese page of settings has the names, defaults and ranges of the English one", () => {
  const english = settingsOf("docs/settings.md");
  expect(english.size).toBeGreaterThan(80);
  expect(settingsOf("docs/settings.zh-CN.md")).toEqual(english);
});

test("the Chinese page shows the same default and values of settings that are words, where they are code", () => {
  const valuesOf = (path: string) =>
    parsePage(path)
      .tables.filter(({ rows }) => rows.some(([name]) => name === "`AUTH`"))
      .flatMap(({ rows }) => rows.slice(1))
      .filter(([, , values = ""]) => /^(`[\w-]+`(, )?)+$/.test(values))
      .map(([name, , values]) => [name, values]);
  expect(valuesOf("docs/settings.md").length).toBeGreaterThan(10);
  expect(valuesOf("docs/settings.zh-CN.md")).toEqual(valuesOf("docs/settings.md"));
});
