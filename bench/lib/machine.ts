/** The machine and the versions a run was made with. */
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";
import type { Machine } from "./report/results.ts";

export function machine(): Machine {
  const { version } = createRequire(import.meta.url)("workerd") as { version: string };
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGib: totalmem() / 1_024 ** 3,
    kernel: release(),
    node: process.versions.node,
    workerd: version,
    loadBefore: loadavg()[0] ?? 0,
  };
}

export function commit(): string {
  return execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: import.meta.dirname, encoding: "utf8" }).trim();
}
