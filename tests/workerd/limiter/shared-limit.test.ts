/** One limit, many rooms: the whole gateway with a tenant's entry in KV, which changes while rooms are open (Q4). */
import { env } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { tenantConfigMs } from "../../../party/config/tenant-settings.ts";
import { fresh, SocketTab, upstream } from "../room/tab.ts";

const limitTo = (entry: { activeTurns: number }) => env.CONFIG.put("tenant/default", JSON.stringify(entry));

/** What was read of KV ages at once; real timers go on. */
function letConfigAge(): void {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + tenantConfigMs + 1 });
}

beforeEach(() => limitTo({ activeTurns: 1 }));
afterEach(async () => {
  vi.useRealTimers();
  await env.CONFIG.delete("tenant/default");
});

async function openRoom() {
  const tab = await new SocketTab().join(fresh("room"));
  return {
    tab,
    ask(prompt = fresh("prompt")) {
      const id = tab.submit(prompt);
      return {
        prompt,
        /** The backend has been called for it. */
        called: () => upstream("until", prompt, { requests: 1 }),
        waits: () => tab.until(() => tab.of("notice").some(({ turnId }) => turnId === id)),
        notice: () => tab.of("notice").findLast(({ turnId }) => turnId === id),
        async answer() {
          await upstream("done", prompt);
          await tab.untilTurn(id, ({ state }) => state === "settled");
          expect(tab.turn(id)).toMatchObject({ outcome: "completed" });
        },
      };
    },
  };
}

/** How often the backend was called for it until now. */
const callsOf = async (prompt: string) => (await upstream("until", prompt)).requests.length;

// Each waits for rooms that ask again in their own time: seconds on a busy machine.
describe("[Q4] a limit of the tenant's", () => {
  test("lets two rooms' turns run one after the other, and the one that waits is told why", async () => {
    const [first, second] = [(await openRoom()).ask(), await openRoom()];
    await first.called();
    const waiting = second.ask();
    await waiting.waits();
    expect(waiting.notice()).toMatchObject({ code: "waiting-for-concurrency", scope: "tenant", willRetry: true });
    expect(waiting.notice()?.retryAfterMs).toBeGreaterThan(0);
    expect(await callsOf(waiting.prompt)).toBe(0);
    await first.answer();
    await waiting.called();
    await waiting.answer();
    expect([await callsOf(first.prompt), await callsOf(waiting.prompt)]).toEqual([1, 1]);
    expect(second.tab.of("turn-end")).toHaveLength(1);
  });

  test("is shared out fairly: a room that asks once waits for one turn of a room that asks a lot", async () => {
    const [busy, quiet] = [await openRoom(), await openRoom()];
    const [one, two, three] = [busy.ask(), busy.ask(), busy.ask()];
    await one.called();
    const single = quiet.ask();
    await single.waits();
    await one.answer();
    // The busy room's next comes to the Limiter after the quiet room's one, and waits behind it.
    await single.called();
    expect([await callsOf(two.prompt), await callsOf(three.prompt)]).toEqual([0, 0]);
    await single.answer();
    for (const turn of [two, three]) {
      await turn.called();
      await turn.answer();
    }
  });

  test("changes in KV without a deploy, for rooms that are open and turns that wait", async () => {
    const [first, second] = [(await openRoom()).ask(), (await openRoom()).ask()];
    await first.called();
    await second.waits();
    await limitTo({ activeTurns: 2 });
    letConfigAge();
    await second.called();
    const third = (await openRoom()).ask();
    await third.waits();
    expect(await callsOf(third.prompt)).toBe(0);
    for (const turn of [first, second]) await turn.answer();
    await third.called();
    await third.answer();
  });
});
