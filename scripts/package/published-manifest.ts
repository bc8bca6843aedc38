// The manifest that is published, made from the repository's: without what only the repository needs, with built entries.
import type { Entry, Manifest } from "./entries.ts";

/** @param imported the packages that the built code imports. Every one must be a dependency or a peer. */
export function publishedManifest(manifest: Manifest, entries: readonly Entry[], imported: ReadonlySet<string>) {
  const { name, version, description, license, keywords, homepage, bugs, repository } = manifest;
  const { dependencies, peerDependencies, peerDependenciesMeta } = manifest;
  const own = [...imported].filter((dependency) => !Object.hasOwn(peerDependencies, dependency)).sort();
  const unknown = own.filter((dependency) => !Object.hasOwn(dependencies, dependency));
  if (unknown.length > 0) {
    throw new Error(`The package imports ${unknown.join(", ")}: add it to dependencies or peerDependencies.`);
  }
  const built = entries.map(({ name: entry }) => [
    `./${entry}`,
    { types: `./dist/${entry}.d.ts`, default: `./dist/${entry}.js` },
  ]);
  return {
    ...{ name, version, description, license, keywords, homepage, bugs, repository },
    type: "module",
    // It defines what React Native lacks, so it counts although nothing is imported from it.
    sideEffects: ["./dist/react-native.js"],
    engines: { node: ">=20" },
    files: ["dist", "schema", "skills", "llms.txt", "CHANGELOG.md", "THIRD-PARTY.txt"],
    exports: { ...Object.fromEntries(built), "./schema/*.json": "./schema/*.json", "./package.json": "./package.json" },
    // What was tested, or a later one that says it is as good.
    dependencies: Object.fromEntries(own.map((dependency) => [dependency, `^${dependencies[dependency]}`])),
    peerDependencies,
    peerDependenciesMeta,
    publishConfig: { access: "public", provenance: true },
  };
}
