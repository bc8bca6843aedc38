// @vitest-environment happy-dom
/** Whatever a turn holds, the page and its other turns are shown. */
import { act, createElement } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ChatSnapshot } from "../../../client/api/api.ts";
import { Chat } from "../../../examples/chat-page/conversation/chat.tsx";
import { LocaleProvider } from "../../../examples/chat-page/language/locale.tsx";
import { snapshotOf } from "../../../examples/chat-page/preview/scenarios.ts";
import { EMPTY_CONTEXT } from "../../../examples/chat-page/rooms/page-context.ts";

const nothing = () => {};
const actions = {
  submit: () => "t",
  ask: () => {
    throw new Error("nothing is asked here");
  },
  regenerate: () => "t",
  edit: () => "t",
  continueTurn: () => "t",
  loadOlder: () => Promise.resolve(),
  ...{ cancel: nothing, dismiss: nothing, clear: nothing, reconnect: nothing },
};
const rooms = { current: "a", recent: [], link: "http://x/", open: nothing, openNew: nothing };
const uploads = {
  upload: () => Promise.reject(new Error("nothing is uploaded here")),
} as never;
const network = { blocked: "nothing", block: nothing } as const;

let root: Root;
let page: HTMLElement;

beforeEach(() => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  vi.spyOn(console, "error").mockImplementation(nothing);
  page = document.createElement("div");
  document.body.append(page);
  root = createRoot(page);
});
afterEach(() => {
  act(() => root.unmount());
  page.remove();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

function show(snapshot: ChatSnapshot): void {
  const chat = createElement(Chat, { snapshot, actions, rooms, context: EMPTY_CONTEXT, network, uploads });
  act(() => root.render(createElement(LocaleProvider, { initial: "en" }, chat)));
}

const box = () => page.querySelector<HTMLTextAreaElement>("#message");

describe("The page survives", () => {
  const base = { state: "settled", outcome: "completed", input: { prompt: "question" }, length: 4 } as const;
  const text = [{ type: "text-delta", delta: "text" }];
  const nested = (depth: number) => JSON.parse(`${"[".repeat(depth)}${"]".repeat(depth)}`) as unknown;

  test.each<[string, object]>([
    [
      "an error whose message is an object",
      { outcome: "failed", error: { code: "of-tomorrow", message: {}, retryable: true } },
    ],
    [
      "an error whose code is the name of an object's method",
      { outcome: "failed", error: { code: "constructor", message: "raw" } },
    ],
    ["a model whose name is an object", { model: { name: "x" } }],
    ["a count of tokens that is an object", { usage: { outputTokens: {} } }],
    ["a question whose prompt is a number", { input: { prompt: 7 } }],
    ["a question that is null inside", { input: { messages: [null] } }],
    ["a notice without a message", { state: "waiting", notice: { code: {}, message: {} } }],
    [
      "a tool with a title that is an object",
      { parts: [...text, { type: "tool-input-available", toolCallId: "c", toolName: "t", input: 1, title: {} }] },
    ],
    [
      "a tool whose input is nested deeply",
      { parts: [...text, { type: "tool-input-available", toolCallId: "c", toolName: "t", input: nested(2_000) }] },
    ],
    [
      "a source whose title is an object",
      { parts: [...text, { type: "source-url", sourceId: "s", url: "https://a.example", title: {} }] },
    ],
    [
      "a source with an address that isn't one",
      { parts: [...text, { type: "source-url", sourceId: "s", url: "https://%" }] },
    ],
    ["a file without an address", { parts: [...text, { type: "file", url: {}, mediaType: 1 }] }],
    [
      "data named like an object's property",
      { parts: [...text, { type: "data-__proto__", data: { constructor: null } }] },
    ],
    ["a part of a type that nobody knows", { parts: [...text, { type: "of-tomorrow", toString: 1 }] }],
  ])("%s, and other turns are shown", (_, more) => {
    const turns = [
      { ...base, id: "bad", parts: text, ...more },
      { ...base, id: "good", input: { prompt: "another" }, parts: [{ type: "text-delta", delta: "fine" }] },
    ];
    show(snapshotOf({ rest: { room: "a" }, turns: turns as never }));
    expect(page.textContent).toContain("another");
    expect(page.textContent).toContain("fine");
    if (!("notice" in more)) expect(page.textContent).toContain("text");
    expect(box()).not.toBeNull();
  });

  test("a notice of the room whose message is an object", () => {
    const notices = [{ type: "notice", code: "of-tomorrow", scope: "room", message: {} }];
    show({ ...snapshotOf({ rest: { room: "a" } }), notices } as unknown as ChatSnapshot);
    expect(box()).not.toBeNull();
  });

  test("a failure of half an answer, which is shown in full once the answer has ended", () => {
    const tool = (title: unknown) => ({
      type: "tool-input-available",
      toolCallId: "c",
      toolName: "clock",
      input: 1,
      title,
    });
    const turn = (state: string, title: unknown) => ({ ...base, id: "bad", state, parts: [...text, tool(title)] });
    show(snapshotOf({ turns: [turn("streaming", {})] as never }));
    expect(page.querySelector(".tool")).toBeNull();
    expect(page.textContent).toContain("text");
    show(snapshotOf({ turns: [turn("settled", "The clock")] as never }));
    expect(page.querySelector(".tool")?.textContent).toContain("The clock");
  });
});
