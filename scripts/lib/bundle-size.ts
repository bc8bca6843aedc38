// How large the two bundles are that others download: the Worker as wrangler would upload it, and the browser client with partysocket.
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { run } from "./run.ts";

const root = join(import.meta.dirname, "../..");

export interface BundleSize {
  readonly raw: number;
  readonly gzip: number;
}

export async function measureWorker(): Promise<BundleSize> {
  await mkdir(join(root, "dist/page"), { recursive: true }); // wrangler wants the page's folder, also an empty one.
  const folder = await mkdtemp(join(tmpdir(), "edge-chat-gateway-worker-"));
  try {
    const { ok, output } = await run("wrangler", ["deploy", "--dry-run", "--outdir", folder], {
      quiet: true,
      env: { WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true", WRANGLER_WRITE_LOGS: "false" },
    });
    if (!ok) throw new Error(output);
    return sizeOf(await readFile(join(folder, "worker.js")));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The client without React and without the page: what every user of the library gets. */
export async function measureClient(): Promise<BundleSize> {
  const result = await build({
    root,
    configFile: false,
    logLevel: "error",
    build: {
      write: false,
      minify: true,
      modulePreload: false,
      rolldownOptions: { input: join(root, "client/index.ts"), preserveEntrySignatures: "strict" },
    },
  });
  if (!("output" in result)) throw new Error("vite built something else than one bundle");
  const code = result.output.map((file) => (file.type === "chunk" ? file.code : "")).join("\n");
  return sizeOf(Buffer.from(code));
}

function sizeOf(code: Buffer): BundleSize {
  return { raw: code.length, gzip: gzipSync(code, { level: 9 }).length };
}
