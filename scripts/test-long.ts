// `npm run test:long`: every property tried ten times as often as in `npm test`, and 30 rounds of the kill test; from new seeds each time.
// Then the proxy recipes, as far as nginx and Caddy are installed, and the Python client, for which a Debian package is installed where
// it is missing.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { run } from "./lib/run.ts";

const properties = await run("node", ["scripts/test.ts", "unit"], { env: { PROPERTY_RUNS: "10" } });
console.log("\n== kill");
const kill = await run("node", ["scripts/test-kill.ts", "--rounds", "30"]);
console.log("\n== proxies");
const proxies = await run("node", ["scripts/test-nginx.ts"]);
console.log("\n== python");
await installWebsockets();
const python = await run("vitest", ["run", "--project", "python"]);
process.exitCode = properties.ok && kill.ok && proxies.ok && python.ok ? 0 : 1;

/** Only root can install. For others the test says what to install. */
async function installWebsockets(): Promise<void> {
  const call = promisify(execFile);
  const has = await call("/usr/bin/python3", ["-c", "import websockets"]).catch(() => undefined);
  if (has !== undefined || process.getuid?.() !== 0) return;
  try {
    await call("apt-get", ["update"]);
    await call("apt-get", ["install", "-y", "--no-install-recommends", "python3", "python3-websockets"]);
  } catch (error) {
    console.log(`python3-websockets can't be installed: ${(error as Error).message}`);
  }
}
