// `npm run lock`: brings package-lock.json up to date with package.json, for every platform. npm leaves out the packages of platforms
// it could not see when it wrote the file (npm/cli#4828, or a registry that does not carry them), and `npm ci` then refuses all of it.
// A left-out package is recorded by the version its parent asks for; npm fetches it only where its platform is the machine's own.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { defined } from "../shared/defined.ts";
import { run } from "./lib/run.ts";

interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const file = join(import.meta.dirname, "../package-lock.json");
// First npm's own part, which knows versions; last again, for its order of keys.
await npmLock();
const lock = JSON.parse(await readFile(file, "utf8")) as { packages: Record<string, LockedPackage> };
const packages = lock.packages;

for (const [parentPath, parent] of Object.entries(packages)) {
  for (const [name, wanted] of Object.entries(parent.optionalDependencies ?? {})) {
    // Platform packages are pinned by their parents; a range is something else, and npm's to decide.
    if (!/^\d/.test(wanted)) continue;
    const found = lookUp(parentPath, name);
    if (found?.version === wanted) continue;
    const path = found === undefined ? `node_modules/${name}` : `${parentPath}/node_modules/${name}`;
    packages[path] = {
      version: wanted,
      ...defined({ dev: parent.dev, license: parent.license }),
      ...{ optional: true, ...platformOf(name) },
    };
    console.log(`added ${path}@${wanted}`);
  }
}
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, "en")));
await writeFile(file, `${JSON.stringify(lock, null, 2)}\n`);
await npmLock();

/** The package that `require(name)` in the package at `path` finds: beside it, or beside one of the packages it is in. */
function lookUp(path: string, name: string): LockedPackage | undefined {
  for (let folder = path; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("node_modules/") - 1))) {
    const found = packages[`${folder === "" ? "" : `${folder}/`}node_modules/${name}`];
    if (found !== undefined || folder === "") return found;
  }
}

/** Names of platform packages say what they run on: @biomejs/cli-linux-x64-musl. */
function platformOf(name: string): { os: string[]; cpu?: string[]; libc?: string[] } {
  const os = /darwin|win32|windows|android|freebsd|openharmony/.exec(name)?.[0] ?? "linux";
  const cpu = /-(arm64|arm|x64|64|ia32|ppc64|riscv64|s390x)(?=-|$)/.exec(name)?.[1];
  return {
    os: [os === "windows" ? "win32" : os],
    ...(cpu === undefined ? {} : { cpu: [cpu === "64" ? "x64" : cpu] }),
    ...(name.includes("musl") ? { libc: ["musl"] } : {}),
  };
}

async function npmLock(): Promise<void> {
  const { ok, output } = await run("npm", ["install", "--package-lock-only", "--ignore-scripts"], { quiet: true });
  if (!ok) throw new Error(output);
}
