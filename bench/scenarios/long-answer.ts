/** Long answer: whether a token at the end costs what one at the beginning did. */
import { cpuMsOf } from "../lib/process.ts";
import { nowUs } from "../lib/stamp.ts";
import { commonFigures, commonSpecs } from "./common.ts";
import { answerTo, openTab, type Scenario, type Sizes, warmUp } from "./scenario.ts";

export function longAnswer({ isQuick }: Sizes): Scenario {
  const tokens = isQuick ? 10_000 : 100_000;
  return {
    id: "long-answer",
    title: "Long answer",
    about: `One answer of ${tokens.toLocaleString("en")} tokens as fast as the backend makes them, to one tab.`,
    needs: [],
    maxRounds: 2,
    figures: [{ id: "tokensPerSecond", label: "tokens/s", unit: "", digits: 0 }, ...commonSpecs],
    run: async (serving) => {
      await warmUp(serving);
      const open = await openTab(serving, "long");
      const cpuBefore = await cpuMsOf(serving.pid);
      const startedAt = nowUs();
      await answerTo(open, [open], { tokens, rate: 0 });
      const seconds = (open.recorder.lastAtUs - startedAt) / 1e6;
      const figures = await commonFigures(serving, [open.recorder], (await cpuMsOf(serving.pid)) - cpuBefore);
      await open.tab.close();
      return { tokensPerSecond: tokens / seconds, ...figures };
    },
  };
}
