/** What a scenario is: a load, and the figures taken of it. One file each. */
import type { Ability, Serving, Tab } from "../contenders/contender.ts";
import { Recorder } from "../lib/recorder.ts";
import type { Order } from "../upstream/order.ts";

export interface FigureSpec {
  readonly id: string;
  readonly label: string;
  readonly unit: string;
  /** Digits after the point. */
  readonly digits: number;
  /** What a contender must have for this one figure. */
  readonly needs?: Ability;
}

/** By the figure's id. */
export type Figures = Readonly<Record<string, number>>;

export interface Scenario {
  readonly id: string;
  readonly title: string;
  /** What is done, with its sizes. */
  readonly about: string;
  readonly needs: readonly Ability[];
  readonly figures: readonly FigureSpec[];
  /** How often at most; every round where absent. */
  readonly maxRounds?: number;
  run(serving: Serving): Promise<Figures>;
}

/** How much of everything: the full bench, or a look that takes minutes. */
export interface Sizes {
  readonly isQuick: boolean;
}

export interface OpenTab {
  readonly tab: Tab;
  readonly recorder: Recorder;
}

export async function openTab(serving: Serving, room: string): Promise<OpenTab> {
  const recorder = new Recorder();
  return { tab: await serving.open(room, recorder), recorder };
}

/** Connections opened at a time: what a listen queue takes without dropping any. */
const openAtATime = 20;

/** Many tabs, a few at a time. */
export async function openTabs(count: number, open: (index: number) => Promise<OpenTab>): Promise<OpenTab[]> {
  const tabs: OpenTab[] = [];
  for (let start = 0; start < count; start += openAtATime) {
    const size = Math.min(openAtATime, count - start);
    tabs.push(...(await Promise.all(Array.from({ length: size }, (_, index) => open(start + index)))));
  }
  return tabs;
}

export async function closeAll(tabs: readonly OpenTab[]): Promise<void> {
  await Promise.all(tabs.map(({ tab }) => tab.close()));
}

/** One answer, until all of these tabs have it. */
export async function answerTo(asker: OpenTab, readers: readonly OpenTab[], order: Order): Promise<void> {
  const wanted = readers.map(({ recorder }) => recorder.until(recorder.tokens + order.tokens));
  await Promise.all([asker.tab.ask(order), ...wanted]);
}

/** Answers that nobody counts: the code is compiled, connections are open, caches filled. */
export async function warmUp(serving: Serving, answers = 3, tokens = 2_000): Promise<void> {
  for (let index = 0; index < answers; index += 1) {
    const tab = await openTab(serving, `warm-${index}`);
    await answerTo(tab, [tab], { tokens, rate: 0 });
    await tab.tab.close();
  }
}
