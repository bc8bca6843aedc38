/**
 * The Python client of examples/python, which was written from docs/schema alone: it folds the golden frames to what our own
 * client holds, and chats with a real gateway. Needs the Debian package python3-websockets.
 */
import { execFile, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../../scripts/package/entries.ts";
import type { ServerFrame } from "../../shared/protocol/server-frames.ts";
import { EMPTY_VIEW, foldFrame, haveOf } from "../../shared/transcript.ts";
import { WireCutter } from "../support/network/wire-cutter.ts";
import { startTestStack, type TestStack } from "../support/stack.ts";

/** Debian's own, for which its packages are installed. */
const python = "/usr/bin/python3";
const folder = join(root, "examples/python");
const golden = join(root, "tests/wire/golden");
const frames = readdirSync(golden)
  .filter((name) => name.startsWith("server."))
  .sort()
  .map((name) => JSON.parse(readFileSync(join(golden, name), "utf8")) as ServerFrame);

beforeAll(async () => {
  await promisify(execFile)(python, ["-c", "import websockets"]).catch(() => {
    throw new Error("The Python client needs websockets: apt-get install python3-websockets");
  });
});

/** Nobody has a token of it. */
const secret = JSON.stringify({ k1: Buffer.alloc(32, 1).toString("base64url") });

/** What the Python client holds after these frames. */
function folded(sent: readonly ServerFrame[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const child = spawn(python, ["fold.py"], { cwd: folder, stdio: ["pipe", "pipe", "inherit"] });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    child.on("error", reject);
    child.on("close", () => resolve(JSON.parse(output)));
    child.stdin.end(sent.map((frame) => `${JSON.stringify(frame)}\n`).join(""));
  });
}

describe("the golden frames", () => {
  const view = frames.reduce((held, frame) => foldFrame(held, frame).view, EMPTY_VIEW);
  const expected = { ...view, have: haveOf(view), gaps: 0 };

  test("[C10] [R3] folded by the Python client are what our own client holds", async () => {
    expect(await folded(frames)).toEqual(JSON.parse(JSON.stringify(expected)));
  });

  test("[R3] each of them twice in a row is the same", async () => {
    expect(await folded(frames.flatMap((frame) => [frame, frame]))).toEqual(JSON.parse(JSON.stringify(expected)));
  });
});

describe("at a real gateway", () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startTestStack();
  });
  afterAll(() => stack?.stop());

  const ask = async (url: string, room: string, question: string) => {
    const args = ["chat.py", url.replace("http", "ws"), room, question];
    return (await promisify(execFile)(python, args, { cwd: folder })).stdout;
  };

  test("[C10] the Python client prints the answer, with characters of two units", async () => {
    expect(await ask(stack.url, "python", "Hello, 世界 👋!")).toBe("completed Hello, 世界 👋!\n");
  });

  test("[R3] the Python client prints the whole answer though its connection is cut", async () => {
    const words = Array.from({ length: 300 }, (_, index) => `w${index}`).join(" ");
    const wire = await new WireCutter(stack.url).start();
    try {
      const answer = ask(wire.url, "python-cut", words);
      for (const length of [300, 600]) {
        await untilText(length);
        wire.cut();
      }
      expect(await answer).toBe(`completed ${words}\n`);
    } finally {
      wire.close();
    }
  });

  test("[C10] the Python client that is refused for good says why, and ends", async () => {
    const refusing = await startTestStack({ gateway: { vars: { AUTH: "jwt", AUTH_KEYS: secret } } });
    try {
      await expect(ask(refusing.url, "python", "hi")).rejects.toThrow(/unauthenticated/);
    } finally {
      await refusing.stop();
    }
  });

  /** Waits until the room holds this much of the answer. Bounded by the test's own timeout. */
  async function untilText(length: number): Promise<void> {
    for (;;) {
      const response = await fetch(`${stack.url}/parties/chat/python-cut`);
      const { turns = [] } = (await response.json()) as { turns?: { length: number }[] };
      if ((turns[0]?.length ?? 0) >= length) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
});
