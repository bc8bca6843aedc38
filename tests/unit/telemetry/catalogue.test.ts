/** docs/observability.md held against the catalogue. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { LEVELS } from "../../../party/telemetry/catalogue.ts";
import { FAMILIES } from "../../../party/telemetry/metrics/families.ts";

const doc = readFileSync(join(import.meta.dirname, "../../../docs/observability.md"), "utf8");

test("the page lists every event with its level, and no other", () => {
  const rows = [...doc.matchAll(/^\| `([a-z-]+)` \| (debug|info|warn|error) \|/gm)].map(([, name, level]) => [
    name,
    level,
  ]);
  expect(Object.fromEntries(rows)).toEqual(LEVELS);
  expect(rows).toHaveLength(Object.keys(LEVELS).length);
});

test("the page lists every metric with its type and its labels, and no other", () => {
  const genAi = ["gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model"];
  const rows = [...doc.matchAll(/^\| (`(?:edge_chat|gen_ai)_.+?`) \| (counter|gauge|histogram) \| (.*?) ?\|/gm)];
  const listed = rows.flatMap(([, names = "", type, labels = ""]) =>
    [...names.matchAll(/`([a-z_]+)`/g)].map(([, name]) => {
      const own = [...labels.matchAll(/`([a-z_]+)`/g)].map(([, label]) => label);
      return [name, { type, labels: [...(labels.startsWith("GenAI") ? genAi : []), ...own] }] as const;
    }),
  );
  const real = Object.entries(FAMILIES).map(([name, { type, labels }]) => {
    return [name, { type, labels: labels.filter((label) => label !== "tenant") }] as const;
  });
  expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(real));
  expect(listed).toHaveLength(real.length);
});
