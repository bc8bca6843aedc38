/** The generated documents of docs/schema: they are current, name every route and frame, and take the golden frames. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { ROUTES } from "../../../party/telemetry/routes.ts";
import { root } from "../../../scripts/package/entries.ts";
import { protocolDifference } from "../../../scripts/protocol/documents.ts";
import { ERRORS } from "../../../shared/protocol/errors.ts";
import { backendEvents } from "../../../shared/upstream-contract.ts";

type Json = Readonly<Record<string, unknown>>;

const read = (name: string) => JSON.parse(readFileSync(join(root, "docs/schema", name), "utf8")) as Json;
const names = readdirSync(join(root, "docs/schema"));
const golden = join(root, "tests/wire/golden");

test("[C10] the documents are what would be generated now", async () => {
  expect(await protocolDifference()).toBeUndefined();
});

test.each(["client", "server"] as const)(
  "[C10] every golden frame of a %s is valid by its JSON Schema",
  (direction) => {
    const document = read(`${direction}-frames.schema.json`) as { readonly $defs: Readonly<Record<string, Json>> };
    const files = readdirSync(golden).filter((name) => name.startsWith(`${direction}.`));
    expect(files).not.toEqual([]);
    for (const file of files) {
      const frame = JSON.parse(readFileSync(join(golden, file), "utf8")) as { type: string };
      const schema = z.fromJSONSchema(document.$defs[frame.type] as Parameters<typeof z.fromJSONSchema>[0]);
      expect(schema.safeParse(frame).error, file).toBeUndefined();
      const broken = { ...frame, type: 7 };
      expect(schema.safeParse(broken).success, `${file} with another type`).toBe(false);
    }
  },
);

test("[C10] openapi.json has every route of the Worker, and no other", () => {
  const paths = Object.keys(read("openapi.json")["paths"] as Json);
  const routes = ROUTES.flatMap((route) => {
    const path = route.replaceAll(/:(\w+)(\?)?/g, "{$1}$2");
    // A part that may be missing is two paths.
    return path.includes("?") ? [path.replace(/\/\{\w+\}\?$/, ""), path.replace("?", "")] : [path];
  });
  expect([...paths].sort()).toEqual([...new Set(routes)].sort());
});

test("[C10] a problem's code is one of the table of errors", () => {
  const { components } = read("openapi.json") as { components: { schemas: { problem: { properties: Json } } } };
  expect(components.schemas.problem.properties["code"]).toMatchObject({ enum: Object.keys(ERRORS) });
});

describe.each(names)("%s", (name) => {
  test("[C10] has a target for each of its references", () => {
    const document = read(name);
    const references = Array.from(JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g), ([, target = ""]) => target);
    const missing = references.filter((target) => {
      const steps = target.replace(/^#\//, "").split("/");
      return steps.reduce<unknown>((at, step) => (at as Json | undefined)?.[step], document) === undefined;
    });
    expect(missing).toEqual([]);
  });

  test("has no link that leads out of its prose", () => {
    expect(JSON.stringify(read(name))).not.toMatch(/\]\((?!https:)/);
  });
});

test("[C10] the backend's document describes the events of the unified format", () => {
  const { components } = read("openapi-backend.json") as { components: { schemas: Json } };
  const described = Object.keys(components.schemas).filter((schema) => schema.startsWith("event-"));
  expect(described).toEqual(Object.keys(backendEvents).map((type) => `event-${type}`));
});
