/** Checks docs/security.md against the suites: each threat names rules that docs/spec.md states, and test files that prove them. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ALL_SCOPES } from "../../party/core/scopes.ts";

const root = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const doc = read("docs/security.md");
const [, section = ""] = doc.split("\n## Threats\n");
const threats = (section.split(/^## /m, 1)[0] ?? "")
  .split("\n")
  .filter((line) => line.startsWith("| ") && !/^\| (threat|---)/.test(line))
  .map((line) => {
    const [threat = "", , rules = "", tests = ""] = line.split(" | ").map((cell) => cell.replace(/^\| | \|$/g, ""));
    const shown = [...tests.matchAll(/`(tests\/[^`]+)`/g)].map(([, path = ""]) => path);
    return { threat, rules: rules.split(", ").filter((rule) => rule !== "–"), shown };
  });

test("there are threats", () => {
  expect(threats.length).toBeGreaterThan(15);
});

describe.each(threats)("$threat", ({ rules, shown }) => {
  test("names stated rules, and test files that exist and carry one of those rules", () => {
    const spec = read("docs/spec.md");
    for (const rule of rules) expect(spec).toContain(`\n### ${rule} `);
    expect(shown.length).toBeGreaterThan(0);
    for (const path of shown) expect(existsSync(join(root, path)), path).toBe(true);
    const sources = shown.map(read);
    for (const rule of rules)
      expect(
        sources.some((source) => source.includes(`[${rule}]`)),
        rule,
      ).toBe(true);
  });
});

test("the scopes are the scopes", () => {
  const [, header = ""] = /^\| may \| (.+) \|$/m.exec(doc) ?? [];
  expect(header.split(" | ").map((cell) => cell.replaceAll("`", ""))).toEqual([...ALL_SCOPES]);
});
