/** Checks docs/spec.md against the tests: the page states every rule id that a test names, and each named test file proves its rule. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

interface Rule {
  readonly id: string;
  readonly status: string | undefined;
  /** What is missing. */
  readonly open: string | undefined;
  /** Test files that prove the rule. */
  readonly tests: readonly string[];
}

function parseRule(section: string): Rule {
  const [heading = ""] = section.split("\n", 1);
  const field = (name: string) => new RegExp(`^- ${name}: (.+)$`, "m").exec(section)?.[1];
  return {
    id: heading.split(" ", 1)[0] ?? "",
    status: field("Status"),
    open: field("Open"),
    tests: [...(field("Tests") ?? "").matchAll(/`(tests\/[^`]+)`/g)].map(([, path = ""]) => path),
  };
}

const rules = read("docs/spec.md")
  .split(/^### /m)
  .slice(1)
  .map((section) => parseRule(section.split(/^## /m, 1)[0] ?? ""));

/** A name that begins with ids: the quote, then `[T1] [T2] …`. */
const names = globSync("tests/**/*.test.{ts,tsx}", { cwd: root }).flatMap((path) =>
  [...read(path).matchAll(/["'`]((?:\[[A-Z]\d+\] ?)+)/g)].flatMap(([, ids = ""]) =>
    [...ids.matchAll(/\[(\w+)\]/g)].map(([, id = ""]) => ({ path, id })),
  ),
);

test("every rule is stated once", () => {
  const ids = rules.map(({ id }) => id);
  expect(ids).toEqual([...new Set(ids)]);
  for (const id of ids) expect(id).toMatch(/^[A-Z]\d+$/);
});

test("every rule that a test names is stated", () => {
  expect(names.length).toBeGreaterThan(0);
  const stated = new Set(rules.map(({ id }) => id));
  expect(names.filter(({ id }) => !stated.has(id))).toEqual([]);
});

describe.each(rules)("$id", ({ id, status, open, tests }) => {
  test("has a status, and says what is open unless it is proven", () => {
    expect(status).toMatch(/^(proven|partly|open)$/);
    expect(open === undefined).toBe(status === "proven");
    expect(tests.length > 0).toBe(status !== "open");
  });

  test.each(tests)("is proven by a test in %s", (path) => {
    expect(existsSync(join(root, path))).toBe(true);
    expect(read(path)).toContain(`[${id}]`);
  });
});
