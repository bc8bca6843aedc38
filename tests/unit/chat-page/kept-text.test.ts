// @vitest-environment happy-dom
/** A person's text is never lost without a warning: drafts of several tabs and rooms, edits, and refused questions. */
import { act, createElement } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ChatSnapshot } from "../../../client/api/api.ts";
import { Chat } from "../../../examples/chat-page/conversation/chat.tsx";
import { LocaleProvider } from "../../../examples/chat-page/language/locale.tsx";
import { STRINGS } from "../../../examples/chat-page/language/strings.ts";
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
const strings = STRINGS.en;

let root: Root | undefined;
let page: HTMLElement;
/** What sessionStorage held in each closed or sleeping tab. */
const tabs = new Map<string, Record<string, string>>();

beforeEach(() => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  sessionStorage.clear();
  localStorage.clear();
  tabs.clear();
  page = document.createElement("div");
  document.body.append(page);
});
afterEach(() => {
  unmount();
  page.remove();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

function unmount(): void {
  act(() => root?.unmount());
  root = undefined;
}

function show(snapshot: ChatSnapshot = snapshotOf({ rest: { room: "a" } })): void {
  root ??= createRoot(page);
  const chat = createElement(Chat, {
    key: snapshot.room,
    snapshot,
    actions,
    rooms,
    context: EMPTY_CONTEXT,
    network,
    uploads,
  });
  act(() => root?.render(createElement(LocaleProvider, { initial: "en" }, chat)));
}

const box = () => page.querySelector<HTMLTextAreaElement>("#message") as HTMLTextAreaElement;

function type(text: string, into = box()): void {
  act(() => {
    // React listens for the native setter's value, as a user's typing sets it.
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value")?.set?.call(into, text);
    into.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

/** The page is left, by a reload or by closing its tab. */
function leave(): void {
  act(() => {
    window.dispatchEvent(new Event("pagehide"));
  });
  unmount();
}

/** Another tab, with a session of its own. */
function inTab(name: string): void {
  sessionStorage.clear();
  for (const [key, value] of Object.entries(tabs.get(name) ?? {})) sessionStorage.setItem(key, value);
}

function sleepTab(name: string): void {
  tabs.set(name, { ...sessionStorage });
  unmount();
}

const warns = () => {
  const event = new Event("beforeunload", { cancelable: true });
  window.dispatchEvent(event);
  return event.defaultPrevented;
};

describe("A draft", () => {
  test("that a closed tab left survives when another tab of the room without one is closed", () => {
    show();
    sleepTab("empty");
    inTab("writing");
    show();
    type("an hour of thoughts");
    leave();
    inTab("empty");
    show();
    leave();
    inTab("next");
    show();
    expect(box().value).toBe("an hour of thoughts");
  });

  test("doesn't replace the one that another closed tab left", () => {
    show();
    sleepTab("second");
    inTab("first");
    show();
    type("one");
    leave();
    inTab("second");
    sessionStorage.setItem("edge-chat.draft.a", "two");
    show();
    expect(box().value).toBe("two");
    leave();
    inTab("third");
    show();
    expect(box().value).toBe("two");
    sleepTab("third");
    inTab("fourth");
    show();
    expect(box().value).toBe("one");
  });

  test("survives a tab that opened it and was closed without a change", () => {
    show();
    type("kept");
    leave();
    for (const tab of ["second", "third"]) {
      inTab(tab);
      show();
      expect(box().value).toBe("kept");
      leave();
    }
  });

  test("is left for the next tab although its tab showed another room in the end", () => {
    show();
    type("kept");
    show(snapshotOf({ rest: { room: "b" } }));
    leave();
    inTab("next");
    show();
    expect(box().value).toBe("kept");
  });

  test("that an earlier version left is taken over", () => {
    localStorage.setItem("edge-chat.draft.a", "plain text");
    show();
    expect(box().value).toBe("plain text");
    expect(localStorage.getItem("edge-chat.draft.a")).toBeNull();
  });

  test("that the browser can't keep makes the page warn before it is closed", () => {
    show();
    type("kept");
    expect(warns()).toBe(false);
    const full = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
    vi.stubGlobal("sessionStorage", { getItem: () => "kept", setItem: full, removeItem: nothing, clear: nothing });
    type("kept by nobody");
    expect(warns()).toBe(true);
  });
});

describe("The page warns before it is closed", () => {
  const turn = {
    id: "q",
    state: "settled",
    outcome: "completed",
    input: { prompt: "why" },
    parts: [],
    length: 0,
  } as const;

  test("while a question is edited and its text was changed", () => {
    show(snapshotOf({ rest: { room: "a" }, turns: [turn] }));
    act(() => [...page.querySelectorAll("button")].find(({ textContent }) => textContent === strings.edit)?.click());
    expect(warns()).toBe(false);
    const editor = page.querySelector<HTMLTextAreaElement>(".turn textarea");
    if (editor === null) throw new Error("no editor");
    type("why then", editor);
    expect(warns()).toBe(true);
  });

  test("while a refused question is shown, whose text nobody else has", () => {
    const refused = { type: "error", code: "queue-full", message: "full", turnId: "p", retryable: true } as const;
    const pending = [{ id: "p", input: { prompt: "mine" }, isSent: true, refused }];
    show({ ...snapshotOf({ rest: { room: "a" } }), pending } as unknown as ChatSnapshot);
    expect(warns()).toBe(true);
  });
});
