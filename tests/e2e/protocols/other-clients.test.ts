/** The code of docs/other-clients.md on the real stack, and the page's `curl`. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { agentOf, run } from "../../../examples/other-clients/ag-ui.ts";
import { ask, clientOf } from "../../../examples/other-clients/openai.ts";
import { connectionTo } from "../../../examples/other-clients/tanstack.ts";
import { parsePage } from "../../docs/page.ts";
import { startTestStack, type TestStack } from "../../support/stack.ts";

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack?.stop());

const newRoom = () => `room-${crypto.randomUUID()}`;

test("[C9] OpenAI's client streams an answer in a room, and AG-UI's asks the next question there", async () => {
  const room = newRoom();
  let shown = "";
  await ask(clientOf(stack.url, "none"), room, "one two", (text) => {
    shown += text;
  });
  expect(shown).toBe("one two");
  expect(await run(agentOf(stack.url, room, "none"), "three")).toBe("three");
  const snapshot = (await (await fetch(`${stack.url}/parties/chat/${room}`)).json()) as { turns: readonly unknown[] };
  expect(snapshot.turns).toHaveLength(2);
});

test("[C9] TanStack's connection reads an answer", async () => {
  const message = { id: "m", role: "user" as const, parts: [{ type: "text" as const, content: "one two" }] };
  let text = "";
  const context = { threadId: newRoom(), runId: "run" };
  for await (const chunk of connectionTo(stack.url, "none").connect([message], undefined, undefined, context)) {
    if (chunk.type === "TEXT_MESSAGE_CONTENT") text += chunk.delta;
  }
  expect(text).toBe("one two");
});

test("[C9] the page's curl streams an answer", async () => {
  const command = parsePage("docs/other-clients.md").blocks.find(({ language }) => language === "sh")?.text ?? "";
  const { stdout } = await promisify(execFile)("sh", ["-c", command.replace("http://127.0.0.1:8787", stack.url)], {
    env: { ...process.env, TOKEN: "none" },
  });
  expect([stdout.includes('"content":"H'), stdout.trimEnd().endsWith("data: [DONE]")]).toEqual([true, true]);
});
