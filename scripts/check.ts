// `npm run check`: everything about the code that is no test. Types by every tsconfig, format and lint, dead code, bundle budgets.
import { glob, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { build } from "./lib/build.ts";
import { type ClientEntry, clientEntries, measureEntry } from "./lib/bundle-size.ts";
import { inSeconds, type RunResult, run } from "./lib/run.ts";
import { bundleWorker, sizeOf } from "./lib/worker-bundle.ts";
import { apiDifference } from "./package/api-report.ts";
import { packageFolder } from "./package/entries.ts";
import { protocolDifference } from "./protocol/documents.ts";

const root = join(import.meta.dirname, "..");
/** What a cold start of the Worker evaluates. Gzip. */
const workerBudget = 12 * 1024;
/** What a page downloads of the library, with partysocket and without React and the AI SDK. Gzip. */
const entryBudgets: Readonly<Record<ClientEntry, number>> = {
  // Questions of parts and answers to open calls, in every entry: limits, codes, and edits that keep files. `ask` costs half a KiB:
  // one answer as an async iterable and a promise, with typed errors.
  client: 21 * 1024,
  // The offer of the token in the WebSocket handshake costs a quarter of a KiB, a selection and a throttle a third.
  // Drafts of several closed tabs, none of which replaces another, a fifth.
  react: 24.5 * 1024,
  vue: 22 * 1024,
  svelte: 21.75 * 1024,
  // Without the client that it is used with: the fold of an answer, and its own functions.
  tools: 4 * 1024,
  upload: 2 * 1024,
  // The fold of UI message chunks, with the input of tools that is still streaming.
  "ai-sdk": 27.5 * 1024,
  "ai-sdk-react": 28 * 1024,
};

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
  { name: "worker bundle", run: measureWorker },
  ...(Object.keys(clientEntries) as ClientEntry[]).map((entry) => ({
    name: `${entry} bundle`,
    run: async () => held(await measureEntry(entry), entryBudgets[entry]),
  })),
  { name: "deploy (dry run)", run: deployDry },
  {
    name: "protocol documents (npm run protocol writes them)",
    run: async () => {
      const difference = await protocolDifference();
      return { ok: difference === undefined, output: difference ?? "" };
    },
  },
  { name: "package", run: buildPackage },
  { name: "package for publint", run: () => run("publint", ["run", packageFolder, "--strict"], { quiet: true }) },
  // `esm-only`: the package has no CommonJS, and resolvers that know no `exports` are not supported.
  {
    name: "package's types for attw",
    run: () => run("attw", ["--pack", packageFolder, "--profile", "esm-only", "--no-emoji"], { quiet: true }),
  },
  { name: "package's API (npm run api writes it)", run: apiIsRecorded },
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

/** Only what a cold start loads counts; what loads late is listed. */
async function measureWorker() {
  const { eager, lazy } = await bundleWorker();
  const { ok, output } = held(sizeOf(eager), workerBudget);
  const late = lazy.map((module) => `${module.name} ${inKib(sizeOf([module]).gzip)}`);
  const all = inKib(sizeOf([...eager, ...lazy]).gzip);
  return { ok, output: `${output}; ${all} with what comes later${late.length === 0 ? "" : `: ${late.join(", ")}`}` };
}

/** wrangler takes the settings and every module as they are. Needs no account. */
async function deployDry() {
  await mkdir(join(root, "dist/page"), { recursive: true }); // wrangler wants the page's folder, also an empty one.
  return run("wrangler", ["deploy", "--dry-run"], {
    quiet: true,
    env: { WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true", WRANGLER_WRITE_LOGS: "false" },
  });
}

async function buildPackage() {
  const [built] = await build(["package"]);
  return { ok: built?.failure === undefined, output: built?.failure ?? "" };
}

/** A change of what applications can import is made on purpose: `api/` shows it in the diff. */
async function apiIsRecorded() {
  const difference = await apiDifference();
  return { ok: difference === undefined, output: difference ?? "" };
}

function held({ raw, gzip }: { raw: number; gzip: number }, budget: number) {
  return { ok: gzip <= budget, output: `${inKib(raw)} raw, ${inKib(gzip)} gzip (budget ${inKib(budget)})` };
}

function inKib(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}
