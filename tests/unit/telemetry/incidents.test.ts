/**
 * Alerts and dashboards against what is really emitted: a room in trouble, its numbers scraped every 15 s as Prometheus would,
 * and the queries of `ops/` evaluated on them.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import type { TurnLimiter } from "../../../party/core/limiter/limiter-port.ts";
import { NO_LIMITER } from "../../../party/core/limiter/limiter-port.ts";
import { type Upstream, type UpstreamBatch, UpstreamFailure } from "../../../party/core/ports.ts";
import { exposition } from "../../../party/telemetry/metrics/exposition.ts";
import { FAMILIES, type FamilyName } from "../../../party/telemetry/metrics/families.ts";
import { foldReport } from "../../../party/telemetry/metrics/fold.ts";
import type { Census, CountedEvent } from "../../../party/telemetry/metrics/report.ts";
import { MetricStore } from "../../../party/telemetry/metrics/store.ts";
import { settled } from "../../support/core/fake-clock.ts";
import { Room, type RoomOptions } from "../../support/core/room-harness.ts";
import { durationOf, evaluate, metricsIn, Recording } from "../../support/metrics/promql.ts";
import { readScrape } from "../../support/metrics/scrape.ts";

const root = join(import.meta.dirname, "../../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly annotations: { readonly runbook: string };
}

const { groups } = parseYaml(read("ops/alerts.yml")) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);

interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly expr?: string }[];
}

const { panels: prometheusPanels } = JSON.parse(read("ops/dashboard-prometheus.json")) as { panels: Panel[] };
const queries = prometheusPanels.flatMap(({ targets }) => targets.map(({ expr = "" }) => expr));
/** Grafana's variable, as "All" fills it in. */
const filled = (query: string) => query.replaceAll("$tenant", ".*");

const scrapeEveryMs = 15_000;
const questionEveryMs = 5_000;

interface Incident extends RoomOptions {
  readonly census?: Census;
}

/** An upstream that answers every call in the same way, in the room's time. */
function steady(room: () => Room, firstTokenMs: number, failure?: UpstreamFailure): Upstream {
  async function* batches(): AsyncGenerator<UpstreamBatch> {
    await new Promise<void>((resolve) => room().clock.after(firstTokenMs, resolve));
    yield { parts: [{ type: "text-delta", delta: "Hello" }] };
    yield { parts: [], end: { kind: "done", usage: { inputTokens: 3, outputTokens: 1 } } };
  }
  return {
    open: async () => {
      if (failure !== undefined) throw failure;
      return batches();
    },
    stop: async () => "confirmed",
  };
}

/** A quarter of an hour of one question every five seconds. */
async function record(incident: (room: () => Room) => Incident): Promise<{ recording: Recording; end: number }> {
  let room: Room;
  const { census = {}, ...options } = incident(() => room);
  room = await new Room({ ...options, policy: { maxActiveTurns: 16, ...options.policy } }).start();
  const tab = await room.join();
  const begin = room.clock.now();
  const store = new MetricStore(begin);
  const recording = new Recording();
  let counted = 0;
  for (let ms = 0; ms <= 900_000; ms += questionEveryMs) {
    if (ms % scrapeEveryMs === 0) {
      const events = room.events.slice(counted) as CountedEvent[];
      counted = room.events.length;
      const now = room.clock.now();
      foldReport(store, { tenant: "acme", source: "lobby", events, dropped: 0, census }, now);
      recording.add(now, readScrape(exposition([{ shard: 0, samples: store.samples(now) }])));
    }
    tab.submit("hi");
    await settled();
    await room.advance(questionEveryMs);
  }
  return { recording, end: room.clock.now() };
}

/** Alerts that have held for as long as they ask for, at the end. */
function firing(recording: Recording, end: number): string[] {
  return rules
    .filter(({ expr, for: forText }) => {
      const since = end - (forText === undefined ? 0 : durationOf(forText));
      for (let at = end; at >= since; at -= scrapeEveryMs) {
        if (evaluate(expr, recording, at).length === 0) return false;
      }
      return true;
    })
    .map(({ alert }) => alert);
}

/** Each turn is told once to wait. */
function busyLimiter(): TurnLimiter {
  const asked = new Set<string>();
  return {
    ...NO_LIMITER,
    acquire: async ({ generationId }) => {
      if (asked.has(generationId)) return { kind: "granted" };
      asked.add(generationId);
      return { kind: "wait", retryAfterMs: 4_000, position: 0, reason: "concurrency" };
    },
  };
}

/** A generation of the test's room whose answer breaks off every time. */
const broken: Upstream = {
  async open() {
    return (async function* (): AsyncGenerator<UpstreamBatch> {
      yield { parts: [{ type: "text-delta", delta: "half" }] };
      throw new UpstreamFailure("upstream-truncated", true);
    })();
  },
  stop: async () => "confirmed",
};

const incidents: readonly (readonly [name: string, incident: (room: () => Room) => Incident, alerts: string[]])[] = [
  ["a calm day", (room) => ({ upstream: steady(room, 200) }), []],
  ["a slow backend", (room) => ({ upstream: steady(room, 15_000) }), ["SlowFirstToken"]],
  [
    "a backend that answers 503",
    (room) => ({ upstream: steady(room, 0, new UpstreamFailure("upstream-unavailable", true)) }),
    ["TurnsFail"],
  ],
  ["a tenant at its limit", (room) => ({ upstream: steady(room, 200), limiter: busyLimiter() }), ["TenantAtItsLimit"]],
  ["a backend that breaks off", () => ({ upstream: broken }), ["TurnsInterrupted"]],
  [
    "an open circuit",
    (room) => ({ upstream: steady(room, 200), census: { edge_chat_circuits_open: 1 } }),
    ["CircuitOpen"],
  ],
  [
    "a room that is asked faster than it answers",
    (room) => ({ upstream: steady(room, 6_000), policy: { maxActiveTurns: 1, maxQueuedTurns: 16 } }),
    ["SlowFirstToken", "LongQueues"],
  ],
];

describe.each(incidents)("[O4] %s", (_name, incident, alerts) => {
  test(`raises ${alerts.join(" and ") || "no alert"} and no other`, async () => {
    const { recording, end } = await record(incident);
    expect(firing(recording, end)).toEqual(alerts);
  });
});

test("a fault of ours raises its alert at once", () => {
  const store = new MetricStore(0);
  const recording = new Recording();
  const scrape = (at: number, events: CountedEvent[]) => {
    foldReport(store, { tenant: "acme", source: "lobby", events, dropped: 0 }, at);
    recording.add(at, readScrape(exposition([{ shard: 0, samples: store.samples(at) }])));
  };
  scrape(0, [{ name: "room-broken" }]);
  scrape(15_000, [{ name: "room-broken" }]);
  expect(firing(recording, 15_000)).toEqual(["GatewayFaults"]);
});

test("a gateway whose metrics do not answer raises its alert after two minutes", () => {
  const recording = new Recording();
  const up = (value: number) => ({ name: "up", labels: { job: "edge-chat-gateway" }, value });
  for (let at = 0; at <= 300_000; at += scrapeEveryMs) recording.add(at, [up(at <= 150_000 ? 1 : 0)]);
  expect(firing(recording, 150_000)).toEqual([]);
  expect(firing(recording, 270_000)).toEqual([]);
  expect(firing(recording, 300_000)).toEqual(["GatewayDown"]);
  expect(read("docs/observability.md")).toContain("job_name: edge-chat-gateway");
});

test("[O4] every alert has been seen to fire, and has a page that says what to do", () => {
  const seen = [...incidents.flatMap(([, , alerts]) => alerts), "GatewayFaults", "GatewayDown"];
  expect([...new Set(seen)].sort()).toEqual(rules.map(({ alert }) => alert).sort());
  for (const { annotations } of rules) expect(existsSync(join(root, annotations.runbook))).toBe(true);
});

describe("[O4] is it us or the backend", () => {
  const [ours = "", theirs = ""] = ["First token", "Of that, the backend"].map(
    (title) => prometheusPanels.find((panel) => panel.title === title)?.targets[1]?.expr,
  );
  const picture = async (incident: (room: () => Room) => Incident) => {
    const { recording, end } = await record(incident);
    const value = (query: string) => evaluate(filled(query), recording, end)[0]?.value ?? Number.NaN;
    return { ours: value(ours), theirs: value(theirs) };
  };

  test("both are high where the backend is slow, ours alone where the tenant is at its limit", async () => {
    const slow = await picture((room) => ({ upstream: steady(room, 15_000) }));
    expect(slow.theirs).toBeGreaterThan(10);
    const limited = await picture((room) => ({ upstream: steady(room, 200), limiter: busyLimiter() }));
    expect(limited.ours).toBeGreaterThan(2);
    expect(limited.theirs).toBeLessThan(1);
  });
});

/** The family behind a metric of the exposition. */
function familyOf(metric: string): FamilyName | undefined {
  const name = metric.replace(/_(bucket|sum|count)$/, "");
  if (metric in FAMILIES) return metric as FamilyName;
  return name in FAMILIES && FAMILIES[name as FamilyName].type === "histogram" ? (name as FamilyName) : undefined;
}

test("[O4] every query names metrics that are emitted, and labels that they have", () => {
  // `up` is Prometheus' own.
  const ours = rules.filter(({ expr }) => !metricsIn(expr).includes("up"));
  const all = [...queries.map(filled), ...ours.map(({ expr }) => expr)];
  expect(all.length).toBeGreaterThan(20);
  for (const query of all) {
    const [metric = "", ...others] = metricsIn(query);
    for (const name of [metric, ...others]) expect([query, familyOf(name)]).not.toContain(undefined);
    const family = familyOf(metric);
    const labels: string[] = [...(family === undefined ? [] : FAMILIES[family].labels), "le", "shard"];
    const used = [...query.matchAll(/by \(([^)]+)\)|[{,]\s*(\w+)\s*[=!]/g)].flatMap(([, by, label]) =>
      by === undefined ? [label ?? ""] : by.split(",").map((name) => name.trim()),
    );
    for (const label of used) expect(labels, query).toContain(label);
  }
});

test("the dashboard shows every metric", () => {
  const shown = new Set(queries.flatMap((query) => metricsIn(filled(query)).map(familyOf)));
  expect([...shown].sort()).toEqual(Object.keys(FAMILIES).sort());
});
