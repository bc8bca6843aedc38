/** The metrics: what a turn adds to them, how few series there are, and that Prometheus' own format comes out. */
import { describe, expect, test } from "vitest";
import type { TurnFacts } from "../../../party/core/events.ts";
import { exposition } from "../../../party/telemetry/metrics/exposition.ts";
import { FAMILIES } from "../../../party/telemetry/metrics/families.ts";
import { foldReport } from "../../../party/telemetry/metrics/fold.ts";
import { other, windowMs } from "../../../party/telemetry/metrics/label-values.ts";
import type { CountedEvent, MetricsReport } from "../../../party/telemetry/metrics/report.ts";
import { MetricStore, maxSeries, maxTenants } from "../../../party/telemetry/metrics/store.ts";
import { readScrape, type Scraped } from "../../support/metrics/scrape.ts";

const settled = (facts: Partial<TurnFacts> = {}): CountedEvent => ({
  ...{ name: "turn-settled", turnId: "t", outcome: "completed", attempts: 1, resumes: 0, length: 5 },
  ...facts,
});

const reportOf = (events: readonly CountedEvent[], more: Partial<MetricsReport> = {}): MetricsReport => ({
  ...{ tenant: "acme", source: "lobby", events, dropped: 0 },
  ...more,
});

/** What a scrape sees of one metric. */
function scraped(store: MetricStore, name: string, now = 0): readonly Scraped[] {
  return readScrape(exposition([{ shard: 0, samples: store.samples(now) }])).filter((sample) => sample.name === name);
}

const one = (store: MetricStore, name: string, labels: Scraped["labels"] = {}) => {
  const found = scraped(store, name).filter((sample) =>
    Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  );
  expect(found).toHaveLength(1);
  return found[0]?.value;
};

describe("a settled turn", () => {
  test("is counted by outcome, and its times are in seconds", () => {
    const store = new MetricStore(0);
    const facts = { firstTokenMs: 300, queueMs: 50, firstChunkMs: 200, operationMs: 2_000, chunkMs: 25 };
    foldReport(store, reportOf([settled({ ...facts, model: "echo-1", inputTokens: 3, outputTokens: 40 })]), 0);
    expect(scraped(store, "edge_chat_turns_total")).toEqual([
      {
        name: "edge_chat_turns_total",
        labels: { tenant: "acme", outcome: "completed", error: "", shard: "0" },
        value: 1,
      },
    ]);
    const first = "edge_chat_time_to_first_token_seconds";
    expect(one(store, `${first}_count`)).toBe(1);
    expect(one(store, `${first}_sum`)).toBe(0.3);
    expect(one(store, `${first}_bucket`, { le: "0.16" })).toBe(0);
    expect(one(store, `${first}_bucket`, { le: "0.32" })).toBe(1);
    expect(one(store, `${first}_bucket`, { le: "+Inf" })).toBe(1);
    const genAi = {
      gen_ai_operation_name: "chat",
      gen_ai_request_model: "echo-1",
      gen_ai_provider_name: "default",
    };
    expect(one(store, "gen_ai_client_operation_duration_seconds_sum", genAi)).toBe(2);
    expect(one(store, "gen_ai_client_operation_time_to_first_chunk_seconds_sum", genAi)).toBe(0.2);
    expect(one(store, "gen_ai_client_operation_time_per_output_chunk_seconds_sum", genAi)).toBe(0.025);
    expect(one(store, "gen_ai_client_token_usage_sum", { ...genAi, gen_ai_token_type: "input" })).toBe(3);
    expect(one(store, "gen_ai_client_token_usage_sum", { ...genAi, gen_ai_token_type: "output" })).toBe(40);
  });

  test("says nothing of what it did not reach", () => {
    const store = new MetricStore(0);
    foldReport(store, reportOf([settled({ outcome: "failed", error: "upstream-unreachable" })]), 0);
    expect(scraped(store, "edge_chat_time_to_first_token_seconds_count")).toEqual([]);
    expect(scraped(store, "edge_chat_turns_total")[0]?.labels).toMatchObject({ error: "upstream-unreachable" });
  });
});

const allGauges = {
  edge_chat_viewers: 2,
  edge_chat_turns_active: 1,
  edge_chat_turns_queued: 1,
  edge_chat_circuits_open: 1,
  edge_chat_slow_downs: 1,
};

test("[O2] every metric is emitted by something that happens, with all of its labels and no other", () => {
  const store = new MetricStore(0);
  const events: CountedEvent[] = [
    settled({
      stop: "confirmed",
      stopMs: 20,
      operationMs: 1,
      firstChunkMs: 1,
      chunkMs: 1,
      firstTokenMs: 1,
      queueMs: 1,
    }),
    settled({ outputTokens: 1 }),
    { name: "session-opened", session: "s", transport: "websocket", resumed: false },
    { name: "session-refused", session: "s", transport: "sse", code: "room-full" },
    { name: "sync-sent", session: "s", mode: "delta", resumed: true, bytes: 10 },
    { name: "turn-refused", turnId: "t", code: "queue-full" },
    { name: "turn-waiting", turnId: "t", code: "waiting-for-concurrency", scope: "tenant", waitMs: 5 },
    { name: "turn-stopping", turnId: "t", by: "orphan" },
    { name: "upstream-attempt", turnId: "t", attempt: 2, resume: false },
    { name: "upstream-failure", turnId: "t", code: "upstream-unavailable", resume: false, afterMs: 1 },
    { name: "stop-unconfirmed", generationId: "g" },
    { name: "limiter-degraded" },
    { name: "requests-refused", code: "origin-forbidden", count: 3 },
    { name: "room-broken" },
  ];
  foldReport(store, reportOf(events, { dropped: 1, census: allGauges }), 0);
  const seen = new Map(store.samples(0).map(({ family, labels }) => [family, Object.keys(labels)]));
  const beyond = "edge_chat_series_folded_total"; // A backstop: the next test reaches it.
  const all = Object.entries(FAMILIES).filter(([name]) => name !== beyond);
  expect([...seen.keys()].sort()).toEqual(all.map(([name]) => name).sort());
  for (const [name, { labels }] of all) expect(seen.get(name as keyof typeof FAMILIES)).toEqual(labels);
});

test("[O2] refused requests are counted by code, and take no tenant's place", () => {
  const store = new MetricStore(0);
  const { tenant: _, ...ofNobody } = reportOf([
    { name: "requests-refused", code: "rate-limited", count: 40 },
    { name: "requests-refused", code: "rate-limited", count: 2 },
  ]);
  foldReport(store, ofNobody, 0);
  expect(scraped(store, "edge_chat_requests_refused_total")).toEqual([
    { name: "edge_chat_requests_refused_total", labels: { code: "rate-limited", shard: "0" }, value: 42 },
  ]);
  for (let index = 0; index < maxTenants; index += 1) {
    foldReport(store, reportOf([settled()], { tenant: `tenant-${index}` }), 0);
  }
  expect(scraped(store, "edge_chat_turns_total").map(({ labels }) => labels["tenant"])).not.toContain(other);
});

describe("[O2] series are few", () => {
  const of = (tenant: string) => reportOf([settled()], { tenant });

  test("of many tenants the first take their places, the rest are other, and nothing is lost", () => {
    const store = new MetricStore(0);
    for (let index = 0; index < 200; index += 1) foldReport(store, of(`tenant-${index}`), 0);
    const turns = scraped(store, "edge_chat_turns_total");
    expect(turns).toHaveLength(maxTenants + 1);
    expect(turns.find(({ labels }) => labels?.["tenant"] === other)?.value).toBe(200 - maxTenants);
  });

  test("a busy newcomer has its own series from the next ten minutes on, and no counter falls", () => {
    const store = new MetricStore(0);
    const totals = () =>
      new Map(scraped(store, "edge_chat_turns_total").map(({ labels, value }) => [labels?.["tenant"], value]));
    for (let index = 0; index < maxTenants; index += 1) foldReport(store, of(`quiet-${index}`), 0);
    for (let index = 0; index < 9; index += 1) foldReport(store, of("busy"), 1);
    const before = totals();
    expect(before.get(other)).toBe(9);
    foldReport(store, of("busy"), windowMs);
    const after = totals();
    expect(after.get("busy")).toBe(1);
    expect(after.size).toBe(maxTenants + 1);
    for (const [tenant, value] of after) expect(value).toBeGreaterThanOrEqual(before.get(tenant) ?? 0);
  });

  test("gauges have no more tenants than counters: who lost its place is other, and none of its viewers is lost", () => {
    const store = new MetricStore(0);
    const census = { edge_chat_viewers: 1 };
    const batches = 4;
    for (let window = 0; window <= batches; window += 1) {
      for (let index = 0; index < 2 * maxTenants; index += 1) {
        // The newcomers of the window before, who have their places now, and then new ones, who are busier.
        const tenant = `tenant-${(window - 1) * maxTenants + index}`;
        const report = reportOf([settled()], { tenant, source: `room of ${tenant}`, census });
        foldReport(store, report, window * windowMs);
        if (index >= maxTenants) foldReport(store, report, window * windowMs);
      }
    }
    const viewers = scraped(store, "edge_chat_viewers", batches * windowMs);
    expect(viewers.length).toBeLessThanOrEqual(maxTenants + 1);
    expect(viewers.reduce((sum, { value }) => sum + value, 0)).toBe((batches + 2) * maxTenants);
    expect(viewers.map(({ labels }) => labels["tenant"])).toContain(other);
  });

  test("names that clients make up end at a bound, and are counted under other", () => {
    const store = new MetricStore(0);
    const turns = maxSeries + 500;
    for (let index = 0; index < turns; index += 1) {
      const events = [settled({ error: `code-${index}`, model: `model-${index}`, provider: `provider-${index}` })];
      foldReport(store, reportOf(events, { tenant: `tenant-${index}` }), 0);
    }
    const samples = store.samples(0);
    expect(samples.length).toBeLessThanOrEqual(maxSeries + Object.keys(FAMILIES).length);
    const counted = scraped(store, "edge_chat_turns_total").reduce((sum, { value }) => sum + value, 0);
    expect(counted).toBe(turns);
    expect(one(store, "edge_chat_series_folded_total")).toBeGreaterThan(0);
  });
});

describe("what rooms say of themselves", () => {
  const census = (viewers: number, activeTurns = 0, queuedTurns = 0) => ({
    census: {
      edge_chat_viewers: viewers,
      edge_chat_turns_active: activeTurns,
      edge_chat_turns_queued: queuedTurns,
    },
  });
  const valuesOf = (store: MetricStore, name: string, now = 0) => scraped(store, name, now).map(({ value }) => value);

  test("the newest word of each room counts, and rooms add up", () => {
    const store = new MetricStore(0);
    foldReport(store, reportOf([], { source: "a", ...census(3, 1) }), 0);
    foldReport(store, reportOf([], { source: "b", ...census(2, 1, 4) }), 0);
    foldReport(store, reportOf([], { source: "a", ...census(1) }), 0);
    expect(valuesOf(store, "edge_chat_viewers")).toEqual([3]);
    expect(valuesOf(store, "edge_chat_turns_active")).toEqual([1]);
    expect(valuesOf(store, "edge_chat_turns_queued")).toEqual([4]);
    foldReport(store, reportOf([], { source: "a", ...census(0) }), 0);
    foldReport(store, reportOf([], { source: "b", ...census(0) }), 0);
    expect(valuesOf(store, "edge_chat_viewers")).toEqual([]);
  });

  test("a room that was lost is forgotten: its turns after an hour, its viewers after a day", () => {
    const store = new MetricStore(0);
    foldReport(store, reportOf([], census(1, 1)), 0);
    expect(valuesOf(store, "edge_chat_turns_active", 3_600_001)).toEqual([]);
    expect(valuesOf(store, "edge_chat_viewers", 3_600_001)).toEqual([1]);
    expect(valuesOf(store, "edge_chat_viewers", 86_400_001)).toEqual([]);
  });
});

test("label values hold whatever a name may hold", () => {
  const store = new MetricStore(0);
  foldReport(store, reportOf([settled({ model: 'a"b\\c\nd' })], { tenant: "租户" }), 0);
  const [turn] = scraped(store, "edge_chat_turns_total");
  expect(turn?.labels).toMatchObject({ tenant: "租户" });
  const text = exposition([{ shard: 1, samples: store.samples(0) }]);
  expect(text.split("\n").every((line) => line === "" || /^(#|[a-z_]+\{)/.test(line))).toBe(true);
});
