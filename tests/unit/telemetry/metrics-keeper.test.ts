/** What is counted outlives the object that counts, for few rows and little time awake. */
import { describe, expect, test } from "vitest";
import type { TurnFacts } from "../../../party/core/events.ts";
import { exposition } from "../../../party/telemetry/metrics/exposition.ts";
import { FAMILIES } from "../../../party/telemetry/metrics/families.ts";
import { foldReport } from "../../../party/telemetry/metrics/fold.ts";
import { MetricsKeeper, type RowStorage, saveEveryMs } from "../../../party/telemetry/metrics/keeper.ts";
import { other, windowMs } from "../../../party/telemetry/metrics/label-values.ts";
import type { MetricsReport } from "../../../party/telemetry/metrics/report.ts";
import { rowsOf, stateOf } from "../../../party/telemetry/metrics/rows.ts";
import { MetricStore, maxReporters, maxSeries, maxTenants } from "../../../party/telemetry/metrics/store.ts";
import { FakeClock, settled as flushed } from "../../support/core/fake-clock.ts";
import { readScrape } from "../../support/metrics/scrape.ts";

/** Storage as the keeper uses it; what was not confirmed is lost with the object. */
class Rows implements RowStorage {
  readonly current: Map<string, unknown>;
  readonly #unconfirmed: (() => void)[] = [];
  readonly #durable: Map<string, unknown>;
  written = 0;

  constructor(durable: ReadonlyMap<string, unknown> = new Map()) {
    this.#durable = new Map(durable);
    this.current = new Map(durable);
  }

  async list() {
    return new Map([...this.current].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  async put(rows: Record<string, string>) {
    const entries = Object.entries(rows);
    expect(entries.length).toBeLessThanOrEqual(128);
    for (const [key, text] of entries) {
      this.written += 1;
      this.current.set(key, text);
      this.#unconfirmed.push(() => this.#durable.set(key, text));
    }
  }

  async delete(keys: string[]) {
    expect(keys.length).toBeLessThanOrEqual(128);
    for (const key of keys) {
      this.current.delete(key);
      this.#unconfirmed.push(() => this.#durable.delete(key));
    }
  }

  async sync() {
    for (const write of this.#unconfirmed.splice(0)) write();
  }

  /** What another object would find after this one slept; or was killed, with what was not on disk. */
  asleep = () => new Rows(this.current);
  killed = () => new Rows(this.#durable);
}

const settled = (facts: Partial<TurnFacts> = {}) => ({
  ...({ name: "turn-settled", turnId: "t", outcome: "completed", attempts: 1, resumes: 0, length: 5 } as const),
  ...facts,
});

const reportOf = (more: Partial<MetricsReport> = {}): MetricsReport => ({
  ...{ tenant: "acme", source: "lobby", events: [settled({ firstTokenMs: 300 })], dropped: 0 },
  ...more,
});

async function open(storage = new Rows(), clock = new FakeClock()) {
  const keeper = await MetricsKeeper.open(storage, clock);
  return { keeper, storage, clock };
}

/** A metric's values at a scrape, by tenant. */
async function scraped(keeper: MetricsKeeper, name: string): Promise<Record<string, number>> {
  const samples = readScrape(exposition([{ shard: 0, samples: await keeper.read() }]));
  return Object.fromEntries(
    samples.filter((sample) => sample.name === name).map(({ labels, value }) => [labels["tenant"] ?? "", value]),
  );
}

const turns = (keeper: MetricsKeeper) => scraped(keeper, "edge_chat_turns_total");

describe("[O2] counts outlive the object", () => {
  test("a lone report is stored at once, in one row, and keeps nothing awake", async () => {
    const { keeper, storage, clock } = await open();
    keeper.record(reportOf({ census: { edge_chat_viewers: 2 } }));
    expect(storage.written).toBe(1);
    expect(clock.pending).toBe(0);
    const { keeper: next } = await open(storage.asleep(), clock);
    expect(await turns(next)).toEqual({ acme: 1 });
    expect(await scraped(next, "edge_chat_time_to_first_token_seconds_sum")).toEqual({ acme: 0.3 });
    expect(await scraped(next, "edge_chat_time_to_first_token_seconds_count")).toEqual({ acme: 1 });
    expect(await scraped(next, "edge_chat_viewers")).toEqual({ acme: 2 });
    next.record(reportOf({ census: { edge_chat_viewers: 0 } }));
    expect(await turns(next)).toEqual({ acme: 2 });
    expect(await scraped(next, "edge_chat_viewers")).toEqual({});
  });

  test("what comes within the next seconds is stored together at their end, before the object may sleep", async () => {
    const { keeper, storage, clock } = await open();
    for (let index = 0; index < 100; index += 1) keeper.record(reportOf());
    expect(storage.written).toBe(1);
    expect(saveEveryMs).toBeLessThan(10_000);
    await clock.advance(saveEveryMs);
    expect(storage.written).toBe(2);
    expect(clock.pending).toBe(0);
    expect(await turns((await open(storage.asleep(), clock)).keeper)).toEqual({ acme: 100 });
  });

  test("no counter is ever lower than a scrape saw it, whenever the object is killed", async () => {
    const { keeper, storage } = await open();
    for (let index = 0; index < 7; index += 1) keeper.record(reportOf());
    expect(await turns(keeper)).toEqual({ acme: 7 });
    keeper.record(reportOf());
    expect(await turns((await open(storage.killed())).keeper)).toEqual({ acme: 7 });
  });

  test("a scrape of what has not changed writes nothing", async () => {
    const { keeper, storage } = await open();
    keeper.record(reportOf());
    await keeper.read();
    await keeper.read();
    expect(storage.written).toBe(1);
    await (await open(storage.asleep())).keeper.read();
    expect(storage.written).toBe(1);
  });

  test("of many rows one is written a second at most, and what is no longer needed goes", async () => {
    const { keeper, storage, clock } = await open();
    const say = (room: number, viewers: number) =>
      keeper.record(reportOf({ source: `room-${room}`, events: [], census: { edge_chat_viewers: viewers } }));
    for (let room = 0; room < 10_000; room += 1) say(room, 1);
    await keeper.read();
    const rows = storage.current.size;
    expect(rows).toBeGreaterThan(10);
    const before = storage.written;
    for (let second = 0; second < 300; second += 1) {
      say(second, 1);
      await clock.advance(1_000);
    }
    expect(storage.written - before).toBeLessThanOrEqual(300 + rows);
    for (let room = 0; room < 10_000; room += 1) say(room, 0);
    await keeper.read();
    expect(storage.current.size).toBe(1);
    expect(await scraped((await open(storage.asleep(), clock)).keeper, "edge_chat_viewers")).toEqual({});
  });

  test("who has series of its own is remembered: a sleep makes no more of them, and ends no window", async () => {
    let { keeper, storage, clock } = await open();
    const sleep = async () => ({ keeper, storage } = await open(storage.asleep(), clock));
    for (let index = 0; index < maxTenants; index += 1) keeper.record(reportOf({ tenant: `quiet-${index}` }));
    await keeper.read();
    for (let index = 0; index < 9; index += 1) {
      await sleep();
      keeper.record(reportOf({ tenant: "busy" }));
      await flushed();
    }
    expect((await turns(keeper))[other]).toBe(9);
    await sleep();
    await clock.advance(windowMs);
    keeper.record(reportOf({ tenant: "busy" }));
    expect((await turns(keeper))["busy"]).toBe(1);
    expect(Object.keys(await turns(keeper))).toHaveLength(maxTenants + 1);
  });
});

describe("stored rows", () => {
  test("fit the platform's bounds, with as many series and reporters as there may be, and the longest names", () => {
    const long = "租".repeat(128);
    const names = { own: [], counts: Array.from({ length: 1_000 }, () => [long, 1_000] as const), windowEndsAt: 0 };
    const family = "gen_ai_client_operation_duration_seconds";
    const labels = Object.fromEntries(FAMILIES[family].labels.map((label) => [label, long]));
    const counts = FAMILIES[family].buckets.map(() => 1_000_000);
    const census = { edge_chat_viewers: 1_000, edge_chat_turns_active: 1_000, edge_chat_turns_queued: 1_000 };
    const rows = rowsOf({
      series: Array.from({ length: maxSeries }, () => ({ family, labels, value: 1e6 / 3, counts })),
      said: Array.from({ length: maxReporters }, () => ({ source: long, tenant: long, at: 1e12, census })),
      names: { tenant: names, model: names, provider: names },
    });
    expect(rows.length).toBeLessThanOrEqual(128);
    // A character outside Latin-1 makes a stored string two bytes a unit.
    for (const text of rows) expect(2 * text.length).toBeLessThan(2_000_000);
  });

  test("of another version lose what is no longer counted, and nothing else", () => {
    const store = new MetricStore(0);
    foldReport(store, reportOf({ census: { edge_chat_viewers: 1 } }), 0);
    const [text = ""] = rowsOf(store.state());
    const row = JSON.parse(text) as { series: object[]; said: object[] };
    row.series.push({ family: "edge_chat_gone_total", labels: ["acme"], value: 1 });
    row.series.push({ family: "edge_chat_turns_total", labels: ["acme"], value: 1 });
    row.series.push({ family: "edge_chat_queue_wait_seconds", labels: ["acme"], value: 1, counts: [1, 2] });
    row.said.push({ source: "hall", tenant: "acme", at: 0, census: { edge_chat_gone: 1 } });
    expect(new MetricStore(0, stateOf([JSON.stringify(row)])).samples(0)).toEqual(store.samples(0));
  });

  test.each([[["{"]], [["{}"]], [[undefined]], [[JSON.stringify({ v: 2, series: [], said: [] })]]])(
    "that cannot be read begin anew: %j",
    (texts) => {
      expect(stateOf(texts)).toBeUndefined();
    },
  );
});
