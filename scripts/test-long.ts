// `npm run test:long`: every property tried ten times as often as in `npm test`, and 30 rounds of the kill test; from new seeds each time.
import { run } from "./lib/run.ts";

const properties = await run("node", ["scripts/test.ts", "unit"], { env: { PROPERTY_RUNS: "10" } });
console.log("\n== kill");
const kill = await run("node", ["scripts/test-kill.ts", "--rounds", "30"]);
process.exitCode = properties.ok && kill.ok ? 0 : 1;
