/** docs/scale.md shows tables that code made: they stay the ones that the code makes. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { conversationTable } from "../../bench/lib/report/conversation.ts";

const root = join(import.meta.dirname, "../..");

test("the cost of a conversation is what list prices make of its use", async () => {
  expect(await readFile(join(root, "docs/scale.md"), "utf8")).toContain(conversationTable().join("\n"));
});

test("the million rooms are those of the last npm run simulate", async () => {
  const made = await readFile(join(root, "bench/simulate/results.md"), "utf8");
  expect(await readFile(join(root, "docs/scale.md"), "utf8")).toContain(made.trim());
});
