// `node scripts/measure/cold-start.ts [rounds]`: a cold start of the gateway's Worker against one of an empty Worker: a request for a
// Worker that runs nowhere yet, until the first byte of its answer, in a fresh isolate of a running workerd. Taken in turns in one
// run. The CPU of workerd is what holds on a busy machine (Linux tells it); the time is that of the clock.
//
// Each isolate is handed its modules anew, which copies every byte of them and is no part of a real start. So what is compared with is
// an empty Worker that carries as many bytes as the gateway, in a text that it never reads.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { build } from "esbuild";
import { startWorker } from "../lib/local-processes.ts";
import { bundleWorker, sizeOf, type WorkerModule } from "../lib/worker-bundle.ts";

const rounds = Number(process.argv[2] ?? 200);
/** Starts in a row of one Worker: the clock of the CPU counts in steps of 10 ms. */
const inARow = 25;
const root = join(import.meta.dirname, "../..");

type Modules = Readonly<Record<string, string | { readonly text: string }>>;

interface Start {
  readonly modules: Modules;
  /** The first request, and what it is answered with. */
  readonly path: string;
  readonly status: number;
}

interface Figures {
  readonly cold: number[];
  cpuMs: number;
  warmCpuMs: number;
}

const { eager, lazy } = await bundleWorker();
const all = [...eager, ...lazy];
const empty = 'export default { fetch: () => new Response("ok") };';
const health = { path: "/health", status: 200 };
/** No object is there to go on to: refused at the last step before one, with all evaluated that the way there takes. */
const room = { path: "/parties/chat/no%20room", status: 400 };

const compared = "an empty Worker of as many bytes";
const starts: Readonly<Record<string, Start>> = {
  "an empty Worker": { modules: { "worker.js": empty }, ...health },
  [compared]: { modules: { "worker.js": empty, "bytes.txt": { text: " ".repeat(sizeOf(all).raw) } }, ...health },
  "the gateway": { modules: codeOf(all), ...health },
  "the gateway, compiled and not evaluated": { modules: { ...inFolder(all), "worker.js": empty }, ...health },
  "the gateway without what loads late": { modules: codeOf(eager), ...health },
  "the gateway in one file": { modules: { "worker.js": await oneFile() }, ...health },
  "the gateway, asked for a room": { modules: codeOf(all), ...room },
  "the same, and what is inside a room": { modules: withRoom(), ...room },
};

const host = await startWorker({ name: "host", config: join(import.meta.dirname, "cold-start/wrangler.jsonc") });
try {
  for (const [name, { modules, path }] of Object.entries(starts)) {
    const kept = { modules, path, mainModule: "worker.js", env: { AUTH: "none", NEST_BASE: "http://127.0.0.1:9" } };
    await fetch(urlOf(name), { method: "PUT", body: JSON.stringify(kept) });
    await firstByte(name, "warm-up");
  }
  const figures = new Map<string, Figures>();
  for (let round = 0; round < rounds; round += inARow) {
    for (const name of Object.keys(starts)) {
      const known = figures.get(name) ?? { cold: [], cpuMs: 0, warmCpuMs: 0 };
      figures.set(name, known);
      const before = await cpuMs();
      for (let n = round; n < round + inARow; n += 1) known.cold.push(await firstByte(name, String(n)));
      const between = await cpuMs();
      for (let n = round; n < round + inARow; n += 1) await firstByte(name, String(n));
      known.cpuMs += between - before;
      known.warmCpuMs += (await cpuMs()) - between;
    }
  }
  const base = figures.get(compared);
  for (const [name, { cold, cpuMs, warmCpuMs }] of figures) {
    const [cpu, warm] = [cpuMs / cold.length, warmCpuMs / cold.length];
    console.log(
      [
        name.padEnd(40),
        `CPU ${cpu.toFixed(1)} ms (warm ${warm.toFixed(1)})`,
        `${(cpuMs / (base?.cpuMs ?? Number.NaN)).toFixed(2)} x`,
        `first byte p50 ${median(cold).toFixed(1)} ms`,
        `${(median(cold) / median(base?.cold ?? [])).toFixed(2)} x`,
      ].join("  "),
    );
  }
} finally {
  await host.stop();
}

function urlOf(name: string): string {
  return `${host.url}/${encodeURIComponent(name)}`;
}

async function firstByte(name: string, isolate: string): Promise<number> {
  const started = performance.now();
  const response = await fetch(`${urlOf(name)}?isolate=${isolate}`);
  const taken = performance.now() - started;
  if (response.status !== starts[name]?.status) throw new Error(`${name}: ${response.status} ${await response.text()}`);
  await response.body?.cancel();
  return taken;
}

/** What workerd has used so far; every process of the part that is called so. Fields of proc_pid_stat(5). */
async function cpuMs(): Promise<number> {
  let ticks = 0;
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ""); // Ended meanwhile.
    const [, , group, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (Number(group) !== host.pid || !stat.includes("(workerd)")) continue;
    ticks += Number(fields[8]) + Number(fields[9]);
  }
  return ticks * 10;
}

function codeOf(modules: readonly WorkerModule[]): Record<string, string> {
  return Object.fromEntries(modules.map(({ name, code }) => [name, code]));
}

/** Beside an entry of another's. */
function inFolder(modules: readonly WorkerModule[]): Record<string, string> {
  return Object.fromEntries(modules.map(({ name, code }) => [`gateway/${name}`, code]));
}

/** The isolate in which the room's object starts as well. */
function withRoom(): Modules {
  const inside = lazy.find(({ sources }) => sources.includes("party/objects/chat-room-host.ts"));
  const entry = `
    import gateway from "./gateway/worker.js";
    export default {
      async fetch(request, env, context) {
        await import("./gateway/${inside?.name}");
        return gateway.fetch(request, env, context);
      },
    };`;
  return { ...inFolder(all), "worker.js": entry };
}

/** As wrangler would bundle it: `import()` is evaluated late, and loaded with the rest. */
async function oneFile(): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ["party/worker.ts"],
    bundle: true,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*"],
    minify: true,
    write: false,
  });
  return outputFiles[0]?.text ?? "";
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
