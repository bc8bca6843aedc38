// `npm run keys -- new|rotate|retire|list AUTH_KEYS|UPSTREAM_SIGNING_KEYS`: makes and changes keys. `new all` makes every secret of a
// first deploy, and `token` signs a token to try a deployment with. Values go to standard output, ready for `wrangler secret put` or
// `--secrets-file`; what to do with them goes to standard error. It stores nothing and calls nobody.
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { clientToken } from "./lib/client-token.ts";
import { firstSecrets, ringText } from "./lib/first-secrets.ts";
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

const usage = `npm run --silent keys -- new    all
npm run --silent keys -- token  [--from FILE] [--room NAME] [--sub USER]
npm run --silent keys -- new    AUTH_KEYS|UPSTREAM_SIGNING_KEYS [--kid NAME]
npm run --silent keys -- rotate AUTH_KEYS|UPSTREAM_SIGNING_KEYS [--from FILE] [--kid NAME]
npm run --silent keys -- retire AUTH_KEYS|UPSTREAM_SIGNING_KEYS KID [--from FILE]
npm run --silent keys -- list   AUTH_KEYS|UPSTREAM_SIGNING_KEYS [--from FILE]

All but "new" start from the present value: the file, or standard input. It is the value of one secret, or what "new all" printed.
A token is good for 15 minutes, in every room unless --room names one.`;

try {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      ...{ from: { type: "string" }, kid: { type: "string" }, help: { type: "boolean", short: "h" } },
      ...{ room: { type: "string", default: "*" }, sub: { type: "string", default: "doctor" } },
    },
  });
  const [verb, ring, kid] = positionals;
  const { help } = values;
  const name = ringNames.find((known) => known === ring);
  if (help !== true && verb === "new" && ring === "all") printFirstSecrets();
  else if (help !== true && verb === "token" && ring === undefined) await printToken(values);
  else if (help === true || verb === undefined || name === undefined) throw new Error(usage);
  else await act(verb, name, values, kid);
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
      return print(rotateRing(name, await present(name, from), now, kid));
    case "retire":
      if (which === undefined) throw new Error("say which kid to retire");
      return print(retireRing(name, await present(name, from), which));
    case "list":
      return console.log(listRing(name, await present(name, from)).join("\n"));
    default:
      throw new Error(usage);
  }
}

async function present(name: RingName, file: string | undefined): Promise<Ring> {
  return parseRing(ringText(file === undefined ? await text(process.stdin) : await readFile(file, "utf8"), name));
}

function printFirstSecrets(): void {
  const { secrets, advice } = firstSecrets(new Date());
  console.log(JSON.stringify(secrets));
  for (const line of advice) console.error(line);
}

async function printToken({ from, room, sub }: { from?: string; room: string; sub: string }): Promise<void> {
  const ring = await present("AUTH_KEYS", from);
  console.log(clientToken(ring, { room, subject: sub, now: new Date(), lifeSeconds: 900 }));
}

function print({ ring, advice }: Change): void {
  console.log(printRing(ring));
  for (const line of advice) console.error(line);
}
