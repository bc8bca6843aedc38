/** Checks that docs/faults.md shows the table of faults that the tests run. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { faultTables } from "../support/backends/faulty-upstream-table.ts";

test("docs/faults.md shows the table of faults", () => {
  const doc = readFileSync(join(import.meta.dirname, "../../docs/faults.md"), "utf8");
  const [, section = ""] = doc.split("\n## The faults it is tried with\n");
  // What to paste there is what this says it expected.
  expect(section.slice(section.indexOf("\n### ") + 1)).toBe(faultTables());
});
