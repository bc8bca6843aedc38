// @vitest-environment happy-dom
import fc from "fast-check";
import { act, createElement } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Markdown, ParserContext } from "../../../../examples/chat-page/markdown/markdown.tsx";
import { parseMarkdown } from "../../../../examples/chat-page/markdown/parser/parse-markdown.ts";
import type { MarkdownParser } from "../../../../examples/chat-page/markdown/parser/worker-parser.ts";
import { safeHref } from "../../../../examples/chat-page/markdown/safe-href.ts";
import { propertyRuns } from "../../../support/property-runs.ts";

let root: Root;
let page: HTMLElement;

/** Parses on this thread, because this environment has no workers. */
const parser: MarkdownParser = { isReady: true, parse: (job) => Promise.resolve(parseMarkdown(job)) };
/** Gives up on everything, as the worker does on a text that takes too long. */
const givesUp: MarkdownParser = { isReady: true, parse: () => Promise.resolve(undefined) };

beforeEach(() => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  page = document.createElement("main");
  root = createRoot(page);
});
afterEach(() => {
  act(() => root.unmount());
  vi.unstubAllGlobals();
});

async function draw(text: string, isLive = false, by = parser): Promise<HTMLElement> {
  const markdown = createElement(Markdown, { text, isLive });
  await act(async () => root.render(createElement(ParserContext, { value: () => by }, markdown)));
  return page;
}

/** Everything that the page may ever make of an answer. */
const drawn = new Set(
  "div p h3 h4 h5 h6 strong em del code pre figure figcaption section button span svg path a ul ol li blockquote hr br table thead tbody tr th td"
    .split(" ")
    .map((name) => name.toUpperCase()),
);

function expectHarmless(): void {
  for (const element of page.querySelectorAll("*")) {
    expect(drawn).toContain(element.tagName.toUpperCase());
    for (const { name, value } of element.attributes) {
      expect(name).not.toMatch(/^(on|style$|src|srcdoc|formaction|xlink|action|background)/i);
      if (name === "href") expect(value).toMatch(/^(https?:|mailto:)/);
    }
  }
}

const injections = [
  "<script>alert(1)</script>",
  "text <script src=//evil.test/x.js></script> text",
  "<img src=x onerror=alert(1)>",
  '<svg onload="alert(1)"><animate onbegin=alert(1)></svg>',
  '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
  "<object data=javascript:alert(1)></object><embed src=javascript:alert(1)>",
  '<a href="javascript:alert(1)">x</a>',
  "[x](javascript:alert(1))",
  "[x](JaVaScRiPt:alert(1))",
  "[x](java\tscript:alert(1))",
  "[x](<java\nscript:alert(1)>)",
  "[x](&#106;avascript:alert(1))",
  "[x](javascript&colon;alert(1))",
  "[x](\u0001javascript:alert(1))",
  "[x](data:text/html,<script>alert(1)</script>)",
  "[x](vbscript:msgbox(1))",
  "[x](blob:https://evil.test/1)",
  "[x](file:///etc/passwd)",
  "[x](//evil.test/relative)",
  "[x](/parties/chat/other)",
  '[x](https://ok.test "t\\" onmouseover=alert(1)")',
  "[x][r]\n\n[r]: javascript:alert(1)",
  "<javascript:alert(1)>",
  "![x](javascript:alert(1))",
  "![x](https://evil.test/pixel.png)",
  '![x](x "onerror=alert(1)")',
  "```html\n<script>alert(1)</script>\n```",
  '```"><img src=x onerror=alert(1)>\ncode\n```',
  "`<img src=x onerror=alert(1)>`",
  "| a |\n|---|\n| <img src=x onerror=alert(1)> |",
  "<style>*{display:none}</style><link rel=stylesheet href=//evil.test>",
  "<form action=//evil.test><input name=password></form>",
  "<!--><img src=x onerror=alert(1)>-->",
  "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>",
  "<div style='position:fixed;inset:0'>cover</div>",
];

describe("[C6] the Markdown of an answer is harmless", () => {
  test.each(injections)("%j makes nothing that runs, loads or leads elsewhere", async (payload) => {
    await draw(payload);
    expectHarmless();
    await draw(payload.slice(0, -1), true);
    expectHarmless();
  });

  test("no text makes other elements than the known ones", async () => {
    const piece = fc.oneof(
      fc.constantFrom(...injections),
      fc.string(),
      fc.constantFrom("\n", "> ", "- ", "**", "`", "$"),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 6 }), async (pieces) => {
        await draw(pieces.join(""));
        expectHarmless();
      }),
      { numRuns: propertyRuns(60) },
    );
  });

  test("HTML is shown as text", async () => {
    expect((await draw("a <b>bold</b> word")).textContent).toBe("a <b>bold</b> word");
    expect((await draw("<div>x</div>")).textContent).toBe("<div>x</div>");
  });

  test("a remote image becomes a link and is not requested", async () => {
    await draw("![a cat](https://example.test/cat.png)");
    expect(page.querySelector("img")).toBeNull();
    expect(page.querySelector("a")?.getAttribute("href")).toBe("https://example.test/cat.png");
    expect(page.textContent).toContain("a cat");
  });

  test("a link opens a page of its own, which learns nothing of this one", async () => {
    await draw("[x](https://example.test/?a=1&amp;b=2)");
    const link = page.querySelector("a");
    expect(link?.getAttribute("href")).toBe("https://example.test/?a=1&b=2");
    expect(link?.getAttribute("rel")).toBe("noopener noreferrer nofollow");
  });

  test("safeHref returns the address that the URL parser reads, or undefined", () => {
    expect(safeHref(" HTTPS://Example.test/a b ")).toBe("https://example.test/a%20b");
    expect(safeHref("mailto:a@example.test")).toBe("mailto:a@example.test");
    expect(safeHref("docs/guide.md")).toBeUndefined();
  });
});

describe("the Markdown of an answer looks right", () => {
  test("headings are below the page's own headings", async () => {
    await draw("# one\n\n#### four");
    expect(page.querySelector("h3")?.textContent).toBe("one");
    expect(page.querySelector("h6")?.textContent).toBe("four");
  });

  test("tables, nested lists, task lists and code are drawn", async () => {
    await draw("| a | b |\n|--:|:-:|\n| 1 | 2 |\n\n3. x\n   - y\n\n- [x] done\n\n```ts\nlet a = 1 < 2;\n```");
    expect(page.querySelectorAll("td")[0]?.getAttribute("align")).toBe("right");
    expect(page.querySelector("ol")?.getAttribute("start")).toBe("3");
    expect(page.querySelector("ol ul li")?.textContent).toBe("y");
    expect(page.querySelector("[role=img]")?.getAttribute("aria-label")).toBe("done");
    expect(page.querySelector("figcaption")?.textContent).toContain("ts");
    expect(page.querySelector("pre code")?.textContent).toBe("let a = 1 < 2;");
  });

  test("character references become characters, except in code", async () => {
    const shown = await draw("a &lt;b&gt; &amp; &#x4e2d;&#25991; &nosuch; `&lt;`");
    expect(shown.textContent).toBe("a <b> & 中文 &nosuch; &lt;");
  });

  test("a footnote mark stays as it was written", async () => {
    expect((await draw("see[^1]\n\n[^1]: a note of its own")).textContent).toContain("[^1]: a note of its own");
  });

  test.each([
    ["a paragraph", "مرحبا بالعالم", "p"],
    ["a heading", "# مرحبا", "h3"],
    ["a list", "- مرحبا\n- عالم", "ul"],
    ["a list with paragraphs", "1. مرحبا\n\n2. عالم", "ol"],
    ["a table", "| مرحبا |\n|---|\n| عالم |", "table"],
    ["a quote", "> مرحبا", "blockquote"],
  ])("the direction of %s comes from its text", async (_, text, tag) => {
    const element = (await draw(text)).querySelector(tag);
    expect(element?.getAttribute("dir")).toBe("auto");
    // An inner `dir` would hide its text from the outer one.
    expect(element?.querySelector("[dir]")).toBeNull();
  });

  test("code runs from left to right and is not translated", async () => {
    const code = (await draw("```\nx\n```")).querySelector(".scrolling-code");
    expect([code?.getAttribute("dir"), code?.getAttribute("translate")]).toEqual(["ltr", "no"]);
  });
});

describe("[C6] a text that cannot be parsed", () => {
  test("is shown as it was written, and goes on growing", async () => {
    await draw("> **deep", true, givesUp);
    expect(page.textContent).toBe("> **deep");
    await draw("> **deep** and on", false, givesUp);
    expect(page.querySelector(".md-plain")?.textContent).toBe("> **deep** and on");
  });

  test("keeps the blocks that were parsed before", async () => {
    const failsLater: MarkdownParser = {
      isReady: true,
      parse: (job) => Promise.resolve(job.from > 0 ? undefined : parseMarkdown(job)),
    };
    const start = "# head\n\none\n\ntwo\n\nthree";
    await draw(start, true, failsLater);
    await draw(`${start} **and`, false, failsLater);
    expect(page.querySelector("h3")?.textContent).toBe("head");
    expect(page.querySelector(".md-plain")?.textContent).toBe("two\n\nthree **and");
  });
});

describe("[C6] a growing text", () => {
  test("is drawn once per animation frame, and completely at its end", async () => {
    const frames: FrameRequestCallback[] = [];
    vi.stubGlobal("requestAnimationFrame", (callback: FrameRequestCallback) => frames.push(callback));
    vi.stubGlobal("cancelAnimationFrame", (id: number) => frames.splice(id - 1, 1, () => {}));
    await draw("a", true);
    await draw("a b", true);
    await draw("a b c", true);
    expect(page.textContent).toBe("a");
    await act(async () => {
      for (const frame of frames.splice(0)) frame(0);
    });
    expect(page.textContent).toBe("a b c");
    await draw("a b c d", true);
    expect((await draw("a b c d e", false)).textContent).toBe("a b c d e");
  });

  test("keeps the elements of the blocks that did not change", async () => {
    const first = (await draw("one\n\ntwo")).querySelector("p");
    expect((await draw("one\n\ntwo and\n\nthree")).querySelector("p")).toBe(first);
  });

  test("keeps its text node, so that a selection in it survives", async () => {
    const node = (await draw("one **two", true)).querySelector("strong span")?.firstChild;
    await draw("one **two three** four");
    expect(page.querySelector("strong span")?.firstChild).toBe(node);
    expect(node?.textContent).toBe("two three");
  });

  test("stays complete when a translator has replaced its text nodes", async () => {
    await draw("one two");
    const run = page.querySelector("p span");
    const font = document.createElement("font");
    font.textContent = "eins zwei";
    run?.replaceChildren(font);
    expect((await draw("one two three")).textContent).toBe("one two three");
  });
});
