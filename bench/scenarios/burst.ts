/** Burst: an answer as fast as the backend can say it. What a token costs when there is no time between two of them. */
import { cpuMsOf } from "../lib/process.ts";
import type { Recorder } from "../lib/recorder.ts";
import { nowUs } from "../lib/stamp.ts";
import { quantile } from "../lib/stats.ts";
import { commonFigures, commonSpecs } from "./common.ts";
import { answerTo, openTab, type Scenario, type Sizes, warmUp } from "./scenario.ts";

const tokens = 2_000;

export function burst({ isQuick }: Sizes): Scenario {
  const atLeastMs = isQuick ? 500 : 4_000;
  return {
    id: "burst",
    title: "Burst",
    about: `Answers of ${tokens.toLocaleString("en")} tokens as fast as the backend makes them, one after another, each in a room of its own with one tab, for ${atLeastMs / 1_000} s.`,
    needs: [],
    figures: [
      { id: "tokensPerSecond", label: "tokens/s", unit: "", digits: 0 },
      { id: "firstMs", label: "first token p50", unit: "ms", digits: 1 },
      ...commonSpecs,
    ],
    run: async (serving) => {
      await warmUp(serving);
      const recorders: Recorder[] = [];
      const firstMs: number[] = [];
      let busyUs = 0;
      let cpuMs = 0;
      for (let index = 0; busyUs < atLeastMs * 1_000; index += 1) {
        const open = await openTab(serving, `burst-${index}`);
        // The answers alone: that a room is made and joined is the reconnect storm's and the first token's business.
        const cpuBefore = await cpuMsOf(serving.pid);
        const startedAt = nowUs();
        await answerTo(open, [open], { tokens, rate: 0 });
        cpuMs += (await cpuMsOf(serving.pid)) - cpuBefore;
        busyUs += open.recorder.lastAtUs - startedAt;
        firstMs.push((open.recorder.firstAtUs - startedAt) / 1_000);
        recorders.push(open.recorder);
        await open.tab.close();
      }
      return {
        tokensPerSecond: (recorders.length * tokens) / (busyUs / 1e6),
        firstMs: quantile(firstMs, 0.5),
        ...(await commonFigures(serving, recorders, cpuMs)),
      };
    },
  };
}
