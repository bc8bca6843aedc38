// `npm run build`: the backend, the page and the package, whatever is there already.
import { buildOrThrow } from "./lib/build.ts";
import { inSeconds } from "./lib/run.ts";

for (const { name, seconds } of await buildOrThrow(undefined, { force: true })) {
  console.log(`${name}  ${inSeconds(seconds)}`);
}
