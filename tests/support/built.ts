// The end-to-end tests run the built backend and page, as `npm start` does.
import { buildOrThrow } from "../../scripts/lib/build.ts";

export async function setup(): Promise<void> {
  await buildOrThrow(["backend", "page"]);
}
