/** The page in Chromium with a real AI SDK stream: the reference backend's agent, with tools, sources, a picture and steps. */
import axe from "axe-core";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { launchBrowser } from "../../support/browser.ts";
import { hangAfterMs } from "../../support/hang-guard.ts";
import { startTestStack, type TestStack } from "../../support/stack.ts";

const question = "How does a stream reconnect?";

let stack: TestStack;
let browser: Browser;
let context: BrowserContext;
let rooms = 0;
/** What the pages of a test report: uncaught errors and violations of the policy. */
let complaints: string[];

beforeAll(async () => {
  [stack, browser] = await Promise.all([startTestStack({ backend: { env: { PROVIDER: "agent" } } }), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});
beforeEach(() => {
  rooms += 1;
  complaints = [];
});
afterEach(() => context.close());

async function enter(options: BrowserContextOptions = {}): Promise<Page> {
  context = await browser.newContext({ locale: "en-US", ...options });
  return open();
}

async function open(): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(hangAfterMs);
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (/Content Security Policy/i.test(message.text())) complaints.push(message.text());
  });
  await page.goto(`${stack.url}/?room=agent-${rooms}`);
  await page.locator("textarea").waitFor();
  return page;
}

async function ask(page: Page, prompt = question): Promise<void> {
  await page.locator("textarea").fill(prompt);
  await page.locator("textarea").press("Enter");
}

/** The picture is the last part of the answer. */
async function answered(page: Page): Promise<void> {
  await page.locator(".answer .picture").waitFor();
  await page.locator(".turn-settled").waitFor();
}

/** The page must be entered with `bypassCSP`. */
async function violationsIn(page: Page): Promise<string[]> {
  await page.addScriptTag({ content: axe.source });
  return page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    return (await axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  });
}

async function shownBy(page: Page) {
  const answer = page.locator(".turn .answer").last();
  return {
    tools: await answer.locator(".tool summary").allInnerTexts(),
    steps: await answer.locator(".step").allTextContents(),
    sources: await answer
      .locator(".sources a")
      .evaluateAll((links) => links.map((link) => [link.textContent, link.getAttribute("href")])),
    pictures: await answer
      .locator("img")
      .evaluateAll((images) => images.map((each) => (each as HTMLImageElement).naturalWidth)),
    folds: await answer.locator("details").evaluateAll((all) => all.map((each) => (each as HTMLDetailsElement).open)),
  };
}

const finished = {
  tools: ["Search the reading list\ndone", "countWords\ndone"],
  steps: ["Step 2", "Step 3"],
  sources: [
    ["HTML: server-sent events", "https://html.spec.whatwg.org/multipage/server-sent-events.html"],
    ["AI SDK: stream protocols", "https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol"],
  ],
  pictures: [84],
  folds: [false, false, false, false, false],
};

describe("[T8] calls that wait for somebody", () => {
  const reminder = "Remind me to water the plants";
  const texts = (page: Page) => page.locator(".answer .md").allInnerTexts();

  test("are answered by the page's tool, and approved on another device after a reload", async () => {
    const page = await enter({ timezoneId: "Europe/Zurich", bypassCSP: true, reducedMotion: "reduce" });
    await ask(page, reminder);
    const card = page.getByRole("region", { name: "Waiting for you: readTimeZone" });
    await card.getByText("The assistant asks for your time zone (Europe/Zurich).").waitFor();
    expect(await violationsIn(page)).toEqual([]);
    await card.getByRole("button", { name: "Share time zone" }).press("Enter");
    const approval = (on: Page) => on.getByRole("region", { name: "Waiting for you: setReminder" });
    await approval(page).waitFor();
    await page.getByRole("status").getByText("The assistant waits for your decision.").waitFor();
    await page.reload();
    await approval(page).waitFor();
    const other = await (await browser.newContext({ locale: "zh-CN" })).newPage();
    await other.goto(`${stack.url}/?room=agent-${rooms}`);
    const foreign = other.getByRole("region", { name: "等待您的答复: setReminder" });
    await foreign.getByText("助手想运行“setReminder”，是否批准？").waitFor();
    await foreign.getByRole("button", { name: "批准" }).press("Space");
    for (const each of [page, other]) {
      await each.locator(".answer").getByText("The reminder is set, in the time zone Europe/Zurich.").waitFor();
      expect(await each.locator(".turn").count()).toBe(1);
      expect(await each.locator(".open-call").count()).toBe(0);
    }
    await other.context().close();
    expect(await texts(page)).toEqual([
      "For a reminder I need your time zone.",
      "Please approve the reminder.",
      "The reminder is set, in the time zone Europe/Zurich.",
    ]);
    expect(complaints).toEqual([]);
  });

  test("may be denied, and the first of two decisions counts", async () => {
    const page = await enter();
    const other = await open();
    await ask(page, reminder);
    await page.getByRole("button", { name: "Don't share" }).click();
    await other.getByRole("button", { name: "Deny" }).waitFor();
    // Both decide at once. A page that has heard of the other's decision has no button any more.
    await page.getByRole("button", { name: "Deny" }).waitFor();
    const deny = (each: Page) =>
      each.getByRole("button", { name: "Deny" }).evaluateAll((buttons) => {
        for (const button of buttons as HTMLElement[]) button.click();
      });
    await Promise.all([deny(page), deny(other)]);
    for (const each of [page, other]) {
      await each.locator(".answer").getByText("No reminder was set.").waitFor();
      expect(await each.locator(".turn").count()).toBe(1);
    }
    expect(complaints).toEqual([]);
  });
});

describe("An agent's answer", () => {
  test("[S2] shows tools, steps, sources and a picture within the policy, in a second tab and after a reload", async () => {
    const page = await enter();
    const other = await open();
    await ask(page);
    for (const each of [page, other]) {
      await answered(each);
      expect(await shownBy(each)).toEqual(finished);
    }
    await page.reload();
    await answered(page);
    expect(await shownBy(page)).toEqual(finished);
    expect(complaints).toEqual([]);
  });

  test("shows a tool's input and result to the keyboard", async () => {
    const page = await enter();
    await ask(page);
    await answered(page);
    const tool = page.locator(".tool").first();
    await tool.locator("summary").focus();
    await page.keyboard.press("Enter");
    await tool.getByText("Input", { exact: true }).waitFor();
    expect(await tool.locator(".value").allInnerTexts()).toEqual([
      expect.stringContaining(question),
      expect.stringContaining('"status": "found"'),
    ]);
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe("Input");
  });

  test("has names for screen readers, and axe finds nothing", async () => {
    const page = await enter({ bypassCSP: true, reducedMotion: "reduce" });
    await ask(page);
    await answered(page);
    await page.getByRole("region", { name: "Sources" }).waitFor();
    await page.getByRole("img", { name: "Picture of the answer" }).waitFor();
    for (const summary of await page.locator(".answer details summary").all()) await summary.click();
    expect(await violationsIn(page)).toEqual([]);
  });

  test("fits a screen of 360 px in Chinese, with everything unfolded", async () => {
    const page = await enter({ locale: "zh-CN", viewport: { width: 360, height: 720 } });
    await ask(page, "流断开后如何重连？");
    await answered(page);
    await page.getByRole("region", { name: "来源" }).waitFor();
    expect(await page.locator(".tool-state").allTextContents()).toEqual(["完成", "完成"]);
    expect(await page.locator(".step").allTextContents()).toEqual(["第 2 步", "第 3 步"]);
    for (const summary of await page.locator(".answer details summary").all()) await summary.click();
    const widths = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
    expect(widths).toEqual([360, 360]);
  });

  test("stops in the middle of a step with proof, and keeps what was shown", async () => {
    const page = await enter();
    await ask(page);
    await page.locator(".answer .tool").first().waitFor();
    await page.keyboard.press("Escape");
    await page.locator(".answer .status", { hasText: "Stopped: the backend confirmed" }).waitFor();
    expect(await page.locator(".answer .tool").count()).toBeGreaterThan(0);
    await page.reload();
    await page.locator(".answer .status", { hasText: "Stopped: the backend confirmed" }).waitFor();
    expect(await page.locator(".answer .tool").count()).toBeGreaterThan(0);
  });
});
