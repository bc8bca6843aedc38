/** What docs/front-end.md gives to copy, run as it stands there, in Node.js, against the gateway and its backend. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startPart } from "../../scripts/lib/part.ts";
import { startTestStack, type TestStack } from "../support/stack.ts";

const root = join(import.meta.dirname, "../..");
let stack: TestStack;
let folder: string;
beforeAll(async () => {
  // Inside the project, where the examples' imports lead to the sources.
  [stack, folder] = await Promise.all([startTestStack(), mkdtemp(join(root, "examples/front-end/.run-"))]);
});
afterAll(async () => {
  await stack?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Runs a copy that asks this stack; resolves with what the line that is looked for has in its group. */
async function printed(file: string, line: RegExp): Promise<string> {
  const source = await readFile(join(root, "examples/front-end", file), "utf8");
  const copy = join(folder, file);
  const room = `copied-${file.replace(/\W/g, "-")}`;
  await writeFile(
    copy,
    source.replaceAll("127.0.0.1:8787", new URL(stack.url).host).replaceAll('room: "lobby"', `room: "${room}"`),
  );
  const part = await startPart({ name: file, command: process.execPath, args: [copy], ready: line });
  await part.stop();
  return part.url;
}

test("the library without a framework prints the answer", async () => {
  expect(await printed("chat.ts", /^\w+ \[ '(.+\?)' \]$/)).toBe("How do I start the gateway?");
});

test("partysocket by hand prints parts, and how the answer ended", async () => {
  expect(await printed("partysocket.js", /^(completed|failed|interrupted)$/)).toBe("completed");
});
