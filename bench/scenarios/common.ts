/** Figures that several scenarios take in the same way. */
import type { Serving } from "../contenders/contender.ts";
import { memoryOf } from "../lib/process.ts";
import { type Recorder, samplesOf, sumOf } from "../lib/recorder.ts";
import { quantile } from "../lib/stats.ts";
import type { FigureSpec, Figures } from "./scenario.ts";

export const commonSpecs: readonly FigureSpec[] = [
  { id: "ageP50", label: "latency p50", unit: "ms", digits: 2 },
  { id: "ageP95", label: "p95", unit: "ms", digits: 2 },
  { id: "ageP99", label: "p99", unit: "ms", digits: 2 },
  { id: "gapP99", label: "gap p99", unit: "ms", digits: 2 },
  { id: "cpuUs", label: "CPU/token", unit: "µs", digits: 1, needs: "own-process" },
  { id: "frames", label: "frames/token", unit: "", digits: 3 },
  { id: "bytes", label: "bytes/token", unit: "", digits: 1 },
  { id: "peakMib", label: "peak memory", unit: "MiB", digits: 0, needs: "own-process" },
];

/** @param cpuMs what the process used for these tokens. */
export async function commonFigures(serving: Serving, recorders: readonly Recorder[], cpuMs: number): Promise<Figures> {
  const { peakMib } = await memoryOf(serving.pid);
  const ages = samplesOf(recorders, ({ agesUs }) => agesUs);
  const gaps = samplesOf(recorders, ({ gapsUs }) => gapsUs);
  const tokens = sumOf(recorders, (recorder) => recorder.tokens);
  return {
    ageP50: quantile(ages, 0.5) / 1_000,
    ageP95: quantile(ages, 0.95) / 1_000,
    ageP99: quantile(ages, 0.99) / 1_000,
    gapP99: quantile(gaps, 0.99) / 1_000,
    cpuUs: (cpuMs * 1_000) / tokens,
    frames: sumOf(recorders, (recorder) => recorder.frames) / tokens,
    bytes: sumOf(recorders, (recorder) => recorder.bytes) / tokens,
    peakMib,
  };
}
