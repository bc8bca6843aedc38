/**
 * `npm run bench [-- --quick] [--rounds n] [--scenarios a,b] [--contenders a,b]`: every contender in every scenario, and the report;
 * a whole run also writes the parts of pages that quote it (lib/pages.ts).
 * A quick run and a choice of scenarios or contenders are printed and not written: what is recorded is of whole runs.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { contenders } from "./contenders/all.ts";
import { commit, machine } from "./lib/machine.ts";
import { headlinePlot } from "./lib/report/headline-plot.ts";
import { writePages } from "./lib/report/pages.ts";
import { reportOf } from "./lib/report/report.ts";
import type { Results } from "./lib/report/results.ts";
import { runPlan } from "./lib/run.ts";
import { startUpstream } from "./lib/upstream.ts";
import { measureFold } from "./micro/fold-result.ts";
import { scenarios } from "./scenarios/all.ts";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    rounds: { type: "string" },
    scenarios: { type: "string" },
    contenders: { type: "string" },
  },
});
const isQuick = options.quick;
const rounds = Number(options.rounds ?? (isQuick ? 1 : 3));

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

const chosenContenders = chosen(contenders, options.contenders);
const chosenScenarios = chosen(scenarios({ isQuick }), options.scenarios);
const before = machine();
const startedAt = performance.now();
const upstream = await startUpstream();
const result = await runPlan(
  {
    contenders: chosenContenders,
    scenarios: chosenScenarios,
    rounds,
    timeoutMs: isQuick ? 30_000 : 90_000,
    onRun: (line) => console.log(line),
  },
  upstream,
).finally(() => upstream.stop());
const isWhole = options.scenarios === undefined && options.contenders === undefined;
const results: Results = {
  date: new Date().toISOString(),
  commit: commit(),
  isQuick,
  minutes: (performance.now() - startedAt) / 60_000,
  machine: before,
  contenders: chosenContenders.map(({ id, label, about, isOurs, lacks }) => ({
    id,
    label,
    about,
    lacks,
    ...(isOurs && { isOurs }),
  })),
  scenarios: isWhole ? [...result, measureFold(rounds)] : result,
};
const report = reportOf(results);
if (isQuick || !isWhole) console.log(`\n${report}`);
else {
  const at = (name: string) => join(import.meta.dirname, name);
  await writeFile(at("results.json"), `${JSON.stringify(results, null, 1)}\n`);
  await writeFile(at("results.md"), report);
  await writeFile(at("results.svg"), headlinePlot(results));
  await writePages(results);
  console.log(`\nbench/results.md, .json and .svg, after ${results.minutes.toFixed(1)} minutes`);
}

function chosen<T extends { readonly id: string }>(all: readonly T[], names: string | undefined): readonly T[] {
  if (names === undefined) return all;
  return names.split(",").map((name) => {
    const found = all.find(({ id }) => id === name);
    if (found === undefined) throw new Error(`no ${name}; there are: ${all.map(({ id }) => id).join(", ")}`);
    return found;
  });
}
