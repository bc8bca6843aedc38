/** The picture of the report: what a token costs, and how many get out. */

import { spread } from "../stats.ts";
import { type Bar, barChart, type Panel } from "./plot.ts";
import { short } from "./report.ts";
import { type Results, valuesOf } from "./results.ts";

const panels = [
  { title: "Burst: CPU a token, µs (less is better)", scenario: "burst", figure: "cpuUs" },
  { title: "20 rooms at 50 tokens/s: CPU a token, µs (less is better)", scenario: "paced-20", figure: "cpuUs" },
  { title: "20 rooms at 50 tokens/s: latency p99, ms (less is better)", scenario: "paced-20", figure: "ageP99" },
  {
    title: "One room, 20 tabs: delivered tokens a second (more is better)",
    scenario: "fan-out-20",
    figure: "tokensPerSecond",
  },
] as const;

export function headlinePlot(results: Results): string {
  const drawn = panels.map(
    ({ title, scenario, figure }): Panel => ({
      title,
      write: short,
      bars: results.contenders.flatMap(({ id, label, isOurs }): Bar[] => {
        const values = valuesOf(results, scenario, id, figure);
        if (values.length === 0) return [];
        const { median: value, min, max } = spread(values);
        return [{ label, value, min, max, isOurs: isOurs === true }];
      }),
    }),
  );
  return barChart(drawn.filter(({ bars }) => bars.length > 0));
}
