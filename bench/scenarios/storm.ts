/** Reconnect storm: everybody's connection goes at once, as after a deploy, and everybody comes back. */
import { cpuMsOf } from "../lib/process.ts";
import { nowUs } from "../lib/stamp.ts";
import { quantile } from "../lib/stats.ts";
import { answerTo, closeAll, openTab, openTabs, type Scenario, type Sizes, warmUp } from "./scenario.ts";

export function storm({ isQuick }: Sizes): Scenario {
  const sockets = isQuick ? 200 : 1_000;
  const rooms = sockets / 10;
  return {
    id: "reconnect-storm",
    title: "Reconnect storm",
    about: `${sockets.toLocaleString("en")} sockets in ${rooms} rooms, each with an answer of 100 tokens, lose their connections and come back at once, without the client's own spreading.`,
    needs: ["own-process", "rooms"],
    figures: [
      { id: "backP50", label: "back p50", unit: "ms", digits: 0 },
      { id: "backMax", label: "all back", unit: "ms", digits: 0 },
      { id: "cpuUs", label: "CPU a socket", unit: "µs", digits: 0 },
    ],
    run: async (serving) => {
      await warmUp(serving);
      const tabs = await openTabs(sockets, (index) => openTab(serving, `storm-${index % rooms}`));
      for (let room = 0; room < rooms; room += 1) {
        const members = tabs.filter((_, index) => index % rooms === room);
        const [asker] = members;
        if (asker !== undefined) await answerTo(asker, members, { tokens: 100, rate: 0 });
      }
      await Promise.all(tabs.map(({ tab }) => tab.drop()));
      const cpuBefore = await cpuMsOf(serving.pid);
      const startedAt = nowUs();
      const backMs = await Promise.all(
        tabs.map(async ({ tab }) => {
          await tab.back();
          return (nowUs() - startedAt) / 1_000;
        }),
      );
      const cpuUs = (((await cpuMsOf(serving.pid)) - cpuBefore) * 1_000) / sockets;
      await closeAll(tabs);
      return { backP50: quantile(backMs, 0.5), backMax: Math.max(...backMs), cpuUs };
    },
  };
}
