// `npm run test:fuzz [-- --frames N] [--requests N] [--seed S]`: bad frames and bad requests by the hundred thousand. A failure
// prints the seed; the same seed sends the same again.
import { parseArgs } from "node:util";
import { run } from "./lib/run.ts";

const { values } = parseArgs({
  options: {
    frames: { type: "string", default: "100000" },
    requests: { type: "string", default: "10000" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 1e9)) },
  },
});
const env = { FUZZ_FRAMES: values.frames, FUZZ_REQUESTS: values.requests, FUZZ_SEED: values.seed };
const files = ["tests/fuzz/frames.test.ts", "tests/workerd/fuzz.test.ts"];
console.log(`seed ${values.seed}`);
const { ok } = await run("vitest", ["run", ...files], { env });
process.exitCode = ok ? 0 : 1;
