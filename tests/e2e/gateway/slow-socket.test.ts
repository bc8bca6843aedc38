/**
 * [F2] A socket whose client doesn't read, over TCP against the runtime itself: no dev server stands between, because its
 * proxy would read. The room must notice it, bound what it holds for it, close it, and let everybody else in meanwhile.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { roomUrl, startOurs } from "../../../bench/contenders/our-gateway.ts";
import type { Workerd } from "../../../bench/lib/workerd.ts";
import type { ChatSnapshot } from "../../../client/api/api.ts";
import { ChatClient } from "../../../client/index.ts";
import { startControlledUpstream } from "../../support/backends/workerd-upstream.ts";
import { untilSnapshot } from "../../support/client.ts";
import { DeafClient, DeafStream } from "../../support/network/deaf-client.ts";

/** More than the kernel buffers of a loopback connection hold, in answers of 900 KB. */
const answers = 16;

let upstream: Awaited<ReturnType<typeof startControlledUpstream>>;
let worker: Workerd;
let folder: string;
const clients: ChatClient[] = [];

beforeEach(async () => {
  upstream = await startControlledUpstream();
  folder = await mkdtemp(join(tmpdir(), "edge-chat-gateway-"));
  worker = await startOurs({ upstream: upstream.url, folder });
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await worker.stop();
  upstream.stop();
  await rm(folder, { recursive: true, force: true });
});

async function joined(room: string): Promise<ChatClient> {
  const client = new ChatClient({ url: worker.url, room });
  clients.push(client);
  await untilSnapshot(client, ({ connection }) => connection.state === "online");
  return client;
}

/** Submits a question and waits for an answer of 900 KB. */
async function answered(tab: ChatClient, prompt: string): Promise<void> {
  const id = tab.submit(prompt);
  for (const verb of ["until?requests=1&", `text?text=x&times=900000&`, "done?"]) {
    await fetch(`${upstream.url}/control/${verb}prompt=${encodeURIComponent(prompt)}`);
  }
  await untilSnapshot(tab, ({ turns }) => turns.some((turn) => turn.id === id && turn.state === "settled"));
}

const viewersAre = (count: number) => (snapshot: ChatSnapshot) => snapshot.view.viewers === count;

test("[F2] a client that doesn't read is closed, and newcomers get in while it is there", async () => {
  const tab = await joined("slow");
  const deaf = await DeafClient.join(roomUrl(worker, "slow"));
  await untilSnapshot(tab, viewersAre(2));
  for (let count = 0; count < answers; count += 1) {
    await answered(tab, `book ${count}`);
    deaf.send({ type: "sync-request", have: { epoch: "elsewhere", seq: 0, offsets: {} } });
  }
  const newcomer = await joined("slow");
  expect(newcomer.getSnapshot().turns.length).toBeGreaterThan(0);
  newcomer.close();
  // The client that doesn't read doesn't read its close frame either: the number of viewers shows that it is gone.
  await untilSnapshot(tab, viewersAre(1));
  expect(tab.getSnapshot().connection.state).toBe("online");
  deaf.destroy();
});

test("[F2] a client that doesn't read its event stream loses it, and the others don't notice", async () => {
  const tab = await joined("stream");
  const deaf = await DeafStream.open(roomUrl(worker, "stream"));
  await untilSnapshot(tab, viewersAre(2));
  for (let count = 0; count < answers; count += 1) await answered(tab, `book ${count}`);
  await untilSnapshot(tab, viewersAre(1));
  const newcomer = await joined("stream");
  expect(newcomer.getSnapshot().turns.length).toBeGreaterThan(0);
  newcomer.close();
  expect(tab.getSnapshot().connection.state).toBe("online");
  // What was held for it is gone: its connection ends in the middle, and it got less than two of sixteen answers' bytes more
  // than the network holds.
  const rest = await deaf.rest();
  expect(rest.endsWith("0\r\n\r\n")).toBe(false);
  expect(rest.length).toBeLessThan(answers * 900_000 - 2 * 900_000);
});
