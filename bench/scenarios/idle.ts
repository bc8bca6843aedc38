/** Idle: sockets in rooms where nothing happens. What an open tab costs while its user reads. */
import { memoryOf } from "../lib/process.ts";
import { closeAll, openTab, openTabs, type Scenario, type Sizes } from "./scenario.ts";

/** An object leaves memory after ten seconds without an event; some more for the last of many. */
const untilAsleepMs = 14_000;

export function idle({ isQuick }: Sizes): Scenario {
  const rooms = isQuick ? 100 : 1_000;
  const tabsEach = isQuick ? 5 : 10;
  const sockets = rooms * tabsEach;
  return {
    id: "idle",
    title: "Idle",
    about: `${sockets.toLocaleString("en")} sockets in ${rooms.toLocaleString("en")} rooms, open and silent until the rooms sleep.`,
    needs: ["own-process", "hibernation"],
    maxRounds: 2,
    figures: [
      { id: "awakeKib", label: "memory a socket, rooms awake", unit: "KiB", digits: 1 },
      { id: "asleepKib", label: "asleep", unit: "KiB", digits: 1 },
    ],
    run: async (serving) => {
      // The first room's code and its like are no socket's memory.
      const [first] = await openTabs(1, () => openTab(serving, "first"));
      const before = await memoryOf(serving.pid);
      const tabs = await openTabs(sockets, (index) => openTab(serving, `idle-${index % rooms}`));
      const awake = await memoryOf(serving.pid);
      await new Promise((resolve) => setTimeout(resolve, untilAsleepMs));
      const asleep = await memoryOf(serving.pid);
      await closeAll(first === undefined ? tabs : [first, ...tabs]);
      const kib = (mib: number) => ((mib - before.residentMib) * 1_024) / sockets;
      return { awakeKib: kib(awake.residentMib), asleepKib: kib(asleep.residentMib) };
    },
  };
}
