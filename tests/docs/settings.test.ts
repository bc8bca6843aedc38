/** docs/settings.md held against `parseConfig`: every setting, its default and its range, as the code has them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { numberSettings, parseConfig, type Variables } from "../../party/config/settings.ts";
import { TenantConfigs } from "../../party/config/tenant-settings.ts";
import { callVariables } from "../../party/config/upstream-settings.ts";
import { DEFAULT_POLICY } from "../../party/core/policy.ts";
import { settingNames } from "../../party/hooks/setting-names.ts";
import { systemClock } from "../../party/platform/clock.ts";

const root = join(import.meta.dirname, "../..");
const doc = readFileSync(join(root, "docs/settings.md"), "utf8");

/** Rows of the table under a heading whose first cell is code. */
function rows(heading: string): string[][] {
  const [, section = ""] = doc.split(`\n## ${heading}\n`);
  return (section.split(/^## /m, 1)[0] ?? "")
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim().replace(/^`([^`]+)`$/, "$1")),
    );
}

const needed = { AUTH: "none", NEST_BASE: "http://127.0.0.1:8788" };
const parse = (env: Variables, hostname = "localhost") => parseConfig({ ...needed, ...env }, hostname);
/** Without the variables as they were written. */
const meant = (env: Variables) => {
  const config = parse(env);
  return config.ok ? { ...config.value, upstreamVariables: {} } : config;
};
const numbers = rows("Settings that are numbers").map(([name = "", unit = "", preset = "", range = ""]) => {
  const [min = Number.NaN, max = Number.NaN] = range.split("–").map(Number);
  return { name, unit, preset, min, max };
});

test("every setting that the code reads is on the page, and no other", () => {
  const source = readFileSync(join(root, "party/config/settings.ts"), "utf8");
  const auth = ["settings", "safe-url", "upstream-auth/upstream-auth-settings", "../config/file-settings"]
    .map((name) => readFileSync(join(root, `party/auth/${name}.ts`), "utf8"))
    .join("");
  const words = [
    ...[...source.matchAll(/env\["([A-Z_]+)"\]/g), ...auth.matchAll(/text\("([A-Z_]+)"\)/g)].map(([, name]) => name),
    ...callVariables,
  ];
  expect(rows("Settings that are words").map(([name]) => name)).toEqual(expect.arrayContaining(words));
  expect(new Set(rows("Settings that are words").map(([name]) => name)).size).toBe(new Set(words).size);
  // Those with a range of their own are read one by one, beside the table.
  const single = [...source.matchAll(/number\(env, "([A-Z_]+)"/g)].map(([, name]) => name);
  expect(numbers.map(({ name }) => name).sort()).toEqual(
    [...Object.keys(numberSettings), "BACKOFF_BASE_MS", "BACKOFF_MAX_MS", ...single].sort(),
  );
});

test("`settings` of createGateway takes the names of this page", () => {
  const named = [...doc.matchAll(/^\| `([A-Z][A-Z0-9_]+)`/gm)].map(([, name]) => name);
  expect([...settingNames].sort()).toEqual([...new Set(named)].sort());
});

describe.each(numbers)("$name", ({ name, unit, preset, min, max }) => {
  test("has the default that the page says", () => {
    expect(parse({ [name]: preset })).toEqual(parse({}));
    expect(parse({ [name]: String(Number(preset) + 1) })).not.toEqual(parse({}));
  });

  test("takes its range and nothing beside it", () => {
    for (const value of [min, max]) expect(parse({ [name]: String(value) })).toMatchObject({ ok: true });
    for (const value of [min - 1, max + 1, min + 0.5, "many"]) {
      expect(parse({ [name]: String(value) })).toMatchObject({ ok: false, error: expect.stringContaining(name) });
    }
  });

  test("has its unit in its name", () => {
    for (const known of ["ms", "bytes", "days", "turns"]) {
      expect(unit === known).toBe(name.endsWith(`_${known.toUpperCase()}`));
    }
  });
});

test("words take what the page says", () => {
  for (const [name = "", preset = "", values = ""] of rows("Settings that are words")) {
    const listed = [...values.matchAll(/`([^`]+)`/g)].map(([, value]) => value);
    if (
      [
        "UPSTREAM_ADAPTER",
        "UPSTREAM_METHOD",
        "UPSTREAM_STOP_METHOD",
        "UPSTREAM_DIALECT",
        "UPSTREAM_RESUMABLE",
        "TRACE_CONTENT",
        "LIMITER",
        "LOG_LEVEL",
        "ORPHAN_POLICY",
        "BRIDGE",
        "BRIDGE_PARSE",
        "ALLOW_HTTP",
      ].includes(name)
    ) {
      for (const value of listed) {
        const fields = value === "template" ? { UPSTREAM_BODY: '{"q":"{prompt}"}' } : {};
        expect(parse({ ...fields, [name]: value })).toMatchObject({ ok: true });
      }
      expect(meant({ [name]: preset })).toEqual(meant({}));
      expect(parse({ [name]: "perhaps" })).toMatchObject({ ok: false, error: expect.stringContaining(name) });
    }
  }
  expect(parse({ TENANT: "default" })).toEqual(parse({}));
  expect(parse({ ALLOWED_ORIGINS: "https://app.example.com, http://localhost:5173" })).toMatchObject({ ok: true });
  for (const ALLOWED_ORIGINS of ["*", "app.example.com", "https://app.example.com/path", "https://a.example,,"]) {
    expect(parse({ ALLOWED_ORIGINS })).toMatchObject({ ok: false, error: expect.stringContaining("ALLOWED_ORIGINS") });
  }
  expect(parse({ WARM_ROUTES: "/models, /context" })).toMatchObject({ value: { warmRoutes: ["/models", "/context"] } });
  for (const WARM_ROUTES of ["models", "https://elsewhere.example", "/models,,", "/a b"]) {
    expect(parse({ WARM_ROUTES })).toMatchObject({ ok: false, error: expect.stringContaining("WARM_ROUTES") });
  }
  expect(parse({ NEST_BASE: "ftp://backend" })).toMatchObject({
    ok: false,
    error: expect.stringContaining("NEST_BASE"),
  });
});

describe("[S6] a setting that names an http address", () => {
  const AUTH_KEYS = JSON.stringify({ k1: "A".repeat(43) });
  const issued = { AUTH: "jwt", AUTH_ISSUER: "https://id.example.com/", AUTH_AUDIENCE: "chat" };
  const fetched = { AUTH: "jwt", AUTH_KEYS };
  const open = [
    "http://backend",
    "http://10.0.0.5:8788",
    "http://127.0.0.1.example.com",
    "HTTP://Example.com",
    "http://[::2]",
  ];
  const local = ["http://127.8.8.8", "http://[::1]:8788", "http://localhost:1", " http://dev.localhost/"];

  test.each([
    ["NEST_BASE", {}],
    ["AUTH_JWKS_URL", issued],
    ["UPSTREAM_TOKEN_URL", fetched],
  ])("is refused beyond loopback, unless ALLOW_HTTP allows it: %s", (name, env) => {
    for (const url of open) {
      const refused = parse({ ...env, [name]: url });
      expect(refused).toMatchObject({ ok: false, error: expect.stringMatching(`^${name} .*ALLOW_HTTP=yes`) });
      // The address may hold a password.
      expect(JSON.stringify(refused)).not.toContain(url);
      expect(parse({ ...env, [name]: url, ALLOW_HTTP: "no" })).toEqual(refused);
      expect(parse({ ...env, [name]: url, ALLOW_HTTP: "yes" })).toMatchObject({ ok: true });
    }
    for (const url of local) expect(parse({ ...env, [name]: url })).toMatchObject({ ok: true });
  });

  test("is refused in a tenant's entry as well, which can't allow it by itself", async () => {
    const entries: Record<string, unknown> = {
      "tenant/a": { upstream: { NEST_BASE: "http://backend.example" } },
      "tenant/b": { upstream: { NEST_BASE: "http://backend.example", ALLOW_HTTP: "yes" } },
    };
    const config = parse({});
    if (!config.ok) throw new Error(config.error);
    const causes: unknown[] = [];
    const tenants = new TenantConfigs(config.value.limits, {
      store: { get: async (key) => JSON.stringify(entries[key]) },
      clock: systemClock,
      upstreamVariables: config.value.upstreamVariables,
      report: (event) => causes.push(event.name === "tenant-config-invalid" ? event.cause : event),
    });
    expect([(await tenants.get("a")).upstream, (await tenants.get("b")).upstream]).toEqual([undefined, undefined]);
    expect(causes).toEqual([expect.stringContaining("ALLOW_HTTP=yes"), expect.stringContaining("upstream")]);
  });
});

test("the fixed numbers are the policy's", () => {
  const fixed = rows("Fixed limits").map(([name = "", value]) => [name, Number(value)]);
  expect(fixed.length).toBeGreaterThan(0);
  expect(DEFAULT_POLICY).toMatchObject(Object.fromEntries(fixed));
});

describe("AUTH=jwt", () => {
  const AUTH_KEYS = JSON.stringify({ k1: "A".repeat(43) });
  const AUTH_JWKS_URL = "https://id.example.com/jwks";
  const [AUTH_ISSUER, AUTH_AUDIENCE] = ["https://id.example.com/", "chat"];

  test("takes secrets, or a key set with its issuer and audience, on any host", () => {
    for (const env of [{ AUTH_KEYS }, { AUTH_JWKS_URL, AUTH_ISSUER, AUTH_AUDIENCE }]) {
      expect(parse({ AUTH: "jwt", ...env }, "chat.example.com")).toMatchObject({ ok: true });
    }
    const local = { AUTH: "jwt", AUTH_JWKS_URL: "http://127.0.0.1:9000/jwks", AUTH_ISSUER, AUTH_AUDIENCE };
    expect(parse(local)).toMatchObject({ ok: true });
  });

  test.each([
    ["no keys at all", {}, "AUTH_KEYS"],
    ["two kinds of keys", { AUTH_KEYS, AUTH_JWKS_URL }, "AUTH_KEYS"],
    ["a secret that is too short", { AUTH_KEYS: '{"k1":"c2hvcnQ"}' }, "AUTH_KEYS"],
    [
      "a key set over http",
      { AUTH_JWKS_URL: "http://id.example.com/jwks", AUTH_ISSUER, AUTH_AUDIENCE },
      "AUTH_JWKS_URL",
    ],
    ["a key set and no issuer", { AUTH_JWKS_URL, AUTH_AUDIENCE }, "AUTH_ISSUER"],
    ["a key set and no audience", { AUTH_JWKS_URL, AUTH_ISSUER }, "AUTH_AUDIENCE"],
    ["a tenant whose name has a dot", { AUTH_KEYS, TENANT: "a.b" }, "TENANT"],
  ])("with %s is refused with the variable's name, an example, and no secret", (_name, env, variable) => {
    const parsed = parse({ AUTH: "jwt", ...env });
    expect(parsed.ok).toBe(false);
    if (parsed.ok) return;
    expect(parsed.error.startsWith(`${variable} `)).toBe(true);
    expect(parsed.error).toMatch(/for example|npm run keys/);
    expect(parsed.error).not.toContain("c2hvcnQ");
  });
});

test("is parsed once for an environment and a kind of host", () => {
  const env = { ...needed };
  expect(parseConfig(env, "localhost")).toBe(parseConfig(env, "127.0.0.1"));
  expect(parseConfig(env, "chat.example.com")).not.toBe(parseConfig(env, "localhost"));
});

test("[S6] AUTH has no default, and none needs a second word off loopback", () => {
  for (const AUTH of [undefined, "", "yes"]) {
    expect(parse({ AUTH })).toMatchObject({ ok: false, error: expect.stringContaining("AUTH") });
  }
  for (const host of ["localhost", "127.0.0.1", "127.1.2.3", "[::1]"])
    expect(parse({}, host)).toMatchObject({ ok: true });
  for (const host of ["chat.example.com", "127.0.0.1.example.com", "10.0.0.1", "localhost.example.com"]) {
    expect(parse({}, host)).toMatchObject({ ok: false, error: expect.stringContaining("ALLOW_ANONYMOUS=yes") });
    expect(parse({ ALLOW_ANONYMOUS: "yes" }, host)).toMatchObject({ ok: true });
    expect(parse({ ALLOW_ANONYMOUS: "true" }, host)).toMatchObject({ ok: false });
  }
});
