// `node scripts/measure/limiter.ts`: how much of an upstream's capacity a tenant uses through the Limiter, and how often rooms
// ask for that. Runs the Limiter's core in simulated time; rooms arrive half as fast again as they can be served.
import { randomOf, simulateCrowd } from "../../tests/support/network/crowd.ts";

const turns = 1_000;
const more = 1.5;
const tenants = [
  { name: "limit of 1", limits: { activeTurns: 1 }, takes: 1 },
  { name: "limit of 10", limits: { activeTurns: 10 }, takes: 10 },
  { name: "limit of 100", limits: { activeTurns: 100 }, takes: 100 },
  { name: "no limit, 10 are taken", limits: {}, takes: 10 },
  { name: "limit of 200, 10 are taken", limits: { activeTurns: 200 }, takes: 10 },
] as const;

console.log("| tenant | answers of | used | asks a turn | asks a second |\n| --- | --- | --- | --- | --- |");
for (const { name, limits, takes } of tenants) {
  for (const answerMs of [20, 125, 1_000]) {
    const random = randomOf(answerMs);
    const arrivals = Array.from({ length: turns }, (_, n) => ({
      room: `r${n}`,
      at: Math.floor((n * answerMs) / takes / more),
      lastsMs: Math.round(answerMs * (0.8 + 0.4 * random())),
    }));
    const asksLate = name.startsWith("no limit");
    const { asks, endedAt } = simulateCrowd({ arrivals, limits, takes, asksLate, jitter: random });
    const used = arrivals.reduce((sum, { lastsMs }) => sum + lastsMs, 0) / takes / endedAt;
    const figures = [`${Math.round(used * 100)} %`, (asks / turns).toFixed(1), Math.round(asks / (endedAt / 1_000))];
    console.log(`| ${[name, `${answerMs} ms`, ...figures].join(" | ")} |`);
  }
}
