/**
 * The backend dies, not the gateway: SIGKILL on the NestJS process in the middle of an answer, and a new one on its port.
 * The new one knows nothing of the old one's generations and says so (410); the room must not ask for the answer anew.
 */
import { afterEach, beforeEach, expect, test } from "vitest";
import { ChatClient } from "../../../client/index.ts";
import type { Part } from "../../../scripts/lib/local-process.ts";
import { startBackend, startGateway } from "../../../scripts/lib/local-processes.ts";
import { textOf } from "../../../shared/content.ts";
import { untilSnapshot } from "../../support/client.ts";
import { startTestStack, type TestStack } from "../../support/stack.ts";

/** About six seconds at the echo's pace below. */
const question = Array.from({ length: 300 }, (_, index) => `w${index} 网😀`).join(" ");
const params = { tokensPerSecond: 50, chunkSize: 8 };

let stack: TestStack;
let backend: Part;
let gateway: Part;
let client: ChatClient;

beforeEach(async () => {
  stack = await startTestStack();
  ({ backend, gateway } = stack);
  client = new ChatClient({ url: stack.url, room: "backend-killed" });
});

afterEach(async () => {
  client.close();
  await backend.stop();
  await gateway.stop();
  await stack.stop();
});

async function restartBackend(): Promise<void> {
  backend = await startBackend({ port: Number(new URL(backend.url).port), env: { PROVIDER: "echo" } });
}

/** A long answer, three seconds old so that some of it is in the log (F3), and a second question waiting behind it. */
async function askTwo(): Promise<{ first: string; second: string }> {
  const first = client.submit(question, { provider: "echo", params });
  const second = client.submit("and then?", { provider: "echo" });
  await untilSnapshot(client, ({ turns }) => (turns[0]?.length ?? 0) > 1_200 && turns[1]?.state === "queued");
  return { first, second };
}

/** The first broke off with the text it had, and nobody was asked for it again; the second was answered. */
async function expectInterrupted({ first, second }: { first: string; second: string }): Promise<void> {
  const { turns } = await untilSnapshot(client, ({ connection, turns: now }) => {
    return connection.state === "online" && now.length === 2 && now.every(({ state }) => state === "settled");
  });
  const text = textOf(turns[0]?.parts ?? []);
  expect(turns[0]).toMatchObject({ id: first, outcome: "interrupted", length: text.length });
  expect(text.length).toBeGreaterThan(0);
  expect(question.startsWith(text)).toBe(true);
  expect(turns[1]).toMatchObject({ id: second, outcome: "completed" });
  expect(textOf(turns[1]?.parts ?? [])).toBe("and then?");

  const stats = await fetch(`${backend.url}/model/stats`);
  expect(await stats.json()).toMatchObject({ started: 1, finished: 1, active: 0 });
}

test("[T5][U7] the answer ends as interrupted with its text so far; the question behind it is answered by the new backend", async () => {
  const asked = await askTwo();
  const shown = client.getSnapshot().turns[0]?.length ?? 0;
  await backend.kill("SIGKILL");
  await restartBackend();
  await expectInterrupted(asked);
  const [turn] = client.getSnapshot().turns;
  expect(turn?.length).toBeGreaterThanOrEqual(shown);
  // Whichever came first: the new process refused the resume, or it was not up before the last try.
  expect(["upstream-truncated", "upstream-unreachable"]).toContain(turn?.error?.code);
});

test("[T5][U7] the same when the gateway dies with it", async () => {
  const asked = await askTwo();
  await Promise.all([backend.kill("SIGKILL"), gateway.kill("SIGKILL")]);
  await restartBackend();
  const { persistTo, url } = stack;
  gateway = await startGateway({ port: Number(new URL(url).port), backendUrl: backend.url, persistTo });
  await expectInterrupted(asked);
  // The new backend took the request well enough; what it does not have is the rest of the answer.
  expect(client.getSnapshot().turns[0]?.error).toMatchObject({
    code: "upstream-truncated",
    message: "The answer broke off before its end. Try again.",
  });
});
