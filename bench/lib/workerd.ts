/**
 * A contender's Worker on workerd itself: no dev server, no proxy between it and the socket, so that what the process uses is what
 * the contender uses. The runtime is the project's own copy, the same for all.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { stopper } from "./process.ts";

export interface WorkerOptions {
  /** Modules by name; the first is the entry. */
  readonly modules: ReadonlyMap<string, string>;
  readonly flags?: readonly string[];
  readonly vars: Readonly<Record<string, string>>;
  /** Classes of objects by the name of their binding. */
  readonly objects?: Readonly<Record<string, string>>;
  /** Datasets of Analytics Engine by the name of their binding: where the runtime posts their points, `host:port`. */
  readonly datasets?: Readonly<Record<string, string>>;
}

export interface Workerd {
  readonly pid: number;
  readonly url: string;
  /** Where the objects' databases are. */
  readonly storage: string;
  /** Of the inspector, when `BENCH_INSPECT` asks for one. */
  readonly inspector: string | undefined;
  stop(): Promise<void>;
}

export const compatibilityDate = "2026-11-01";
const readyTimeoutMs = 30_000;

/** @param folder of this run alone: its modules and its storage. */
export async function startWorkerd(options: WorkerOptions, folder: string): Promise<Workerd> {
  const storage = join(folder, "storage");
  await mkdir(storage, { recursive: true });
  const names = [...options.modules.keys()];
  for (const [index, code] of [...options.modules.values()].entries())
    await writeFile(join(folder, `${index}.js`), code);
  const config = join(folder, "config.capnp");
  await writeFile(config, capnp(options, names, storage));
  const isInspected = process.env["BENCH_INSPECT"] !== undefined;
  const child = spawn(
    binary(),
    [
      ...["serve", "--experimental", "--control-fd=3", config],
      ...(isInspected ? ["--inspector-addr=127.0.0.1:0"] : []),
    ],
    { stdio: ["ignore", "ignore", "pipe", "pipe"] },
  );
  const output: string[] = [];
  if (child.stderr !== null) createInterface({ input: child.stderr }).on("line", (line) => output.push(line));
  const stop = stopper(child);
  try {
    const ports = await listening(child, isInspected ? ["http", "inspector"] : ["http"]);
    const inspector = ports.get("inspector");
    return {
      pid: child.pid ?? 0,
      url: `http://127.0.0.1:${ports.get("http")}`,
      storage,
      inspector: inspector === undefined ? undefined : `127.0.0.1:${inspector}`,
      stop,
    };
  } catch (error) {
    await stop();
    throw new Error([`workerd: ${String(error)}`, ...output].join("\n"));
  }
}

/** The ports, by socket, once all of `wanted` are open. https://github.com/cloudflare/workerd: `--control-fd` */
async function listening(child: ChildProcess, wanted: readonly string[]): Promise<Map<string, number>> {
  const ports = new Map<string, number>();
  const control = child.stdio[3] as Readable;
  const timer = setTimeout(() => control.destroy(new Error("not up in time")), readyTimeoutMs);
  try {
    for await (const line of createInterface({ input: control })) {
      const said = JSON.parse(line) as { event: string; socket?: string; port?: number };
      if (said.port !== undefined)
        ports.set(said.event === "listen-inspector" ? "inspector" : (said.socket ?? ""), said.port);
      if (wanted.every((name) => ports.has(name))) return ports;
    }
  } finally {
    clearTimeout(timer);
  }
  throw new Error("ended at once");
}

let found: string | undefined;
/** The runtime that wrangler brings: other packages bring their own versions. Its main export is the path of its binary. */
function binary(): string {
  const { resolve } = createRequire(import.meta.url);
  found ??= (createRequire(resolve("wrangler"))("workerd") as { default: string }).default;
  return found;
}

function capnp(options: WorkerOptions, names: readonly string[], storage: string): string {
  const { vars, flags = [], objects = {}, datasets = {} } = options;
  const text = JSON.stringify;
  const classes = [...new Set(Object.values(objects))];
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "internet", network = (allow = ["public", "private"])),
    (name = "storage", disk = (path = ${text(storage)}, writable = true)),
    ${Object.entries(datasets)
      .map(([name, address]) => `(name = ${text(name)}, external = (address = ${text(address)}, http = ())),`)
      .join("\n    ")}
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [${names.map((name, index) => `(name = ${text(name)}, esModule = embed ${text(`${index}.js`)})`).join(", ")}],
  compatibilityDate = ${text(compatibilityDate)},
  compatibilityFlags = [${flags.map((flag) => text(flag)).join(", ")}],
  durableObjectNamespaces = [${classes.map((name) => `(className = ${text(name)}, uniqueKey = ${text(name)}, enableSql = true)`).join(", ")}],
  durableObjectStorage = (localDisk = "storage"),
  bindings = [
    ${[
      ...Object.entries(vars).map(([name, value]) => `(name = ${text(name)}, text = ${text(value)})`),
      ...Object.entries(objects).map(([name, of]) => `(name = ${text(name)}, durableObjectNamespace = ${text(of)})`),
      ...Object.keys(datasets).map((name) => `(name = ${text(name)}, analyticsEngine = ${text(name)})`),
    ].join(",\n    ")}
  ],
);
`;
}
