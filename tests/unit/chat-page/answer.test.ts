// @vitest-environment happy-dom
/** What the page shows of each kind of part, with hostile addresses among them. */
import { act, createElement } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Answer } from "../../../examples/chat-page/conversation/answer/answer.tsx";
import { stepNumbers } from "../../../examples/chat-page/conversation/answer/step-numbers.ts";
import { LocaleProvider } from "../../../examples/chat-page/language/locale.tsx";
import { safeFile } from "../../../examples/chat-page/markdown/safe-file.ts";
import type { Part } from "../../../shared/content.ts";
import type { Locale } from "../../../shared/protocol/messages.ts";
import { answerOf, callOf, reasoningOf, stepOf, textOf } from "../../support/ai-sdk-streams/answer-of.ts";
import { listedStreams } from "../../support/ai-sdk-streams/listed-streams.ts";
import type { StreamChunk } from "../../support/ai-sdk-streams/stream-chunk.ts";

let root: Root;
let page: HTMLElement;

beforeEach(() => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  page = document.createElement("div");
  document.body.append(page);
  root = createRoot(page);
});
afterEach(() => {
  act(() => root.unmount());
  page.remove();
  vi.unstubAllGlobals();
});

function show(parts: readonly Part[], { isLive = false, locale = "en" as Locale } = {}): void {
  act(() =>
    root.render(
      createElement(LocaleProvider, { initial: locale, key: locale }, createElement(Answer, { parts, isLive })),
    ),
  );
}

const texts = (selector: string) => [...page.querySelectorAll(selector)].map(({ textContent }) => textContent);
const links = () => [...page.querySelectorAll("a")].map((link) => [link.textContent, link.getAttribute("href")]);
const source = (sourceId: string, url: string, title?: string): StreamChunk => ({
  type: "source-url",
  sourceId,
  url,
  ...(title === undefined ? {} : { title }),
});

describe("sources", () => {
  test("are one list of links with titles, after the text, and the same page is listed once", () => {
    show(
      answerOf(
        source("1", "https://example.com/a", "A page"),
        ...textOf("t", "As measured."),
        source("2", "https://example.org/b"),
        source("3", "https://example.com/a", "The page again"),
        { type: "source-document", sourceId: "4", mediaType: "application/pdf", title: "Report", filename: "r.pdf" },
      ),
    );
    expect(links()).toEqual([
      ["A page", "https://example.com/a"],
      ["example.org", "https://example.org/b"],
    ]);
    expect(texts(".sources li")).toEqual(["A pageexample.com", "example.org", "Reportr.pdf"]);
    expect(page.querySelector("section.sources")?.getAttribute("aria-label")).toBe("Sources");
    expect(page.querySelector(".answer-parts")?.lastElementChild?.className).toBe("sources");
  });

  test.each(["javascript:alert(1)", "java\tscript:alert(1)", "data:text/html,<script>", "/relative", "vbscript:x", ""])(
    "[S2] with the address %j have no link",
    (url) => {
      show(answerOf(source("1", url, "A page")));
      expect([links(), texts(".sources li")]).toEqual([[], ["A page"]]);
    },
  );

  test("open in another tab without a referrer", () => {
    show(answerOf(source("1", "https://example.com/a", "A page")));
    const link = page.querySelector("a");
    expect([link?.target, link?.rel]).toEqual(["_blank", "noopener noreferrer nofollow"]);
  });
});

describe("files", () => {
  const file = (url: string, mediaType: string): StreamChunk => ({ type: "file", url, mediaType });

  test("that are pictures in the answer itself are shown with a name", () => {
    show(answerOf(file("data:image/png;base64,iVBORw0KGgo=", "image/png")));
    const picture = page.querySelector("img");
    expect([picture?.src, picture?.alt]).toEqual(["data:image/png;base64,iVBORw0KGgo=", "Picture of the answer"]);
  });

  test("that are pictures elsewhere become a link when the policy keeps the browser from loading them", () => {
    show(answerOf(file("https://example.com/a.png", "image/png")));
    const picture = page.querySelector("img");
    expect(picture?.referrerPolicy).toBe("no-referrer");
    act(() => void picture?.dispatchEvent(new Event("error")));
    expect(page.querySelector("img")).toBeNull();
    expect(links()).toEqual([["File (image/png)", "https://example.com/a.png"]]);
  });

  test("that aren't pictures are links, and those in the answer itself are saved", () => {
    show(answerOf(file("https://example.com/a.pdf", "application/pdf"), file("data:text/csv,a;b", "text/csv")));
    expect(links()).toEqual([
      ["File (application/pdf)", "https://example.com/a.pdf"],
      ["File (text/csv)", "data:text/csv,a;b"],
    ]);
    expect([...page.querySelectorAll("a")].map((link) => link.hasAttribute("download"))).toEqual([false, true]);
  });

  test.each<[string, string, string]>([
    ["data:image/png;base64,AAAA", "text/html", "image"],
    ["data:IMAGE/PNG,x", "image/png", "image"],
    ["https://example.com/a.webp", "image/webp", "image"],
    ["https://example.com/a.svg", "image/svg+xml", "link"],
    ["data:image/svg+xml,<svg onload=alert(1)>", "image/png", "unsafe"],
    ["data:text/html,<script>alert(1)</script>", "image/png", "unsafe"],
    ["data:,plain", "text/plain", "unsafe"],
    ["data:text/plain;charset=utf-8,x", "text/plain", "link"],
    ["javascript:alert(1)", "image/png", "unsafe"],
    ["blob:https://example.com/1", "image/png", "unsafe"],
    ["file:///etc/passwd", "text/plain", "unsafe"],
    ["mailto:a@example.com", "text/plain", "unsafe"],
    ["a.png", "image/png", "unsafe"],
  ])("at %s as %s: %s", (url, mediaType, kind) => {
    expect(safeFile(url, mediaType).kind).toBe(kind);
  });

  test("[S2] that are unsafe are only named", () => {
    show(answerOf(file("javascript:alert(1)", "image/png")));
    expect([links(), page.querySelector("img"), texts(".file")]).toEqual([[], null, ["File (image/png)"]]);
  });
});

describe("tools", () => {
  const state = () => texts(".tool-state")[0];
  const call = callOf("c", "weather", { city: "Kyoto" });
  const values = () => texts(".tool .value");

  test("show their input while it is written", () => {
    show([{ type: "start" }, ...call.slice(0, 2)], { isLive: true });
    expect(state()).toBe("writing its input");
    expect(values()).toEqual([expect.stringContaining("Input")]);
  });

  test("whose input was cut off are not finished", () => {
    show([{ type: "start" }, ...call.slice(0, 2)]);
    expect(state()).toBe("not finished");
  });

  test.each<[string, StreamChunk[], string]>([
    ["run", [], "running"],
    [
      "run on after a preliminary output",
      [{ type: "tool-output-available", toolCallId: "c", output: 1, preliminary: true }],
      "running",
    ],
    ["are done", [{ type: "tool-output-available", toolCallId: "c", output: { rain: true } }], "done"],
    ["fail", [{ type: "tool-output-error", toolCallId: "c", errorText: "The station is off." }], "failed"],
    [
      "wait for an approval",
      [{ type: "tool-approval-request", toolCallId: "c", approvalId: "a" }],
      "waits for an approval",
    ],
    [
      "are approved",
      [
        { type: "tool-approval-request", toolCallId: "c", approvalId: "a" },
        { type: "tool-approval-response", approvalId: "a", approved: true },
      ],
      "approved",
    ],
    [
      "are denied",
      [
        { type: "tool-approval-request", toolCallId: "c", approvalId: "a" },
        { type: "tool-output-denied", toolCallId: "c" },
      ],
      "denied",
    ],
  ])("%s", (_name, rest, expected) => {
    show([{ type: "start" }, ...call, ...rest]);
    expect(state()).toBe(expected);
  });

  test("show input, result and error, and a title with the tool's name", () => {
    const titled = callOf("c", "weather", { city: "Kyoto" }, { title: "Weather report" });
    show([{ type: "start" }, ...titled, { type: "tool-output-error", toolCallId: "c", errorText: "It is off." }]);
    expect(texts(".tool summary > span")[0]).toBe("Weather report");
    expect(texts(".tool-name")).toEqual(["weather"]);
    expect(values()).toEqual(['Input{\n  "city": "Kyoto"\n}', "ErrorIt is off."]);
  });
});

describe("steps, reasoning and data", () => {
  test("a boundary stands between two steps that have content", () => {
    show([
      { type: "start" },
      ...stepOf(...reasoningOf("r", "Hm."), ...textOf("t", "One.")),
      ...stepOf(),
      ...stepOf(...textOf("t2", "Two.")),
    ]);
    expect(texts(".step")).toEqual(["Step 2"]);
    expect(texts("details.fold summary")).toEqual(["Reasoning"]);
    expect(page.querySelector("details")?.open).toBe(false);
  });

  test("boundaries are numbered without empty steps", () => {
    const at = (...types: string[]) => stepNumbers(types.map((type) => ({ type })));
    expect(at("step-start", "text", "step-start", "step-start", "text")).toEqual([
      undefined,
      undefined,
      undefined,
      2,
      undefined,
    ]);
    expect(at("text", "step-start", "text")).toEqual([undefined, 2, undefined]);
    expect(at("step-start")).toEqual([undefined]);
  });

  test("a step that starts over leaves nothing of its first try", () => {
    show([
      { type: "start" },
      ...stepOf(...textOf("t", "A wrong st"), { type: "reset-step" }, ...textOf("u", "Right.")),
    ]);
    expect(page.textContent).toBe("Right.");
  });

  test("data is shown as JSON, in its newest state", () => {
    show(
      answerOf({ type: "data-plan", id: "p", data: { step: 1 } }, { type: "data-plan", id: "p", data: { step: 2 } }),
    );
    expect(texts("details.fold summary")).toEqual(["Data plan"]);
    expect(texts(".value")).toEqual(['plan{\n  "step": 2\n}']);
  });

  test("a part of a type that the page doesn't know is shown as JSON", () => {
    show(answerOf({ type: "custom", kind: "acme.widget" }));
    expect(texts(".value")).toEqual(['custom{\n  "kind": "acme.widget"\n}']);
  });
});

test("Every listed stream is shown in both languages without taking the page away", () => {
  for (const { chunks } of listedStreams) {
    for (const locale of ["en", "zh-CN"] as const) show(chunks, { locale });
    expect(page.querySelector(".answer-parts")).not.toBeNull();
  }
});
