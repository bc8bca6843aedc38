/** docs/faults.md held against the table of faults, and the table against what it must have. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { faultKinds, faultList, faultTables } from "../support/faulty-upstream-table.ts";

test("docs/faults.md shows the table of faults", () => {
  const doc = readFileSync(join(import.meta.dirname, "../../docs/faults.md"), "utf8");
  const [, section = ""] = doc.split("\n## The faults it is tried with\n");
  // What to paste there is what this says it expected.
  expect(section.slice(section.indexOf("\n### ") + 1)).toBe(faultTables());
});

test("there are at least 30 faults, and three of each kind", () => {
  expect(faultList.length).toBeGreaterThanOrEqual(30);
  for (const kind of faultKinds)
    expect(faultList.filter((fault) => fault.kind === kind).length).toBeGreaterThanOrEqual(3);
});
