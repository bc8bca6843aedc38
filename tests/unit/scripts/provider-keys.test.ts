/** No key of a model provider is at the edge: not in its code, not in its configuration, not among its settings. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { bundleWorker } from "../../../scripts/lib/worker-bundle.ts";

const root = join(import.meta.dirname, "../../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

/** Names of the example backend's settings that hold a provider's key, from its own source. */
const keyNames = [...read("examples/nest-gateway/src/options.ts").matchAll(/^ {2}(\w*(?:API_KEY|SECRET)\w*):/gm)].map(
  ([, name]) => name ?? "",
);

test("the backend has such settings, or this test would look for nothing", () => {
  expect(keyNames).toEqual(["OPENAI_API_KEY"]);
});

describe("[S1] the name of a provider's key is nowhere in", () => {
  let worker = "";
  beforeAll(async () => {
    const { eager, lazy } = await bundleWorker();
    worker = [...eager, ...lazy].map(({ code }) => code).join("\n");
  });

  test("the built Worker", () => {
    expect(worker.length).toBeGreaterThan(100_000);
    for (const name of keyNames) expect(worker).not.toContain(name);
    // Nor what their values begin with.
    expect(worker).not.toMatch(/\bsk-(proj-)?[A-Za-z0-9]{8}/);
  });

  test.each(["wrangler.jsonc", "partykit.json", ".dev.vars.example", "party/config/settings.ts"])("%s", (file) => {
    for (const name of keyNames) expect(read(file)).not.toContain(name);
  });
});

test("[S1] query strings, where a ticket travels, stay out of the platform's logs", () => {
  expect(read("wrangler.jsonc")).toMatch(/"redact_query_string": true/);
});
