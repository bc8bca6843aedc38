/** Attaching files on the page, in Chromium: by button, paste and drop, with progress, cancel, errors and keyboard alone. */
import axe from "axe-core";
import type { Browser, BrowserContext, BrowserContextOptions, Page, Route } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { launchBrowser } from "../../support/browser.ts";
import { hangAfterMs } from "../../support/hang-guard.ts";
import { startTestStack, type TestStack } from "../../support/stack.ts";

/** One red pixel. */
const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==",
  "base64",
);
const picture = { name: "red.png", mimeType: "image/png", buffer: png };
const note = { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("some notes") };

let stack: TestStack;
let browser: Browser;
let context: BrowserContext;
let rooms = 0;
/** Uncaught errors of the pages, and violations of the policy. */
let complaints: string[];

beforeAll(async () => {
  [stack, browser] = await Promise.all([startTestStack({ backend: { env: { PROVIDER: "echo" } } }), launchBrowser()]);
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
  await page.goto(`${stack.url}/?room=files-${rooms}`);
  await page.locator("textarea").waitFor();
  return page;
}

const attached = (page: Page, state: string) => page.locator(`.attachment[data-state="${state}"]`);
const choose = (page: Page, ...files: (typeof picture)[]) =>
  page.locator('input[data-kind="files"]').setInputFiles(files);

/** A transfer with these files, as a paste or a drop carries it. */
const transfer = (page: Page, files: (typeof picture)[]) =>
  page.evaluateHandle(
    (all) => {
      const data = new DataTransfer();
      for (const { name, type, bytes } of all) data.items.add(new File([Uint8Array.from(bytes)], name, { type }));
      return data;
    },
    files.map(({ name, mimeType, buffer }) => ({ name, type: mimeType, bytes: [...buffer] })),
  );

const paste = (data: Awaited<ReturnType<typeof transfer>>) =>
  data.evaluate((clipboardData) => {
    const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
    document.querySelector("textarea")?.dispatchEvent(event);
  });

/** The widths of the pictures in the newest question: 0 where one isn't shown. */
async function picturesIn(page: Page): Promise<number[]> {
  const images = page.locator(".question").last().locator("img");
  await images.first().waitFor();
  await expect
    .poll(() => images.evaluateAll((all) => all.every((each) => (each as HTMLImageElement).complete)))
    .toBe(true);
  return images.evaluateAll((all) => all.map((each) => (each as HTMLImageElement).naturalWidth));
}

describe("[P1] a file", () => {
  test("is attached by the button, sent with the question, and shown in every tab, also after a reload", async () => {
    const page = await enter();
    const other = await open();
    await choose(page, picture, note);
    await attached(page, "ready").nth(1).waitFor();
    expect(await page.locator(".attachment-name").allInnerTexts()).toEqual(["red.png", "notes.txt"]);
    expect(await page.locator(".attachment-preview").evaluate((img) => (img as HTMLImageElement).naturalWidth)).toBe(1);
    await page.locator("textarea").fill("What is this?");
    await page.locator("textarea").press("Enter");
    await page.locator(".turn-settled").waitFor();
    for (const tab of [page, other]) {
      expect(await tab.locator(".question p").textContent()).toBe("What is this?");
      expect(await picturesIn(tab)).toEqual([1]);
      expect(await tab.locator(".question .file").textContent()).toBe("notes.txt");
    }
    // The backend read both files by their signed addresses.
    const answer = await page.locator(".turn .answer").last().textContent();
    expect(answer).toContain(`[red.png, image/png: ${png.length} bytes]`);
    expect(answer).toContain("[notes.txt, text/plain: 10 bytes]");
    expect(await page.locator(".attachment").count()).toBe(0);
    await other.reload();
    expect(await picturesIn(other)).toEqual([1]);
    expect(complaints).toEqual([]);
  });

  test("is attached by a paste, unless text comes with it", async () => {
    const page = await enter();
    const data = await transfer(page, [picture]);
    await paste(data);
    await attached(page, "ready").waitFor();
    const both = await transfer(page, [picture]);
    await both.evaluate((each) => each.setData("text/plain", "a cell"));
    await paste(both);
    expect(await page.locator(".attachment").count()).toBe(1);
  });

  test("is attached by a drop anywhere on the page, which says so while it hovers", async () => {
    const page = await enter();
    const data = await transfer(page, [picture, note]);
    await page.locator(".log").dispatchEvent("dragover", { dataTransfer: data });
    await page.locator(".page-drop").waitFor();
    await page.locator(".log").dispatchEvent("drop", { dataTransfer: data });
    await attached(page, "ready").nth(1).waitFor();
    expect(await page.locator(".page-drop").count()).toBe(0);
  });

  test("may be asked about without a word", async () => {
    const page = await enter();
    await choose(page, picture);
    await attached(page, "ready").waitFor();
    await page.locator("textarea").press("Enter");
    expect(await picturesIn(page)).toEqual([1]);
  });

  test("shows its progress, keeps the question until it is there, and leaves nothing when it is cancelled", async () => {
    const page = await enter();
    let held: Route | undefined;
    await page.route("**/files", (route) => {
      held = route;
    });
    await choose(page, picture);
    await page.locator(".attachment progress").waitFor();
    await page.locator("textarea").fill("wait for it");
    await page.locator("textarea").press("Enter");
    expect(await page.locator("textarea").inputValue()).toBe("wait for it");
    expect(await page.locator("#composer-hint").textContent()).toContain("still uploading");
    await page.getByRole("button", { name: "Cancel uploading red.png" }).click();
    expect(await page.locator(".attachment").count()).toBe(0);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("message");
    await held?.abort().catch(() => undefined);
    await page.locator("textarea").press("Enter");
    await page.locator(".turn-settled").waitFor();
    expect(await page.locator(".question img").count()).toBe(0);
  });

  test("that fails keeps the text and the other files, says why, and can be tried again", async () => {
    const page = await enter();
    let isDown = true;
    await page.route("**/files", (route) => (isDown ? route.abort() : route.continue()));
    await page.locator("textarea").fill("look at this");
    await choose(page, picture);
    await attached(page, "failed").waitFor();
    expect(await page.locator(".attachment-detail").textContent()).toContain("The upload failed");
    await expect
      .poll(() => page.locator(".composer [role=status]").textContent())
      .toContain("red.png isn't attached. The upload failed.");
    await page.locator("textarea").press("Enter");
    expect(await page.locator("textarea").inputValue()).toBe("look at this");
    isDown = false;
    await page.getByRole("button", { name: "Try uploading red.png again" }).click();
    await attached(page, "ready").waitFor();
    await page.locator("textarea").press("Enter");
    expect(await picturesIn(page)).toEqual([1]);
  });

  test("of a type that isn't taken, or empty, is refused in the page's language", async () => {
    const page = await enter({ locale: "zh-CN" });
    const exe = { name: "a.exe", mimeType: "", buffer: Buffer.from([0x4d, 0x5a, 0, 0]) };
    await choose(page, exe, { ...note, buffer: Buffer.alloc(0) });
    await attached(page, "failed").nth(1).waitFor();
    expect(await page.locator(".attachment-detail").allInnerTexts()).toEqual([
      "此处不能添加该类型的文件。请更换其他类型的文件。",
      "该文件为空。请添加其他文件。",
    ]);
  });

  test("goes into the question itself where the gateway has no store", async () => {
    const page = await enter();
    const body = JSON.stringify({ code: "uploads-off", title: "Off.", retryable: false });
    await page.route("**/files", (route) =>
      route.fulfill({ status: 501, contentType: "application/problem+json", body }),
    );
    await choose(page, picture);
    await attached(page, "ready").waitFor();
    await page.locator("textarea").press("Enter");
    expect(await picturesIn(page)).toEqual([1]);
    expect(await page.locator(".question img").getAttribute("src")).toMatch(/^data:image\/png;base64,/);
  });

  test("is attached, removed and sent with the keyboard alone, and axe finds nothing wrong", async () => {
    // The tool is a script of the test.
    const page = await enter({ bypassCSP: true });
    await choose(page, picture, note);
    await attached(page, "ready").nth(1).waitFor();
    await page.addScriptTag({ content: axe.source });
    const faults = await page.evaluate(async () => {
      const { axe: tool } = window as unknown as {
        axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
      };
      return (await tool.run()).violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
    });
    expect(faults).toEqual([]);
    const remove = page.getByRole("button", { name: "Remove red.png" });
    await remove.focus();
    await page.keyboard.press("Enter");
    expect(await page.locator(".attachment-name").allInnerTexts()).toEqual(["notes.txt"]);
    expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe("Remove notes.txt");
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("message");
  });

  test("comes from the camera on a phone", async () => {
    const page = await enter({ hasTouch: true, isMobile: true, viewport: { width: 390, height: 844 } });
    const camera = page.locator('input[data-kind="camera"]');
    expect(await camera.getAttribute("capture")).toBe("environment");
    expect(await page.getByRole("button", { name: "Take a photo" }).isVisible()).toBe(true);
    await camera.setInputFiles([picture]);
    await attached(page, "ready").waitFor();
  });
});
