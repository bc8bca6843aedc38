/** Hundreds of rooms ask at once, and the backend answers ten at a time: what rooms do together in the real runtime. */
import { env, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, inject, test } from "vitest";
import { limiterName } from "../../party/limits/limiter-shards.ts";
import { textOf } from "../../shared/content.ts";
import { type StormEvent, stormFigures } from "../support/storm-figures.ts";
import { fresh, SocketTab } from "./tab.ts";

/**
 * Refusals by completion, once the gateway knows what the backend takes. Without the Limiter they are 2.9 and more, and turns
 * fail. With it they are by the machine, because waits are by the clock and what two hundred rooms do in them is not: 0.0 on a
 * quick one, up to 0.8 on one of half its speed. So the test holds that there is a Limiter; its figure is
 * `scripts/measure/storm.ts`'s.
 */
const maxRefusedByCompletion = 1.5;
/**
 * The places a turn may fall back between its arrival and its completion, of all rooms. They come in one wave, so who of it was
 * first says little; who starved would come last whatever its place.
 */
const maxFellBack = 0.9;

const control = (path: string) => fetch(`${inject("stormUrl")}/control/${path}`);

beforeEach(async () => {
  // A tenant whose upstream was never slow.
  const limiter = env.Limiter.get(env.Limiter.idFromName(limiterName("default", 0)));
  await runInDurableObject(limiter, (_, { storage }) => storage.deleteAll());
  await evictDurableObject(limiter);
});

describe("[U3] [Q4] a storm", () => {
  test.each([
    ["that says no more than 429", 200, "", {}],
    ["that asks to wait for a second", 100, "&retryAfter=1", {}],
    ["that takes far less than the tenant may ask for", 100, "", { activeTurns: 100 }],
  ])("on a backend %s: every turn completes, few are refused, nobody starves", async (_name, rooms, said, limits) => {
    await env.CONFIG.put("tenant/default", JSON.stringify(limits));
    await control(`begin?wave=${rooms}${said}`);
    const storm = fresh("storm");
    const tabs: SocketTab[] = [];
    // A few at a time: a busy machine has five seconds for each socket's hello.
    while (tabs.length < rooms) {
      const next = Array.from({ length: 20 }, (_, index) => new SocketTab().join(`${storm}-${tabs.length + index}`));
      tabs.push(...(await Promise.all(next)));
    }
    const turns = tabs.map((tab, index) => {
      const prompt = `Answer number ${index}, in the storm`;
      return { tab, prompt, id: tab.submit(prompt) };
    });
    await Promise.all(turns.map(({ tab, id }) => tab.untilTurn(id, ({ state }) => state === "settled")));

    for (const { tab, id, prompt } of turns) {
      const turn = tab.turn(id);
      expect(turn).toMatchObject({ outcome: "completed" });
      expect(textOf(turn?.parts ?? [])).toBe(prompt);
      tab.close();
    }
    const figures = stormFigures(await (await control("events")).json<StormEvent[]>());
    console.log(`storm: ${JSON.stringify(figures)}`);
    expect(figures).toMatchObject({ completed: rooms, aborted: 0, calls: rooms + figures.refused });
    expect(figures.refusedLater / figures.completedLater).toBeLessThanOrEqual(maxRefusedByCompletion);
    expect(figures.fellBack).toBeLessThanOrEqual(rooms * maxFellBack);
  });
});
