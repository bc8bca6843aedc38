// `npm run deploy -- [environment] [options of wrangler deploy]`: builds everything and deploys it, to production where nothing is named.
import { buildOrThrow } from "./lib/build.ts";
import { environments, writeEnvironment } from "./lib/environment.ts";
import { run } from "./lib/run.ts";

const args = process.argv.slice(2);
const isNamed = args[0] !== undefined && !args[0].startsWith("-");
const [name = "production", ...options] = isNamed ? args : ["production", ...args];

if (!(await environments()).includes(name)) {
  console.error(`There is no environment ${name}. There are: ${(await environments()).join(", ")}.`);
  process.exit(1);
}
// A dry run shows what would be sent, and what is built already will do for that.
await buildOrThrow(["page"], { force: !options.includes("--dry-run") });
const { ok } = await run("wrangler", ["deploy", "--config", await writeEnvironment(name), ...options]);
process.exitCode = ok ? 0 : 1;
