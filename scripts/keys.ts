// `npm run keys -- new|rotate|retire|list AUTH_KEYS|UPSTREAM_SIGNING_KEYS`: makes and changes keys. The new value goes to standard
// output, ready for `wrangler secret put`; what to do with it goes to standard error. It stores nothing and calls nobody.
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import {
  type Change,
  listRing,
  newRing,
  parseRing,
  printRing,
  type Ring,
  type RingName,
  retireRing,
  ringNames,
  rotateRing,
} from "./lib/key-ring.ts";

const usage = `npm run --silent keys -- new    AUTH_KEYS|UPSTREAM_SIGNING_KEYS [--kid NAME]
npm run --silent keys -- rotate AUTH_KEYS|UPSTREAM_SIGNING_KEYS [--from FILE] [--kid NAME]
npm run --silent keys -- retire AUTH_KEYS|UPSTREAM_SIGNING_KEYS KID [--from FILE]
npm run --silent keys -- list   AUTH_KEYS|UPSTREAM_SIGNING_KEYS [--from FILE]

All but "new" start from the present value: the file, or standard input.`;

try {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { from: { type: "string" }, kid: { type: "string" }, help: { type: "boolean", short: "h" } },
  });
  const [verb, ring, kid] = positionals;
  const name = ringNames.find((known) => known === ring);
  if (values.help === true || verb === undefined || name === undefined) throw new Error(usage);
  await act(verb, name, values, kid);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

async function act(verb: string, name: RingName, { from, kid }: { from?: string; kid?: string }, which?: string) {
  const now = new Date();
  switch (verb) {
    case "new":
      return print(newRing(name, now, kid));
    case "rotate":
      return print(rotateRing(name, await present(from), now, kid));
    case "retire":
      if (which === undefined) throw new Error("say which kid to retire");
      return print(retireRing(name, await present(from), which));
    case "list":
      return console.log(listRing(name, await present(from)).join("\n"));
    default:
      throw new Error(usage);
  }
}

async function present(file: string | undefined): Promise<Ring> {
  return parseRing(file === undefined ? await text(process.stdin) : await readFile(file, "utf8"));
}

function print({ ring, advice }: Change): void {
  console.log(printRing(ring));
  for (const line of advice) console.error(line);
}
