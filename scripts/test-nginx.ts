// `npm run test:nginx`: clients behind a real nginx and a real Caddy, as far as they are installed. Not part of `npm test`.
import { spawnSync } from "node:child_process";
import { run } from "./lib/run.ts";

const programs = [
  ["nginx", "-v"],
  ["caddy", "version"],
] as const;
const missing = programs.filter(([program, flag]) => spawnSync(program, [flag], { stdio: "ignore" }).status !== 0);
for (const [program] of missing) {
  console.log(
    `${program} is not installed here: its tests are skipped. With Debian or Ubuntu: apt-get install ${program}`,
  );
}
const { ok } = await run("vitest", ["run", "--project", "nginx", ...process.argv.slice(2)]);
process.exitCode = ok ? 0 : 1;
