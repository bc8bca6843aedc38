/**
 * `npm run profile --prefix bench -- <contender> <scenario>`: one run under workerd's CPU profiler. Writes a .cpuprofile for DevTools
 * or an editor, and prints who spends the time. Figures of such a run are no measurement: functions keep their names, and sampling costs.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

process.env["BENCH_INSPECT"] = "yes";
const { contenders } = await import("./contenders/all.ts");
const { selfTimes, startProfiler } = await import("./lib/profiler.ts");
const { startUpstream } = await import("./lib/upstream.ts");
const { scenarios } = await import("./scenarios/all.ts");

const [contenderId = "us-ws", scenarioId = "burst"] = process.argv.slice(2);
const contender = contenders.find(({ id }) => id === contenderId);
const scenario = scenarios({ isQuick: true }).find(({ id }) => id === scenarioId);
if (contender === undefined || scenario === undefined) throw new Error("usage: profile.ts <contender> <scenario>");

const folder = await mkdtemp(join(tmpdir(), "edge-chat-bench-"));
const upstream = await startUpstream();
try {
  const serving = await contender.start({ upstream: upstream.url, upstreamPid: upstream.pid, folder });
  if (serving.inspector === undefined) throw new Error(`${contender.label} has no workerd of its own`);
  const profiler = await startProfiler(serving.inspector);
  const figures = await scenario.run(serving);
  const profile = await profiler.stop();
  await serving.stop();
  const file = join(import.meta.dirname, "dist", `${contenderId}-${scenarioId}.cpuprofile`);
  await mkdir(join(import.meta.dirname, "dist"), { recursive: true });
  await writeFile(file, JSON.stringify(profile));
  console.log(file);
  console.log(figures);
  for (const { name, share } of selfTimes(profile).slice(0, 40)) {
    console.log(`${(share * 100).toFixed(1).padStart(5)} %  ${name}`);
  }
} finally {
  await upstream.stop();
  await rm(folder, { recursive: true, force: true });
}
process.exit();
