/** The page in a real Chromium, where the browser decides: hostile answers, translation, selection, clipboard, print, offline. */
import axe from "axe-core";
import type { Browser, BrowserContext, BrowserContextOptions, Dialog, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ChatClient } from "../../../client/index.ts";
import { launchBrowser } from "../../support/browser.ts";
import { untilSnapshot } from "../../support/client.ts";
import { hangAfterMs } from "../../support/hang-guard.ts";
import { startTestStack, type TestStack } from "../../support/stack.ts";

let stack: TestStack;
let browser: Browser;
let context: BrowserContext;
let peer: ChatClient;
let rooms = 0;
/** What the pages of a test report: uncaught errors and violations of the policy. */
let complaints: string[];

beforeAll(async () => {
  [stack, browser] = await Promise.all([startTestStack(), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});
beforeEach(async () => {
  rooms += 1;
  complaints = [];
  context = await browser.newContext({ locale: "en-US" });
  peer = new ChatClient({ url: stack.url, room: room() });
});
afterEach(async () => {
  peer.close();
  await context.close();
});

const room = () => `browser-${rooms}`;

async function open(options?: BrowserContextOptions): Promise<Page> {
  if (options !== undefined) {
    await context.close();
    context = await browser.newContext({ locale: "en-US", ...options });
  }
  const page = await context.newPage();
  page.setDefaultTimeout(hangAfterMs);
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (/Content Security Policy|unmounted|removeChild/i.test(message.text())) complaints.push(message.text());
  });
  await page.goto(`${stack.url}/?room=${room()}`);
  await page.getByRole("banner").getByText("Online", { exact: true }).waitFor();
  return page;
}

const box = (page: Page) => page.getByRole("textbox", { name: "Message" });
const answers = (page: Page) => page.locator(".turn .answer");
const lastAnswer = (page: Page) => answers(page).last();

async function ask(page: Page, question: string): Promise<void> {
  await box(page).fill(question);
  await box(page).press("Enter");
}

/** Another user of the room asks; the echo answers with the same text, all at once. */
async function answered(text: string): Promise<string> {
  const id = peer.submit(text, { params: { burst: true, chunkSize: 4_096 } });
  await untilSnapshot(peer, ({ turns }) => turns.some((turn) => turn.id === id && turn.state === "settled"));
  return id;
}

/** Another user asks; the answer stays unfinished after `tokens` tokens of four characters, until it is stopped. */
async function running(text: string, tokens: number): Promise<string> {
  const id = peer.submit(text, { params: { burst: true, stallAfter: tokens } });
  await untilSnapshot(peer, ({ turns }) => turns.some((turn) => turn.id === id && turn.length >= tokens * 4));
  return id;
}

describe("[C6] an answer never takes the page away", () => {
  test.each([
    ["3,000 nested quotes", `${"> ".repeat(3_000)}x`],
    ["1,200 nested lists", `${"- ".repeat(1_200)}x`],
    ["16 KB of alternating emphasis", "*a_".repeat(5_461)],
    [
      "a table that would have millions of cells",
      `${"|a".repeat(2_000)}\n${"|-".repeat(2_000)}\n${"|\n".repeat(2_000)}`,
    ],
    ["16 KB of opened brackets", "[".repeat(16_000)],
    ["a formula nested 2,000 levels deep", `$$${"{".repeat(2_000)}x${"}".repeat(2_000)}$$`],
  ])(
    "%s: the text is shown, and the next question is answered",
    async (_, text) => {
      const page = await open();
      await answered(text);
      const shown = lastAnswer(page).locator(".md");
      await expect.poll(async () => (await shown.textContent())?.length).toBeGreaterThan(text.length / 2);
      await ask(page, "and **now**?");
      await lastAnswer(page).locator("strong", { hasText: "now" }).waitFor();
      await page.reload();
      await lastAnswer(page).locator("strong", { hasText: "now" }).waitFor();
      expect(complaints).toEqual([]);
    },
    60_000,
  );

  test("a failure of the page itself shows a message and a reload, which works once its cause is gone", async () => {
    const page = await context.newPage();
    page.setDefaultTimeout(hangAfterMs);
    await page.addInitScript(() => {
      if (sessionStorage.getItem("mended") !== null) return;
      history.replaceState = () => {
        throw new Error("refused by an extension");
      };
    });
    await page.goto(stack.url);
    await page.getByRole("heading", { name: "This page stopped working" }).waitFor();
    await page.evaluate(() => sessionStorage.setItem("mended", "yes"));
    await page.getByRole("button", { name: "Reload" }).click();
    await page.getByRole("banner").getByText("Online", { exact: true }).waitFor();
  });

  test("a text that takes too long is parsed in a worker, and the worker is replaced", async () => {
    const page = await open();
    await lastWorker(page);
    const replaced = page.waitForEvent("worker");
    // Its time grows with the square of its length: no machine is fast enough for this one.
    await answered("*a_".repeat(20_000));
    await replaced;
    await answered("a **bold** word");
    await lastAnswer(page).locator("strong", { hasText: "bold" }).waitFor();
  });
});

async function lastWorker(page: Page): Promise<void> {
  if (page.workers().length === 0) await page.waitForEvent("worker");
}

describe("[C6] what is drawn", () => {
  test("formulas are drawn under the page's policy, and unknown ones stay as written", async () => {
    const page = await open();
    await answered(
      "So \\(a*b*c\\) and \\[\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}\\] but \\(\\nosuchcommand{x}\\) and \\{x\\}.",
    );
    await lastAnswer(page).locator(".katex").nth(1).waitFor();
    expect(await lastAnswer(page).locator(".katex").count()).toBe(2);
    expect(await lastAnswer(page).locator(".md").textContent()).toContain("\\(\\nosuchcommand{x}\\) and \\{x\\}.");
    // KaTeX places the rows of a matrix by styles, which a policy could have dropped.
    expect(
      await lastAnswer(page)
        .locator(".mtable .vlist > span")
        .first()
        .evaluate((row) => row.getAttribute("style")),
    ).toMatch(/top/);
    expect(complaints).toEqual([]);
  });

  test("Arabic and Hebrew run from right to left: question, answer, list, message box", async () => {
    const page = await open();
    await answered("مرحبا\n\n- أول\n- ثان\n\n1. אחת\n\nEnglish");
    await lastAnswer(page).locator("ol").waitFor();
    const direction = (selector: string) =>
      page
        .locator(selector)
        .first()
        .evaluate((element) => getComputedStyle(element).direction);
    await box(page).fill("שלום");
    const selectors = [".question p", ".md p", ".md ul", ".md ul li", ".md ol", "#message"];
    expect(await Promise.all(selectors.map(direction))).toEqual(selectors.map(() => "rtl"));
    expect(
      await lastAnswer(page)
        .getByText("English")
        .evaluate((element) => getComputedStyle(element).direction),
    ).toBe("ltr");
  });

  test("a translated page keeps every answer complete", async () => {
    const page = await open();
    await running("First **words** of an answer that goes on and on.", 6);
    await lastAnswer(page).getByText("words").waitFor();
    // As translators do it: each text node becomes an element, and so does each that is added later.
    await page.evaluate(() => {
      const translate = () => {
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        const nodes: Node[] = [];
        while (walker.nextNode()) nodes.push(walker.currentNode);
        for (const node of nodes) {
          const parent = node.parentElement;
          if (parent === null || parent.closest("font, textarea, script, style") || node.textContent?.trim() === "")
            continue;
          const font = document.createElement("font");
          font.append(document.createElement("font"));
          (font.firstChild as Element).textContent = node.textContent;
          node.parentNode?.replaceChild(font, node);
        }
      };
      translate();
      new MutationObserver(translate).observe(document.body, { childList: true, subtree: true, characterData: true });
    });
    await page.getByRole("button", { name: "Stop the answer" }).click();
    await page.getByRole("button", { name: "Ask again" }).waitFor();
    await ask(page, "The **second** question has a longer answer, of which nothing is lost.");
    await page.getByRole("button", { name: "Copy answer" }).last().waitFor();
    await expect
      .poll(() => lastAnswer(page).locator(".md").textContent())
      .toBe("The second question has a longer answer, of which nothing is lost.");
    await page.getByRole("button", { name: "Edit" }).first().click();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "简体中文" }).click();
    await page.getByRole("button", { name: "发送" }).waitFor();
    expect(complaints).toEqual([]);
  });

  test("text that is selected in the growing block stays selected", async () => {
    const page = await open();
    await ask(page, `alpha beta ${"word ".repeat(200)}end of it`);
    await lastAnswer(page).getByText("alpha beta word word").waitFor();
    await page.evaluate(() => {
      const node = document.querySelector(".md p span")?.firstChild as Text;
      document.getSelection()?.setBaseAndExtent(node, 0, node, "alpha beta".length);
    });
    await lastAnswer(page).getByText("end of it").waitFor();
    expect(await page.evaluate(() => document.getSelection()?.toString())).toBe("alpha beta");
  });

  test.each<[string, string, string]>([
    ["a list gets space between its items", "1. alpha beta\n2. second ", "\n\n3. third"],
    ["a list gets a second paragraph", "- alpha beta\n- second ", "\n\n  more\n"],
    ["a paragraph becomes a heading", "alpha beta\n\nsecond ", "\n\n\nthird\n===\n"],
    ["a reference gets its address", "alpha beta [link][ref] ", "\n\n[ref]: https://example.test/\n"],
    ["a formula ends", "alpha beta \\(a ", "\\) and"],
    ["a code block follows", "alpha beta ", "\n\n```js\nlet a;\n```\n"],
  ])("text that is selected stays selected while %s", async (_, before, after) => {
    const page = await open();
    const filler = "word ".repeat(60);
    await ask(page, `${before}${filler}${after} ${filler}end of it`);
    await lastAnswer(page).getByText("word word").waitFor();
    await page.evaluate(() => {
      const texts = document.createTreeWalker(document.querySelector(".md") as Element, NodeFilter.SHOW_TEXT);
      let node = texts.nextNode();
      while (node !== null && !node.nodeValue?.includes("alpha beta")) node = texts.nextNode();
      // Backwards, as a reader may drag: the direction is kept as well.
      if (node !== null) document.getSelection()?.setBaseAndExtent(node, "alpha beta".length, node, 0);
    });
    await lastAnswer(page).getByText("end of it").waitFor();
    await page.getByRole("button", { name: "Copy answer" }).waitFor();
    const selected = await page.evaluate(() => {
      const selection = document.getSelection();
      return [selection?.toString(), (selection?.anchorOffset ?? 0) > (selection?.focusOffset ?? 0)];
    });
    expect(selected).toEqual(["alpha beta", true]);
  });

  test("a running answer never shows raw marks", async () => {
    const page = await open();
    await page.evaluate(() => {
      const seen: string[] = [];
      Object.assign(window, { seen });
      new MutationObserver(() => {
        const md = document.querySelector(".md");
        const last = md?.textContent ?? "";
        // A heading that is none, or marks of emphasis and tables.
        if (/[*|#`]/.test(last) || md?.querySelector("h1, h2, h3, hr")) seen.push(last.slice(-40));
      }).observe(document.body, { childList: true, subtree: true, characterData: true });
    });
    await ask(page, "A sentence:\n- one **bold** item\n- `code` too\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nThe end");
    await lastAnswer(page).getByText("The end").waitFor();
    expect(await page.evaluate(() => (window as unknown as { seen: string[] }).seen)).toEqual([]);
    expect(await lastAnswer(page).locator("td").count()).toBe(2);
  });

  test("printing prints the whole conversation", async () => {
    const page = await open();
    await answered(`start\n\n${Array.from({ length: 120 }, (_, line) => `paragraph ${line}`).join("\n\n")}`);
    await lastAnswer(page).getByText("paragraph 119").waitFor();
    const pdf = (await page.pdf({ format: "A4" })).toString("latin1");
    expect(pdf.match(/\/Type \/Page\b/g)?.length).toBeGreaterThan(3);
    await page.emulateMedia({ media: "print" });
    expect(await page.getByRole("textbox", { name: "Message" }).isVisible()).toBe(false);
  });
});

describe("[C7] the text of a person is never lost", () => {
  const editor = (page: Page) => page.locator(".editor textarea");

  test("an edit survives a reload", async () => {
    await answered("first question");
    const page = await open();
    await page.getByRole("button", { name: "Edit" }).click();
    await editor(page).fill("a better question");
    await page.reload();
    await expect.poll(() => editor(page).inputValue()).toBe("a better question");
  });

  test("an edit whose question another user replaces moves to the message box, and the user is told", async () => {
    const first = await answered("first question");
    await answered("second question");
    const page = await open();
    await page.getByRole("button", { name: "Edit" }).nth(1).click();
    await editor(page).fill("minutes of typing");
    peer.edit(first, "another first question", { params: { burst: true } });
    await page.getByText("The question that you were editing was removed.").waitFor();
    expect(await box(page).inputValue()).toBe("minutes of typing");
    expect(complaints).toEqual([]);
  });

  test("a draft is there when a closed tab's room is opened again", async () => {
    const page = await open();
    await box(page).fill("half a thought");
    await page.close({ runBeforeUnload: true });
    await expect.poll(() => page.isClosed()).toBe(true);
    const next = await open();
    expect(await box(next).inputValue()).toBe("half a thought");
    // It is in one tab only.
    const third = await open();
    expect(await box(third).inputValue()).toBe("");
  });

  test("a tab with a question that waits for the network warns before it is closed", async () => {
    const page = await open();
    await box(page).click();
    await context.setOffline(true);
    await ask(page, "asked in a tunnel");
    await page.getByText("It will be sent once you are back online.").or(page.getByText("Sending…")).waitFor();
    const warned = new Promise<Dialog>((resolve) => page.once("dialog", resolve));
    await page.close({ runBeforeUnload: true });
    const dialog = await warned;
    expect(dialog.type()).toBe("beforeunload");
    await dialog.dismiss();
    expect(page.isClosed()).toBe(false);
  });
});

describe("[C7] one press is one action", () => {
  /** An answer that was stopped. */
  async function stopped(): Promise<void> {
    peer.cancel(await running("one two three four five six seven", 3));
    await untilSnapshot(peer, ({ turns }) => turns.at(-1)?.state === "settled");
  }

  test("a double-click on Continue asks for the rest once", async () => {
    await stopped();
    const page = await open();
    await page.getByRole("button", { name: "Continue" }).dblclick();
    await untilSnapshot(peer, ({ turns }) => turns.length === 2);
    // A further question, so that a second press would have come before it.
    await answered("last");
    expect(peer.getSnapshot().turns).toHaveLength(3);
  });

  test("a double-click on the Ask again of an older answer asks once", async () => {
    await stopped();
    await answered("newer");
    const page = await open();
    await page.getByRole("button", { name: "Ask again" }).dblclick();
    await untilSnapshot(peer, ({ turns }) => turns.length === 3);
    await answered("last");
    expect(peer.getSnapshot().turns).toHaveLength(4);
  });

  test("a double-click on Clear doesn't confirm its own question", async () => {
    await answered("keep me");
    const page = await open();
    await page.getByRole("button", { name: /Change or share/ }).click();
    await page.getByRole("button", { name: "Clear the conversation" }).dblclick();
    await page.getByText("Clear it for everyone?").waitFor();
    await answered("after");
    expect(peer.getSnapshot().turns).toHaveLength(2);
  });
});

describe("devices", () => {
  test("copying works over plain http, where the browser has no clipboard for pages", async () => {
    await answered("copy **me**");
    await context.addInitScript(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
    const page = await open();
    await page.getByRole("button", { name: "Copy answer" }).click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    await box(page).focus();
    await page.keyboard.press("ControlOrMeta+V");
    expect(await box(page).inputValue()).toBe("copy **me**");
  });

  test("a browser that refuses to copy gets a sentence about the text, not about the address", async () => {
    await answered("copy me");
    await context.addInitScript(() => {
      Object.defineProperty(navigator, "clipboard", { value: undefined });
      document.execCommand = () => false;
    });
    const page = await open();
    await page.getByRole("button", { name: "Copy answer" }).click();
    await page.getByText("Select the text and copy it.").waitFor();
  });

  test("on a touch keyboard Enter breaks the line, and the button sends", async () => {
    const page = await open({ hasTouch: true, isMobile: true, viewport: { width: 360, height: 720 } });
    await box(page).fill("one");
    await box(page).press("End");
    await box(page).press("Enter");
    await box(page).pressSequentially("two");
    expect(await box(page).inputValue()).toBe("one\ntwo");
    expect(await box(page).getAttribute("enterkeyhint")).toBe("enter");
    await page.getByRole("button", { name: "Send" }).tap();
    await page.locator(".question", { hasText: "two" }).waitFor();
  });

  test("a device that goes offline is shown as offline at once", async () => {
    await context.clock.install();
    const page = await open();
    // No timer of the page fires: it doesn't wait for a ping that gets no answer.
    await page.clock.pauseAt(Date.now() + 60_000);
    await page.getByRole("banner").getByText("Online", { exact: true }).waitFor();
    await context.setOffline(true);
    await page.getByRole("banner").getByText("Offline", { exact: true }).waitFor();
    await context.setOffline(false);
    await page.clock.resume();
    await page.getByRole("banner").getByText("Online", { exact: true }).waitFor();
  });

  test("the End key follows a fast answer to its end", async () => {
    await answered(Array.from({ length: 60 }, (_, line) => `line ${line}`).join("\n\n"));
    const page = await open();
    const id = peer.submit("x ".repeat(2_000).concat("\n\nend of it"), { params: { tokensPerSecond: 300 } });
    // As browsers with a screen do it: the scroll of a key is animated, while the text goes on growing.
    await page.locator("[role=log]").evaluate((log: HTMLElement) => {
      log.style.scrollBehavior = "smooth";
    });
    await page.locator("[role=log]").focus();
    await page.keyboard.press("Home");
    await page.getByRole("button", { name: "Jump to latest" }).waitFor();
    await page.keyboard.press("End");
    await untilSnapshot(peer, ({ turns }) => turns.some((turn) => turn.id === id && turn.state === "settled"));
    await lastAnswer(page).getByText("end of it").waitFor();
    expect(await page.getByRole("button", { name: "Jump to latest" }).isVisible()).toBe(false);
  });
});

describe.each([
  ["light", 1280],
  ["dark", 360],
] as const)("in %s, %i px wide", (colorScheme, width) => {
  test("axe finds nothing in a conversation with code, tables, formulas, errors and Arabic", async () => {
    await answered(
      "# Head\n\n- [x] task\n- مرحبا\n\n| a | b |\n|--|--|\n| 1 | 2 |\n\n```ts\nlet a = 1;\n```\n\n$$a^2$$ [x](https://a.test)",
    );
    await running("half of it", 2).then((id) => peer.cancel(id));
    const page = await open({
      colorScheme,
      viewport: { width, height: 800 },
      bypassCSP: true,
      reducedMotion: "reduce",
    });
    await page.locator(".katex").waitFor();
    await page.getByRole("button", { name: "Edit" }).first().click();
    await page.addScriptTag({ content: axe.source });
    const found = await page.evaluate(async () => {
      const { axe } = window as unknown as {
        axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
      };
      return (await axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
    });
    expect(found).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
  });
});
