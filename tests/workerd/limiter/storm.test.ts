/** Hundreds of rooms ask at once and the backend answers ten at a time, in the real runtime. `properties.test.ts` has the same on machines of any speed. */
import { env, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, inject, test } from "vitest";
import { freeRefusals } from "../../../party/core/limiter/limiter.ts";
import { limiterName } from "../../../party/limits/limiter-shards.ts";
import { textOf } from "../../../shared/content.ts";
import { type StormEvent, stormFigures } from "../../support/backends/storm-figures.ts";
import { fresh, SocketTab } from "../room/tab.ts";

/**
 * Refusals by completion after the first completions. The slow-down raises its cap by one call for as many successes as it
 * allows, so it is refused once for some thirty of them. That ratio doesn't depend on the machine's speed: no refused turn
 * calls again while refusals are still being read. Without the Limiter it is 2.9 and more, and turns fail.
 */
const maxRefusedByCompletion = 0.1;
/**
 * Calls of one turn: its first ones may be refused through no fault of its own. In which order turns are served depends on the
 * machine here, because a turn that is refused again must wait while others are served; `properties.test.ts` holds how long a
 * turn may be overtaken, on machines of any speed.
 */
const maxCalls = freeRefusals + 1;

const control = (path: string) => fetch(`${inject("stormUrl")}/control/${path}`);

beforeEach(async () => {
  // The tenant's upstream was never slow.
  const limiter = env.Limiter.get(env.Limiter.idFromName(limiterName("default", 0)));
  await runInDurableObject(limiter, (_, { storage }) => storage.deleteAll());
  await evictDurableObject(limiter);
});

describe("[U3] [Q4] a storm", () => {
  test.each([
    ["that says no more than 429", 200, "", {}],
    ["that asks to wait for a second", 100, "&retryAfter=1", {}],
    ["that takes far less than the tenant may ask for", 100, "", { activeTurns: 100 }],
  ])(
    "on a backend %s: every turn completes, few are refused, none of them often",
    async (_name, rooms, said, limits) => {
      await env.CONFIG.put("tenant/default", JSON.stringify(limits));
      await control(`begin?wave=${rooms}${said}`);
      const storm = fresh("storm");
      const tabs: SocketTab[] = [];
      // A few at a time, because a busy machine has five seconds for the hello of each socket.
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
      expect(figures.mostCalls).toBeLessThanOrEqual(maxCalls);
    },
  );
});
