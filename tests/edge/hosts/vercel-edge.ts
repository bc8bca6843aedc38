/** Runs the example's edge function in Vercel's own edge runtime (npm `edge-runtime`): an isolated context with web globals only. */
import { join } from "node:path";
import { EdgeRuntime, runServer } from "edge-runtime";
import { build } from "esbuild";

const root = join(import.meta.dirname, "../../..");
/** Another function than the example's, with the same form. */
const file = process.argv[2] ?? "examples/vercel/api/chat-edge.js";

const { outputFiles } = await build({
  stdin: {
    contents: `import handler from "./${file}"; addEventListener("fetch", (event) => event.respondWith(handler(event.request, { waitUntil: (work) => event.waitUntil(work) })));`,
    resolveDir: root,
  },
  bundle: true,
  format: "iife",
  write: false,
});
const runtime = new EdgeRuntime({
  initialCode: outputFiles[0]?.text ?? "",
  // What a deployment has: the project's environment variables.
  extend: (context) => Object.assign(context, { process: { env: { ...process.env } } }),
});
const server = await runServer({ runtime, host: "127.0.0.1", port: 0 });
console.log(`ready on ${new URL(server.url).origin}`);
