/** docs/spec.md held against the tests: every rule id in a test's name is stated there, and every test named there exists. */
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
  readonly tests: readonly { readonly path: string; readonly names: readonly string[] }[];
}

function parseRule(section: string): Rule {
  const [heading = ""] = section.split("\n", 1);
  const field = (name: string) => new RegExp(`^- ${name}: (.+)$`, "m").exec(section)?.[1];
  // `path` "name", "name"; `path` "name"
  const tests = (field("Tests") ?? "").matchAll(/`(tests\/[^`]+)`((?:,? "[^"]+")*)/g);
  return {
    id: heading.split(" ", 1)[0] ?? "",
    status: field("Status"),
    open: field("Open"),
    tests: [...tests].map(([, path = "", names = ""]) => ({
      path,
      names: [...names.matchAll(/"([^"]+)"/g)].map(([, name = ""]) => name),
    })),
  };
}

const rules = read("docs/spec.md")
  .split(/^### /m)
  .slice(1)
  .map((section) => parseRule(section.split(/^## /m, 1)[0] ?? ""));

/** A name that begins with ids: the quote, then `[T1] [T2] …`. */
const names = globSync("tests/**/*.test.{ts,tsx}", { cwd: root }).flatMap((path) =>
  [...read(path).matchAll(/["'`]((?:\[[A-Z]\d\] ?)+)/g)].flatMap(([, ids = ""]) =>
    [...ids.matchAll(/\[(..)\]/g)].map(([, id = ""]) => ({ path, id })),
  ),
);

test("every rule is stated once", () => {
  const ids = rules.map(({ id }) => id);
  expect(ids).toEqual([...new Set(ids)]);
  for (const id of ids) expect(id).toMatch(/^[A-Z]\d$/);
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

  test.each(tests)("is named by the tests of $path, under the names given", ({ path, names }) => {
    expect(existsSync(join(root, path))).toBe(true);
    const source = read(path);
    expect(source).toContain(`[${id}]`);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !source.includes(name))).toEqual([]);
  });
});
