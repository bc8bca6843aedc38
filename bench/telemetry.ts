/**
 * `npm run telemetry --prefix bench [-- pairs [rate [level]]]`: what telemetry adds to the CPU of a token through the whole gateway, on
 * workerd itself. A pair is two gateways, one with everything told (the log, all of it unless a level is named, the ring, data points, metrics with
 * the objects that count, spans) and the same Worker without telemetry, each in a process of its own on an empty disk. Both carry
 * the same load at the same time, so that what the machine does to one it does to the other: several rooms of one tab, each with
 * answers at a pace, so that a token is a read, a frame and its share of a turn's events. CPU is what Linux counted for each
 * process: everything it runs for a turn is in it, also the objects that count and the posting of data points, which are the
 * platform's own elsewhere.
 */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Serving } from "./contenders/contender.ts";
import { startOurs } from "./contenders/our-gateway.ts";
import { overSocket } from "./contenders/us-ws.ts";
import { ownWorker, ownWorkerUntold } from "./lib/bundle.ts";
import { machine } from "./lib/machine.ts";
import { cpuMsOf } from "./lib/process.ts";
import { median, quantile } from "./lib/stats.ts";
import { startUpstream } from "./lib/upstream.ts";
import type { WorkerOptions } from "./lib/workerd.ts";
import { answerTo, closeAll, type OpenTab, openTab, openTabs, warmUp } from "./scenarios/scenario.ts";

const pairs = Number(process.argv[2] ?? 20);
/** Tokens a second of each answer. */
const rate = Number(process.argv[3] ?? 200);
/** `LOG_LEVEL` of the one that tells. */
const level = process.argv[4] ?? "debug";
/** Of each gateway, with as many answers one after the other. */
const rooms = 10;
const answers = 4;
/** An answer of some paragraphs. */
const tokens = 500;
/** Telemetry may add this much. */
const budget = 0.03;
/** One that takes longer has lost an answer. */
const pairTimeoutMs = 120_000;

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

/** Takes data points and forgets them. */
async function startDataset() {
  let points = 0;
  const server = createServer((request, response) => {
    points += 1;
    request.resume().on("end", () => response.end());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  return { address: `127.0.0.1:${port}`, points: () => points, stop };
}

const upstream = await startUpstream();
const dataset = await startDataset();
const told: Partial<WorkerOptions> = {
  modules: await ownWorker(),
  vars: { LOG_LEVEL: level },
  objects: { Metrics: "Metrics" },
  datasets: { ANALYTICS: dataset.address },
};
const untold: Partial<WorkerOptions> = { modules: await ownWorkerUntold() };

interface Gateway {
  readonly serving: Serving;
  readonly tabs: readonly OpenTab[];
}

/** CPU of a token with telemetry and without, µs. @param isToldFirst which of them starts, warms up and is read first. */
async function measure(isToldFirst: boolean): Promise<{ readonly on: number; readonly off: number }> {
  const folder = await mkdtemp(join(tmpdir(), "edge-chat-bench-"));
  const started: Gateway[] = [];
  let timer: NodeJS.Timeout | undefined;
  const run = async () => {
    for (const name of isToldFirst ? (["on", "off"] as const) : (["off", "on"] as const)) {
      const options = name === "on" ? told : untold;
      const serving = overSocket(await startOurs({ upstream: upstream.url, folder: join(folder, name) }, options));
      const gateway = { serving, tabs: [] as OpenTab[] };
      started.push(gateway);
      await warmUp(serving, 4, 1_000);
      gateway.tabs.push(...(await openTabs(rooms, (index) => openTab(serving, `told-${index}`))));
      // The rooms exist, and have answered once.
      await Promise.all(gateway.tabs.map((tab) => answerTo(tab, [tab], { tokens: 50, rate })));
    }
    const before = await Promise.all(started.map(({ serving }) => cpuMsOf(serving.pid)));
    await Promise.all(started.map(({ tabs }) => load(tabs)));
    const after = await Promise.all(started.map(({ serving }) => cpuMsOf(serving.pid)));
    const [first = Number.NaN, second = Number.NaN] = after.map(
      (cpuMs, index) => ((cpuMs - (before[index] ?? 0)) * 1_000) / (rooms * answers * tokens),
    );
    return isToldFirst ? { on: first, off: second } : { on: second, off: first };
  };
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(reject, pairTimeoutMs, new Error(`a pair is not done after ${pairTimeoutMs / 1_000} s`));
  });
  try {
    return await Promise.race([run(), timeout]);
  } finally {
    clearTimeout(timer);
    await Promise.all(started.map(({ tabs }) => closeAll(tabs)));
    await Promise.all(started.map(({ serving }) => serving.stop()));
    await rm(folder, { recursive: true, force: true });
  }
}

async function load(tabs: readonly OpenTab[]): Promise<void> {
  await Promise.all(
    tabs.map(async (tab, index) => {
      // Not all at once.
      await new Promise((resolve) => setTimeout(resolve, (index * 37) % 200));
      for (let answer = 0; answer < answers; answer += 1) await answerTo(tab, [tab], { tokens, rate });
    }),
  );
}

const costs: { readonly on: number; readonly off: number }[] = [];
const percent = (share: number) => `${(share * 100).toFixed(2)} %`;
const { cpu, cores, loadBefore } = machine();
const isBusy = loadBefore > 0.5;
console.log(`${cpu}, ${cores} cores, load ${loadBefore.toFixed(1)}${isBusy ? ": not a quiet machine" : ""}`);
const startedAt = performance.now();
try {
  for (let pair = 0; pair < pairs; pair += 1) {
    const { on, off } = await measure(pair % 2 === 0);
    costs.push({ on, off });
    console.log(
      `pair ${pair + 1}  without ${off.toFixed(1)} µs, with ${on.toFixed(1)} µs  added ${percent(on / off - 1)}`,
    );
  }
} finally {
  dataset.stop();
  await upstream.stop();
}
const added = costs.map(({ on, off }) => on / off - 1);
const [without, withIt] = [median(costs.map(({ off }) => off)), median(costs.map(({ on }) => on))];
const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1);
console.log(
  `CPU of a token, ${pairs} pairs of ${rooms * answers} answers of ${tokens} tokens at ${rate}/s in ${rooms} rooms, log from ${level} on, ${minutes} minutes`,
);
console.log(`without telemetry ${without.toFixed(2)} µs, with ${withIt.toFixed(2)} µs (medians)`);
console.log(
  `added ${percent(median(added))} (median of the pairs; half of them between ${percent(quantile(added, 0.25))} and ${percent(quantile(added, 0.75))}, all between ${percent(Math.min(...added))} and ${percent(Math.max(...added))}); budget ${percent(budget)}`,
);
console.log(`${dataset.points()} posts of data points`);
process.exitCode = median(added) <= budget ? 0 : 1;
