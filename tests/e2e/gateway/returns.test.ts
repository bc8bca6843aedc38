/**
 * Coming back to a conversation, on real parts and in Chromium: a reload right after Enter, a duplicated tab, a question
 * asked in other words, an answer asked for again or to its end, and the part of a long conversation that lies further up.
 */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ChatClient } from "../../../client/index.ts";
import { startBackend } from "../../../scripts/lib/local-processes.ts";
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
  [stack, browser] = await Promise.all([startTestStack(), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});
beforeEach(async () => {
  context = await browser.newContext({ locale: "en-US" });
});
afterEach(() => context.close());

function freshRoom(): string {
  rooms += 1;
  return `returns-${rooms}`;
}

async function open(room: string, url = stack.url): Promise<Page> {
  const page = await context.newPage();
  // Under the test's own limit, so that what was waited for is named.
  page.setDefaultTimeout(hangAfterMs);
  await page.goto(`${url}/?room=${room}`);
  return page;
}

async function openOnline(room: string, url = stack.url): Promise<Page> {
  const page = await open(room, url);
  await page.getByText("Online").waitFor();
  return page;
}

const box = (page: Page) => page.getByRole("textbox", { name: "Message" });
const turns = (page: Page) => page.locator(".turn");
const answers = (page: Page) => turns(page).locator(".answer");
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

async function ask(page: Page, question: string): Promise<void> {
  await box(page).fill(question);
  await box(page).press("Enter");
}

/** Asks, and waits until the answer has settled as the only one, or the last. */
async function askToTheEnd(page: Page, question: string): Promise<void> {
  await ask(page, question);
  const last = turns(page).last();
  await last.locator(".question", { hasText: question }).waitFor();
  await last.getByRole("button", { name: "Copy answer" }).waitFor();
}

/** Numbered words: a long answer whose every cut can be told apart. */
function longPrompt(words: number): string {
  return Array.from({ length: words }, (_, index) => `w${index}`).join(" ");
}

async function started(): Promise<number> {
  const stats = (await (await fetch(`${stack.backend.url}/model/stats`)).json()) as { started: number };
  return stats.started;
}

/** Keeps the pages of this context from the room, until told otherwise: their sockets open and nobody answers. */
async function blockSockets(): Promise<() => void> {
  let isBlocked = true;
  await context.routeWebSocket(/\/parties\/chat\//, (socket) => {
    if (!isBlocked) socket.connectToServer();
  });
  return () => {
    isBlocked = false;
  };
}

describe("a question that was asked just before the page went", () => {
  test("[T1] Enter and a reload in the same instant: asked once, answered once", async () => {
    const page = await openOnline(freshRoom());
    const before = await started();
    for (const question of ["one of three", "two of three", "three of three"]) {
      await box(page).fill(question);
      const reloaded = page.waitForEvent("load");
      await box(page).evaluate((textarea) => {
        textarea.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
        location.reload();
      });
      await reloaded;
      await turns(page).last().locator(".answer").getByText(question).waitFor();
      expect(await box(page).inputValue()).toBe("");
    }
    expect(await turns(page).count()).toBe(3);
    expect((await started()) - before).toBe(3);
    expect(await page.evaluate(() => Object.keys(sessionStorage).filter((key) => key.includes("outbox")))).toEqual([]);
  });

  test("[T1] it never left: the page after the reload shows it at once, and asks it", async () => {
    const unblock = await blockSockets();
    const page = await open(freshRoom());
    const before = await started();
    await ask(page, "from the tunnel");
    await page.getByText("Waiting for the connection").waitFor();
    await page.reload();
    await page.getByText("Waiting for the connection").waitFor();
    await turns(page).getByText("from the tunnel").waitFor();
    unblock();
    await page.reload();
    await answers(page).getByText("from the tunnel").waitFor();
    expect([await turns(page).count(), (await started()) - before]).toEqual([1, 1]);
  });

  test("[T1] the tab was duplicated meanwhile: both ask, it is asked once", async () => {
    const unblock = await blockSockets();
    const page = await open(freshRoom());
    const before = await started();
    await ask(page, "from two tabs");
    await page.getByText("Waiting for the connection").waitFor();
    unblock();
    // A window that is opened by a page starts with a copy of its storage, as a duplicated tab does.
    const opened = context.waitForEvent("page");
    await page.evaluate(() => void window.open(location.href));
    const copy = await opened;
    copy.setDefaultTimeout(hangAfterMs);
    expect(await copy.evaluate(() => JSON.stringify(sessionStorage))).toContain("from two tabs");
    await page.reload();
    for (const tab of [page, copy]) {
      await answers(tab).getByText("from two tabs").waitFor();
      await button(tab, "Copy answer").waitFor();
      expect(await turns(tab).count()).toBe(1);
    }
    expect((await started()) - before).toBe(1);
  });

  test("[T3] stopped just before the reload: the next page still stops it", async () => {
    const page = await openOnline(freshRoom());
    await ask(page, longPrompt(3_000));
    await answers(page).getByText("w5 ").waitFor();
    const reloaded = page.waitForEvent("load");
    await page.getByRole("button", { name: "Stop the answer" }).evaluate((stop) => {
      (stop as HTMLButtonElement).click();
      location.reload();
    });
    await reloaded;
    await turns(page).getByText("the backend confirmed it generates nothing more").waitFor();
  });
});

describe("a turn that is there", () => {
  test("[T1] an edited question takes the place of its turn and of all after it, in every tab", async () => {
    const room = freshRoom();
    const [page, other] = [await openOnline(room), await openOnline(room)];
    await askToTheEnd(page, "first question");
    await askToTheEnd(page, "second question");
    await turns(page).first().getByRole("button", { name: "Edit", exact: true }).click();
    const editor = page.getByRole("textbox", { name: "Edit the question" });
    expect(await editor.inputValue()).toBe("first question");
    await page.getByText("removes everything after it").waitFor();
    // Esc first: nothing happened.
    await editor.press("Escape");
    expect(await turns(page).count()).toBe(2);
    await page.keyboard.press("Enter"); // The focus is back on Edit.
    await editor.fill("better question");
    await editor.press("Enter");
    for (const tab of [page, other]) {
      await answers(tab).getByText("better question").waitFor();
      await button(tab, "Copy answer").waitFor();
      expect(await turns(tab).count()).toBe(1);
      expect(await tab.getByRole("log").textContent()).not.toMatch(/first|second/);
    }
    await page.reload();
    await answers(page).getByText("better question").waitFor();
    expect(await turns(page).count()).toBe(1);
  });

  test("regenerate asks the newest again in its place, by keyboard, once for each press", async () => {
    const page = await openOnline(freshRoom());
    await askToTheEnd(page, "the same again");
    const before = await started();
    await button(page, "Regenerate").focus();
    await page.keyboard.press("Enter");
    await expect.poll(started).toBe(before + 1);
    await button(page, "Regenerate").waitFor();
    expect(await turns(page).count()).toBe(1);
    expect(await answers(page).textContent()).toContain("the same again");
    expect(await box(page).evaluate((element) => element === document.activeElement)).toBe(true);
  });

  test("an answer that is replaced while it streams is stopped first", async () => {
    const page = await openOnline(freshRoom());
    await askToTheEnd(page, "short");
    await ask(page, longPrompt(3_000));
    await answers(page).getByText("w5 ").waitFor();
    await turns(page).first().getByRole("button", { name: "Edit", exact: true }).click();
    await page.getByRole("textbox", { name: "Edit the question" }).fill("instead");
    await button(page, "Ask").click();
    await answers(page).getByText("instead").waitFor();
    await button(page, "Copy answer").waitFor();
    const stats = (await (await fetch(`${stack.backend.url}/model/stats`)).json()) as { active: number };
    expect([await turns(page).count(), stats.active]).toEqual([1, 0]);
  });

  test("a stopped answer can be continued: a turn of its own, which the model gets the first half for", async () => {
    const room = freshRoom();
    const page = await openOnline(room);
    await ask(page, longPrompt(3_000));
    await answers(page).getByText("w100 ").waitFor();
    await page.getByRole("button", { name: "Stop the answer" }).click();
    await turns(page).getByText("the backend confirmed it generates nothing more").waitFor();
    await button(page, "Continue").click();
    await page.locator(".question-continue", { hasText: "Continue" }).waitFor();
    await button(page, "Regenerate").waitFor();
    expect(await turns(page).count()).toBe(2);
    expect(await turns(page).first().locator(".answer").textContent()).toContain("w100 ");

    const reader = new ChatClient({ url: stack.url, room });
    const { turns: seen } = await untilSnapshot(reader, ({ connection }) => connection.state === "online");
    reader.close();
    const [first, second] = seen;
    // The echo's estimate is four characters a token; the instruction alone would be fifteen.
    expect(second?.usage?.inputTokens).toBeGreaterThan((first?.length ?? 0) / 5);
    expect(first).toMatchObject({ outcome: "cancelled", stop: "confirmed" });
  });
});

describe("what the page says when the backend dies", () => {
  test("[T5] it says that it continues the answer, then that it was interrupted, and offers to continue", async () => {
    const own = await startTestStack();
    let { backend } = own;
    try {
      const page = await openOnline(freshRoom(), own.url);
      await ask(page, longPrompt(3_000));
      await answers(page).getByText("w50 ").waitFor();
      const status = turns(page).locator(".status");
      // It may be brief: the waits between the three tries are random from nothing up.
      const resuming = status.getByText("Continuing the answer.").waitFor();
      await backend.kill("SIGKILL");
      await resuming;
      backend = await startBackend({ port: Number(new URL(backend.url).port), env: { PROVIDER: "echo" } });
      await status.getByText("The answer was interrupted. The text above had arrived before.").waitFor();
      expect(await answers(page).textContent()).toContain("w50 ");
      await button(page, "Continue").click();
      await button(page, "Regenerate").waitFor();
      expect(await turns(page).count()).toBe(2);
    } finally {
      await backend.stop();
      await own.stop();
    }
  });
});

describe("a long conversation", () => {
  const answerLength = 400_000;
  const line = "a line of a very long conversation\n\n";

  /** Five answers, of which a first sync holds two. */
  async function fill(room: string): Promise<void> {
    const writer = new ChatClient({ url: stack.url, room });
    const params = { burst: true, repeat: Math.ceil(answerLength / line.length), chunkSize: 8_192 };
    for (let n = 1; n <= 5; n += 1) writer.submit(line, { turnId: `long-${n}`, params });
    const settled = await untilSnapshot(
      writer,
      (snapshot) => snapshot.turns.length === 5 && snapshot.turns.every(({ state }) => state === "settled"),
    );
    writer.close();
    expect(settled.turns.map(({ outcome }) => outcome)).toEqual(Array(5).fill("completed"));
  }

  test("[R3] older turns come page by page, whole, and the client folds them to the room's own view", async () => {
    const room = freshRoom();
    await fill(room);
    const reader = new ChatClient({ url: stack.url, room });
    const first = await untilSnapshot(reader, ({ connection }) => connection.state === "online");
    expect(first.turns.map(({ id }) => id)).toEqual(["long-4", "long-5"]);
    expect(first.older).toEqual({ state: "available" });
    let pages = 0;
    while (reader.getSnapshot().older.state === "available") {
      await reader.loadOlder();
      pages += 1;
    }
    const { turns: all, older, view } = reader.getSnapshot();
    reader.close();
    expect([older, view.more, pages]).toEqual([{ state: "none" }, false, 2]);
    expect(all.map(({ id }) => id)).toEqual(["long-1", "long-2", "long-3", "long-4", "long-5"]);
    for (const turn of all) {
      expect(turn).toMatchObject({ state: "settled", outcome: "completed", input: { prompt: line } });
      expect(textOf(turn.parts) === line.repeat(Math.ceil(answerLength / line.length))).toBe(true);
    }
  });

  test("the page loads them at the top, and what is being read stays where it is", async () => {
    const room = freshRoom();
    await fill(room);
    const page = await openOnline(room);
    expect(await turns(page).count()).toBe(2);
    const log = page.getByRole("log");
    const load = button(page, "Load older messages");
    await load.scrollIntoViewIfNeeded();
    const topOfFourth = () =>
      turns(page)
        .nth(-2)
        .evaluate((turn) => turn.getBoundingClientRect().top);
    const before = await topOfFourth();
    await load.click();
    await expect.poll(() => turns(page).count()).toBe(4);
    expect(Math.abs((await topOfFourth()) - before)).toBeLessThan(2);
    const announced = page.getByRole("status").filter({ hasText: "2 older messages loaded." });
    await announced.waitFor({ state: "attached" });
    // The last page takes the control away; the keyboard goes on from the log.
    await load.focus();
    await page.keyboard.press("Enter");
    await expect.poll(() => turns(page).count()).toBe(5);
    expect(await load.count()).toBe(0);
    expect(await log.evaluate((element) => element === document.activeElement)).toBe(true);
  });

  test("a page that cannot be had is said, and had on the next try", async () => {
    const room = freshRoom();
    await fill(room);
    const page = await openOnline(room);
    await page.route(/\/turns\?/, (route) => route.abort());
    await button(page, "Load older messages").click();
    await page.getByRole("log").getByText("Older messages could not be loaded.").waitFor();
    await page.unroute(/\/turns\?/);
    await button(page, "Load older messages").click();
    await expect.poll(() => turns(page).count()).toBe(4);
  });
});
