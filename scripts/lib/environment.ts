// One wrangler configuration for each environment: wrangler.jsonc with what the environment has of its own on top. wrangler's own `env`
// inherits no bindings, so every one of them would stand there three times, and a forgotten one would be missing in production alone.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

type Settings = Readonly<Record<string, unknown>>;

/** Their names, from the files that describe them. */
export async function environments(): Promise<readonly string[]> {
  return (await readdir(join(root, "environments"))).map((file) => file.replace(/\.jsonc$/, "")).sort();
}

/** Writes it beside wrangler.jsonc, because its paths are relative to it. Returns its path. */
export async function writeEnvironment(name: string): Promise<string> {
  const known = await environments();
  if (!known.includes(name)) throw new Error(`There is no environment ${name}. There are: ${known.join(", ")}.`);
  const [base, own] = await Promise.all([read("wrangler.jsonc"), read(`environments/${name}.jsonc`)]);
  const path = join(root, `wrangler.${name}.json`);
  await writeFile(path, `${JSON.stringify(merge(base, own), null, 2)}\n`);
  return path;
}

/** An environment's own value stands in place of the common one; of `vars` each by itself. */
export function merge(base: Settings, own: Settings): Settings {
  const vars = { ...(base["vars"] as Settings | undefined), ...(own["vars"] as Settings | undefined) };
  return { ...base, ...own, vars };
}

async function read(file: string): Promise<Settings> {
  const text = await readFile(join(root, file), "utf8");
  // Comments stand on lines of their own in these files.
  return JSON.parse(text.replaceAll(/^\s*\/\/.*$/gm, ""));
}
