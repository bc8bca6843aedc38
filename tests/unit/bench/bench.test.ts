/** The bench's own arithmetic: what a run says rests on it, and none of it needs a peer. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { contenders } from "../../../bench/contenders/all.ts";
import type { Contender } from "../../../bench/contenders/contender.ts";
import { ownWorker, ownWorkerUntold } from "../../../bench/lib/bundle.ts";
import { Recorder } from "../../../bench/lib/recorder.ts";
import { costOf, listPrices } from "../../../bench/lib/report/cost.ts";
import { partOf, quotingPages, withPart } from "../../../bench/lib/report/pages.ts";
import { barChart } from "../../../bench/lib/report/plot.ts";
import { reportOf } from "../../../bench/lib/report/report.ts";
import type { Results } from "../../../bench/lib/report/results.ts";
import { targets, verdicts } from "../../../bench/lib/report/targets.ts";
import { runPlan } from "../../../bench/lib/run.ts";
import { nowUs, StampScanner, stamp, tokenLength } from "../../../bench/lib/stamp.ts";
import { median, quantile, ratios, spread } from "../../../bench/lib/stats.ts";
import { measureFold } from "../../../bench/micro/fold-result.ts";
import { scenarios } from "../../../bench/scenarios/all.ts";
import type { Scenario } from "../../../bench/scenarios/scenario.ts";
import { answer } from "../../../bench/upstream/answer.ts";
import { orderIn, promptFor } from "../../../bench/upstream/order.ts";

function seenIn(...texts: string[]): number[] {
  const seen: number[] = [];
  const scanner = new StampScanner();
  for (const text of texts) scanner.scan(text, (us) => seen.push(us));
  return seen;
}

describe("stamps", () => {
  test("are found whatever lies around them, and across reads cut at every position", () => {
    const text = `{"text":"${stamp(7)}${stamp(8)}"}\n\ndata: ${stamp(1_000_000)} ~`;
    expect(seenIn(text)).toEqual([7, 8, 1_000_000]);
    for (let cut = 0; cut <= text.length; cut += 1) {
      expect(seenIn(text.slice(0, cut), text.slice(cut))).toEqual([7, 8, 1_000_000]);
    }
  });

  test("count once, however often they are said again", () => {
    expect(seenIn(stamp(5) + stamp(6), `all of it: ${stamp(5)}${stamp(6)}`, stamp(9))).toEqual([5, 6, 9]);
  });

  test("of one answer only rise, and an answer has as many tokens as were ordered", async () => {
    const tokens: string[] = [];
    await new Promise<void>((done) => answer({ tokens: 500, rate: 0 }, (text) => tokens.push(text), done));
    const seen = seenIn(tokens.join(""));
    expect(tokens.every((token) => token.length === tokenLength)).toBe(true);
    expect(seen).toHaveLength(500);
    expect(seen.every((us, index) => index === 0 || us > (seen[index - 1] ?? 0))).toBe(true);
  });

  test("an order survives the prompt", () => {
    expect(orderIn(`user: ${promptFor({ tokens: 12, rate: 50 })}`)).toEqual({ tokens: 12, rate: 50 });
    expect(() => orderIn("hello")).toThrow("no order");
  });
});

describe("the recorder", () => {
  test("knows each token's age, counts frames and bytes, and wakes whoever waits", async () => {
    const recorder = new Recorder();
    const three = recorder.until(3);
    const made = nowUs();
    recorder.take(`${stamp(made - 2_000)}${stamp(made - 1_000)}`);
    recorder.take("a frame without text");
    recorder.take(stamp(made));
    await three;
    expect([recorder.tokens, recorder.frames, recorder.bytes]).toEqual([3, 3, 50]);
    expect(recorder.agesUs[0]).toBeGreaterThanOrEqual(2_000);
    expect(recorder.gapsUs).toHaveLength(1);
  });
});

describe("statistics", () => {
  test("quantiles and medians are of the samples, which stay as they are", () => {
    const samples = [5, 1, 4, 2, 3];
    expect([quantile(samples, 0.5), quantile(samples, 0.99), quantile(samples, 0), median([4, 1, 3, 2])]).toEqual([
      3, 5, 1, 2.5,
    ]);
    expect(samples).toEqual([5, 1, 4, 2, 3]);
    expect(quantile([], 0.5)).toBeNaN();
    expect(spread([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3, rounds: 3 });
  });

  test("ratios are of the same round", () => {
    expect(ratios([10, 40], [100, 80])).toEqual([0.1, 0.5]);
    expect(ratios([10, 40], [100])).toEqual([0.1]);
  });

  test("cost is each use at its list price", () => {
    expect(costOf({})).toBe(0);
    expect(costOf({ awakeSeconds: 1_000_000 })).toBeCloseTo(0.128 * 12.5);
    expect(costOf({ incomingMessages: 20 })).toBeCloseTo(listPrices.objectRequest);
  });
});

describe("a run", () => {
  const scenario: Scenario = {
    id: "burst",
    title: "Burst",
    about: "A test.",
    needs: [],
    figures: [
      { id: "cpuUs", label: "CPU/token", unit: "µs", digits: 1, needs: "own-process" },
      { id: "tokensPerSecond", label: "tokens/s", unit: "", digits: 0 },
    ],
    run: async ({ pid }) => ({ cpuUs: pid, tokensPerSecond: 1_000 * pid }),
  };
  const order: string[] = [];
  const contender = (id: string, pid: number, lacks: Contender["lacks"] = {}): Contender => ({
    id,
    label: id,
    about: "a test",
    lacks,
    start: async () => {
      order.push(id);
      return {
        pid,
        storage: undefined,
        inspector: undefined,
        open: () => Promise.reject(new Error("no tabs here")),
        stop: async () => undefined,
      };
    },
  });
  const upstream = { url: "http://127.0.0.1:1", pid: 1, stop: async () => undefined };
  const plan = {
    contenders: [
      contender("us-ws", 2),
      contender("relay", 10),
      contender("nest-sse", 5, { "own-process": "it makes the tokens" }),
    ],
    rounds: 3,
    timeoutMs: 1_000,
    onRun: () => undefined,
  };

  test("takes contenders in turns, another first each round, and keeps every round's figures", async () => {
    order.length = 0;
    const [result] = await runPlan({ ...plan, scenarios: [scenario] }, upstream);
    expect(order).toEqual(["us-ws", "relay", "nest-sse", "relay", "nest-sse", "us-ws", "nest-sse", "us-ws", "relay"]);
    expect(result?.entries["us-ws"]).toEqual({
      kind: "measured",
      rounds: Array.from({ length: 3 }, () => ({ cpuUs: 2, tokensPerSecond: 2_000 })),
    });
    expect(result?.entries["nest-sse"]).toMatchObject({ rounds: [{ tokensPerSecond: 5_000 }, {}, {}] });
  });

  test("says n/a with the reason where a contender cannot, fails or takes too long", async () => {
    const needy = { ...scenario, needs: ["own-process"] as const };
    const failing = { ...scenario, id: "fails", run: () => Promise.reject(new Error("it broke\n  at here")) };
    const endless = { ...scenario, id: "endless", run: () => new Promise<never>(() => undefined) };
    const results = await runPlan({ ...plan, timeoutMs: 20, scenarios: [needy, failing, endless] }, upstream);
    expect(results[0]?.entries["nest-sse"]).toEqual({ kind: "n/a", reason: "it makes the tokens" });
    expect(results[1]?.entries["relay"]).toEqual({ kind: "n/a", reason: "it broke" });
    expect(results[2]?.entries["relay"]).toEqual({ kind: "n/a", reason: "not done after 0.02 s" });
  });

  test("is told: targets with their ratios, tables, reasons and the machine", async () => {
    const measured = await runPlan(
      { ...plan, scenarios: [scenario, { ...scenario, id: "other", needs: ["own-process"] }] },
      upstream,
    );
    const results: Results = {
      date: "2026-11-23T00:00:00Z",
      commit: "abc1234",
      isQuick: false,
      minutes: 1,
      machine: { cpu: "a CPU", cores: 2, memoryGib: 4, kernel: "6", node: "24", workerd: "1", loadBefore: 3 },
      contenders: plan.contenders,
      scenarios: measured,
    };
    const relay = verdicts(results).find(({ target }) => target.scenario === "burst" && target.theirs === "relay");
    expect(relay).toMatchObject({ measured: { median: 0.2, rounds: 3 }, isMet: true });
    const report = reportOf(results);
    expect(report).toContain("| burst: CPU/token against the unparsed relay | ≤ 0.333 | 0.2 (0.2–0.2) | met |");
    expect(report).toContain("| nest-sse | n/a | 5,000 (5,000–5,000) |");
    expect(report).toContain("- nest-sse: n/a, it makes the tokens.");
    expect(report).toContain("**Busy machine**");
    for (const page of quotingPages) {
      const text = await readFile(join(import.meta.dirname, "../../..", page.path), "utf8");
      const part = partOf(page, results);
      const written = withPart(text, part);
      expect(written).toContain(`\n\n${part}\n\n`);
      expect(withPart(written, part)).toBe(written);
    }
    const [readme = "", readmeZh = "", guide = "", guideZh = ""] = quotingPages.map((page) => partOf(page, results));
    expect(readme).toContain("| burst: CPU/token against the unparsed relay | ≤ 0.333 | 0.2 (0.2–0.2) | met |");
    expect(readmeZh).toContain("| 突发：每个 token 的 CPU，与不解析的转发之比 | ≤ 0.333 | 0.2 (0.2–0.2) | 达到 |");
    expect(readmeZh).toContain("[bench/results.md](bench/results.md)");
    // This run has none of the scenarios that the guide compares.
    expect(guide).not.toContain("| relay |");
    const paced = { ...results, scenarios: measured.map((one) => ({ ...one, id: "paced-20" })) };
    const [, , hops = "", hopsZh = ""] = quotingPages.map((page) => partOf(page, paced));
    expect(hops).toContain("| relay | – | – | – | 10 (10–10) |");
    expect(hopsZh).toContain("| Durable Object，不解析直接转发 | – | – | – | 10 (10–10) |");
    expect(guideZh).toContain("[bench/results.md](../bench/results.md)");
    expect(() => withPart("# Another page", "")).toThrow("no part between");
  });
});

test("every target is of a figure that a whole run takes, by a contender that can take part", () => {
  const taken = [...scenarios({ isQuick: true }), measureFold(0)];
  for (const { scenario, figure, ours, theirs } of targets) {
    const found = taken.find(({ id }) => id === scenario);
    expect(found?.figures.map(({ id }) => id)).toContain(figure);
    for (const id of [ours, theirs]) if (id !== undefined) expect(contenders.map((one) => one.id)).toContain(id);
  }
});

test("the plot is one SVG with a bar for each value, its text escaped", () => {
  const bar = { label: "a <b> & c", value: 10, min: 9, max: 11, isOurs: true };
  const svg = barChart([{ title: "t", bars: [bar, { ...bar, value: 1_000, max: 1_200 }], write: String }]);
  expect(svg.match(/<rect x=/g)).toHaveLength(2);
  expect(svg).toContain("a &lt;b> &amp; c");
  expect(svg).not.toContain("NaN");
});

test("the Worker that tells nothing is the same one without its telemetry", async () => {
  const [told, untold] = (await Promise.all([ownWorker(), ownWorkerUntold()])).map((modules) =>
    [...modules.values()].join("\n"),
  );
  // A span's attribute, and what every other part of a room still says.
  for (const [text, isInBoth] of [
    ["http.response.status_code", false],
    ["turn-settled", true],
  ] as const) {
    expect([text, told?.includes(text), untold?.includes(text)]).toEqual([text, true, isInBoth]);
  }
});
