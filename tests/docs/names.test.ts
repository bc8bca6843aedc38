/** What pages name in the middle of a sentence exists: npm scripts, and settings. So do the settings that the doctor tells people to set. */
import { globSync } from "node:fs";
import { expect, test } from "vitest";
import { read, root } from "./page.ts";

const pages = globSync(["*.md", "{docs,client,bench,examples}/**/*.md"], {
  cwd: root,
  exclude: (name) => /node_modules|fixtures|dist/.test(name),
}).sort();

const scriptsOf = (path: string) => Object.keys((JSON.parse(read(path)) as { scripts: object }).scripts);
const scripts = new Set([...scriptsOf("package.json"), ...scriptsOf("examples/nest-gateway/package.json")]);
const benchScripts = new Set(scriptsOf("bench/package.json"));

/** Upper case with an underscore: what settings, bindings and little else look like. */
const setting = /\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g;
const settings = new Set([
  ...["docs/settings.md", "examples/nest-gateway/README.md", "wrangler.jsonc"].flatMap(
    (path) => read(path).match(setting) ?? [],
  ),
  // Vercel's own, constants of the protocol, and what scripts of ours read.
  ...[
    "CRON_SECRET",
    "CONTINUE_PROMPT",
    "PROTOCOL_VERSION",
    "BACKEND_PORT",
    "DOCTOR_TOKEN",
    "CLOUDFLARE_API_TOKEN",
    "GATEWAY_URL",
  ],
]);
const strangers = (text: string) => (text.match(setting) ?? []).filter((name) => !settings.has(name));

const inlineCode = (path: string) => [...read(path).matchAll(/(?<!`)`([^`\n]+)`(?!`)/g)].map(([, code = ""]) => code);

test.each(pages)("%s: the scripts and settings it names exist", (path) => {
  const code = inlineCode(path);
  const unknown = code.flatMap((command) => {
    const name = /^npm run (?:--silent )?([\w:-]+)/.exec(command)?.[1];
    if (name === undefined) return [];
    return (command.endsWith(" --prefix bench") ? benchScripts : scripts).has(name) ? [] : [command];
  });
  expect([...unknown, ...code.flatMap(strangers)]).toEqual([]);
});

test.each(globSync("scripts/{doctor.ts,lib/doctor/*.ts}", { cwd: root }).sort())(
  "%s advises settings that exist",
  (path) => {
    const advice = [...read(path).matchAll(/"[^"\n]*"|`[^`]*`/g)].map(String);
    expect(advice.flatMap(strangers)).toEqual([]);
  },
);

test("a setting that does not exist is noticed", () => {
  expect(strangers("Set UPSTREAM_SIGNATURE or UPSTREAM_SIGNING_KEYS")).toEqual(["UPSTREAM_SIGNATURE"]);
});
