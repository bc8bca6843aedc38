/** Every link of every page leads somewhere: to a file, to a heading of it, or to a well-formed https address. */
import { existsSync, globSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";
import { parsePage, root } from "./page.ts";

const pages = globSync(["*.md", "{docs,client,bench,.github}/**/*.md", "examples/**/*.md"], {
  cwd: root,
  exclude: (name) => /node_modules|fixtures|dist/.test(name),
}).sort();
const parsed = new Map(pages.map((path) => [path, parsePage(path)]));

function faultOf(from: string, target: string): string | undefined {
  if (/^https?:/.test(target)) {
    if (!URL.canParse(target)) return "no URL";
    const { protocol, hostname } = new URL(target);
    const isLocal = hostname === "127.0.0.1" || hostname === "localhost";
    return protocol === "https:" || isLocal ? undefined : "not https";
  }
  const [file = "", anchor] = target.split("#");
  const path = file === "" ? from : normalize(join(dirname(from), file));
  if (!existsSync(join(root, path))) return "no such file";
  if (anchor === undefined || !path.endsWith(".md")) return undefined;
  return parsed.get(path)?.headings.some((heading) => heading.anchor === anchor) ? undefined : "no such heading";
}

test.each(pages)("%s: its links lead somewhere", (path) => {
  const faults = (parsed.get(path)?.links ?? []).flatMap(({ target, line }) => {
    const fault = faultOf(path, target);
    return fault === undefined ? [] : [`${path}:${line} ${target}: ${fault}`];
  });
  expect(faults).toEqual([]);
});

test("a link that leads nowhere is noticed", () => {
  expect(faultOf("docs/README.md", "nowhere.md")).toBe("no such file");
  expect(faultOf("docs/README.md", "spec.md#nothing")).toBe("no such heading");
  expect(faultOf("docs/README.md", "spec.md#rules")).toBeUndefined();
  expect(faultOf("docs/README.md", "http://example.com")).toBe("not https");
});

test.each(["README.md", "README.zh-CN.md"])(
  "%s leads a front-end developer, a NestJS developer and an operator to their page",
  (readme) => {
    const targets = parsed.get(readme)?.links.map(({ target }) => target);
    expect(targets).toEqual(expect.arrayContaining(["docs/front-end.md", "docs/nestjs.md", "docs/operations.md"]));
  },
);

test("docs/README.md lists every page of docs/", () => {
  const listed = new Set((parsed.get("docs/README.md")?.links ?? []).map(({ target }) => `docs/${target}`));
  const own = pages.filter((path) => /^docs\/[^/]+\.md$/.test(path) && path !== "docs/README.md");
  expect(own.filter((path) => !listed.has(path))).toEqual([]);
});
