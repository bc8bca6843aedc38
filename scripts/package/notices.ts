// The licences of what is built into the package.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "./entries.ts";

/** @param names packages whose code is part of ours. */
export async function bundledNotices(names: readonly string[]): Promise<string> {
  const notices = await Promise.all(
    names.map(async (name) => {
      const folder = join(root, "node_modules", name);
      const { version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as {
        version: string;
        license: string;
      };
      const text = await readFile(join(folder, "LICENSE"), "utf8").catch(() => `License: ${license}`);
      return `${name} ${version}\n\n${text.trim()}\n`;
    }),
  );
  return `This package contains code of other packages.\n\n${notices.join("\n---\n\n")}`;
}
