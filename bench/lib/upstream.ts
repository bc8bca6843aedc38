/** The backend of all contenders: built from upstream/main.ts (its decorators are no JavaScript), run in a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import { stopper } from "./process.ts";

const bench = join(import.meta.dirname, "..");
const built = join(bench, "dist/upstream.js");

export interface UpstreamProcess {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

export async function startUpstream(): Promise<UpstreamProcess> {
  await build({
    entryPoints: [join(bench, "upstream/main.ts")],
    outfile: built,
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    target: "node24",
    tsconfigRaw: { compilerOptions: { experimentalDecorators: true } },
    logLevel: "error",
  });
  const child = spawn(process.execPath, [built], { stdio: ["ignore", "pipe", "inherit"] });
  const stop = stopper(child);
  const url = await firstUrl(child);
  return {
    url,
    pid: child.pid ?? 0,
    stop,
  };
}

async function firstUrl(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("the backend has no output");
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /listening on (\S+)/.exec(line)?.[1];
    if (url !== undefined) {
      child.stdout.resume();
      return url;
    }
  }
  throw new Error("the backend ended at once");
}
