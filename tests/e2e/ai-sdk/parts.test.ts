/**
 * What `useChat` of `ai` 5, 6 and 7 shows in Chromium of a real AI SDK stream that came through the gateway: sources, pictures,
 * tools with their states, and data that is replaced. The backend is the reference backend's agent.
 */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hookVersions, type ServedHooks, serveHooks } from "../../support/ai-sdk-hooks.ts";
import { launchBrowser } from "../../support/browser.ts";
import { hangAfterMs } from "../../support/hang-guard.ts";
import { startTestStack, type TestStack } from "../../support/stack.ts";

const question = "How does a stream reconnect?";
const finished = {
  texts: [
    question,
    "I'll look that up.These pages fit your question:\n\n1. HTML: server-sent events\n2. AI SDK: stream protocols\n\nYour question has 5 words. The picture shows one bar for each.",
  ],
  links: [
    ["HTML: server-sent events", "https://html.spec.whatwg.org/multipage/server-sent-events.html"],
    ["AI SDK: stream protocols", "https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol"],
  ],
  states: ['data-progress {"step":3,"of":3}', "tool-search output-available", "tool-countWords output-available"],
  widths: [84],
};

let stack: TestStack;
let browser: Browser;
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

async function shownBy(page: Page) {
  return {
    texts: await page.locator("li p").allTextContents(),
    links: await page
      .locator("li a")
      .evaluateAll((links) => links.map((link) => [link.textContent, link.getAttribute("href")])),
    states: await page.locator("li code").allTextContents(),
    widths: await page
      .locator("li img")
      .evaluateAll((pictures) => pictures.map((each) => (each as HTMLImageElement).naturalWidth)),
  };
}

describe.each(hookVersions)("With the hook of %s,", (version) => {
  test.each(["http", "websocket"] as const)(
    "an agent's answer over %s shows tools, sources and a picture, live, in a second tab and after a reload",
    async (over) => {
      chats += 1;
      const context = await browser.newContext();
      const open = async () => {
        const page = await context.newPage();
        page.setDefaultTimeout(hangAfterMs);
        await page.goto(hooks.address(version, { gateway: stack.url, over, chat: `parts-${chats}` }));
        await page.getByLabel("Message").waitFor();
        return page;
      };
      const ready = (page: Page) => page.getByRole("status").getByText("ready").waitFor();
      const pages = [await open()];
      // Over HTTP another tab learns of the question when it is loaded.
      if (over === "websocket") pages.push(await open());
      const [page] = pages as [Page];
      await page.getByLabel("Message").fill(question);
      await page.getByRole("button", { name: "Send" }).click();
      for (const each of pages) {
        await each.locator("li img").waitFor();
        await ready(each);
        expect(await shownBy(each)).toEqual(finished);
      }
      await page.reload();
      await page.locator("li img").waitFor();
      expect(await shownBy(page)).toEqual(finished);
      await context.close();
    },
  );
});
