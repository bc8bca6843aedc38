/** Deploying as far as it goes without an account: `--dry-run` builds, merges and checks everything, and sends nothing. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { environments, merge } from "../../scripts/lib/environment.ts";
import { run } from "../../scripts/lib/run.ts";

const root = join(import.meta.dirname, "../..");
const env = { WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true", WRANGLER_WRITE_LOGS: "false" };
const script = (name: string, ...args: string[]) =>
  run("node", [join("scripts", `${name}.ts`), ...args], { quiet: true, env });

interface Config {
  readonly name: string;
  readonly durable_objects: { readonly bindings: readonly { readonly name: string }[] };
  readonly ratelimits: readonly { readonly name: string; readonly namespace_id: string }[];
  readonly kv_namespaces: readonly { readonly binding: string }[];
  readonly analytics_engine_datasets: readonly { readonly binding: string }[];
  readonly vars: Readonly<Record<string, unknown>>;
}

/** As the script left it for wrangler. */
async function configOf(name: string): Promise<Config> {
  return JSON.parse(await readFile(join(root, `wrangler.${name}.json`), "utf8")) as Config;
}

function bindingsOf(config: Config): string[] {
  const named = [...config.durable_objects.bindings, ...config.ratelimits].map(({ name }) => name);
  const bound = [...config.kv_namespaces, ...config.analytics_engine_datasets].map(({ binding }) => binding);
  return [...named, ...bound, ...Object.keys(config.vars)];
}

describe.each(await environments())("%s", (name) => {
  test("is taken by wrangler with every binding, and each is one that the Worker has", async () => {
    const { ok, output } = await script("deploy", name, "--dry-run", "--var", "NEST_BASE:https://backend.example.com");
    expect(output).toContain("--dry-run: exiting now.");
    expect(ok).toBe(true);
    const bindings = bindingsOf(await configOf(name));
    expect(bindings).toEqual(expect.arrayContaining(["Chat", "Limiter", "Revocations", "Metrics"]));
    expect(bindings).toEqual(expect.arrayContaining(["CONFIG", "RATE_LIMIT", "ANALYTICS", "NEST_BASE"]));
    for (const binding of bindings) expect(output).toContain(`env.${binding} `);
    expect(output).toContain("chunks/chat-room-host");
  });

  test("can be uploaded as a version for a gradual rollout", async () => {
    const { ok, output } = await script("wrangler", name, "versions", "upload", "--dry-run");
    expect(output).toContain("--dry-run: exiting now.");
    expect(ok).toBe(true);
  });
});

test("environments are Workers of their own: other names, and limits that are not counted together", async () => {
  const configs = await Promise.all((await environments()).map(configOf));
  expect(new Set(configs.map(({ name }) => name)).size).toBe(configs.length);
  const namespaces = configs.flatMap(({ ratelimits }) => ratelimits.map(({ namespace_id }) => namespace_id));
  expect(new Set(namespaces).size).toBe(configs.length);
});

test("an environment's own value stands in place of the common one, of vars each by itself", () => {
  const base = { name: "a", vars: { NEST_BASE: "http://one", TENANT: "x" }, ratelimits: [1] };
  expect(merge(base, { name: "b", vars: { NEST_BASE: "http://two" } })).toEqual({
    name: "b",
    vars: { NEST_BASE: "http://two", TENANT: "x" },
    ratelimits: [1],
  });
});

test("a name that is none is told the names there are", async () => {
  for (const command of ["deploy", "wrangler"]) {
    const { ok, output } = await script(command, "prodution", "tail");
    expect(ok).toBe(false);
    expect(output).toContain("production");
    expect(output).toContain("staging");
  }
});
