// Many gateways from one build of the Worker. Otherwise each `wrangler dev` builds it anew, in the folder that the others read.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bundleWorker, writeWorker } from "./worker-bundle.ts";

const root = join(import.meta.dirname, "../..");
/** In the root folder, so that its relative paths mean what they mean in wrangler.jsonc. */
const fileName = "wrangler.built.json";
/** Names the configuration to processes that are started from here. */
const variable = "BUILT_WORKER_CONFIG";

/** Builds the Worker. Gateways that are started later, from this process or one below it, run it as it is then. */
export async function writeBuiltWorker(): Promise<void> {
  await writeWorker(await bundleWorker());
  const config = await readFile(join(root, "wrangler.jsonc"), "utf8");
  const withoutBuild = config.replace(/^\s*"build": \{.*\},$/m, "");
  if (withoutBuild === config) throw new Error('wrangler.jsonc has no line with its "build"');
  await writeFile(join(root, fileName), withoutBuild);
  process.env[variable] = join(root, fileName);
}

/** The configuration of the Worker that `writeBuiltWorker` has built, if it has. */
export const builtWorkerConfig = (): string | undefined => process.env[variable];

/** The environment of a process that builds its own Worker, as a user's does. */
export const ownBuild: Readonly<Record<string, undefined>> = { [variable]: undefined };
