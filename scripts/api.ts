// `npm run api`: records what the package offers applications in `api/`, after a change that is meant.
import { buildOrThrow } from "./lib/build.ts";
import { writeApiReport } from "./package/api-report.ts";

await buildOrThrow(["package"]);
await writeApiReport();
