// `npm run wrangler -- <environment> <command…>`: any command of wrangler for one environment, such as `secret put`, `tail`, `rollback`.
import { environments, writeEnvironment } from "./lib/environment.ts";
import { run } from "./lib/run.ts";

const [name, ...command] = process.argv.slice(2);
if (name === undefined || command.length === 0 || !(await environments()).includes(name)) {
  console.error(`npm run wrangler -- <${(await environments()).join("|")}> <command>, for example: staging tail`);
  process.exit(1);
}
const { ok } = await run("wrangler", [...command, "--config", await writeEnvironment(name)], { interactive: true });
process.exitCode = ok ? 0 : 1;
