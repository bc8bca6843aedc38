// `npm run check`: everything about the code that is no test. Types by every tsconfig, format and lint, dead code, bundle budgets.
import { glob } from "node:fs/promises";
import { join } from "node:path";
import { measureClient, measureWorker } from "./lib/bundle-size.ts";
import { inSeconds, type RunResult, run } from "./lib/run.ts";

const root = join(import.meta.dirname, "..");
/** What a cold start loads (design: worker) and what every page view downloads (client core with partysocket). Gzip. */
const budgets = { worker: 60 * 1024, client: 20 * 1024 };

interface Step {
  readonly name: string;
  readonly run: () => Promise<{ ok: boolean; output: string }>;
}

const steps: Step[] = [];
for await (const config of glob("**/tsconfig.json", { cwd: root, exclude: ["**/node_modules", "**/dist"] })) {
  steps.push({ name: `types ${config}`, run: () => run("tsc", ["-p", config, "--noEmit"], { quiet: true }) });
}
steps.sort((a, b) => a.name.localeCompare(b.name));
steps.push(
  { name: "format and lint", run: () => run("biome", ["ci", "--colors=off", "."], { quiet: true }) },
  { name: "lockfile (npm run lock mends it)", run: () => run("npm", ["ci", "--dry-run"], { quiet: true }) },
  { name: "dead code", run: () => run("knip", [], { quiet: true }) },
  { name: "worker bundle", run: () => measured(measureWorker, budgets.worker) },
  { name: "client bundle", run: () => measured(measureClient, budgets.client) },
);

let failed = 0;
for (const step of steps) {
  const start = performance.now();
  const { ok, output } = await step.run().catch((error: Error): Pick<RunResult, "ok" | "output"> => {
    return { ok: false, output: error.message };
  });
  const seconds = inSeconds((performance.now() - start) / 1000);
  const isMeasurement = step.name.endsWith("bundle");
  console.log(
    `${ok ? "ok  " : "FAIL"}  ${seconds.padStart(6)}  ${step.name}${isMeasurement && ok ? `: ${output}` : ""}`,
  );
  if (!ok) {
    failed += 1;
    console.log(output.trimEnd().replaceAll(/^/gm, "      "));
  }
}
console.log(failed === 0 ? "All checks passed" : `${failed} of ${steps.length} checks failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function measured(measure: () => Promise<{ raw: number; gzip: number }>, budget: number) {
  const { raw, gzip } = await measure();
  const inKib = (bytes: number) => `${(bytes / 1024).toFixed(1)} KiB`;
  const output = `${inKib(raw)} raw, ${inKib(gzip)} gzip (budget ${inKib(budget)})`;
  return { ok: gzip <= budget, output };
}
