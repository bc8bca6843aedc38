/** Shell lines of the docs, held against what exists: npm scripts, files of scripts/, commands of wrangler, routes of the gateway. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { read, root } from "./page.ts";

const { name, scripts, version } = JSON.parse(read("package.json")) as {
  name: string;
  scripts: Record<string, string>;
  version: string;
};

/** Commands of wrangler that need an account: the docs may say these, spelled so. */
const wranglerCommands = [
  /^login$/,
  /^secret put [A-Z_]+( < \S+)?$/,
  /^kv key put --binding CONFIG --remote \S+ '\{.+\}'$/,
  /^kv key get --binding CONFIG --remote \S+$/,
  /^r2 bucket create [\w-]+$/,
  /^r2 bucket lifecycle add [\w-]+ [\w-]+ --expire-days \d+$/,
  /^deploy( --dry-run)?$/,
  /^(versions (upload|deploy)|deployments list|rollback)$/,
  /^tail( --format json --search '"name":"[a-z-]+"')?$/,
];

/** Routes that a `curl` of the docs may ask. */
const routes = [
  /^\/chat(\?(provider=\w+&)?q=[^&\s"]+)?$/,
  /^\/parties\/chat\/[\w.-]+(\/turns(\/[\w-]+)?|\/files)?$/,
  /^\/ops\/(events|drain)\/[\w.-]+$/,
  /^\/ops\/revoke$/,
  /^\/(health|ready|metrics)$/,
  /^\/v1\/chat\/completions$/,
];

/** What is wrong with a shell block, line by line; empty where nothing is. */
export function faultsOf(block: string): string[] {
  return block
    .replaceAll("\\\n", " ")
    .split("\n")
    .flatMap((line) => line.replace(/(^|\s)#.*$/, "").split("&&"))
    .map((command) => command.trim())
    .filter((command) => command !== "")
    .filter((command) => !isKnown(command));
}

function isKnown(command: string): boolean {
  const bare = command.replace(/^(?:[A-Z_]+=\S+ )+/, "");
  if (/^npm (ci|start|test)$/.test(bare)) return true;
  const installed = /^npm install ([\w-]+)$/.exec(bare)?.[1];
  if (installed !== undefined) return installed === name;
  if (/^npm pack \.\/dist\/package --pack-destination \.\.$/.test(bare)) return true;
  const packed = /^npm install \.\.\/edge-chat-gateway-(\S+)\.tgz$/.exec(bare)?.[1];
  if (packed !== undefined) return packed === version;
  const script = /^npm run (?:--silent )?([\w:-]+)(?: -- (.+))?$/.exec(bare);
  if (script?.[1] === "wrangler") {
    const [, environment = "", rest = ""] = /^(\w+) (.+)$/.exec(script[2] ?? "") ?? [];
    return existsSync(join(root, `environments/${environment}.jsonc`)) && isWrangler(rest);
  }
  if (script !== null) return scripts[script[1] ?? ""] !== undefined;
  const file = /^node (\S+\.ts)( [\w.-]+)*$/.exec(bare)?.[1];
  if (file !== undefined) return existsSync(join(root, file));
  const wrangler = /^npx wrangler (.+)$/.exec(bare)?.[1];
  if (wrangler !== undefined) return isWrangler(wrangler);
  const url = /^curl .*?(https?:\/\/[^\s"']+)/.exec(bare)?.[1];
  if (url === undefined) return false;
  const { origin } = new URL(url);
  return routes.some((route) => route.test(url.slice(origin.length)));
}

const isWrangler = (command: string): boolean => wranglerCommands.some((known) => known.test(command));
