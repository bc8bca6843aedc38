/** docs/nestjs.md begins with what its reader can run, in both languages. That its blocks are true is held in blocks.test.ts. */
import { expect, test } from "vitest";
import { parsePage } from "./page.ts";

test.each([
  ["docs/nestjs.md", "A new service in ten lines"],
  ["docs/nestjs.zh-CN.md", "十行写一个新服务"],
])("%s begins with a service that runs, and has a recipe for each kind", (path, first) => {
  const { headings, blocks } = parsePage(path);
  expect(headings[1]?.text).toBe(first);
  expect(blocks.filter(({ language }) => language === "ini").length).toBeGreaterThanOrEqual(6);
});
