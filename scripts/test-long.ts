// `npm run test:long`: every property tried ten times as often as in `npm test`, and 30 rounds of the kill test; from new seeds each time.
// Then the proxy recipes, as far as nginx and Caddy are installed.
import { run } from "./lib/run.ts";

const properties = await run("node", ["scripts/test.ts", "unit"], { env: { PROPERTY_RUNS: "10" } });
console.log("\n== kill");
const kill = await run("node", ["scripts/test-kill.ts", "--rounds", "30"]);
console.log("\n== proxies");
const proxies = await run("node", ["scripts/test-nginx.ts"]);
process.exitCode = properties.ok && kill.ok && proxies.ok ? 0 : 1;
