// `npm run build:worker`: the Worker for wrangler, which runs this by itself before `dev` and `deploy` (`build` in wrangler.jsonc).
import { bundleWorker, writeWorker } from "./lib/worker-bundle.ts";

await writeWorker(await bundleWorker());
