/** The page in networks that block and hold back, in a real Chromium: which transport it ends on, alone and in eight tabs. */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ChatClient, type ChatRoomClient } from "../../../client/index.ts";
import { textOf } from "../../../shared/content.ts";
import { parseServerFrame } from "../../../shared/protocol/server-guard.ts";
import { EMPTY_VIEW, foldFrame } from "../../../shared/transcript.ts";
import { launchBrowser } from "../../support/browser.ts";
import { untilSnapshot } from "../../support/client.ts";
import { bundleClient } from "../../support/client-bundle.ts";
import { hangAfterMs } from "../../support/hang-guard.ts";
import { type HostileProxy, startHostileProxy, type Vices } from "../../support/network/hostile-proxy.ts";
import { startTestStack, type TestStack } from "../../support/stack.ts";

/** In the tab. */
declare const EdgeChat: { readonly ChatClient: new (options: { room: string }) => ChatRoomClient };
declare const client: ChatRoomClient;

let stack: TestStack;
let browser: Browser;
let context: BrowserContext;
let proxies: HostileProxy[];
let rooms = 0;

beforeAll(async () => {
  [stack, browser] = await Promise.all([startTestStack(), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});
beforeEach(async () => {
  proxies = [];
  rooms += 1;
  // The library is put into pages that allow no scripts but the gateway's own.
  context = await browser.newContext({ locale: "en-US", bypassCSP: true });
});
afterEach(async () => {
  await context.close();
  await Promise.all(proxies.map((proxy) => proxy.stop()));
});

async function network(vices: Vices): Promise<HostileProxy> {
  const proxy = await startHostileProxy(stack.url, vices);
  proxies.push(proxy);
  return proxy;
}

const room = () => `hostile-page-${rooms}`;

async function open(url: string): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(hangAfterMs);
  await page.goto(`${url}/?room=${room()}`);
  return page;
}

const badge = (page: Page, text: string) => page.getByRole("banner").getByText(text, { exact: true });
const answer = (page: Page) => page.locator(".turn .answer").last();

async function ask(page: Page, question: string): Promise<void> {
  const box = page.getByRole("textbox", { name: "Message" });
  await box.fill(question);
  await box.press("Enter");
}

function words(count: number, word = "w"): string {
  return Array.from({ length: count }, (_, index) => `${word}${index}`).join(" ");
}

describe("one tab", () => {
  test.each<[string, Vices, string]>([
    ["refuses upgrades", { refusesUpgrades: true }, "Online · stream"],
    ["refuses upgrades and holds back 8 KiB", { refusesUpgrades: true, buffersBytes: 8_192 }, "Online · polling"],
    ["refuses upgrades and compresses", { refusesUpgrades: true, gzips: true }, "Online · polling"],
  ])("in a network that %s is online, and shows every word", async (_, vices, text) => {
    const page = await open((await network(vices)).url);
    await badge(page, text).waitFor();
    const prompt = words(300);
    await ask(page, prompt);
    await answer(page).getByText("w299").waitFor();
    await page.getByRole("button", { name: "Copy answer" }).waitFor();
    expect(await answer(page).textContent()).toContain(prompt);
    // The next page of the tab begins there.
    await page.reload();
    await badge(page, text).waitFor();
    expect(await answer(page).textContent()).toContain(prompt);
  });

  test("[F7] whose question a firewall blocks shows that one as failed, and asks the next", async () => {
    const page = await open((await network({ refusesUpgrades: true, blocksWords: "DROP TABLE" })).url);
    await badge(page, "Online · stream").waitFor();
    await ask(page, "DROP TABLE users");
    await page.getByText("A firewall or proxy blocked this request.").waitFor();
    await ask(page, "a harmless question");
    await page.locator(".turn-settled .answer").getByText("a harmless question").waitFor();
    await badge(page, "Online · stream").waitFor();
    // The text is still there to be changed.
    await page.locator("article", { hasText: "DROP TABLE users" }).getByRole("button", { name: "Edit" }).click();
    expect(await page.getByRole("textbox", { name: "Message" }).inputValue()).toBe("DROP TABLE users");
  });

  test("[F7] [T3] stops an answer where a proxy refuses every DELETE with a page of its own", async () => {
    const page = await open((await network({ refusesUpgrades: true, refusesDeletes: true })).url);
    await badge(page, "Online · stream").waitFor();
    await ask(page, words(3_000));
    await answer(page).getByText("w20 ").waitFor();
    await page.getByRole("button", { name: "Stop the answer" }).click();
    await page.locator(".turn").getByText("the backend confirmed it generates nothing more").waitFor();
    await badge(page, "Online · stream").waitFor();
  });

  test.each<[string, Vices, string]>([
    ["WebSocket", {}, "Online"],
    ["event stream", { refusesUpgrades: true }, "Online · stream"],
    ["poll", { refusesUpgrades: true, buffersBytes: 8_192 }, "Online · polling"],
  ])("[F7] whose %s has gone deaf goes on once the device reports a network", async (_, vices, text) => {
    const proxy = await network(vices);
    const page = await open(proxy.url);
    await badge(page, text).waitFor();
    await ask(page, words(200));
    await answer(page).getByText("w20 ").waitFor();
    proxy.goDeaf();
    await page.evaluate(() => window.dispatchEvent(new Event("online")));
    await answer(page).getByText("w199").waitFor();
    await page.getByRole("button", { name: "Copy answer" }).waitFor();
    expect(await answer(page).textContent()).toContain(words(200));
  });

  test("that is told to block goes down to other transports, and up again", async () => {
    const page = await open(stack.url);
    await badge(page, "Online").waitFor();
    await ask(page, words(3_000));
    await answer(page).getByText("w20 ").waitFor();
    const choose = async (choice: string) => {
      await page.getByTitle("How this page reaches the room").click();
      await page.getByRole("radio", { name: choice, exact: true }).check();
      await page.keyboard.press("Escape");
    };
    await choose("WebSockets");
    await badge(page, "Online · stream").waitFor();
    await choose("WebSockets and event streams");
    await badge(page, "Online · polling").waitFor();
    await choose("nothing");
    await badge(page, "Online").waitFor();
    await page.getByRole("button", { name: "Stop the answer" }).click();
    await page.locator(".turn").getByText("the backend confirmed it generates nothing more").waitFor();
    expect(await answer(page).textContent()).toContain(words(60));
  });
});

/** The library alone in a tab: eight pages that draw would measure the machine. */
class Tab {
  readonly #page: Page;

  private constructor(page: Page) {
    this.#page = page;
  }

  static async enter(url: string, script: string): Promise<Tab> {
    const page = await context.newPage();
    page.setDefaultTimeout(hangAfterMs);
    // Any address of the gateway's that draws nothing.
    await page.goto(`${url}/health`);
    await page.addScriptTag({ content: script });
    await page.evaluate((name) => {
      Object.assign(globalThis, { client: new EdgeChat.ChatClient({ room: name }) });
    }, room());
    const tab = new Tab(page);
    await tab.until(() => client.getSnapshot().connection.state === "online");
    return tab;
  }

  transport(): Promise<string | undefined> {
    return this.#page.evaluate(() => {
      const { connection } = client.getSnapshot();
      return connection.state === "online" ? connection.transport : undefined;
    });
  }
  submit(prompt: string, tokensPerSecond: number): Promise<string> {
    return this.#page.evaluate(([text, pace]) => client.submit(text, { params: { tokensPerSecond: pace } }), [
      prompt,
      tokensPerSecond,
    ] as const);
  }
  cancel(id: string): Promise<void> {
    return this.#page.evaluate((turn) => client.cancel(turn), id);
  }
  /** The newest turn has so much text. */
  untilText(id: string, length: number): Promise<void> {
    return this.until(
      (turn, least) =>
        client.getSnapshot().turns.some((shown) => shown.id === turn && shown.length >= (least as number)),
      id,
      length,
    );
  }
  untilSettled(id: string): Promise<void> {
    return this.until(
      (turn) => client.getSnapshot().turns.some((shown) => shown.id === turn && shown.state === "settled"),
      id,
    );
  }
  turns(): Promise<unknown> {
    return this.#page.evaluate(() =>
      client.getSnapshot().turns.map(({ id, outcome, parts }) => ({ id, outcome, parts })),
    );
  }
  close(): Promise<void> {
    return this.#page.close();
  }

  /** Looks at each change; not by frames, which a tab in the background may not draw. */
  async until(holds: (...args: unknown[]) => boolean, ...args: unknown[]): Promise<void> {
    await this.#page.evaluate(
      ([source, given]) => {
        const done = new Function(`return (${source})`)() as (...values: unknown[]) => boolean;
        return new Promise<void>((resolve) => {
          const look = () => {
            if (!done(...given)) return;
            stop();
            resolve();
          };
          const stop = client.subscribe(look);
          look();
        });
      },
      [holds.toString(), args] as const,
    );
  }
}

describe("eight tabs without a WebSocket", () => {
  let script: string;
  beforeAll(async () => {
    script = await bundleClient();
  });

  async function eightTabs(vices: Vices): Promise<{ tabs: Tab[]; proxy: HostileProxy }> {
    const proxy = await network({ refusesUpgrades: true, ...vices });
    const tabs: Tab[] = [];
    for (let count = 0; count < 8; count += 1) tabs.push(await Tab.enter(proxy.url, script));
    return { tabs, proxy };
  }

  test.each<[string, Vices, string, number]>([
    ["a stream", {}, "sse", 1],
    ["polls, where streams are held back", { buffersBytes: 8_192 }, "poll", 0],
  ])(
    "[F7] [T3] [R4] share %s; each sees every answer, and each can stop it at once",
    async (_, vices, transport, streams) => {
      const { tabs, proxy } = await eightTabs(vices);
      await Promise.all(
        tabs.map((tab) =>
          tab.until((name) => {
            const { connection } = client.getSnapshot();
            return connection.state === "online" && connection.transport === name;
          }, transport),
        ),
      );
      expect(proxy.streams.open).toBe(streams);
      for (const [index, tab] of tabs.entries()) {
        const id = await tab.submit(words(3_000, `q${index}-`), 50);
        await Promise.all(tabs.map((other) => other.untilText(id, 40)));
        await tab.cancel(id);
        await tab.untilSettled(id);
        await Promise.all(tabs.map((other) => other.untilSettled(id)));
      }
      expect(proxy.streams.open).toBe(streams);
      // A stop would wait for a free connection only where the tabs held all of the browser's six.
      expect(proxy.streams.most).toBe(1);
      expect(proxy.longPolls.most).toBe(1 - streams);
      const [first, ...others] = await Promise.all(tabs.map((tab) => tab.turns()));
      for (const turns of others) expect(turns).toEqual(first);
    },
    60_000,
  );

  test("[R3] the one that reads goes in the middle of an answer: another reads on, and nothing is lost", async () => {
    const { tabs, proxy } = await eightTabs({});
    const [reader, ...others] = tabs as [Tab, ...Tab[]];
    const prompt = words(400);
    const id = await (others[3] as Tab).submit(prompt, 100);
    await (others[6] as Tab).untilText(id, 100);
    await reader.close();
    for (const tab of others) {
      await tab.untilSettled(id);
      expect(await tab.turns()).toEqual([{ id, outcome: "completed", parts: [{ type: "text-delta", delta: prompt }] }]);
      expect(await tab.transport()).toBe("sse");
    }
    expect(proxy.streams.open).toBe(1);
  });
});

test("[F7] [R3] the browser's own EventSource, in a network that cuts every 2 s, tells what our client tells", async () => {
  const proxy = await network({ cutsAfterMs: 2_000 });
  const page = await context.newPage();
  await page.goto(proxy.url);
  await page.evaluate((url) => {
    const heard: string[] = [];
    const source = new EventSource(url);
    source.onmessage = ({ data }) => heard.push(data);
    Object.assign(window, { heard });
  }, `/parties/chat/${room()}`);
  const ours = new ChatClient({ url: proxy.url, room: room() });
  try {
    const prompt = words(500);
    ours.submit(prompt, { params: { tokensPerSecond: 100 } });
    const { turns } = await untilSnapshot(ours, (snapshot) => snapshot.turns[0]?.state === "settled");
    expect(textOf(turns[0]?.parts ?? [])).toBe(prompt);
    await page.waitForFunction(() =>
      (window as unknown as { heard: string[] }).heard.some((data) => /"turn-end"|"state":"settled"/.test(data)),
    );
    const heard = await page.evaluate(() => (window as unknown as { heard: string[] }).heard);
    let view = EMPTY_VIEW;
    for (const data of heard) {
      const frame = parseServerFrame(data);
      if (frame !== undefined) view = foldFrame(view, frame).view;
    }
    expect(view.turns.map(({ id, state, parts }) => [id, state, textOf(parts)])).toEqual(
      turns.map(({ id, state, parts }) => [id, state, textOf(parts)]),
    );
    expect(proxy.streams.most).toBeGreaterThan(0);
  } finally {
    ours.close();
  }
});
