/** A contender's Worker as modules for workerd. */
import { join, relative } from "node:path";
import { build, type Plugin } from "esbuild";
import { bundleWorker, type WorkerBundle } from "../../scripts/lib/worker-bundle.ts";

const bench = join(import.meta.dirname, "..");
const made = new Map<string, Promise<ReadonlyMap<string, string>>>();

/** A profile is read by people: functions keep their names. */
const isReadable = process.env["BENCH_INSPECT"] !== undefined;

/** The Worker of `workers/<name>.ts`, in one module. Built once. */
export function workerOf(name: string): Promise<ReadonlyMap<string, string>> {
  return once(name, () => oneModule(join(bench, "workers", `${name}.ts`)));
}

async function oneModule(entry: string): Promise<ReadonlyMap<string, string>> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: !isReadable,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:workers", "cloudflare:sockets", "cloudflare:workflows", "node:*"],
    alias: {
      // With `nodejs_compat` these come from the runtime, under their full names.
      ...Object.fromEntries(nodeModules.map((module) => [module, `node:${module}`])),
      "cloudflare:email": join(bench, "workers/no-email.ts"),
    },
    define: { "process.env.NODE_ENV": '"production"' },
    write: false,
    logLevel: "error",
  });
  return new Map([["worker.js", outputFiles[0]?.text ?? ""]]);
}

const nodeModules = ["async_hooks", "buffer", "crypto", "events", "path", "process", "stream", "url", "util"];

/** This project's Worker, as it is deployed; the entry comes first. */
export function ownWorker(): Promise<ReadonlyMap<string, string>> {
  return once("our own", async () => {
    if (isReadable) return oneModule(join(bench, "../party/worker.ts"));
    return modulesOf(await bundleWorker());
  });
}

/** The same without telemetry: no sink, no metrics, no span. There is no setting for that, so the code is left out. */
export function ownWorkerUntold(): Promise<ReadonlyMap<string, string>> {
  return once("our own, untold", async () => modulesOf(await bundleWorker([withoutTelemetry])));
}

/** In place of a module of the gateway, one that does nothing. */
const nothings: Readonly<Record<string, string>> = {
  "party/telemetry/sink.ts": "export const reporter = () => () => undefined;",
  "party/http/observe-request.ts": "export const observed = (request, _env, _context, answer) => answer(request);",
};

const withoutTelemetry: Plugin = {
  name: "without-telemetry",
  setup({ onLoad, onEnd }) {
    const missing = new Set(Object.keys(nothings));
    onLoad({ filter: /\/party\/.*\.ts$/ }, ({ path }) => {
      const name = relative(join(bench, ".."), path);
      missing.delete(name);
      const contents = nothings[name];
      return contents === undefined ? undefined : { contents, loader: "js" };
    });
    // Something has moved: what is left of it would be measured as off.
    onEnd(() => (missing.size === 0 ? {} : { errors: [{ text: `no ${[...missing].join(", ")}` }] }));
  },
};

/** The entry comes first. */
function modulesOf({ eager, lazy }: WorkerBundle): ReadonlyMap<string, string> {
  const modules = [...eager, ...lazy];
  const isEntry = ({ name }: { name: string }) => name === "worker.js";
  return new Map(
    [...modules.filter(isEntry), ...modules.filter((module) => !isEntry(module))].map(({ name, code }) => [name, code]),
  );
}

function once(name: string, make: () => Promise<ReadonlyMap<string, string>>): Promise<ReadonlyMap<string, string>> {
  const known = made.get(name) ?? make();
  made.set(name, known);
  return known;
}
