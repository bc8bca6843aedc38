/**
 * `npm run simulate [-- --rooms n --shards n --active n --seed n]`: a million rooms in ten minutes, with the shipped Limiter,
 * turn queue and agenda. Writes results.json, results.md and results.svg for docs/scale.md; with options it only prints.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { lineChart } from "../lib/report/line-chart.ts";
import { table } from "../lib/report/table.ts";
import { dip, rush, type SimulationResult, simulate } from "./simulation.ts";

const { values } = parseArgs({
  options: {
    rooms: { type: "string", default: "1000000" },
    shards: { type: "string", default: "64" },
    active: { type: "string", default: "30000" },
    seed: { type: "string", default: "1" },
  },
});
const isDefault = process.argv.length === 2;
const [rooms, shards, activeTurns, seed] = [values.rooms, values.shards, values.active, values.seed].map(Number) as [
  number,
  number,
  number,
  number,
];

const startedAt = performance.now();
const result = simulate({ seed, rooms, shards, activeTurns });
const report = reportOf(result);
console.log(report);
console.log(
  `${((performance.now() - startedAt) / 1_000).toFixed(0)} s; ${result.limiterUsPerCall.toFixed(1)} µs a call in the Limiter's code`,
);
if (isDefault) {
  const at = (name: string) => join(import.meta.dirname, name);
  // The files must not depend on the machine, so its time in the Limiter's code is left out.
  const { limiterUsPerCall: _, ...same } = result;
  await writeFile(at("results.json"), `${JSON.stringify({ seed, rooms, shards, activeTurns, ...same })}\n`);
  await writeFile(at("results.md"), `${report}\n`);
  await writeFile(at("results.svg"), plotOf(result));
}

function reportOf(of: SimulationResult): string {
  const whole = (value: number) => Math.round(value).toLocaleString("en");
  const inSeconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
  return table(
    [`${whole(rooms)} rooms, ${shards} shards, ${whole(activeTurns)} turns at a time, seed ${seed}`, ""],
    [
      ["turns, and those that did not end", `${whole(of.turns)}, ${whole(of.unsettled)}`],
      ["most arrivals in a second", whole(Math.max(...of.seconds.map(({ arrivals }) => arrivals)))],
      ["begun at once", `${(of.grantedAtOnce * 100).toFixed(1)} %`],
      [
        "wait p50, p95, p99, longest",
        [of.waitMs.p50, of.waitMs.p95, of.waitMs.p99, of.waitMs.max].map(inSeconds).join(", "),
      ],
      ["most calls to the backend at a time", whole(Math.max(...of.seconds.map(({ running }) => running)))],
      ["refused by the backend (429)", whole(of.refused)],
      ["leases beyond a shard's share", whole(of.overshoot)],
      ["calls to the Limiter, a turn", of.limiterCallsPerTurn.toFixed(2)],
      ["most calls to one shard in a second", whole(of.mostCallsASecondOfAShard)],
      ["longest queue in one shard", whole(of.mostWaitingInAShard)],
      ["alarms set and rung, a turn", `${of.alarmsSetPerTurn.toFixed(2)}, ${of.alarmsRungPerTurn.toFixed(2)}`],
    ],
  ).join("\n");
}

function plotOf({ seconds }: SimulationResult): string {
  return lineChart({
    title: `${rooms.toLocaleString("en")} rooms ask within ten minutes`,
    x: { label: "minutes", values: seconds.map((_, index) => index / 60) },
    bands: [
      { label: "rush", from: rush.from / 60_000, to: rush.until / 60_000 },
      { label: "backend takes 70 %", from: dip.from / 60_000, to: dip.until / 60_000 },
    ],
    lines: [
      { label: "turns that run", color: "#d9480f", values: seconds.map(({ running }) => running) },
      { label: "turns that wait", color: "#1971c2", values: seconds.map(({ waiting }) => waiting) },
      { label: "arrivals a second", color: "#868e96", values: seconds.map(({ arrivals }) => arrivals) },
    ],
  });
}
