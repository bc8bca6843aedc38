/**
 * The API report: `api/` holds the declarations as they are published, so that a change of the public surface shows in a diff.
 * `npm run api` writes it, `npm run check` compares it with what the build made.
 */
import { glob, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { packageFolder, root } from "./entries.ts";

const built = join(packageFolder, "dist");
const recorded = join(root, "api");

export async function writeApiReport(): Promise<void> {
  const files = await declarationsIn(built);
  await rm(recorded, { recursive: true, force: true });
  for (const [name, text] of files) {
    const path = join(recorded, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
}

/** Which files differ, and the first line that does; undefined where none differs. */
export async function apiDifference(): Promise<string | undefined> {
  const [before, after] = await Promise.all([declarationsIn(recorded), declarationsIn(built)]);
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  const lines = names.flatMap((name) => {
    const [old, now] = [before.get(name), after.get(name)];
    if (old === now) return [];
    if (old === undefined) return [`api/${name}: new`];
    if (now === undefined) return [`api/${name}: gone`];
    const [oldLines, newLines] = [old.split("\n"), now.split("\n")];
    const at = oldLines.findIndex((line, index) => line !== newLines[index]);
    return [`api/${name}:${at + 1}`, `  was  ${oldLines[at] ?? ""}`, `  is   ${newLines[at] ?? ""}`];
  });
  return lines.length === 0 ? undefined : lines.join("\n");
}

async function declarationsIn(folder: string): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for await (const name of glob("**/*.d.ts", { cwd: folder }))
    files.set(name, await readFile(join(folder, name), "utf8"));
  return new Map([...files].sort(([a], [b]) => a.localeCompare(b, "en")));
}
