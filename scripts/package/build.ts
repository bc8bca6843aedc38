// Builds the package that is published: ESM, types and source maps by tsdown, and a manifest of its own. `npm run build` runs it.
import { copyFile, cp, glob, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "tsdown";
import { type Entry, entriesOf, packageFolder, readManifest, root } from "./entries.ts";
import { bundledNotices } from "./notices.ts";
import { publishedManifest } from "./published-manifest.ts";

/**
 * Built into the modules that need them. partyserver demands a peer that a page has no use for, and of Hono the Worker uses one
 * router in a hundred files.
 */
const bundled: readonly string[] = ["partyserver", "nanoid", "hono"];

const manifest = await readManifest();
const entries = entriesOf(manifest);
const code = join(packageFolder, "dist");
await rm(packageFolder, { recursive: true, force: true });
for (const [group, members] of Map.groupBy(entries, ({ group }) => group)) await buildGroup(group, members);
await Promise.all([
  copyFile(join(root, "LICENSE"), join(packageFolder, "LICENSE")),
  copyFile(join(root, "CHANGELOG.md"), join(packageFolder, "CHANGELOG.md")),
  copyFile(join(root, "client/README.md"), join(packageFolder, "README.md")),
  copyFile(join(root, "llms.txt"), join(packageFolder, "llms.txt")),
  cp(join(root, "docs/schema"), join(packageFolder, "schema"), { recursive: true }),
  cp(join(root, "skills"), join(packageFolder, "skills"), { recursive: true }),
  writeFile(join(packageFolder, "THIRD-PARTY.txt"), await bundledNotices(bundled)),
]);
// Last: its presence says that the build is complete.
const content = JSON.stringify(publishedManifest(manifest, entries, await importedPackages()), undefined, 2);
await writeFile(join(packageFolder, "package.json"), `${content}\n`);

async function buildGroup(group: string, members: readonly Entry[]): Promise<void> {
  await build({
    config: false,
    cwd: root,
    entry: Object.fromEntries(members.map(({ name, source }) => [name, source])),
    tsconfig: await writeTsconfig(group, members),
    outDir: code,
    clean: false,
    format: "esm",
    platform: "neutral",
    target: "es2022",
    // Names stay the same from build to build, so that the API report shows what changed and nothing else.
    hash: false,
    outputOptions: { chunkFileNames: `${group}/[name].js`, minifyInternalExports: false },
    // What bundlers for Workers ask packages for, as `neutral` asks for nothing.
    inputOptions: {
      resolve: { mainFields: ["module", "main"], conditionNames: ["workerd", "worker", "browser", "import"] },
    },
    sourcemap: true,
    dts: { sourcemap: false },
    deps: {
      alwaysBundle: [...bundled],
      onlyBundle: [...bundled],
      neverBundle: [/^cloudflare:/, /^node:/, "@cloudflare/workers-types", ...Object.keys(manifest.peerDependencies)],
    },
    suppressWarnings: [
      // The hooks of React are in entries, where the directive stays.
      "use client",
      // Of the plugin that writes the declarations: TypeScript 7.0 has no other way in, 7.1 will.
      "`tsgo` generator on TypeScript 7.0 is deprecated",
    ],
    checks: { pluginTimings: false },
    failOnWarn: true,
    logLevel: "warn",
    report: false,
  });
}

/** The compiler writes declarations of what its configuration names. @returns where the configuration is. */
async function writeTsconfig(group: string, members: readonly Entry[]): Promise<string> {
  const path = join(root, `dist/tsconfig.package-${group}.json`);
  const config = {
    extends: `../${group}/tsconfig.json`,
    compilerOptions: { rootDir: "..", noEmit: false, declaration: true },
    files: members.map(({ source }) => `../${source}`),
    include: [],
  };
  await mkdir(join(root, "dist"), { recursive: true });
  await writeFile(path, JSON.stringify(config));
  return path;
}

/** The packages that the built code imports. */
async function importedPackages(): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for await (const file of glob("**/*.js", { cwd: code })) {
    const text = await readFile(join(code, file), "utf8");
    for (const [, name = ""] of text.matchAll(
      /^(?:import|export)\b[^;]*?from "((?:@[^/"]+\/)?[^./":][^/":]*)(?=["/])/gm,
    ))
      names.add(name);
    for (const [, name = ""] of text.matchAll(/\bimport\("((?:@[^/"]+\/)?[^./":][^/":]*)(?=["/])/g)) names.add(name);
  }
  return names;
}
