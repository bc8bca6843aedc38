/** Resume: a tab that lost its network in the middle of a long answer comes back while the answer goes on. */
import { nowUs, tokenLength } from "../lib/stamp.ts";
import { openTab, type Scenario, type Sizes, warmUp } from "./scenario.ts";

export function resume({ isQuick }: Sizes): Scenario {
  const tokens = isQuick ? 2_000 : 10_000;
  const rate = 2_000;
  return {
    id: "resume",
    title: "Resume",
    about: `An answer of ${tokens.toLocaleString("en")} tokens at ${rate.toLocaleString("en")} a second. A second tab goes at 50 % and comes back at 75 %; another stays and sees all of it.`,
    needs: ["resume"],
    figures: [
      { id: "caughtUpMs", label: "caught up after", unit: "ms", digits: 1 },
      { id: "missing", label: "bytes/missing byte", unit: "", digits: 2 },
    ],
    run: async (serving) => {
      await warmUp(serving);
      const stays = await openTab(serving, "resumed");
      const leaves = await openTab(serving, "resumed");
      const whole = stays.recorder.until(tokens);
      const half = leaves.recorder.until(tokens / 2);
      await stays.tab.ask({ tokens, rate });
      await half;
      await leaves.tab.drop();
      const had = leaves.recorder.tokens;
      await stays.recorder.until((tokens * 3) / 4);
      // What the staying tab has by now is what the returning one is behind.
      const behind = stays.recorder.tokens;
      const bytesBefore = leaves.recorder.bytes;
      const caughtUp = leaves.recorder.until(behind);
      const startedAt = nowUs();
      await leaves.tab.back();
      await caughtUp;
      const caughtUpMs = (leaves.recorder.lastAtUs - startedAt) / 1_000;
      const missing = (leaves.recorder.bytes - bytesBefore) / ((leaves.recorder.tokens - had) * tokenLength);
      await Promise.all([whole, leaves.recorder.until(tokens)]);
      await Promise.all([stays.tab.close(), leaves.tab.close()]);
      return { caughtUpMs, missing };
    },
  };
}
