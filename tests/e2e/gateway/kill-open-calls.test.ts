/**
 * SIGKILL on the gateway's runtime while calls of an answer wait for somebody, and in the moment in which they are answered: the
 * calls wait on, no answer is lost or taken twice, and the backend is asked once for each part of the message.
 */
import { afterEach, beforeEach, expect, test } from "vitest";
import { ChatClient } from "../../../client/index.ts";
import { pendingCalls, roomTools } from "../../../client/tools.ts";
import type { Part } from "../../../scripts/lib/local-process.ts";
import { startGateway } from "../../../scripts/lib/local-processes.ts";
import { textOf } from "../../../shared/content.ts";
import { untilSnapshot } from "../../support/client.ts";
import { startTestStack, type TestStack } from "../../support/stack.ts";

/** The room may ask again what it had asked when it was killed: the backend honours its keys. */
const vars = { UPSTREAM_RESUMABLE: "yes" };

let stack: TestStack;
let gateway: Part;
const clients: ChatClient[] = [];

beforeEach(async () => {
  stack = await startTestStack({ backend: { env: { PROVIDER: "agent" } }, gateway: { vars } });
  ({ gateway } = stack);
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await gateway.stop();
  await stack.stop();
});

async function enter(): Promise<ChatClient> {
  const client = new ChatClient({ url: stack.url, room: "waiting" });
  clients.push(client);
  await untilSnapshot(client, ({ connection }) => connection.state === "online");
  return client;
}

async function restart(): Promise<void> {
  const { backend, persistTo, url } = stack;
  gateway = await startGateway({ port: Number(new URL(url).port), backendUrl: backend.url, persistTo, vars });
}

const waits = (client: ChatClient, toolName: string) =>
  untilSnapshot(client, (snapshot) => pendingCalls(snapshot).some((call) => call.toolName === toolName));

test("[T8] open calls survive each kill, and an answer given while the gateway is away counts once", async () => {
  const tab = await enter();
  tab.submit("Remind me to water the plants");
  await waits(tab, "readTimeZone");
  await gateway.kill("SIGKILL");
  await restart();

  // Another device, which has only what the room stored.
  const device = await enter();
  await waits(device, "readTimeZone");
  await gateway.kill("SIGKILL");
  // Both answer the same while nobody is there to hear it.
  for (const client of [tab, device]) roomTools(client).answerTool("zone-1", { timeZone: "Europe/Zurich" });
  await restart();
  for (const client of [tab, device]) await waits(client, "setReminder");

  // The decision is on its way when the gateway dies.
  const [approval] = pendingCalls(device.getSnapshot());
  roomTools(device).approve(approval?.approvalId ?? "");
  await gateway.kill("SIGKILL");
  await restart();
  for (const client of [tab, device]) {
    const { turns, pending } = await untilSnapshot(
      client,
      (now) => now.turns.length === 3 && now.turns.every(({ state }) => state === "settled"),
    );
    expect(pending).toEqual([]);
    expect(turns.map(({ outcome }) => outcome)).toEqual(["completed", "completed", "completed"]);
    expect(turns.map(({ parts }) => textOf(parts))).toEqual([
      "For a reminder I need your time zone.",
      "Please approve the reminder.",
      "The reminder is set, in the time zone Europe/Zurich.",
    ]);
  }
  const stats = await fetch(`${stack.backend.url}/model/stats`);
  expect(await stats.json()).toMatchObject({ started: 3, finished: 3 });
});
