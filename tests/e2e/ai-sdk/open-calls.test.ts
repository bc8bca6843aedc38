/**
 * A tool of the page and an approval, with the React hooks of `ai` 6 and 7 in Chromium on the real stack: the message that is
 * continued stays one, and another page may decide. `ai` 5 knows no approvals; its tools are tested in
 * tests/unit/ai-sdk/open-calls.test.ts.
 */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { hookVersions, type ServedHooks, serveHooks } from "../../support/ai-sdk-hooks.ts";
import { launchBrowser } from "../../support/browser.ts";
import { hangAfterMs } from "../../support/hang-guard.ts";
import { startTestStack, type TestStack } from "../../support/stack.ts";

const reminder = "Remind me to water the plants";
const texts = [
  reminder,
  "For a reminder I need your time zone.Please approve the reminder.The reminder is set, in the time zone Europe/Zurich.",
];

let stack: TestStack;
let browser: Browser;
let context: BrowserContext;
let hooks: ServedHooks;
let chats = 0;

beforeAll(async () => {
  hooks = await serveHooks();
  [stack, browser] = await Promise.all([startTestStack({ backend: { env: { PROVIDER: "agent" } } }), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await hooks?.close();
  await stack?.stop();
});
beforeEach(async () => {
  context = await browser.newContext({ timezoneId: "Europe/Zurich" });
  chats += 1;
});
afterEach(() => context.close());

async function open(version: string, over: string): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(hangAfterMs);
  await page.goto(hooks.address(version, { gateway: stack.url, over, chat: `calls-${chats}` }));
  await page.getByLabel("Message").waitFor();
  return page;
}

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

async function untilApproval(page: Page): Promise<void> {
  await page.getByLabel("Message").fill(reminder);
  await button(page, "Send").click();
  await button(page, "Share time zone").click();
  await button(page, "Approve").waitFor();
}

async function isSet(page: Page): Promise<void> {
  await page.getByText("The reminder is set").waitFor();
  await page.getByRole("status").getByText("ready").waitFor();
  expect(await page.locator("li p").allTextContents()).toEqual(texts);
  expect(await page.locator("li code").allTextContents()).toEqual([
    "tool-readTimeZone output-available",
    "tool-setReminder output-available",
  ]);
}

describe.each(hookVersions.filter((version) => version !== "ai 5"))("[T8] With the hook of %s,", (version) => {
  test.each(["http", "websocket", "transport"])("an answer over %s goes on as one message", async (over) => {
    const page = await open(version, over);
    await untilApproval(page);
    await button(page, "Approve").click();
    await isSet(page);
    expect(await page.getByRole("alert").count()).toBe(0);
    await page.reload();
    await isSet(page);
  });

  test.each(["http", "websocket"])("a page over %s that is loaded later decides", async (over) => {
    const page = await open(version, over);
    await untilApproval(page);
    const other = await open(version, over);
    await button(other, "Approve").click();
    await isSet(other);
    // Over HTTP a page learns of it when it is loaded.
    if (over === "http") await page.reload();
    await isSet(page);
  });
});
