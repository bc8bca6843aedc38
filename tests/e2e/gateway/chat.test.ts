/**
 * The whole of it, on real parts: the NestJS service, the gateway as `npm start` runs it, and Chromium on the page. What
 * the browser shows is held against what the backend counted.
 */
import axe from "axe-core";
import PartySocket from "partysocket";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ChatClient } from "../../../client/index.ts";
import { startGateway } from "../../../scripts/lib/local-processes.ts";
import { textOf } from "../../../shared/content.ts";
import { launchBrowser } from "../../support/browser.ts";
import { untilSnapshot } from "../../support/client.ts";
import { hangAfterMs } from "../../support/hang-guard.ts";
import { startTestStack, type TestStack } from "../../support/stack.ts";

let stack: TestStack;
let browser: Browser;
let context: BrowserContext;
let rooms = 0;

beforeAll(async () => {
  [stack, browser] = await Promise.all([
    startTestStack({ gateway: { vars: { ORPHAN_GRACE_MS: "1000" } } }),
    launchBrowser(),
  ]);
  context = await browser.newContext({ locale: "en-US" });
});

afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

afterEach(async () => {
  await context.close();
  context = await browser.newContext({ locale: "en-US" });
});

function freshRoom(): string {
  rooms += 1;
  return `room-${rooms}`;
}

async function open(room: string): Promise<Page> {
  const page = await context.newPage();
  // Under the test's own limit, so that what was waited for is named.
  page.setDefaultTimeout(hangAfterMs);
  await page.goto(`${stack.url}/?room=${room}`);
  await online(page).waitFor();
  return page;
}

async function ask(page: Page, question: string): Promise<void> {
  const box = page.getByRole("textbox", { name: "Message" });
  await box.fill(question);
  await box.press("Enter");
}

function online(page: Page) {
  return page.getByRole("banner").getByText("Online");
}

/** The text of the newest answer on the page. */
function answer(page: Page) {
  return page.locator(".turn .answer").last();
}

/** Numbered words: a long answer whose every cut can be told apart. */
function longPrompt(words: number): string {
  return Array.from({ length: words }, (_, index) => `w${index}`).join(" ");
}

async function stats(id?: string): Promise<Record<string, number | string>> {
  const response = await fetch(`${stack.backend.url}/model/stats${id === undefined ? "" : `?id=${id}`}`);
  return (await response.json()) as Record<string, number | string>;
}

/** Asks again until it holds: the backend's counters move by themselves. Bounded by the test's own timeout. */
async function untilStats(
  done: (now: Record<string, number | string>) => boolean,
): Promise<Record<string, number | string>> {
  for (;;) {
    const now = await stats();
    if (done(now)) return now;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("in the browser", () => {
  test("[R4] two tabs see the same answer grow, and its end", async () => {
    const room = freshRoom();
    const [first, second] = [await open(room), await open(room)];
    const prompt = longPrompt(80);
    await ask(first, prompt);
    await second.getByText("w5 ").last().waitFor();
    for (const page of [first, second]) {
      await answer(page).getByText("w79").waitFor();
      await page.getByRole("button", { name: "Copy answer" }).waitFor();
      expect(await answer(page).textContent()).toContain(prompt);
    }
  });

  test("[T3] a stop in one tab ends the answer in both, and the backend counts the abort and not one token more", async () => {
    const room = freshRoom();
    const [first, second] = [await open(room), await open(room)];
    const before = await stats();
    await ask(first, longPrompt(3_000));
    await second.getByText("w20 ").last().waitFor();
    await second.getByRole("button", { name: "Stop the answer" }).click();
    for (const page of [first, second]) {
      await page.locator(".turn").getByText("the backend confirmed it generates nothing more").waitFor();
    }
    const after = await stats();
    expect(Number(after["aborted"]) - Number(before["aborted"])).toBe(1);
    expect(Number(after["started"]) - Number(before["started"])).toBe(1);
    expect(after["active"]).toBe(0);
    await first.getByRole("button", { name: "Ask again" }).waitFor();
    expect((await stats())["tokens"]).toBe(after["tokens"]);
  });

  test("[T4] a reload in the middle of an answer goes on with it; nothing is asked twice", async () => {
    const room = freshRoom();
    const page = await open(room);
    const before = await stats();
    const prompt = longPrompt(200);
    await ask(page, prompt);
    await page.getByText("w10 ").last().waitFor();
    await page.reload();
    await answer(page).getByText("w199").waitFor();
    expect(await answer(page).textContent()).toContain(prompt);
    expect(Number((await stats())["started"]) - Number(before["started"])).toBe(1);
  });

  test("[T4] closing the last tab stops the backend after the grace", async () => {
    const page = await open(freshRoom());
    const before = await stats();
    await ask(page, longPrompt(3_000));
    await page.getByText("w10 ").last().waitFor();
    await page.close();
    const after = await untilStats(({ aborted }) => Number(aborted) > Number(before["aborted"]));
    expect(after["active"]).toBe(0);
  });

  test("[Q2] the second question waits, visibly, and can be removed; a third runs next", async () => {
    const page = await open(freshRoom());
    await ask(page, longPrompt(3_000));
    await page.getByText("w5 ").last().waitFor();
    await ask(page, "second question");
    await page.locator(".turn").getByText("Queued, next").waitFor();
    await ask(page, "third question");
    await page.locator(".turn").getByText("Queued, 1 ahead").waitFor();
    await page.getByRole("button", { name: "Remove" }).first().click();
    await page.locator(".turn").getByText("Stopped before the answer began").waitFor();
    await page.getByRole("button", { name: "Stop the answer" }).click();
    await answer(page).getByText("third question").waitFor();
  });

  test("markup in an answer is shown, never run", async () => {
    const page = await open(freshRoom());
    await page.evaluate(() => Object.assign(window, { attacked: false }));
    await ask(
      page,
      'before <img src=x onerror="window.attacked=true"> <script>window.attacked=true</script> [go](javascript:window.attacked=true) after',
    );
    await page.getByRole("button", { name: "Copy answer" }).waitFor();
    expect(await answer(page).textContent()).toContain("after");
    expect(await answer(page).locator("script, img, a[href^='javascript']").count()).toBe(0);
    expect(await page.evaluate(() => (window as unknown as { attacked: boolean }).attacked)).toBe(false);
  });

  test("axe finds nothing serious while an answer streams and after it", async () => {
    const page = await open(freshRoom());
    await ask(page, `# Title\n\n${longPrompt(400)}\n\n\`code\``);
    await page.getByText("w10 ").last().waitFor();
    for (const moment of ["streaming", "settled"]) {
      if (moment === "settled") await page.getByRole("button", { name: "Copy answer" }).waitFor();
      await page.evaluate(axe.source);
      const violations = await page.evaluate(async () => {
        const { axe } = window as unknown as {
          axe: { run(): Promise<{ violations: { id: string; impact: string }[] }> };
        };
        return (await axe.run()).violations.filter(({ impact }) => impact === "serious" || impact === "critical");
      });
      expect(violations, moment).toEqual([]);
    }
  });

  test("speaks Chinese to a Chinese browser, and fits a phone's width", async () => {
    await context.close();
    context = await browser.newContext({ locale: "zh-CN", viewport: { width: 360, height: 740 } });
    const page = await context.newPage();
    await page.goto(`${stack.url}/?room=${freshRoom()}`);
    await page.getByRole("textbox", { name: "消息" }).fill("你好，网关 😀");
    await page.keyboard.press("Enter");
    await answer(page).getByText("你好，网关 😀").waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    expect(await page.evaluate(() => document.documentElement.lang)).toBe("zh-CN");
  });

  test("when the gateway is killed the page says so, keeps the draft and the answer, and comes back by itself", async () => {
    const own = await startTestStack();
    let gateway = own.gateway;
    try {
      const page = await context.newPage();
      page.setDefaultTimeout(hangAfterMs);
      await page.goto(`${own.url}/?room=${freshRoom()}`);
      await online(page).waitFor();
      await ask(page, "before the fall");
      await page.getByRole("button", { name: "Copy answer" }).waitFor();
      await gateway.kill("SIGKILL");
      await page
        .getByText(/Connection lost/)
        .first()
        .waitFor();
      await page.getByRole("textbox", { name: "Message" }).fill("a draft");
      const port = Number(new URL(own.url).port);
      gateway = await startGateway({ port, backendUrl: own.backend.url, persistTo: own.persistTo });
      await online(page).waitFor();
      expect(await page.getByRole("textbox", { name: "Message" }).inputValue()).toBe("a draft");
      expect(await answer(page).textContent()).toContain("before the fall");
      await page.keyboard.press("Enter");
      await answer(page).getByText("a draft").waitFor();
    } finally {
      await gateway.stop();
      await own.stop();
    }
  });
});

describe("by partysocket, as it comes", () => {
  test("a turn runs to its end", async () => {
    const { host } = new URL(stack.url);
    const socket = new PartySocket({ host, party: "chat", room: freshRoom(), maxEnqueuedMessages: 0 });
    let text = "";
    const end = await new Promise<{ outcome: string; length: number }>((resolve) => {
      socket.addEventListener("open", () => {
        socket.send(JSON.stringify({ type: "hello", version: 2 }));
        socket.send(JSON.stringify({ type: "turn-submit", turnId: "by-hand", input: { prompt: "hello 你好" } }));
      });
      socket.addEventListener("message", ({ data }) => {
        const frame = JSON.parse(String(data));
        if (frame.type === "turn-delta") for (const part of frame.parts) text += part.delta;
        if (frame.type === "turn-end") resolve(frame);
      });
    });
    socket.close();
    expect(text).toBe("hello 你好");
    expect(end).toMatchObject({ outcome: "completed", length: 8 });
  });
});

describe("by the client library in Node", () => {
  test("[R3] a paced answer arrives exact, from one generation", async () => {
    const client = new ChatClient({ url: stack.url, room: freshRoom() });
    const prompt = longPrompt(300);
    const before = await stats();
    const id = client.submit(prompt, { params: { tokensPerSecond: 200 } });
    const { turns } = await untilSnapshot(client, (snapshot) => snapshot.turns[0]?.state === "settled");
    expect(turns[0]).toMatchObject({ id, outcome: "completed" });
    expect(textOf(turns[0]?.parts ?? [])).toBe(prompt);
    expect(Number((await stats())["started"]) - Number(before["started"])).toBe(1);
    client.close();
  });

  test("an unreachable backend is a failure that a person can read", async () => {
    const alone = await startTestStack();
    try {
      await alone.backend.stop();
      const client = new ChatClient({ url: alone.url, room: freshRoom() });
      client.submit("anyone?");
      const { turns } = await untilSnapshot(client, (snapshot) => snapshot.turns[0]?.state === "settled");
      expect(turns[0]).toMatchObject({
        outcome: "failed",
        error: { code: "upstream-unreachable", message: expect.stringContaining("could not be reached") },
      });
      client.close();
    } finally {
      await alone.stop();
    }
  });
});
