/** The settings of limits: as the page says, as the parser takes them, and as wrangler.jsonc repeats them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { limitSettings, parseConfig, type Variables } from "../../../party/config/settings.ts";
import { tenantEntrySchema } from "../../../party/config/tenant-settings.ts";

const root = join(import.meta.dirname, "../../..");
const doc =
  readFileSync(join(root, "docs/settings.md"), "utf8").split("\n## Limits of tenants and addresses\n")[1] ?? "";
const section = doc.split("\n## ")[0] ?? "";
const rows = section
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim().replace(/^`([^`]+)`$/, "$1")),
  );

const parse = (env: Variables) =>
  parseConfig({ AUTH: "none", NEST_BASE: "http://127.0.0.1:8788", ...env }, "localhost");

test("variables have the default and the range that the page says", () => {
  const variables = rows.filter(([name = ""]) => /^[A-Z_]+$/.test(name));
  expect(variables.map(([name]) => name)).toEqual(Object.keys(limitSettings));
  for (const [name = "", , preset = "", range = ""] of variables) {
    const { field, preset: fallback } = limitSettings[name] ?? expect.unreachable();
    const [min = 0, max = 0] = range.split("–").map(Number);
    expect(preset).toBe(String(fallback ?? "none"));
    expect(parse({})).toMatchObject({ ok: true, value: { limits: { [field]: fallback } } });
    for (const value of [min, max]) {
      expect(parse({ [name]: String(value) })).toMatchObject({ ok: true, value: { limits: { [field]: value } } });
    }
    for (const value of [min - 1, max + 1, 1.5, "many"]) {
      expect(parse({ [name]: String(value) })).toMatchObject({ ok: false, error: expect.stringContaining(name) });
    }
  }
});

test("keys of KV are those that are read, and the page's example is one", () => {
  const keys = rows.flatMap(([name = ""]) => (/^[a-z]/.test(name) ? [name] : []));
  expect(keys).toEqual(Object.keys(tenantEntrySchema.shape));
  const example = /tenant\/default '(.+)'/.exec(section)?.[1] ?? "";
  expect(tenantEntrySchema.safeParse(JSON.parse(example))).toMatchObject({ success: true });
});

test("wrangler.jsonc counts as many requests of an address as the setting's default", () => {
  const wrangler = readFileSync(join(root, "wrangler.jsonc"), "utf8");
  const [, limit, period] = /"simple": \{ "limit": (\d+), "period": (\d+) \}/.exec(wrangler) ?? [];
  expect([Number(limit), Number(period)]).toEqual([limitSettings["IP_REQUESTS_PER_MINUTE"]?.preset, 60]);
});
