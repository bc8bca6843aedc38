/**
 * Packs the built package once and installs it into an empty project outside of the repository, with no registry to reach, as
 * the suites of this folder need it.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { TestProject } from "vitest/node";
import { buildOrThrow } from "../../scripts/lib/build.ts";
import { packageFolder, root } from "../../scripts/package/entries.ts";
import { withoutRegistry } from "./project.ts";

/** What the package depends on, and last what that depends on. */
export const dependencies = ["eventsource-parser", "jose", "partysocket", "zod", "event-target-polyfill"];

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await buildOrThrow(["package", "backend"]);
  const folder = await mkdtemp(join(tmpdir(), "edge-chat-gateway-package-"));
  const run = (...args: string[]) => promisify(execFile)("npm", args, { cwd: folder, env: withoutRegistry() });
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
  const tarball = (await run("pack", packageFolder, "--silent")).stdout.trim();
  const others = dependencies.map((name) => join(root, "node_modules", name));
  const quiet = ["--offline", "--install-links", "--ignore-scripts", "--no-audit", "--no-fund"];
  await run("install", ...quiet, tarball, ...others);
  project.provide("packedProject", folder);
  project.provide("packedTarball", join(folder, tarball));
  return () => rm(folder, { recursive: true, force: true });
}
