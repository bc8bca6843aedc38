/** First token: how long a person who has just asked looks at nothing. All that a contender promises before it begins is in it. */

import { nowUs } from "../lib/stamp.ts";
import { quantile } from "../lib/stats.ts";
import { answerTo, openTab, type Scenario, type Sizes } from "./scenario.ts";

const order = { tokens: 5, rate: 0 };

export function firstToken({ isQuick }: Sizes): Scenario {
  const asks = isQuick ? 20 : 100;
  return {
    id: "first-token",
    title: "First token",
    about: `${asks} short questions, one after another, in a room that is warm. Ours asks the tenant's Limiter for a lease and makes the turn durable first.`,
    needs: [],
    figures: [
      { id: "firstP50", label: "first token p50", unit: "ms", digits: 2 },
      { id: "firstP95", label: "p95", unit: "ms", digits: 2 },
    ],
    run: async (serving) => {
      const open = await openTab(serving, "first");
      const { tab, recorder } = open;
      const firstMs: number[] = [];
      for (let ask = -5; ask < asks; ask += 1) {
        recorder.firstAtUs = 0;
        const startedAt = nowUs();
        await answerTo(open, [open], order);
        if (ask >= 0) firstMs.push((recorder.firstAtUs - startedAt) / 1_000);
      }
      await tab.close();
      return { firstP50: quantile(firstMs, 0.5), firstP95: quantile(firstMs, 0.95) };
    },
  };
}
