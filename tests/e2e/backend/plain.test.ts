/** A backend that can neither resume nor stop: what the gateway then promises, and what it no longer does. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ChatClient } from "../../../client/index.ts";
import type { Part } from "../../../scripts/lib/local-process.ts";
import { startGateway } from "../../../scripts/lib/local-processes.ts";
import { textOf } from "../../../shared/content.ts";
import { untilSnapshot } from "../../support/client.ts";
import { type PlainBackend, startPlainBackend } from "../../support/kill/kill-plain-backend.ts";

/** Six seconds at the backend's pace. */
const question = Array.from({ length: 300 }, (_, index) => `w${index}网😀`).join(" ");

let backend: PlainBackend;
let gateway: Part;
let persistTo: string;
let client: ChatClient;

beforeEach(async () => {
  persistTo = await mkdtemp(join(tmpdir(), "edge-chat-gateway-"));
  backend = await startPlainBackend();
  gateway = await startGateway({ backendUrl: backend.url, persistTo });
  client = new ChatClient({ url: gateway.url, room: "plain" });
});

afterEach(async () => {
  client.close();
  await gateway.stop();
  await backend.close();
  await rm(persistTo, { recursive: true, force: true });
});

async function settled() {
  const { turns } = await untilSnapshot(client, ({ connection, turns: now }) => {
    return connection.state === "online" && now.length > 0 && now.every(({ state }) => state === "settled");
  });
  return turns;
}

test("[T5][U7] a gateway killed mid-answer shows the text so far as interrupted, and asks for nothing twice", async () => {
  const first = client.submit(question);
  const second = client.submit("and then?");
  // Past the log's lag: what is older than it must survive the kill (F3).
  await untilSnapshot(client, ({ turns }) => (turns[0]?.length ?? 0) > 1_000);
  const port = Number(new URL(gateway.url).port);
  await gateway.kill("SIGKILL");
  gateway = await startGateway({ port, backendUrl: backend.url, persistTo });

  const turns = await settled();
  const text = textOf(turns[0]?.parts ?? []);
  expect(turns[0]).toMatchObject({
    id: first,
    outcome: "interrupted",
    length: text.length,
    error: { code: "upstream-truncated", message: "The answer broke off before its end. Try again." },
  });
  expect(text.length).toBeGreaterThan(0);
  expect(question.startsWith(text)).toBe(true);
  expect(turns[1]).toMatchObject({
    id: second,
    outcome: "completed",
    parts: [{ type: "text-delta", delta: "and then?" }],
  });
  expect(Object.fromEntries(backend.generations)).toEqual({ [question]: 1, "and then?": 1 });
});

test("[T3][U7] a stop is told as what it is: the stream closed, and no proof from the backend", async () => {
  const id = client.submit(question);
  await untilSnapshot(client, ({ turns }) => (turns[0]?.length ?? 0) > 100);
  client.cancel(id);
  const [turn] = await settled();
  expect(turn).toMatchObject({ outcome: "cancelled", stop: "closed" });
  expect(question.startsWith(textOf(turn?.parts ?? []))).toBe(true);
  expect(Object.fromEntries(backend.generations)).toEqual({ [question]: 1 });
  expect(backend.stops).toHaveLength(1);

  // It has said that it knows no stop: it is not asked again.
  client.submit(`${question} `);
  await untilSnapshot(client, ({ turns }) => (turns[1]?.length ?? 0) > 100);
  client.cancel(client.getSnapshot().turns[1]?.id ?? "");
  await settled();
  expect(backend.stops).toHaveLength(1);
});
