/** The Content-Security-Policy of the page: the same in the page and in its header, and nothing beyond its own origin. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import viteConfig from "../../../examples/chat-page/vite.config.ts";

const page = join(import.meta.dirname, "../../../examples/chat-page");

function policyOfPage(): string {
  for (const plugin of viteConfig.plugins) {
    if ("transformIndexHtml" in plugin) return plugin.transformIndexHtml()[0]?.attrs.content ?? "";
  }
  return "";
}

test("[S2] the policy in the page is the policy in its header, which also forbids frames", async () => {
  const headers = await readFile(join(page, "public/_headers"), "utf8");
  const header = /Content-Security-Policy: (.+)/.exec(headers)?.[1];
  expect(header?.split("; ").toSorted()).toEqual([...policyOfPage().split("; "), "frame-ancestors 'none'"].toSorted());
});

test("[S2] the policy allows nothing but the page's own origin, and pictures that need no request", () => {
  const directives = policyOfPage().split("; ");
  expect(directives).toContain("img-src 'self' data: blob:");
  for (const directive of directives.filter((each) => !each.startsWith("img-src"))) {
    expect(directive).toMatch(/^[a-z-]+ '(self|none)'$/);
  }
  expect(policyOfPage()).toContain("default-src 'none'");
});
