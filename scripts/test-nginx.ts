// `npm run test:nginx`: the client behind a real nginx, where one is installed. Not part of `npm test`.
import { spawnSync } from "node:child_process";
import { run } from "./lib/run.ts";

const { status } = spawnSync("nginx", ["-v"], { stdio: "ignore" });
if (status !== 0) {
  console.log("nginx is not installed here: nothing was tested. With Debian or Ubuntu: apt-get install nginx");
} else {
  const { ok } = await run("vitest", ["run", "--project", "nginx", ...process.argv.slice(2)]);
  process.exitCode = ok ? 0 : 1;
}
