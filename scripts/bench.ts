// `npm run bench`: the gateway beside its peers (bench/README.md). Installs the peers first where they are missing; they never enter
// the root install.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { run } from "./lib/run.ts";

const bench = join(import.meta.dirname, "../bench");
if (!existsSync(join(bench, "node_modules"))) {
  const { ok } = await run("npm", ["ci", "--prefix", bench, "--no-audit", "--no-fund"]);
  if (!ok) throw new Error("the bench's own dependencies could not be installed: npm ci --prefix bench");
}
const { ok } = await run("node", [join(bench, "main.ts"), ...process.argv.slice(2)]);
process.exitCode = ok ? 0 : 1;
