// What is published: the browser library alone, built, with a manifest of its own, so that who installs it gets none of the gateway's
// dependencies. The entries are those of the repository's package.json.
import { copyFile, glob, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
export const packageFolder = join(root, "dist/package");

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** Makes of what the compiler wrote to `dist/package` something that `npm pack` takes. */
export async function finishPackage(): Promise<void> {
  // Declarations keep the sources' endings; tools other than TypeScript 5.7 and later look for what is there.
  for await (const file of glob("**/*.d.ts", { cwd: packageFolder })) {
    const path = join(packageFolder, file);
    const text = await readFile(path, "utf8");
    await writeFile(path, text.replaceAll(/((?:from|import\()\s*"\.[^"]*)\.tsx?"/g, '$1.js"'));
  }
  await Promise.all([
    copyFile(join(root, "LICENSE"), join(packageFolder, "LICENSE")),
    copyFile(join(root, "client/README.md"), join(packageFolder, "README.md")),
  ]);
  const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as Manifest;
  const content = JSON.stringify(published(manifest, await importedPackages()), undefined, 2);
  await writeFile(join(packageFolder, "package.json"), `${content}\n`);
}

/** The packages that the built code imports. */
async function importedPackages(): Promise<string[]> {
  const names = new Set<string>();
  for await (const file of glob("**/*.js", { cwd: packageFolder })) {
    const code = await readFile(join(packageFolder, file), "utf8");
    for (const [, name = ""] of code.matchAll(/^(?:import|export)\b[^;]*?from "((?:@[^/"]+\/)?[^./"][^/"]*)/gm))
      names.add(name);
  }
  return [...names].sort();
}

/** Only the entries for React and the AI SDK need these. */
const peers: Readonly<Record<string, string>> = { "@ai-sdk/react": ">=2", ai: ">=5", react: ">=18" };

function published({ name, version, license, exports, dependencies }: Manifest, imported: readonly string[]) {
  const own = imported.filter((dependency) => !Object.hasOwn(peers, dependency));
  return {
    name,
    version,
    description:
      "Realtime AI chat in the browser: rooms over WebSocket, with hooks for React and a transport for the AI SDK.",
    license,
    type: "module",
    sideEffects: false,
    engines: { node: ">=22" },
    exports: Object.fromEntries(
      Object.entries(exports).map(([entry, source]) => {
        if (source.endsWith(".json")) return [entry, source];
        const built = source.replace(/\.tsx?$/, "");
        return [entry, { types: `${built}.d.ts`, default: `${built}.js` }];
      }),
    ),
    dependencies: Object.fromEntries(own.map((dependency) => [dependency, rangeOf(dependency, dependencies)])),
    peerDependencies: peers,
    peerDependenciesMeta: Object.fromEntries(Object.keys(peers).map((peer) => [peer, { optional: true }])),
  };
}

/** What was tested, or a later one that says it is as good. */
function rangeOf(dependency: string, known: Manifest["dependencies"]): string {
  const version = known[dependency];
  if (version === undefined) throw new Error(`The package imports ${dependency}, which is no dependency.`);
  return `^${version}`;
}
