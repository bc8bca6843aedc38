// The Worker as it is deployed: one entry with all that a cold start needs, and a module for each `import()`, which the
// runtime loads when it is first asked for. wrangler's own bundling would put both into one file, so it bundles nothing
// and takes what is written here (`no_bundle` in wrangler.jsonc).
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { build, type Metafile, type Plugin } from "esbuild";

const root = join(import.meta.dirname, "../..");
/** wrangler.jsonc names the entry in it. */
const folder = join(root, "dist/worker");
const entryName = "worker.js";

export interface WorkerModule {
  /** Its path in the bundle: `worker.js`, `chunks/bridge-ABCD1234.js`. */
  readonly name: string;
  readonly code: string;
  /** The modules it needs before it can run. */
  readonly needs: readonly string[];
  /** The source files it is made of. */
  readonly sources: readonly string[];
}

export interface WorkerBundle {
  /** What a cold start loads and evaluates: the entry and all it imports. */
  readonly eager: readonly WorkerModule[];
  /** What waits for its `import()`. */
  readonly lazy: readonly WorkerModule[];
  /** Everything to write, source maps included: contents by path below the bundle's folder. */
  readonly files: ReadonlyMap<string, string>;
}

/** Builds in memory. @param plugins for a Worker that is not the one to deploy: a measurement leaves something out of it. */
export async function bundleWorker(plugins: Plugin[] = []): Promise<WorkerBundle> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: ["party/worker.ts"],
    outdir: folder,
    bundle: true,
    splitting: true,
    format: "esm",
    target: "es2024",
    // What wrangler asks packages for.
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*"],
    define: { "process.env.NODE_ENV": '"production"' },
    chunkNames: "chunks/[name]-[hash]",
    minify: true,
    // For the stack traces of the log: wrangler uploads them.
    sourcemap: true,
    metafile: true,
    write: false,
    logLevel: "silent",
    plugins,
  });
  const files = new Map(outputFiles.map(({ path, text }) => [relative(folder, path), text]));
  const modules = modulesOf(metafile, files);
  const eager = reachedFrom(entryName, modules);
  return {
    eager: modules.filter(({ name }) => eager.has(name)),
    lazy: modules.filter(({ name }) => !eager.has(name)),
    files,
  };
}

/**
 * Writes the bundle for wrangler. What is there already is left alone, so that a running `wrangler dev` restarts only when
 * something changed; the entry comes after what it imports, and what nothing needs any more goes last.
 */
export async function writeWorker({ files }: WorkerBundle): Promise<void> {
  const names = [...files.keys()].sort((a, b) => Number(a === entryName) - Number(b === entryName));
  for (const name of names) {
    const path = join(folder, name);
    const text = files.get(name);
    if (text === undefined || (await readFile(path, "utf8").catch(() => undefined)) === text) continue;
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !files.has(relative(folder, path))) await rm(path, { force: true });
  }
}

/** Bytes of the modules, as they are and as they travel. */
export function sizeOf(modules: readonly WorkerModule[]): { readonly raw: number; readonly gzip: number } {
  return {
    raw: modules.reduce((sum, { code }) => sum + Buffer.byteLength(code), 0),
    gzip: modules.reduce((sum, { code }) => sum + gzipSync(code, { level: 9 }).length, 0),
  };
}

function modulesOf({ outputs }: Metafile, files: ReadonlyMap<string, string>): WorkerModule[] {
  const nameOf = (path: string) => relative(folder, join(root, path));
  return Object.entries(outputs).flatMap(([path, { imports, inputs }]) => {
    const name = nameOf(path);
    if (!name.endsWith(".js")) return [];
    const needs = imports.filter(({ kind, external }) => kind === "import-statement" && external !== true);
    return [
      {
        name,
        code: files.get(name) ?? "",
        needs: needs.map((needed) => nameOf(needed.path)),
        sources: Object.keys(inputs),
      },
    ];
  });
}

function reachedFrom(name: string, modules: readonly WorkerModule[]): ReadonlySet<string> {
  const reached = new Set<string>();
  const visit = (next: string) => {
    if (reached.has(next)) return;
    reached.add(next);
    for (const needed of modules.find((module) => module.name === next)?.needs ?? []) visit(needed);
  };
  visit(name);
  return reached;
}
