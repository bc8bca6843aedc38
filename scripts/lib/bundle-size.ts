// How large the browser client with partysocket is, which others download. The Worker is measured in worker-bundle.ts.
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";

const root = join(import.meta.dirname, "../..");

export interface BundleSize {
  readonly raw: number;
  readonly gzip: number;
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
  return { raw: Buffer.byteLength(code), gzip: gzipSync(code, { level: 9 }).length };
}
