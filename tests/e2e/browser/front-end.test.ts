/** The examples of docs/front-end.md, run as they are printed, in Node.js, against the gateway and its backend. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startPart } from "../../../scripts/lib/local-process.ts";
import { WireCutter } from "../../support/network/wire-cutter.ts";
import { startTestStack, type TestStack } from "../../support/stack.ts";

const root = join(import.meta.dirname, "../../..");
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

interface Run {
  readonly room?: string;
  readonly question?: string;
  /** Where the gateway is. */
  readonly url?: string;
}

/** Runs a copy that asks this stack. Returns the group of the first printed line that matches. */
async function printed(file: string, line: RegExp, { room, question, url = stack.url }: Run = {}): Promise<string> {
  const source = await readFile(join(root, "examples/front-end", file), "utf8");
  const name = room ?? `copied-${file.replace(/\W/g, "-")}`;
  const copy = join(folder, `${name}-${file}`);
  await writeFile(
    copy,
    source
      .replaceAll("127.0.0.1:8787", new URL(url).host)
      .replaceAll('room: "lobby"', `room: "${name}"`)
      .replaceAll("How do I start the gateway?", question ?? "How do I start the gateway?"),
  );
  const part = await startPart({ name: file, command: process.execPath, args: [copy], ready: line });
  await part.stop();
  return part.url;
}

test("the library without a framework prints the answer", async () => {
  expect(await printed("chat.ts", /^\w+ \[ '(.+\?)' \]$/)).toBe("How do I start the gateway?");
});

test("partysocket by hand prints the answer and its outcome", async () => {
  expect(await printed("partysocket.js", /^(completed|failed|interrupted)$/)).toBe("completed");
});

test("partysocket by hand prints the whole answer though its connection is cut three times", async () => {
  const words = Array.from({ length: 400 }, (_, index) => `w${index}`).join(" ");
  const wire = await new WireCutter(stack.url).start();
  try {
    const printing = printed("partysocket.js", /^(w0 w1 .*)$/, { room: "cut", question: words, url: wire.url });
    for (let cut = 0; cut < 3; cut += 1) {
      await untilText((cut + 1) * 300);
      wire.cut();
    }
    expect(await printing).toBe(words);
  } finally {
    wire.close();
  }
});

/** Waits until the room holds this much of the answer. Bounded by the test's own timeout. */
async function untilText(length: number): Promise<void> {
  for (;;) {
    const response = await fetch(`${stack.url}/parties/chat/cut`);
    const { turns = [] } = (await response.json()) as { turns?: { length: number }[] };
    if ((turns[0]?.length ?? 0) >= length) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
