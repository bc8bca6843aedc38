/** Paced: many rooms, each with an answer at the pace of a model. What a conversation costs and how old its tokens are. */
import { cpuMsOf } from "../lib/process.ts";
import { rowsIn } from "../lib/report/rows.ts";
import { nowUs } from "../lib/stamp.ts";
import { quantile } from "../lib/stats.ts";
import { commonFigures, commonSpecs } from "./common.ts";
import { answerTo, closeAll, openTab, openTabs, type Scenario, type Sizes, warmUp } from "./scenario.ts";

const rate = 50;

export function paced(rooms: number, { isQuick }: Sizes): Scenario {
  const tokens = isQuick ? 100 : rooms > 50 ? 500 : 1_000;
  return {
    id: `paced-${rooms}`,
    title: `Paced, ${rooms} rooms`,
    about: `${rooms} rooms of one tab, each with an answer of ${tokens} tokens at ${rate} a second, begun at different moments.`,
    needs: ["live"],
    ...(rooms > 50 ? { maxRounds: 2 } : {}),
    figures: [
      { id: "firstMs", label: "first token p50", unit: "ms", digits: 1 },
      ...commonSpecs,
      { id: "rows", label: "rows kept an answer", unit: "", digits: 1, needs: "storage" },
      { id: "logRows", label: "of them for its length, by 1,000 tokens", unit: "", digits: 1, needs: "storage" },
    ],
    run: async (serving) => {
      await warmUp(serving, 2, 500);
      const tabs = await openTabs(rooms, (index) => openTab(serving, `paced-${index}`));
      // Two answers of one token: the first makes the room, the second takes what any answer takes.
      const rowsAt: number[] = [];
      for (let answer = 0; answer < 2; answer += 1) {
        await Promise.all(tabs.map((open) => answerTo(open, [open], { tokens: 1, rate: 0 })));
        rowsAt.push(await rowsIn(serving.storage));
      }
      for (const { recorder } of tabs) recorder.clear();
      const cpuBefore = await cpuMsOf(serving.pid);
      const firstMs = await Promise.all(
        tabs.map(async (open, index) => {
          // Each begins at its own place within the pace's step and a bit: no room waits for another's token.
          await new Promise((resolve) => setTimeout(resolve, (index * 7) % 200));
          const startedAt = nowUs();
          await answerTo(open, [open], { tokens, rate });
          return (open.recorder.firstAtUs - startedAt) / 1_000;
        }),
      );
      const figures = await commonFigures(
        serving,
        tabs.map(({ recorder }) => recorder),
        (await cpuMsOf(serving.pid)) - cpuBefore,
      );
      await closeAll(tabs);
      const [first = 0, second = 0] = rowsAt;
      const rows = ((await rowsIn(serving.storage)) - second) / rooms;
      const logRows = ((rows - (second - first) / rooms) * 1_000) / tokens;
      return { firstMs: quantile(firstMs, 0.5), ...figures, rows, logRows };
    },
  };
}
