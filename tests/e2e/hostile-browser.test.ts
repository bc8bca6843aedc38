/** The page in networks that block and hold back, in a real Chromium: which transport it ends on, alone and in eight tabs. */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ChatClient } from "../../client/index.ts";
import { textOf } from "../../shared/content.ts";
import { parseServerFrame } from "../../shared/protocol/server-guard.ts";
import { EMPTY_VIEW, foldFrame } from "../../shared/transcript.ts";
import { launchBrowser } from "../support/browser.ts";
import { untilSnapshot } from "../support/client.ts";
import { type HostileProxy, startHostileProxy, type Vices } from "../support/hostile-proxy.ts";
import { startTestStack, type TestStack } from "../support/stack.ts";

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
  context = await browser.newContext({ locale: "en-US" });
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
  page.setDefaultTimeout(15_000);
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

  test("that is told to block goes down the ladder, and up again", async () => {
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
    await page.getByText("the backend confirmed it generates nothing more").waitFor();
    const shown = (await answer(page).textContent()) ?? "";
    expect(words(3_000).startsWith(shown.trim().split(" ").slice(0, 20).join(" "))).toBe(true);
  });
});

describe("eight tabs without a WebSocket", () => {
  async function eightTabs(): Promise<{ pages: Page[]; proxy: HostileProxy }> {
    const proxy = await network({ refusesUpgrades: true });
    const pages: Page[] = [];
    for (let count = 0; count < 8; count += 1) {
      const page = await open(proxy.url);
      await badge(page, "Online · stream").waitFor();
      pages.push(page);
    }
    return { pages, proxy };
  }

  test("[T3] [R4] share one stream; each sees every answer, and each can stop it at once", {
    timeout: 90_000,
  }, async () => {
    const { pages, proxy } = await eightTabs();
    expect(proxy.streams).toEqual({ open: 1, most: 1 });
    for (const [index, page] of pages.entries()) {
      await ask(page, words(3_000, `q${index}-`));
      for (const other of pages) await answer(other).getByText(`q${index}-5 `).waitFor();
      const clickedAt = performance.now();
      await page.getByRole("button", { name: "Stop the answer" }).click();
      const stopped = (other: Page) =>
        other.locator(".turn").last().getByText("the backend confirmed it generates nothing more").waitFor();
      await stopped(page);
      // A stop that had to wait for a free connection would wait for a stream's end.
      expect(performance.now() - clickedAt).toBeLessThan(5_000);
      await Promise.all(pages.map(stopped));
    }
    expect(proxy.streams.most).toBe(1);
    const shown = await Promise.all(pages.map((page) => page.locator(".turn").allTextContents()));
    for (const text of shown) expect(text).toEqual(shown[0]);
  });

  test("[R3] the one that reads goes in the middle of an answer: another reads on, and nothing is lost", {
    timeout: 60_000,
  }, async () => {
    const { pages, proxy } = await eightTabs();
    const [reader, ...others] = pages as [Page, ...Page[]];
    const prompt = words(600);
    await ask(others[3] as Page, prompt);
    await answer(others[6] as Page)
      .getByText("w20 ")
      .waitFor();
    await reader.close();
    for (const page of others) {
      await answer(page).getByText("w599").waitFor();
      await page.getByRole("button", { name: "Copy answer" }).waitFor();
      expect(await answer(page).textContent()).toContain(prompt);
      await badge(page, "Online · stream").waitFor();
    }
    expect(proxy.streams).toEqual({ open: 1, most: 1 });
  });
});

test("[R3] the browser's own EventSource, in a network that cuts every 2 s, tells what our client tells", async () => {
  const proxy = await network({ cutsAfterMs: 2_000 });
  const page = await context.newPage();
  await page.goto(proxy.url);
  await page.evaluate((url) => {
    const heard: string[] = [];
    const source = new EventSource(url);
    source.onmessage = ({ data }) => heard.push(data);
    Object.assign(window, { heard });
  }, `/parties/chat/${room()}`);
  const client = new ChatClient({ url: proxy.url, room: room() });
  try {
    const prompt = words(500);
    client.submit(prompt, { params: { tokensPerSecond: 100 } });
    const { turns } = await untilSnapshot(client, (snapshot) => snapshot.turns[0]?.state === "settled");
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
    client.close();
  }
});
