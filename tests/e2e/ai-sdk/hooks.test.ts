/**
 * The React hooks of `ai` 5, 6 and 7 in Chromium, on the real stack: what a page shows after a cut connection, a reload, a
 * component that is unmounted, and beside another tab. The app is examples/ai-sdk, built against each version.
 */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { hookVersions, type ServedHooks, serveHooks } from "../../support/ai-sdk-hooks.ts";
import { launchBrowser } from "../../support/browser.ts";
import { hangAfterMs } from "../../support/hang-guard.ts";
import { WireCutter } from "../../support/network/wire-cutter.ts";
import { startTestStack, type TestStack } from "../../support/stack.ts";

let stack: TestStack;
let wire: WireCutter;
let browser: Browser;
let context: BrowserContext;
let hooks: ServedHooks;
let chats = 0;

beforeAll(async () => {
  hooks = await serveHooks();
  [stack, browser] = await Promise.all([startTestStack(), launchBrowser()]);
  wire = await new WireCutter(stack.url).start();
});
afterAll(async () => {
  await browser?.close();
  wire?.close();
  await hooks?.close();
  await stack?.stop();
});
beforeEach(async () => {
  context = await browser.newContext();
  chats += 1;
});
afterEach(() => context.close());

async function open(version: string, over: "http" | "websocket" | "transport", gateway = stack.url): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(hangAfterMs);
  await page.goto(hooks.address(version, { gateway, over, chat: `hooks-${chats}` }));
  await page.getByLabel("Message").waitFor();
  return page;
}

async function ask(page: Page, question: string): Promise<void> {
  await page.getByLabel("Message").fill(question);
  await page.getByRole("button", { name: "Send" }).click();
}

const answer = (page: Page) => page.locator("li[data-role=assistant] p").last();
const ready = (page: Page) => page.getByRole("status").getByText("ready").waitFor();
const texts = (page: Page) => page.locator("li p").allTextContents();
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
/** Numbered words: a long answer in which any loss or repetition shows. */
const words = (count: number) => Array.from({ length: count }, (_, index) => `w${index}`).join(" ");

async function started(): Promise<number> {
  const stats = (await (await fetch(`${stack.backend.url}/model/stats`)).json()) as Record<string, number>;
  return Number(stats["started"]);
}

describe.each(hookVersions)("With the hook of %s,", (version) => {
  test("an answer over HTTP that is cut is resumed to the letter", async () => {
    const page = await open(version, "http", wire.url);
    await ask(page, words(200));
    await answer(page).getByText("w20 ").waitFor();
    wire.cut();
    await page.getByRole("alert").waitFor();
    await button(page, "Resume").click();
    await answer(page).getByText("w199").waitFor();
    await ready(page);
    expect(await texts(page)).toEqual([words(200), words(200)]);
  });

  test("an answer over WebSocket that is cut goes on to the letter, without an error", async () => {
    const page = await open(version, "websocket", wire.url);
    await ask(page, words(200));
    await answer(page).getByText("w20 ").waitFor();
    wire.cut();
    await answer(page).getByText("w199").waitFor();
    await ready(page);
    expect([await texts(page), await page.getByRole("alert").count()]).toEqual([[words(200), words(200)], 0]);
  });

  test.each(["http", "websocket"] as const)(
    "a reload mid-answer over %s shows the conversation and the answer once",
    async (over) => {
      const page = await open(version, over);
      await ask(page, "first");
      await ready(page);
      await answer(page).getByText("first", { exact: true }).waitFor();
      await ask(page, words(150));
      await answer(page).getByText("w10 ").waitFor();
      const before = await started();
      await page.reload();
      await answer(page).getByText("w149").waitFor();
      await ready(page);
      expect(await texts(page)).toEqual(["first", "first", words(150), words(150)]);
      expect(await started()).toBe(before);
    },
  );

  test.each(["websocket", "transport"] as const)(
    "a component over %s that is unmounted leaves the answer going, and shows it whole when it is mounted again",
    async (over) => {
      const [page, other] = [await open(version, over), await open(version, over)];
      await ask(page, words(150));
      await answer(page).getByText("w10 ").waitFor();
      await button(page, "Leave").click();
      await answer(other).getByText("w149").waitFor();
      await ready(other);
      expect(await texts(other)).toEqual([words(150), words(150)]);
      await button(page, "Return").click();
      await answer(page).getByText("w149").waitFor();
      expect(await texts(page)).toEqual([words(150), words(150)]);
    },
  );

  test("a component that resumed an answer and is unmounted doesn't stop it", async () => {
    const [page, other] = [await open(version, "transport"), await open(version, "transport")];
    await ask(page, words(150));
    await answer(other).getByText("w10 ").waitFor();
    await button(other, "Leave").click();
    await answer(page).getByText("w149").waitFor();
    await ready(page);
    expect(await texts(page)).toEqual([words(150), words(150)]);
  });

  test.each(["websocket", "transport"] as const)(
    "another tab over %s shows the question while it is answered, and its stop counts for both",
    async (over) => {
      const [first, second] = [await open(version, over), await open(version, over)];
      await ask(first, words(3_000));
      await answer(second).getByText("w10 ").waitFor();
      await button(second, "Stop").click();
      for (const page of [first, second]) await ready(page);
      expect(await texts(first)).toEqual(await texts(second));
    },
  );
});
