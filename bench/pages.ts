/** `npm run pages --prefix bench`: what pages quote, written again from the results.json that is there; after a change of wording or a merge. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writePages } from "./lib/report/pages.ts";
import type { Results } from "./lib/report/results.ts";

await writePages(JSON.parse(await readFile(join(import.meta.dirname, "results.json"), "utf8")) as Results);
