/** The page is built from what everyone may import: its own files and the package's entries, nothing behind them. */
import { glob, readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../../..");
const entries = new Set([
  ...["client/index.ts", "client/react.tsx", "client/tools.ts", "client/upload.ts", "shared/index.ts"],
]);

test("[C3] the page imports nothing of the library but its public entries", async () => {
  const foreign: string[] = [];
  let imports = 0;
  for await (const file of glob("examples/chat-page/**/*.{ts,tsx}", { cwd: root })) {
    const source = await readFile(join(root, file), "utf8");
    for (const [, path = ""] of source.matchAll(/\bfrom "(\.[^"]+)"/g)) {
      const target = relative(root, join(root, dirname(file), path));
      if (target.startsWith("examples/chat-page/")) continue;
      imports += 1;
      if (!entries.has(target)) foreign.push(`${file}: ${target}`);
    }
  }
  expect(foreign).toEqual([]);
  expect(imports).toBeGreaterThan(20);
});
