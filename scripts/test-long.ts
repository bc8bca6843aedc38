// `npm run test:long`: every property tried ten times as often as in `npm test`, each time from new seeds.
import { run } from "./lib/run.ts";

const { ok } = await run("node", ["scripts/test.ts", "unit"], { env: { PROPERTY_RUNS: "10" } });
process.exitCode = ok ? 0 : 1;
