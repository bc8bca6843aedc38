// The bridge as one file for each platform without Durable Objects, put where its example imports it: the folder can then be copied
// and deployed as it is.
import { join } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "../..");

export async function bundleEdges(): Promise<void> {
  for (const platform of ["vercel", "netlify"]) {
    await build({
      absWorkingDir: root,
      entryPoints: [`edge/${platform}.ts`],
      outfile: `examples/${platform}/bridge/${platform}.js`,
      bundle: true,
      format: "esm",
      target: "es2023",
      platform: "neutral",
      // No `node` among them: it runs on web standards.
      conditions: ["worker", "browser"],
      mainFields: ["module", "main"],
      banner: { js: `// Made from edge/${platform}.ts of edge-chat-gateway by "npm run build:edge".` },
      logLevel: "warning",
    });
  }
}
