import { describe, expect, test } from "vitest";
import {
  allowedBy,
  closedLists,
  type TenantConfig,
  TenantConfigs,
  tenantConfigMs,
} from "../../../party/config/tenant-settings.ts";
import type { TenantEvent } from "../../../party/telemetry/catalogue.ts";
import { FakeClock } from "../../support/core/fake-clock.ts";

const upstreamVariables = { NEST_BASE: "http://backend.internal", ALLOW_HTTP: "yes" };

const none = { turnsPerMinute: undefined, activeTurns: undefined };

function build(entries: Record<string, string | Error>, defaults = { ...none, activeTurns: 5 }) {
  const [clock, events, reads]: [FakeClock, TenantEvent[], string[]] = [new FakeClock(), [], []];
  const store = {
    async get(key: string) {
      reads.push(key);
      const entry = entries[key] ?? null;
      if (entry instanceof Error) throw entry;
      return entry;
    },
  };
  const configs = new TenantConfigs(defaults, {
    store,
    clock,
    upstreamVariables,
    report: (event) => events.push(event),
  });
  return { configs, clock, events, reads, entries };
}

describe("[Q4] a tenant's settings", () => {
  test("are KV's over the defaults; null takes a default away", async () => {
    const { configs } = build({
      "tenant/a": '{"turnsPerMinute":60,"models":["m"]}',
      "tenant/b": '{"activeTurns":null}',
    });
    expect(await configs.get("a")).toEqual({ activeTurns: 5, turnsPerMinute: 60, models: ["m"] });
    expect(await configs.get("b")).toEqual({});
    expect(await configs.get("nobody")).toEqual({ activeTurns: 5 });
  });

  test("are read once a minute, by however many ask, and change without a deploy", async () => {
    const { configs, clock, reads, entries } = build({ "tenant/a": '{"activeTurns":1}' });
    expect(configs.known("a")).toBeUndefined();
    await Promise.all([configs.get("a"), configs.get("a")]);
    await clock.advance(tenantConfigMs - 1);
    await configs.get("a");
    expect(reads).toEqual(["tenant/a"]);
    entries["tenant/a"] = '{"activeTurns":2}';
    await clock.advance(1);
    expect(configs.known("a")).toEqual({ activeTurns: 1 });
    expect(await configs.get("a")).toEqual({ activeTurns: 2 });
    expect(clock.pending).toBe(0);
  });

  test.each(["{", "[]", '{"activeTurns":0}', '{"activeTurns":"5"}', '{"modles":["m"]}', '{"models":"m"}'])(
    "that are %s are set aside, close every list, and are reported to the operator",
    async (text) => {
      const { configs, events } = build({ "tenant/a": text });
      const config = await configs.get("a");
      expect(config).toEqual({ activeTurns: 5, ...closedLists });
      // A typo must not open what the other lists closed. A turn that names nothing goes on.
      expect(allowedBy(config, { model: "large" })).toMatchObject({ ok: false, error: { field: "model" } });
      expect(allowedBy(config, { provider: "x" }).ok).toBe(false);
      expect(allowedBy(config, { params: { temperature: 2 } }).ok).toBe(false);
      expect(allowedBy(config, {}).ok).toBe(true);
      expect(events).toMatchObject([{ name: "tenant-config-invalid", tenant: "a" }]);
    },
  );

  test("stay as they were known while KV does not answer", async () => {
    const { configs, clock, events, entries } = build({ "tenant/a": '{"activeTurns":1}' });
    await configs.get("a");
    entries["tenant/a"] = new Error("KV is down");
    await clock.advance(tenantConfigMs);
    expect(await configs.get("a")).toEqual({ activeTurns: 1 });
    expect(events).toMatchObject([{ name: "tenant-config-unread", tenant: "a" }]);
    entries["tenant/a"] = '{"activeTurns":3}';
    await clock.advance(5_000);
    expect(await configs.get("a")).toEqual({ activeTurns: 3 });
  });

  test("may name a backend of the tenant's own, whose other settings are the deployment's", async () => {
    const { configs, events } = build({
      "tenant/a": '{"upstream":{"NEST_BASE":"https://a.example.com/","UPSTREAM_PATH":"/ask"}}',
      "tenant/b": '{"activeTurns":2}',
    });
    expect((await configs.get("a")).upstream).toMatchObject({
      base: "https://a.example.com",
      request: { path: "/ask", method: "auto", adapter: "contract" },
      dialect: "auto",
    });
    expect(await configs.get("b")).toEqual({ activeTurns: 2 });
    expect(events).toEqual([]);
  });

  test("with a wrong backend setting are set aside whole, and the event names the setting and an example", async () => {
    const { configs, events } = build({
      "tenant/a": '{"activeTurns":2,"upstream":{"UPSTREAM_PATH":"ask"}}',
      "tenant/b": '{"upstream":{"AUTH":"none"}}',
    });
    expect(await configs.get("a")).toEqual({ activeTurns: 5, ...closedLists });
    expect(await configs.get("b")).toEqual({ activeTurns: 5, ...closedLists });
    expect(events).toMatchObject([
      { name: "tenant-config-invalid", tenant: "a", cause: expect.stringMatching(/^UPSTREAM_PATH .* for example/) },
      { name: "tenant-config-invalid", tenant: "b" },
    ]);
  });

  test("do not keep a turn waiting for a KV that hangs", async () => {
    const clock = new FakeClock();
    const store = { get: () => new Promise<null>(() => undefined) };
    const configs = new TenantConfigs(
      { ...none, activeTurns: 5 },
      { store, clock, upstreamVariables, report: () => undefined },
    );
    const config = configs.get("a");
    await clock.advance(1_000);
    // Nobody knows yet what the tenant may name.
    expect(await config).toEqual({ activeTurns: 5, ...closedLists });
  });

  test("without KV are the defaults, known from the start", async () => {
    const ports = { store: undefined, clock: new FakeClock(), upstreamVariables, report: () => expect.unreachable() };
    const configs = new TenantConfigs(none, ports);
    expect(configs.known("a")).toEqual({});
    expect(await configs.get("a")).toEqual({});
  });
});

describe("what a turn may ask for", () => {
  const config: TenantConfig = { providers: ["openai"], models: ["small"], params: ["temperature"] };

  test.each([
    ["nothing in particular", {}, undefined],
    ["what is listed", { provider: "openai", model: "small", params: { temperature: 1 } }, undefined],
    ["another provider", { provider: "other" }, { field: "provider", name: "other" }],
    ["another model", { provider: "openai", model: "large" }, { field: "model", name: "large" }],
    ["another parameter", { params: { temperature: 1, tools: [] } }, { field: "params", name: "tools" }],
    [
      "a parameter named like something every object has",
      { params: { constructor: 1 } },
      { field: "params", name: "constructor" },
    ],
  ])("%s", (_name, asked, error) => {
    expect(allowedBy(config, asked)).toEqual(
      error === undefined ? { ok: true, value: undefined } : { ok: false, error },
    );
  });

  test("is anything where there is no list, and nothing named where the list is empty", () => {
    expect(allowedBy({}, { provider: "p", model: "m", params: { x: 1 } })).toMatchObject({ ok: true });
    expect(allowedBy({ models: [] }, { model: "m" })).toMatchObject({ ok: false });
    expect(allowedBy({ models: [] }, {})).toMatchObject({ ok: true });
  });
});
