// The end-to-end tests run the built backend and page, as `npm start` does, and one build of the Worker for all gateways.
import { buildOrThrow } from "../../scripts/lib/build.ts";
import { writeBuiltWorker } from "../../scripts/lib/built-worker.ts";

export async function setup(): Promise<void> {
  await Promise.all([buildOrThrow(["backend", "page"]), writeBuiltWorker()]);
}
