// `npm run test:kill -- --rounds N [--seed S]`: the kill test for as long as wanted. SIGKILL on the gateway's runtime in every phase of a
// turn, a restart, and the exact text or a failure with the seed that repeats it. Consecutive rounds have consecutive seeds.
import { parseArgs } from "node:util";
import { describeRound, KillStage, type RoundResult, repeatCommand, waveSize } from "../tests/support/kill/kill.ts";
import { allPhases } from "../tests/support/kill/kill-plan.ts";
import { buildOrThrow } from "./lib/build.ts";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "8" }, seed: { type: "string" } },
});
const rounds = numberOf("rounds", values.rounds);
const seed = values.seed === undefined ? Math.floor(Math.random() * 1e9) : numberOf("seed", values.seed);

await buildOrThrow(["backend", "page"]);
console.log(`${rounds} rounds from seed ${seed}`);
const results: RoundResult[] = [];
const restarts: number[] = [];
const startedAt = performance.now();
const stage = await KillStage.start();
try {
  for (let from = seed; from < seed + rounds; from += waveSize) {
    const seeds = Array.from({ length: Math.min(waveSize, seed + rounds - from) }, (_, index) => from + index);
    const wave = await stage.run(seeds);
    for (const result of wave.results) {
      console.log(describeRound(result));
      // A kill of neighbours may be part of it: the wave again as it was.
      if (result.problems.length > 0) {
        console.log(`  repeat: ${repeatCommand(result)}, in its wave: --rounds ${seeds.length} --seed ${from}`);
      }
    }
    results.push(...wave.results);
    restarts.push(...wave.restartMs);
  }
} finally {
  await stage.stop();
}
summarize();
process.exitCode = results.every(({ problems }) => problems.length === 0) ? 0 : 1;

function summarize(): void {
  const row = (cells: readonly (string | number)[]) =>
    console.log(cells.map((cell, index) => (index === 0 ? `${cell}`.padEnd(24) : `${cell}`.padStart(10))).join(""));
  const sync = (of: readonly RoundResult[]) => figures(of.flatMap(({ syncMs }) => syncMs ?? []));
  const grow = (of: readonly RoundResult[]) => figures(of.flatMap(({ growMs }) => growMs ?? []));
  const failed = (of: readonly RoundResult[]) => of.filter(({ problems }) => problems.length > 0).length;
  console.log(`\nms from SIGKILL to a tab in step with its room, and to an answer that grows; p50 and p95`);
  row(["phase", "rounds", "share", "in phase", "passed", "failed", "step p50", "step p95", "grow p50", "grow p95"]);
  for (const [name, of] of [
    ...allPhases.map((phase) => [phase, results.filter((result) => result.phase === phase)] as const),
    ["all", results] as const,
  ]) {
    const inPhase = of.filter(({ isInPhase }) => isInPhase).length;
    const share = `${Math.round((100 * of.length) / results.length)} %`;
    row([name, of.length, share, inPhase, of.length - failed(of), failed(of), ...sync(of), ...grow(of)]);
  }
  const [p50, p95] = figures(restarts);
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  console.log(`restart: p50 ${p50} ms, p95 ${p95} ms of ${restarts.length} kills; ${seconds} s in all`);
  const seeds = results.filter(({ problems }) => problems.length > 0).map((result) => result.seed);
  console.log(seeds.length === 0 ? `${results.length} passed, 0 failed` : `failed seeds: ${seeds.join(" ")}`);
}

function figures(times: readonly number[]): [number | string, number | string] {
  if (times.length === 0) return ["", ""];
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0);
  return [at(0.5), at(0.95)];
}

function numberOf(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} ${text}: a whole number from 1 on`);
  return value;
}
