/** What the examples run, and the Worker, are built from the sources as they are now. */
import { writeBuiltWorker } from "../../scripts/lib/built-worker.ts";
import { bundleEdges } from "../../scripts/lib/edge-bundle.ts";

export default async function setup(): Promise<void> {
  await Promise.all([bundleEdges(), writeBuiltWorker()]);
}
