// How large the library's entries are that pages download, each with all it brings (partysocket included) and without what a page
// has already: React or Vue. The Worker is measured in worker-bundle.ts.
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";

const root = join(import.meta.dirname, "../..");

/** By the name an application imports. */
export const clientEntries = {
  client: "client/index.ts",
  react: "client/react.tsx",
  vue: "client/vue.ts",
  svelte: "client/svelte.ts",
  tools: "client/tools.ts",
  upload: "client/upload.ts",
  "ai-sdk": "client/ai-sdk.ts",
  "ai-sdk-react": "client/ai-sdk-react.tsx",
} as const;
export type ClientEntry = keyof typeof clientEntries;

export interface BundleSize {
  readonly raw: number;
  readonly gzip: number;
}

/** All that an entry exports; who imports less gets less. */
export async function measureEntry(entry: ClientEntry): Promise<BundleSize> {
  const result = await build({
    root,
    configFile: false,
    logLevel: "error",
    build: {
      write: false,
      minify: true,
      modulePreload: false,
      rolldownOptions: {
        input: join(root, clientEntries[entry]),
        preserveEntrySignatures: "strict",
        external: [/^react($|\/)/, /^@ai-sdk\/react$/, /^ai$/, /^vue$/],
      },
    },
  });
  if (!("output" in result)) throw new Error("vite built something else than one bundle");
  const code = result.output.map((file) => (file.type === "chunk" ? file.code : "")).join("\n");
  return { raw: Buffer.byteLength(code), gzip: gzipSync(code, { level: 9 }).length };
}
