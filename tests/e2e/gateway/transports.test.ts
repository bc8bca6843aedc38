/**
 * Clients that are not ours beside one that is: the browser's own `EventSource`, the one of npm, `fetch` with the last `id:`,
 * and partysocket, on one transcript through a network that cuts them all at random moments. And what docs/protocol.md gives
 * to copy, run as it stands there.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { EventSource } from "eventsource";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ChatClient } from "../../../client/index.ts";
import { textOf } from "../../../shared/content.ts";
import type { ServerFrame } from "../../../shared/protocol/server-frames.ts";
import { EMPTY_VIEW, foldFrame, type RoomView } from "../../../shared/transcript.ts";
import { launchBrowser } from "../../support/browser.ts";
import { untilSnapshot } from "../../support/client.ts";
import { startHostileProxy } from "../../support/network/hostile-proxy.ts";
import { startTestStack, type TestStack } from "../../support/stack.ts";
import { openReader } from "../../support/transports/readers.ts";

let stack: TestStack;
let browser: Browser;

beforeAll(async () => {
  [stack, browser] = await Promise.all([startTestStack(), launchBrowser()]);
});
afterAll(async () => {
  await Promise.all([stack?.stop(), browser?.close()]);
});

function hashOf(view: RoomView): string {
  const turns = view.turns.map(({ id, state, outcome, length, parts }) => [id, state, outcome, length, textOf(parts)]);
  return createHash("sha256").update(JSON.stringify(turns)).digest("hex");
}

/** Numbers in [0, 1) that are the same in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Folds what an `EventSource` of any make is given, and waits for a view. */
class Folded {
  view: RoomView = EMPTY_VIEW;
  gaps = 0;
  #wakers: Array<() => void> = [];

  take(data: string): void {
    const { view, needsSync } = foldFrame(this.view, JSON.parse(data) as ServerFrame);
    this.view = view;
    if (needsSync) this.gaps += 1;
    for (const wake of this.#wakers.splice(0)) wake();
  }

  async until(done: (view: RoomView) => boolean): Promise<void> {
    while (!done(this.view)) await new Promise<void>((resolve) => this.#wakers.push(resolve));
  }
}

test.each([1, 20_261_123])(
  "[F6] cut off at random (seed %i), all of them end with the transcript of a tab that never was",
  async (seed) => {
    const random = seeded(seed);
    const room = `cut-${seed}`;
    const path = `/parties/chat/${room}`;
    const proxy = await startHostileProxy(stack.url, {});
    const witness = new ChatClient({ url: stack.url, room });
    const tab = new ChatClient({ url: proxy.url, room });
    const npm = new Folded();
    const source = new EventSource(`${proxy.url}${path}`);
    source.onmessage = ({ data }) => npm.take(data);
    const chromium = new Folded();
    // A bare page to ask from: the gateway's own allow themselves no other address than theirs.
    const page = await browser.newPage({ bypassCSP: true });
    await page.goto(`${stack.url}/health`);
    await page.exposeFunction("took", (data: string) => chromium.take(data));
    await page.evaluate((url) => {
      const own = new globalThis.EventSource(url);
      own.onmessage = ({ data }) => (globalThis as unknown as { took(data: string): void }).took(data);
    }, `${proxy.url}${path}`);
    // A connection kept from before the cut is found dead at its next request: who fetches asks once more.
    const ask = (at: string, init?: RequestInit) => fetch(`${proxy.url}${at}`, init);
    const host = { fetch: (at: string, init?: RequestInit) => ask(at, init).catch(() => ask(at, init)) };
    const fetched = await openReader("sse", { ...host, connect: () => Promise.reject(new Error("unused")) }, room);
    try {
      await Promise.all([npm, chromium].map((folded) => folded.until(({ epoch }) => epoch !== undefined)));
      const prompt = Array.from({ length: 400 }, (_, index) => `词${index}`).join(" ");
      const id = witness.submit(prompt, { onLeave: "keep", params: { tokensPerSecond: 80 } });
      const moments = Array.from({ length: 4 }, () => Math.floor(random() * prompt.length)).sort((a, b) => a - b);
      for (const moment of moments) {
        await untilSnapshot(witness, ({ turns }) => (turns[0]?.length ?? 0) >= moment);
        proxy.cut();
        fetched.cut();
        await fetched.open();
      }
      const settled = (view: RoomView) => view.turns.find((turn) => turn.id === id)?.state === "settled";
      await untilSnapshot(witness, ({ view }) => settled(view));
      await untilSnapshot(tab, ({ view }) => settled(view));
      await fetched.until(() => settled(fetched.view));
      await Promise.all([npm, chromium].map((folded) => folded.until(settled)));
      const expected = hashOf(witness.getSnapshot().view);
      expect(textOf(witness.getSnapshot().turns[0]?.parts ?? [])).toBe(prompt);
      const views = { tab: tab.getSnapshot().view, npm: npm.view, chromium: chromium.view, fetched: fetched.view };
      for (const [name, view] of Object.entries(views)) expect(hashOf(view), name).toBe(expected);
      expect([npm.gaps, chromium.gaps, fetched.gaps]).toEqual([0, 0, 0]);
    } finally {
      source.close();
      fetched.cut();
      await page.close();
      tab.close();
      witness.close();
      await proxy.stop();
    }
  },
);

describe("what docs/protocol.md gives to copy", () => {
  const doc = readFileSync(join(import.meta.dirname, "../../../docs/protocol.md"), "utf8");
  /** A block of the page, in a room of its own and at the gateway under test. */
  const block = (name: string, room: string) => {
    const [, code] = new RegExp(`^\`\`\`\\w+ ${name}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(doc) ?? [];
    if (code === undefined) throw new Error(`no block ${name}`);
    return code.replaceAll("http://127.0.0.1:8787", stack.url).replaceAll("/chat/demo", `/chat/${room}`);
  };
  const shell = async (code: string) => (await promisify(execFile)("sh", ["-c", code])).stdout;
  /** Runs a script with the given names; resolves with the first line it logs. */
  const logged = (code: string, names: Record<string, unknown>) => {
    const logs: string[] = [];
    return new Promise<string>((resolve, reject) => {
      const log = (...words: unknown[]) => {
        logs.push(words.join(" "));
        resolve(logs[0] ?? "");
      };
      const given = { ...names, console: { log } };
      const run = new Function(...Object.keys(given), `return (async () => {${code}})();`);
      (run(...Object.values(given)) as Promise<void>).catch(reject);
    });
  };

  test("EventSource: asks and reads", async () => {
    const opened: EventSource[] = [];
    class Tracked extends EventSource {
      constructor(url: string) {
        super(url);
        opened.push(this);
      }
    }
    expect(await logged(block("eventsource", "copied-eventsource"), { EventSource: Tracked })).toBe("completed hello");
    for (const source of opened) source.close();
  });

  test("curl: asks, reads, looks and stops", async () => {
    const asked = await shell(block("curl-ask", "copied-curl"));
    expect(asked).toContain('"type":"turn-end"');
    const looked = (await shell(block("curl-look", "copied-curl"))).replaceAll("}{", "}\n{").split("\n");
    const [turn, stopped, room] = looked.map((line) => JSON.parse(line));
    expect(turn).toMatchObject({ turn: { id: "q-1", state: "settled", outcome: "completed" } });
    expect(stopped).toEqual({ outcome: "completed" });
    expect(room).toMatchObject({ type: "sync", mode: "snapshot", turns: [{ id: "q-1" }] });
  });

  test("fetch: reads until it is told to leave", async () => {
    const folded = new Folded();
    const leaving = new AbortController();
    const code = `${block("fetch", "copied-fetch")}\nawait read(onFrame, signal); console.log("left");`;
    const asked = await fetch(`${stack.url}/parties/chat/copied-fetch/turns`, {
      method: "POST",
      body: JSON.stringify({ turnId: "t", input: { prompt: "read by polls" } }),
    });
    expect(asked.status).toBe(202);
    const onFrame = (frame: ServerFrame) => folded.take(JSON.stringify(frame));
    const left = logged(code, { onFrame, signal: leaving.signal, setTimeout: (run: () => void) => setTimeout(run, 1) });
    await folded.until((view) => view.turns[0]?.state === "settled");
    leaving.abort();
    expect(await left).toBe("left");
    expect(textOf(folded.view.turns[0]?.parts ?? [])).toBe("read by polls");
  });
});
