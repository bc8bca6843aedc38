/** docs/nestjs.md begins with what its reader has, in both languages. That its blocks are true is held in blocks.test.ts. */
import { expect, test } from "vitest";
import { parsePage } from "./page.ts";

test.each([
  ["docs/nestjs.md", "You already have an SSE endpoint"],
  ["docs/nestjs.zh-CN.md", "您已经有 SSE 接口"],
])("%s begins with the endpoint that its reader has, and has a recipe for each kind", (path, first) => {
  const { headings, blocks } = parsePage(path);
  expect(headings[1]?.text).toBe(first);
  expect(blocks.filter(({ language }) => language === "ini").length).toBeGreaterThanOrEqual(6);
});
