// `npm run doctor -- --url https://chat.example.com` asks a deployed gateway what its users will; `--backend https://backend.example.com`
// shows what a backend streams, the settings that read it, and whether it fits the contract. Prints what to fix; ends with 1 where
// something is wrong.
import { parseArgs } from "node:util";
import { backendChecks } from "./lib/doctor/backend-checks.ts";
import { reportOf } from "./lib/doctor/backend-report.ts";
import { ContractClient } from "./lib/doctor/contract-client.ts";
import { type Check, format, messageOf, printable, runChecks } from "./lib/doctor/findings.ts";
import { gatewayChecks } from "./lib/doctor/gateway-checks.ts";
import { diagnose, variablesOf } from "./lib/doctor/recognize-backend.ts";

const usage = `npm run doctor -- --url <gateway> [--token <a user's token>] [--room <name>]
npm run doctor -- --backend <NEST_BASE> [--path <route>] [--method POST|GET]
                  [--adapter contract|openai|ui-messages|template] [--query "q={prompt}"] [--body '{"message":"{prompt}"}']
                  [--model <name>] [--provider <name>] [--headers '{"x-api-version":"2"}'] [--stop-path <route>]
                  [--prompt <question>] [--authorization "Bearer …"] [--hold-ms <how long it goes on without a reader>]

Both may be given. A token may also come as the variable DOCTOR_TOKEN, which no list of processes shows.`;

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        url: { type: "string" },
        backend: { type: "string" },
        token: { type: "string" },
        room: { type: "string" },
        authorization: { type: "string" },
        path: { type: "string" },
        method: { type: "string" },
        adapter: { type: "string" },
        query: { type: "string" },
        body: { type: "string" },
        model: { type: "string" },
        provider: { type: "string" },
        headers: { type: "string" },
        "stop-path": { type: "string" },
        prompt: { type: "string" },
        "hold-ms": { type: "string" },
      },
    });
    return values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    process.exit(2);
  }
}

const {
  url,
  backend,
  token = process.env["DOCTOR_TOKEN"],
  room,
  authorization,
  "hold-ms": hold,
  prompt,
  ...call
} = readArguments();
/** A check is given up after a minute. */
const maxHoldMs = 55_000;
if (hold !== undefined && !(/^\d+$/.test(hold) && Number(hold) <= maxHoldMs)) {
  console.error(`--hold-ms is a number of milliseconds from 0 to ${maxHoldMs}, such as 30000; it was "${hold}".`);
  process.exit(2);
}
let failed = 0;
const groups: { readonly title: string; readonly checks: Check[] }[] = [];
for (const address of [url, backend]) {
  if (address === undefined || (URL.canParse(address) && /^https?:/.test(address))) continue;
  console.error(`${address} is no address. Expected one such as https://chat.example.com.`);
  process.exit(2);
}
/** Looks at the stream. Returns whether the backend is one of the contract, whose rules are worth checking. */
async function examine(address: string): Promise<boolean> {
  const headers = authorization === undefined ? {} : { authorization };
  const diagnosis = await diagnose({ backend: address, headers, prompt, variables: variablesOf(call) }).catch(
    (error: unknown) => ({
      ...{ ok: false as const, error: `No answer: ${messageOf(error)}. Is it running, and is this its address?` },
    }),
  );
  console.log(`The stream of ${address}\n`);
  if (!diagnosis.ok) {
    failed += 1;
    console.log(printable(`${diagnosis.error}\n`));
    return false;
  }
  console.log(printable(`${reportOf(diagnosis.value).join("\n")}\n`));
  const { recorded, recognized } = diagnosis.value;
  if (recognized.text === "") failed += 1;
  // The checks of the contract ask at its own address, in its own words.
  const isAsked = Object.keys(call).every((name) => name === "method") && recorded.method === "POST";
  return isAsked && recognized.dialect === "unified";
}

if (backend !== undefined && (await examine(backend))) {
  const client = new ContractClient(backend, authorization === undefined ? {} : { authorization });
  groups.push({
    title: `The backend at ${backend}`,
    checks: backendChecks(client, hold === undefined ? undefined : Number(hold)),
  });
}
if (url !== undefined) {
  const target = { url: url.replace(/\/+$/, ""), room: room ?? `doctor-${crypto.randomUUID().slice(0, 8)}`, token };
  groups.push({ title: `The gateway at ${url}`, checks: gatewayChecks(target) });
}
if (backend === undefined && url === undefined) {
  console.error(usage);
  process.exit(2);
}

for (const { title, checks } of groups) {
  console.log(`${title}\n`);
  const results = await runChecks(checks, (result) => console.log(printable(format(result))));
  failed += results.filter(({ finding }) => finding.kind === "wrong").length;
  console.log("");
}
console.log(failed === 0 ? "Nothing is wrong." : `${failed} wrong.`);
process.exit(failed === 0 ? 0 : 1);
