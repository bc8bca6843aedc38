/** Serves examples/ai-sdk built against the hooks of `ai` 5, 6 and 7, for tests in a browser. */
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, type PreviewServer, preview } from "vite";

const root = join(import.meta.dirname, "../..");
const inRoot = (path: string) => join(root, "node_modules", path);
/** By the SDK's version: its hook, and the `ai` that the hook brings. */
const aliases: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "ai 5": { "@ai-sdk/react": inRoot("ai-sdk-react5"), ai: inRoot("ai-sdk-react5/node_modules/ai") },
  "ai 6": { "@ai-sdk/react": inRoot("ai-sdk-react6"), ai: inRoot("ai-sdk-react6/node_modules/ai") },
  "ai 7": {},
};

export const hookVersions: readonly string[] = Object.keys(aliases);

export interface ServedHooks {
  /** Where the app of a version is, with its settings in the query. */
  address(version: string, query: Readonly<Record<string, string>>): string;
  close(): Promise<void>;
}

export async function serveHooks(): Promise<ServedHooks> {
  const sites = new Map<string, { readonly site: PreviewServer; readonly folder: string }>();
  for (const version of hookVersions) sites.set(version, await serveApp(aliases[version] ?? {}));
  return {
    address: (version, query) => {
      const served = sites.get(version);
      if (served === undefined) throw new Error(`no app is served for ${version}`);
      const { port } = served.site.httpServer.address() as AddressInfo;
      return `http://127.0.0.1:${port}/?${new URLSearchParams(query)}`;
    },
    close: async () => {
      for (const { site, folder } of sites.values()) {
        await site.close();
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

async function serveApp(alias: Readonly<Record<string, string>>) {
  const folder = await mkdtemp(join(tmpdir(), "edge-chat-gateway-hooks-"));
  const configFile = join(root, "examples/ai-sdk/vite.config.ts");
  const mode = "development";
  await build({
    configFile,
    mode,
    logLevel: "error",
    resolve: { alias: { ...alias }, dedupe: ["react", "react-dom"] },
    build: { outDir: folder, minify: false },
  });
  const site = await preview({
    configFile,
    mode,
    logLevel: "error",
    build: { outDir: folder },
    preview: { port: 0, host: "127.0.0.1" },
  });
  return { site, folder };
}
