/** docs/observability.md held against the catalogue. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { LEVELS } from "../../../party/telemetry/catalogue.ts";

const doc = readFileSync(join(import.meta.dirname, "../../../docs/observability.md"), "utf8");

test("the page lists every event with its level, and no other", () => {
  const rows = [...doc.matchAll(/^\| `([a-z-]+)` \| (debug|info|warn|error) \|/gm)].map(([, name, level]) => [
    name,
    level,
  ]);
  expect(Object.fromEntries(rows)).toEqual(LEVELS);
  expect(rows).toHaveLength(Object.keys(LEVELS).length);
});
