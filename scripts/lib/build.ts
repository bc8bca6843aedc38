// Builds what runs as built code: the backend and the page, and what others install: the package. The Worker needs none, wrangler
// bundles it.
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { run } from "./run.ts";

const root = join(import.meta.dirname, "../..");

interface Target {
  /** Written by every build. */
  readonly output: string;
  /** Files and folders it is built from. */
  readonly sources: readonly string[];
  readonly tool: string;
  readonly args: readonly string[];
}

const targets = {
  backend: {
    output: "examples/nest-gateway/dist/main.js",
    sources: ["examples/nest-gateway/src", "examples/nest-gateway/package.json", "nestjs", "package-lock.json"],
    // Bundled with the sources of the gateway's package, which the backend imports by its public name.
    tool: "npm",
    args: ["run", "build", "--silent", "--workspace=examples/nest-gateway"],
  },
  page: {
    output: "dist/page/index.html",
    sources: ["examples/chat-page", "client", "shared", "package-lock.json"],
    tool: "vite",
    args: ["build", "-c", "examples/chat-page/vite.config.ts", "--logLevel", "warn"],
  },
  package: {
    output: "dist/package/package.json",
    sources: [
      "client",
      "shared",
      "party",
      "edge",
      "nestjs",
      "package.json",
      "CHANGELOG.md",
      "llms.txt",
      "skills",
      "docs/schema",
      "scripts/package",
    ],
    tool: "node",
    args: ["scripts/package/build.ts"],
  },
} satisfies Record<string, Target>;

export type TargetName = keyof typeof targets;
const targetNames: readonly TargetName[] = ["backend", "page", "package"];

export interface Built {
  readonly name: TargetName;
  /** 0 when its output was newer than its sources. */
  readonly seconds: number;
  /** What the tool printed, when it failed. */
  readonly failure?: string;
}

/** Builds what is missing or older than its sources, side by side. */
export function build(names: Iterable<TargetName> = targetNames, { force = false } = {}): Promise<Built[]> {
  return Promise.all(Array.from(names, (name) => buildOne(name, force)));
}

/** As `build`, for callers that cannot go on without. */
export async function buildOrThrow(names?: Iterable<TargetName>, options?: { force?: boolean }): Promise<Built[]> {
  const all = await build(names, options);
  const failed = all.find(({ failure }) => failure !== undefined);
  if (failed !== undefined) throw new Error(`The ${failed.name} does not build:\n${failed.failure}`);
  return all;
}

async function buildOne(name: TargetName, force: boolean): Promise<Built> {
  const target: Target = targets[name];
  if (!force && (await isFresh(target))) return { name, seconds: 0 };
  const { ok, seconds, output } = await run(target.tool, target.args, { quiet: true });
  return ok ? { name, seconds } : { name, seconds, failure: output };
}

async function isFresh({ output, sources }: Target): Promise<boolean> {
  const built = await changedAt(join(root, output));
  if (built === undefined) return false;
  for (const source of sources) {
    if ((await newestUnder(join(root, source))) >= built) return false;
  }
  return true;
}

/** The last change of a file, or of anything in a folder: a removed file changes its folder. */
async function newestUnder(path: string): Promise<number> {
  const changed = [(await changedAt(path)) ?? 0];
  const entries = await readdir(path, { withFileTypes: true, recursive: true }).catch(() => []); // Not a folder.
  for (const entry of entries) changed.push((await changedAt(join(entry.parentPath, entry.name))) ?? 0);
  return Math.max(...changed);
}

async function changedAt(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );
}
