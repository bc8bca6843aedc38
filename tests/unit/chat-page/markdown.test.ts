// @vitest-environment happy-dom
import fc from "fast-check";
import { act, createElement } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { decodeEntities } from "../../../examples/chat-page/markdown/entities.ts";
import { type Lexed, lex } from "../../../examples/chat-page/markdown/lex.ts";
import { Markdown } from "../../../examples/chat-page/markdown/markdown.tsx";
import { safeHref } from "../../../examples/chat-page/markdown/safe-href.ts";
import { propertyRuns } from "../../support/property-runs.ts";

let root: Root;
let page: HTMLElement;

beforeEach(() => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  page = document.createElement("main");
  root = createRoot(page);
});
afterEach(() => {
  act(() => root.unmount());
  vi.unstubAllGlobals();
});

function draw(text: string, isLive = false): HTMLElement {
  act(() => root.render(createElement(Markdown, { text, isLive })));
  return page;
}

/** All that the renderer may ever make; whatever an answer says, nothing else appears. */
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

describe("an answer's Markdown is harmless", () => {
  test.each(injections)("%j draws nothing that runs, loads or leads elsewhere", (payload) => {
    draw(payload);
    expectHarmless();
    draw(payload.slice(0, -1), true);
    expectHarmless();
  });

  test("any text draws nothing but the known elements", () => {
    const piece = fc.oneof(fc.constantFrom(...injections), fc.string(), fc.constantFrom("\n", "> ", "- ", "**", "`"));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
        draw(pieces.join(""));
        expectHarmless();
      }),
      { numRuns: propertyRuns(60) },
    );
  });

  test("HTML is shown as the text it is", () => {
    expect(draw("a <b>bold</b> word").textContent).toBe("a <b>bold</b> word");
    expect(draw("<div>x</div>").textContent).toBe("<div>x</div>");
  });

  test("a remote image is a link, not a request", () => {
    draw("![a cat](https://example.test/cat.png)");
    expect(page.querySelector("img")).toBeNull();
    expect(page.querySelector("a")?.getAttribute("href")).toBe("https://example.test/cat.png");
    expect(page.textContent).toContain("a cat");
  });

  test("a link opens apart from the page and tells it nothing", () => {
    draw("[x](https://example.test/?a=1&amp;b=2)");
    const link = page.querySelector("a");
    expect(link?.getAttribute("href")).toBe("https://example.test/?a=1&b=2");
    expect(link?.getAttribute("rel")).toBe("noopener noreferrer nofollow");
  });

  test("safeHref gives back what it checked, as the URL parser reads it", () => {
    expect(safeHref(" HTTPS://Example.test/a b ")).toBe("https://example.test/a%20b");
    expect(safeHref("mailto:a@example.test")).toBe("mailto:a@example.test");
    expect(safeHref("docs/guide.md")).toBeUndefined();
  });
});

describe("Markdown looks right", () => {
  test("headings come below the page's own", () => {
    draw("# one\n\n#### four");
    expect(page.querySelector("h3")?.textContent).toBe("one");
    expect(page.querySelector("h6")?.textContent).toBe("four");
  });

  test("tables, nested and task lists, code with its language", () => {
    draw("| a | b |\n|--:|:-:|\n| 1 | 2 |\n\n3. x\n   - y\n\n- [x] done\n\n```ts\nlet a = 1 < 2;\n```");
    expect(page.querySelectorAll("td")[0]?.className).toBe("align-right");
    expect(page.querySelector("ol")?.getAttribute("start")).toBe("3");
    expect(page.querySelector("ol ul li")?.textContent).toBe("y");
    expect(page.querySelector("[role=img]")?.getAttribute("aria-label")).toBe("done");
    expect(page.querySelector("figcaption")?.textContent).toContain("ts");
    expect(page.querySelector("pre code")?.textContent).toBe("let a = 1 < 2;");
  });

  test("an unfinished fence is already a block of code", () => {
    draw("Look:\n\n```js\nconst a = `x", true);
    expect(page.querySelector("pre code")?.textContent).toBe("const a = `x");
    expect(page.textContent).not.toContain("```");
  });

  test("character references become characters, except in code", () => {
    expect(draw("a &lt;b&gt; &amp; &#x4e2d;&#25991; `&lt;`").textContent).toBe("a <b> & 中文 &lt;");
    expect(decodeEntities("&nosuch; &#0; &#xD800; &")).toBe("&nosuch; \uFFFD \uFFFD &");
  });
});

describe("growing text", () => {
  const snippet = fc.constantFrom(
    ..."word |- item\n|1. one\n|   deeper\n|\n|\n\n|```\n|~~~js\n|# head\n|> quote\n|a | b\n|--|--\n|===\n|---\n|    code\n|<div>\n|</div>\n|<!-- |-->|**b**|[x](y)|* * *\n|\t|\r\n"
      .split("|")
      .filter((text) => text !== "")
      .concat("|a|b|\n", "|-|-|\n", "[r]: /u\n", "[r]"),
  );

  test("lexed piece by piece gives the blocks of the whole, however it was cut", () => {
    fc.assert(
      fc.property(fc.array(snippet, { maxLength: 24 }), (snippets) => {
        let text = "";
        let lexed: Lexed | undefined;
        for (const piece of snippets) {
          text += piece;
          lexed = lex(text, lexed);
          expect([...lexed.tokens]).toEqual([...lex(text).tokens]);
        }
      }),
      { numRuns: propertyRuns(300) },
    );
  });

  test("closed blocks are not parsed again", () => {
    const before = lex("# a\n\nb\n\nc\n\nd");
    const after = lex("# a\n\nb\n\nc\n\nd and more", before);
    expect(after.tokens[0]).toBe(before.tokens[0]);
    expect(after.tokens[2]).toBe(before.tokens[2]);
  });

  test("a text that is not the earlier one's continuation is parsed anew", () => {
    expect([...lex("x\n\ny\n\nz", lex("a\n\nb\n\nc\n\nd")).tokens]).toEqual([...lex("x\n\ny\n\nz").tokens]);
  });

  test("is drawn once per animation frame, and whole at its end", () => {
    const frames: FrameRequestCallback[] = [];
    vi.stubGlobal("requestAnimationFrame", (callback: FrameRequestCallback) => frames.push(callback));
    vi.stubGlobal("cancelAnimationFrame", (id: number) => frames.splice(id - 1, 1, () => {}));
    draw("a", true);
    draw("a b", true);
    draw("a b c", true);
    expect(page.textContent).toBe("a");
    act(() => {
      for (const frame of frames.splice(0)) frame(0);
    });
    expect(page.textContent).toBe("a b c");
    draw("a b c d", true);
    expect(draw("a b c d e", false).textContent).toBe("a b c d e");
  });

  test("keeps the elements of the blocks that did not change", () => {
    const first = draw("one\n\ntwo").querySelector("p");
    expect(draw("one\n\ntwo and\n\nthree").querySelector("p")).toBe(first);
  });
});
