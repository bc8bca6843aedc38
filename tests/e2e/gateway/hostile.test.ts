/** The client in networks that block, hold back, cut and delay: whatever it takes, the transcript is exact in the end. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ChatClient, type TransportName } from "../../../client/index.ts";
import { textOf } from "../../../shared/content.ts";
import { untilSnapshot } from "../../support/client.ts";
import { type HostileProxy, startHostileProxy, type Vices } from "../../support/network/hostile-proxy.ts";
import { startTestStack, type TestStack } from "../../support/stack.ts";

let stack: TestStack;

beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(async () => {
  await stack?.stop();
});

const networks: readonly [string, Vices, readonly TransportName[]][] = [
  ["refuses upgrades", { refusesUpgrades: true }, ["sse"]],
  ["refuses upgrades and holds back 8 KiB", { refusesUpgrades: true, buffersBytes: 8_192 }, ["poll"]],
  ["cuts every connection after 2 s", { cutsAfterMs: 2_000 }, ["sse", "poll", "websocket"]],
  [
    "refuses upgrades and cuts every connection after 2 s",
    { refusesUpgrades: true, cutsAfterMs: 2_000 },
    ["sse", "poll"],
  ],
  ["delays everything by 800 ms", { delaysMs: 800 }, ["websocket"]],
  ["refuses upgrades and delays everything by 800 ms", { refusesUpgrades: true, delaysMs: 800 }, ["sse"]],
  ["refuses upgrades, compresses and asks for buffering", { refusesUpgrades: true, gzips: true }, ["poll"]],
];

describe.concurrent("a network that", () => {
  test.for(networks)("[F7] %s: every word arrives once, in order, and a stop stops", async ([name, vices, ends]) => {
    const proxy: HostileProxy = await startHostileProxy(stack.url, vices);
    const room = `hostile-${networks.findIndex((network) => network[0] === name)}`;
    const client = new ChatClient({ url: proxy.url, room });
    const witness = new ChatClient({ url: stack.url, room });
    try {
      const prompt = Array.from({ length: 500 }, (_, index) => `w${index}`).join(" ");
      const first = client.submit(prompt, { params: { tokensPerSecond: 100 } });
      const settled = await untilSnapshot(client, ({ turns }) => turns[0]?.state === "settled");
      expect(settled.turns[0]).toMatchObject({ id: first, outcome: "completed" });
      expect(textOf(settled.turns[0]?.parts ?? [])).toBe(prompt);

      const second = client.submit(prompt, { params: { tokensPerSecond: 50 } });
      await untilSnapshot(client, ({ turns }) => (turns[1]?.length ?? 0) > 0);
      client.cancel(second);
      const stopped = await untilSnapshot(client, ({ turns }) => turns[1]?.state === "settled");
      expect(stopped.turns[1]).toMatchObject({ id: second, outcome: "cancelled", stop: "confirmed" });
      const seen = await untilSnapshot(witness, ({ turns }) => turns[1]?.state === "settled");
      expect(stopped.turns.map(({ id, parts }) => [id, textOf(parts)])).toEqual(
        seen.turns.map(({ id, parts }) => [id, textOf(parts)]),
      );
      const { connection } = await untilSnapshot(client, (snapshot) => snapshot.connection.state === "online");
      expect(ends).toContain(connection.state === "online" ? connection.transport : undefined);
    } finally {
      client.close();
      witness.close();
      await proxy.stop();
    }
  });
});
