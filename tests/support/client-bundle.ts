// The browser library as one script, for tests that want it in a page without the page: `EdgeChat.ChatClient` is its client.
import { join } from "node:path";
import { build } from "vite";

const root = join(import.meta.dirname, "../..");

/** @param entry a module with more or other exports */
export async function bundleClient(entry = join(root, "client/index.ts")): Promise<string> {
  const built = await build({
    root,
    configFile: false,
    logLevel: "error",
    build: { write: false, lib: { entry, formats: ["iife"], name: "EdgeChat" } },
  });
  const [bundle] = Array.isArray(built) ? built : [built];
  const chunk = bundle !== undefined && "output" in bundle ? bundle.output[0] : undefined;
  if (chunk?.type !== "chunk") throw new Error("vite built something else than one script");
  return chunk.code;
}
