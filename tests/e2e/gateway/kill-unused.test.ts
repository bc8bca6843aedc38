/**
 * A room in which nothing was ever asked stores nothing, so a kill takes all of it but what its tabs remember. They must
 * not notice: the first question is answered, and not refused as one of a conversation that was cleared.
 */
import { afterEach, beforeEach, expect, test } from "vitest";
import { ChatClient } from "../../../client/index.ts";
import type { Part } from "../../../scripts/lib/local-process.ts";
import { startGateway } from "../../../scripts/lib/local-processes.ts";
import { untilSnapshot } from "../../support/client.ts";
import { startTestStack, type TestStack } from "../../support/stack.ts";

let stack: TestStack;
let gateway: Part;
let client: ChatClient | undefined;

beforeEach(async () => {
  stack = await startTestStack();
  ({ gateway } = stack);
});

afterEach(async () => {
  client?.close();
  await gateway.stop();
  await stack.stop();
});

test("[T1] a question asked while the gateway was away is answered, also where a newcomer was there first", async () => {
  client = new ChatClient({ url: stack.url, room: "unused" });
  await untilSnapshot(client, ({ connection }) => connection.state === "online");
  await gateway.kill("SIGKILL");
  const id = client.submit("first words", { provider: "echo" });
  const { backend, persistTo, url } = stack;
  gateway = await startGateway({ port: Number(new URL(url).port), backendUrl: backend.url, persistTo });
  const newcomer = new ChatClient({ url: stack.url, room: "unused" });
  await untilSnapshot(newcomer, ({ connection }) => connection.state === "online");
  newcomer.close();

  const { turns, pending } = await untilSnapshot(
    client,
    (now) => now.turns[0]?.state === "settled" || now.pending.some(({ refused }) => refused !== undefined),
  );
  expect(pending).toEqual([]);
  expect(turns).toMatchObject([{ id, outcome: "completed", parts: [{ type: "text-delta", delta: "first words" }] }]);
  const stats = await fetch(`${backend.url}/model/stats`);
  expect(await stats.json()).toMatchObject({ started: 1, finished: 1 });
});
