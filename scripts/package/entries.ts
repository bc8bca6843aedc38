/**
 * The entries of the published package. The one list of them is `exports` in the repository's package.json, which names the
 * source of each; the build, the published manifest, the API report and the size table are made from it.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

export const root = join(import.meta.dirname, "../..");
/** What `npm pack` and `npm publish` take. */
export const packageFolder = join(root, "dist/package");

/** The repository's manifest, as far as it is published. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly keywords: readonly string[];
  readonly homepage: string;
  readonly bugs: { readonly url: string };
  readonly repository: { readonly type: string; readonly url: string };
  readonly exports: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional: boolean }>>;
}

export interface Entry {
  /** What an application imports, without the package's name: `edge/vercel`. */
  readonly name: string;
  /** `edge/vercel.ts` */
  readonly source: string;
  /** Entries of one group are compiled by one tsconfig and share modules: `client`, `edge`, `server`. */
  readonly group: string;
}

export async function readManifest(): Promise<Manifest> {
  return JSON.parse(await readFile(join(root, "package.json"), "utf8")) as Manifest;
}

export function entriesOf({ exports }: Pick<Manifest, "exports">): Entry[] {
  return Object.entries(exports)
    .filter(([, source]) => /\.tsx?$/.test(source))
    .map(([path, source]) => ({ name: path.slice(2), source: source.slice(2), group: groupOf(source.slice(2)) }));
}

/** The wire is compiled with the client, for which it is as small. */
function groupOf(source: string): string {
  const [folder = ""] = source.split("/");
  return folder === "shared" ? "client" : folder;
}
