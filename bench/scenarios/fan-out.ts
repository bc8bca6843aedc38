/** Fan-out: one answer and many tabs of the same room. */
import { cpuMsOf } from "../lib/process.ts";
import { nowUs } from "../lib/stamp.ts";
import { commonFigures, commonSpecs } from "./common.ts";
import { answerTo, closeAll, openTab, openTabs, type Scenario, type Sizes, warmUp } from "./scenario.ts";

export function fanOut(tabs: number, { isQuick }: Sizes): Scenario {
  const tokens = isQuick || tabs > 500 ? 500 : 2_000;
  const answers = isQuick ? 1 : tabs > 50 ? 2 : 5;
  return {
    id: `fan-out-${tabs}`,
    title: `Fan-out, ${tabs.toLocaleString("en")} tabs`,
    about: `One room with ${tabs.toLocaleString("en")} tabs; ${answers === 1 ? "an answer" : `${answers} answers`} of ${tokens.toLocaleString("en")} tokens as fast as the backend makes them. A token counts once for each tab.`,
    needs: ["rooms"],
    ...(tabs > 50 ? { maxRounds: 2 } : {}),
    figures: [{ id: "tokensPerSecond", label: "delivered tokens/s", unit: "", digits: 0 }, ...commonSpecs],
    run: async (serving) => {
      await warmUp(serving);
      const open = await openTabs(tabs, () => openTab(serving, "many"));
      const [asker] = open;
      if (asker === undefined) throw new Error("no tab");
      const cpuBefore = await cpuMsOf(serving.pid);
      let busyUs = 0;
      for (let index = 0; index < answers; index += 1) {
        const startedAt = nowUs();
        await answerTo(asker, open, { tokens, rate: 0 });
        busyUs += Math.max(...open.map(({ recorder }) => recorder.lastAtUs)) - startedAt;
      }
      const figures = await commonFigures(
        serving,
        open.map(({ recorder }) => recorder),
        (await cpuMsOf(serving.pid)) - cpuBefore,
      );
      await closeAll(open);
      return { tokensPerSecond: (tabs * tokens * answers) / (busyUs / 1e6), ...figures };
    },
  };
}
