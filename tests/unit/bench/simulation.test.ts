/** The simulation of many rooms: what docs/scale.md says of it can be had again, and a small one holds what the large one is trusted for. */
import { describe, expect, test } from "vitest";
import { lineChart } from "../../../bench/lib/report/line-chart.ts";
import { seeded } from "../../../bench/simulate/random.ts";
import { simulate } from "../../../bench/simulate/simulation.ts";
import { VirtualTime } from "../../../bench/simulate/virtual-time.ts";

describe("virtual time", () => {
  test("runs what is due in order, equals in the order they were set, and what that sets", () => {
    const time = new VirtualTime();
    const seen: string[] = [];
    const random = seeded(3);
    const moments = Array.from({ length: 500 }, () => Math.floor(random() * 100));
    for (const [index, at] of moments.entries()) time.at(at, () => seen.push(`${at}/${index}`));
    time.at(50, () => time.at(10, () => seen.push("never in the past")));
    time.runUntil(100);
    const expected = moments.map((at, index) => ({ at, index })).sort((a, b) => a.at - b.at || a.index - b.index);
    expect(seen.filter((name) => name !== "never in the past")).toEqual(
      expected.map(({ at, index }) => `${at}/${index}`),
    );
    expect(seen).toContain("never in the past");
    expect(time.now).toBe(100);
  });

  test("leaves what comes after its end", () => {
    const time = new VirtualTime();
    let ran = 0;
    time.at(10, () => (ran += 1));
    time.at(11, () => (ran += 1));
    time.runUntil(10);
    expect(ran).toBe(1);
  });
});

describe("[Q4] [U3] a thousand rooms", () => {
  const run = (seed: number) => {
    const { limiterUsPerCall: _, ...same } = simulate({ seed, rooms: 1_000, shards: 2, activeTurns: 30 });
    return same;
  };

  test("all end, no shard gives more leases than its share, and few calls are refused", () => {
    const result = run(1);
    expect(result.turns).toBeGreaterThan(1_000);
    expect([result.unsettled, result.overshoot]).toEqual([0, 0]);
    expect(Math.max(...result.seconds.map(({ running }) => running))).toBeLessThanOrEqual(30);
    expect(result.refused).toBeLessThan(result.turns / 20);
  });

  test("are the same rooms for the same seed, and others for another", () => {
    expect(run(7)).toEqual(run(7));
    expect(run(8).waitMs).not.toEqual(run(7).waitMs);
  });
});

test("a line chart has a line for each series and a band for each time, its text escaped", () => {
  const svg = lineChart({
    title: "a < b",
    x: { label: "minutes", values: [0, 1, 2] },
    bands: [{ label: "rush", from: 1, to: 2 }],
    lines: [{ label: "one", color: "red", values: [0, 5, 3] }],
  });
  expect(svg.match(/<polyline/g)).toHaveLength(1);
  expect(svg).toContain("a &lt; b");
  expect(svg).not.toContain("NaN");
});
