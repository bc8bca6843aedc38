// `npm test`: every suite, or the ones named; what follows the names goes to vitest (`npm run test:unit -- -t R3`). A failing suite
// does not keep the others from running. The last line sums up.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, type TargetName } from "./lib/build.ts";
import type { TestCounts } from "./lib/count-reporter.ts";
import { inSeconds, run } from "./lib/run.ts";

interface Suite {
  /** Where vitest finds it. */
  readonly vitest: readonly string[];
  /** What it runs as built code. */
  readonly needs: readonly TargetName[];
}

const suites: ReadonlyMap<string, Suite> = new Map([
  ["unit", { vitest: ["--project", "unit"], needs: [] }],
  ["backend", { vitest: ["--root", "examples/nest-gateway"], needs: ["backend"] }],
  [
    "workerd",
    {
      vitest: [
        "--project",
        "workerd",
        "--project",
        "auth",
        "--project",
        "faults",
        "--project",
        "shapes",
        "--project",
        "storm",
      ],
      needs: [],
    },
  ],
  ["edge", { vitest: ["--project", "edge"], needs: ["backend", "page"] }],
  ["package", { vitest: ["--project", "package"], needs: ["backend", "package"] }],
  ["e2e", { vitest: ["--project", "e2e"], needs: ["backend", "page"] }],
]);

const args = process.argv.slice(2);
const firstOther = args.findIndex((arg) => !suites.has(arg));
const names = firstOther === -1 ? args : args.slice(0, firstOther);
const forVitest = args.slice(names.length);
const chosen = [...suites].filter(([name]) => names.length === 0 || names.includes(name));

const total = { passed: 0, failed: 0, skipped: 0 };
const times: string[] = [];

const broken = new Set<TargetName>();
for (const { name, seconds, failure } of await build(new Set(chosen.flatMap(([, { needs }]) => needs)))) {
  times.push(`build ${name} ${inSeconds(seconds)}`);
  if (failure === undefined) continue;
  console.log(`The ${name} does not build:\n${failure}`);
  broken.add(name);
}

const folder = await mkdtemp(join(tmpdir(), "edge-chat-gateway-test-"));
for (const [name, { vitest, needs }] of chosen) {
  console.log(`\n== ${name}`);
  if (needs.some((target) => broken.has(target))) {
    console.log("not run: what it needs does not build");
    total.failed += 1;
    continue;
  }
  const file = join(folder, name);
  const reporters = ["--reporter=default", `--reporter=${join(import.meta.dirname, "lib/count-reporter.ts")}`];
  const { ok, seconds } = await run("vitest", ["run", ...vitest, ...reporters, "--passWithNoTests", ...forVitest], {
    // wrangler alone is 15 MB of JavaScript, and the end-to-end tests start it dozens of times.
    env: { TEST_COUNTS: file, NODE_COMPILE_CACHE: join(import.meta.dirname, "../node_modules/.cache/compiled") },
  });
  const counts = await readCounts(file);
  total.passed += counts.passed;
  total.failed += ok ? counts.failed : Math.max(counts.failed, 1); // A run that fails for another reason has failed, too.
  total.skipped += counts.skipped;
  times.push(`${name} ${inSeconds(seconds)}`);
}
await rm(folder, { recursive: true });

console.log(`\n${times.join(" · ")}`);
if (total.skipped > 0) console.log(`${total.skipped} skipped`);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;

async function readCounts(file: string): Promise<TestCounts> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  // No file: vitest ended before its tests did.
  return text === undefined ? { passed: 0, failed: 0, skipped: 0 } : (JSON.parse(text) as TestCounts);
}
