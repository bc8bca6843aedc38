// @vitest-environment happy-dom
import { act, createElement } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ChatSnapshot, OlderState, PendingTurn } from "../../../client/api/api.ts";
import { CONTINUE_PROMPT } from "../../../client/api/follow-ups.ts";
import { fitsFrame } from "../../../client/react.tsx";
import type { FileUploads } from "../../../examples/chat-page/attachments/use-attachments.ts";
import { announcement } from "../../../examples/chat-page/conversation/announcer.tsx";
import { Chat } from "../../../examples/chat-page/conversation/chat.tsx";
import { LocaleProvider } from "../../../examples/chat-page/language/locale.tsx";
import { STRINGS } from "../../../examples/chat-page/language/strings.ts";
import { snapshotOf } from "../../../examples/chat-page/preview/scenarios.ts";
import { EMPTY_CONTEXT, type PageContext } from "../../../examples/chat-page/rooms/page-context.ts";
import type { Part } from "../../../shared/content.ts";
import { lengthOf, textOf } from "../../../shared/content.ts";
import { foldMessage } from "../../../shared/message-fold.ts";
import { type Locale, messageFor } from "../../../shared/protocol/messages.ts";
import type { NoticeFrame } from "../../../shared/protocol/server-frames.ts";
import type { TurnView } from "../../../shared/transcript.ts";
import { isToolUiPart } from "../../../shared/ui-parts.ts";
import { toolPart } from "../../support/tool-part.ts";

const strings = STRINGS.en;
const actions = {
  submit: vi.fn(() => "t"),
  ask: vi.fn(),
  regenerate: vi.fn(() => "t"),
  edit: vi.fn(() => "t"),
  continueTurn: vi.fn(() => "t"),
  loadOlder: vi.fn(() => Promise.resolve()),
  cancel: vi.fn(),
  dismiss: vi.fn(),
  clear: vi.fn(),
  reconnect: vi.fn(),
};
const rooms = { current: "quiet-harbor", recent: [], link: "http://x/", open: vi.fn(), openNew: vi.fn() };
const network = { blocked: "nothing", block: vi.fn() } as const;

let root: Root;
let page: HTMLElement;

beforeEach(() => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  vi.useFakeTimers();
  vi.clearAllMocks();
  sessionStorage.clear();
  localStorage.clear();
  page = document.createElement("div");
  document.body.append(page);
  root = createRoot(page);
});
afterEach(() => {
  act(() => root.unmount());
  page.remove();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** No test here attaches a file: those are in tests/e2e/browser/attachments.test.ts. */
const uploads: FileUploads = { upload: () => Promise.reject(new Error("no upload")), discard: () => undefined };

function show(snapshot: ChatSnapshot, locale: Locale = "en", context: PageContext = EMPTY_CONTEXT): void {
  const chat = createElement(Chat, { snapshot, actions, rooms, context, network, uploads });
  act(() => root.render(createElement(LocaleProvider, { initial: locale, key: locale }, chat)));
}

function turn(id: string, answer: string | readonly Part[], more: Partial<TurnView> = {}): TurnView {
  const text: readonly Part[] = answer === "" ? [] : [{ type: "text-delta", delta: answer as string }];
  const parts = typeof answer === "string" ? text : answer;
  const base = { state: "settled", outcome: "completed", input: { prompt: `ask ${id}` } } as const;
  return { id, ...base, parts, length: lengthOf(parts), ...more };
}

const log = () => page.querySelector("[role=log]")?.textContent ?? "";
const box = () => page.querySelector("textarea") as HTMLTextAreaElement;
const button = (label: string) =>
  [...page.querySelectorAll("button")].find(
    (item) => item.getAttribute("aria-label") === label || item.textContent === label,
  );
const press = (label: string) => act(() => button(label)?.click());

function type(text: string): void {
  act(() => {
    // React listens for the native setter's value, as a user's typing sets it.
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value")?.set?.call(box(), text);
    box().dispatchEvent(new Event("input", { bubbles: true }));
  });
}

function key(name: string, more: KeyboardEventInit & { keyCode?: number } = {}, target: Element = box()): Event {
  const { keyCode, ...init } = more;
  const event = new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true, ...init });
  if (keyCode !== undefined) Object.defineProperty(event, "keyCode", { value: keyCode });
  if (more.isComposing) Object.defineProperty(event, "isComposing", { value: true });
  act(() => {
    target.dispatchEvent(event);
  });
  return event;
}

describe("a turn shows its state", () => {
  const failed = { code: "upstream-unreachable", message: "raw", retryable: true };
  const waits: NoticeFrame = {
    type: "notice",
    code: "upstream-retrying",
    scope: "upstream",
    retryAfterMs: 8_000,
    attempt: 2,
    maxAttempts: 4,
    willRetry: true,
    message: "raw",
  };

  test.each<[string, TurnView, string]>([
    ["queued, next", turn("a", "", { state: "queued", position: 0 }), strings.next],
    ["queued behind two", turn("a", "", { state: "queued", position: 2, etaMs: 20_000 }), "2 ahead · about 20 s"],
    ["waiting", turn("a", "", { state: "waiting" }), strings.waitingForConcurrency],
    ["opening", turn("a", "", { state: "opening" }), strings.thinking],
    ["streaming, nothing yet", turn("a", "", { state: "streaming" }), strings.thinking],
    ["resuming", turn("a", "half", { state: "resuming" }), strings.resuming],
    ["retrying", turn("a", "", { state: "waiting", notice: waits }), "Next try in 8 s. Attempt 2 of 4."],
    ["stopped, confirmed", turn("a", "half", { outcome: "cancelled", stop: "confirmed" }), strings.stoppedConfirmed],
    ["stopped, closed", turn("a", "half", { outcome: "cancelled", stop: "closed" }), strings.stoppedClosed],
    ["stopped while queued", turn("a", "", { outcome: "cancelled", stop: "confirmed" }), strings.stoppedEarly],
    ["failed", turn("a", "", { outcome: "failed", error: failed }), messageFor("upstream-unreachable", "en")],
    ["failed, newer code", turn("a", "", { outcome: "failed", error: { ...failed, code: "of-tomorrow" } }), "raw"],
    ["failed, unsaid", turn("a", "", { outcome: "failed" }), strings.failedUnknown],
    ["interrupted", turn("a", "half", { outcome: "interrupted" }), strings.interrupted],
    ["interrupted, empty", turn("a", "", { outcome: "interrupted" }), strings.interruptedEmpty],
    ["completed, empty", turn("a", ""), strings.emptyAnswer],
    ["completed, cut", turn("a", "long", { finishReason: "length" }), strings.cutAtLength],
    ["simulated", turn("a", "whole", { simulated: true }), strings.simulated],
  ])("when it is %s", (_, shown, text) => {
    show(snapshotOf({ turns: [shown] }));
    expect(log()).toContain("ask a");
    expect(log()).toContain(text);
    if (shown.parts.length > 0) expect(log()).toContain(textOf(shown.parts));
  });

  test("a completed answer has no status line", () => {
    show(snapshotOf({ turns: [turn("a", "Forty-two.")] }));
    expect(page.querySelector(".status")).toBeNull();
  });

  test("an error is shown in the language of the page", () => {
    show(snapshotOf({ turns: [turn("a", "", { outcome: "failed", error: failed })] }), "zh-CN");
    expect(log()).toContain(messageFor("upstream-unreachable", "zh-CN"));
  });

  test("a retry counts down to the same moment, however often it renders", () => {
    const snapshot = snapshotOf({ turns: [turn("a", "", { state: "waiting", notice: waits })] });
    vi.setSystemTime(1_000_000);
    const fresh = { ...waits };
    show({ ...snapshot, turns: [turn("a", "", { state: "waiting", notice: fresh })] });
    act(() => vi.advanceTimersByTime(3_000));
    expect(log()).toContain("Next try in 5 s.");
    show({ ...snapshot, turns: [turn("a", "", { state: "waiting", notice: fresh, etaMs: 1 })] });
    expect(log()).toContain("Next try in 5 s.");
    act(() => vi.advanceTimersByTime(6_000));
    expect(log()).toContain("Trying now…");
  });

  test.each([
    ["failed", turn("a", "", { outcome: "failed", error: failed }), strings.tryAgain],
    ["stopped", turn("a", "x", { outcome: "cancelled", stop: "closed" }), strings.askAgain],
    ["interrupted", turn("a", "x", { outcome: "interrupted" }), strings.askAgain],
    ["completed", turn("a", "x"), strings.regenerate],
    ["completed, empty", turn("a", ""), strings.regenerate],
    ["completed, cut", turn("a", "x", { finishReason: "length" }), strings.regenerate],
    ["completed, withheld", turn("a", "x", { finishReason: "content-filter" }), strings.regenerate],
  ] as const)("%s, newest: asked again in its place", (_, shown, label) => {
    show(snapshotOf({ turns: [turn("before", "x"), shown] }));
    expect([...page.querySelectorAll("button")].filter(({ textContent }) => textContent === label)).toHaveLength(1);
    press(label);
    expect(actions.regenerate).toHaveBeenCalledExactlyOnceWith("a");
    expect(document.activeElement).toBe(box());
  });

  test.each([
    ["failed", turn("a", "", { outcome: "failed", error: failed }), strings.tryAgain],
    ["stopped", turn("a", "x", { outcome: "cancelled", stop: "closed" }), strings.askAgain],
  ] as const)("%s, not the newest: asking again submits a new turn, and nothing goes", (_, shown, label) => {
    show(snapshotOf({ turns: [shown, turn("after", "x", { state: "streaming" })] }));
    expect(button(strings.continue)).toBeUndefined();
    press(label);
    expect(actions.submit).toHaveBeenCalledExactlyOnceWith({ prompt: "ask a" });
    expect(actions.regenerate).not.toHaveBeenCalled();
  });

  test.each([
    ["stopped", { outcome: "cancelled", stop: "confirmed" }],
    ["interrupted", { outcome: "interrupted" }],
    ["failed half way", { outcome: "failed", error: failed }],
    ["cut at its length", { finishReason: "length" }],
  ] as const)("%s, newest, with text: can be continued", (_, more) => {
    show(snapshotOf({ turns: [turn("a", "half", more)] }));
    press(strings.continue);
    expect(actions.continueTurn).toHaveBeenCalledExactlyOnceWith("a");
    expect(document.activeElement).toBe(box());
  });

  test.each([
    ["done", turn("a", "whole")],
    ["stopped before a word", turn("a", "", { outcome: "cancelled", stop: "confirmed" })],
    ["streaming", turn("a", "half", { state: "streaming" })],
  ] as const)("%s: there is nothing to continue", (_, shown) => {
    show(snapshotOf({ turns: [shown] }));
    expect(button(strings.continue)).toBeUndefined();
  });

  test("a continuation shows the button's label instead of the prompt for the model", () => {
    const continued = turn("b", "rest", { input: { prompt: CONTINUE_PROMPT } });
    show(snapshotOf({ turns: [continued] }), "zh-CN");
    expect(page.querySelector(".question-continue")?.textContent).toContain(STRINGS["zh-CN"].continue);
    expect(log()).not.toContain(CONTINUE_PROMPT);
    expect(button(STRINGS["zh-CN"].edit)).toBeUndefined();
  });

  test("no answer can be regenerated while a question waits to be sent", () => {
    const waiting: PendingTurn = { id: "p", input: { prompt: "next" }, submittedAt: 0 };
    show(snapshotOf({ turns: [turn("a", "x")], pending: [waiting] }));
    expect(button(strings.regenerate)).toBeUndefined();
  });

  test("a turn that is about to be replaced has no actions, and neither have the turns after it", () => {
    const turns = [turn("a", "x"), turn("b", "x"), turn("c", "x", { outcome: "interrupted" })];
    const replacing: PendingTurn = { id: "p", input: { prompt: "better" }, submittedAt: 0, replaces: "b" };
    show(snapshotOf({ turns, pending: [replacing] }));
    const edits = [...page.querySelectorAll("article")].map(({ textContent }) => textContent?.includes(strings.edit));
    expect(edits).toEqual([true, false, false, false]);
    for (const label of [strings.regenerate, strings.askAgain, strings.continue]) expect(button(label)).toBeUndefined();
    // Refused, it replaces nothing.
    const refused = { type: "error", code: "queue-full", message: "raw", retryable: true } as const;
    show(snapshotOf({ turns, pending: [{ ...replacing, refused }] }));
    expect(button(strings.continue)).toBeDefined();
  });

  test("a queued turn can be removed once", () => {
    const queued = snapshotOf({ turns: [turn("a", "", { state: "queued", position: 0 })] });
    show(queued);
    press(strings.remove);
    expect(actions.cancel).toHaveBeenCalledExactlyOnceWith("a");
    show({ ...queued, stopping: new Set(["a"]) });
    expect(button(strings.removing)?.disabled).toBe(true);
  });

  test("a long question is folded until the user unfolds it", () => {
    const lines = "line\n".repeat(30);
    show(snapshotOf({ turns: [turn("a", "x", { input: { prompt: lines } })] }));
    expect(page.querySelector(".question p")?.className).toBe("folded");
    press(strings.showAll);
    expect(page.querySelector(".question p")?.className).toBe("");
    expect(button(strings.showLess)?.getAttribute("aria-expanded")).toBe("true");
  });

  test("a turn that brought its own messages shows the last question", () => {
    const messages = [
      { role: "user", content: "first" },
      { role: "assistant", content: "reply" },
      { role: "user", content: "second" },
    ] as const;
    show(snapshotOf({ turns: [turn("a", "x", { input: { messages: [...messages] } })] }));
    expect(page.querySelector(".question p")?.textContent).toBe("second");
  });
});

describe("[C7] editing a question", () => {
  const editor = () => page.querySelector<HTMLTextAreaElement>(".editor textarea") as HTMLTextAreaElement;
  const retype = (text: string) =>
    act(() => {
      Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value")?.set?.call(editor(), text);
      editor().dispatchEvent(new Event("input", { bubbles: true }));
    });

  test("opens with the focus, and Enter asks the question and returns the focus to the message box", () => {
    show(snapshotOf({ turns: [turn("a", "x")] }));
    press(strings.edit);
    expect(editor().value).toBe("ask a");
    expect(document.activeElement).toBe(editor());
    expect(page.querySelector(".editor")?.textContent).toContain(strings.editReplaces);
    retype("ask better");
    expect(key("Enter", { shiftKey: true }, editor()).defaultPrevented).toBe(false);
    key("Enter", { isComposing: true }, editor());
    expect(actions.edit).not.toHaveBeenCalled();
    expect(key("Enter", {}, editor()).defaultPrevented).toBe(true);
    expect(actions.edit).toHaveBeenCalledExactlyOnceWith("a", "ask better");
    expect(document.activeElement).toBe(box());
    expect(editor()).toBeNull();
  });

  test("ends with Esc, which keeps the question, returns the focus and stops no answer", () => {
    show(snapshotOf({ turns: [turn("a", "x"), turn("b", "x", { state: "streaming" })] }));
    press(strings.edit);
    expect(page.querySelector(".editor")?.textContent).toContain(strings.editRemovesLater);
    retype("something else");
    key("Escape", { isComposing: true }, editor());
    expect(editor()).not.toBeNull();
    key("Escape", {}, editor());
    expect(editor()).toBeNull();
    expect(document.activeElement).toBe(button(strings.edit));
    expect(log()).toContain("ask a");
    expect([actions.edit, actions.cancel].map(({ mock }) => mock.calls)).toEqual([[], []]);
    // The same by its button; then Esc is about the answer again.
    press(strings.edit);
    expect(editor().value).toBe("ask a");
    press(strings.cancelEdit);
    key("Escape");
    expect(actions.cancel).toHaveBeenCalledExactlyOnceWith("b");
  });

  test("doesn't ask an empty text or a text that fits no frame", () => {
    show(snapshotOf({ turns: [turn("a", "x")] }));
    press(strings.edit);
    retype("  ");
    key("Enter", {}, editor());
    expect(button(strings.askEdited)?.disabled).toBe(true);
    retype("x".repeat(70_000));
    key("Enter", {}, editor());
    expect(page.querySelector(".editor")?.textContent).toContain(strings.tooLong);
    expect(actions.edit).not.toHaveBeenCalled();
  });

  test("is offered for settled turns alone", () => {
    show(snapshotOf({ turns: [turn("a", "x", { state: "streaming" }), turn("b", "", { state: "queued" })] }));
    expect(button(strings.edit)).toBeUndefined();
  });
});

describe("older messages", () => {
  const shown = (older: OlderState, ...turns: TurnView[]) => snapshotOf({ turns, rest: { older } });

  test("can be loaded from the top of the log when there are some", () => {
    show(shown({ state: "none" }, turn("a", "x")));
    expect(button(strings.loadOlder)).toBeUndefined();
    show(shown({ state: "available" }, turn("a", "x")));
    press(strings.loadOlder);
    expect(actions.loadOlder).toHaveBeenCalledOnce();
    expect(page.querySelector(".log-content")?.firstElementChild?.className).toBe("older");
  });

  test("load once, and the control keeps the focus while they load", () => {
    show(shown({ state: "available" }, turn("a", "x")));
    button(strings.loadOlder)?.focus();
    show(shown({ state: "loading" }, turn("a", "x")));
    press(strings.olderLoading);
    expect(actions.loadOlder).not.toHaveBeenCalled();
    expect(document.activeElement).toBe(button(strings.olderLoading));
  });

  test("show a failure in the language of the page, and can be loaded again", () => {
    const failed = (code: string): OlderState => ({ state: "failed", error: { code, message: "raw" } });
    show(shown(failed("draining"), turn("a", "x")), "zh-CN");
    expect(log()).toContain(STRINGS["zh-CN"].olderFailed + messageFor("draining", "zh-CN"));
    show(shown(failed("unreachable"), turn("a", "x")));
    expect(log()).toContain(strings.olderFailed);
    expect(log()).not.toContain("raw");
    press(strings.loadOlder);
    expect(actions.loadOlder).toHaveBeenCalledOnce();
  });

  test("don't move the text that is being read, and keep the focus in the log", () => {
    show(shown({ state: "available" }, turn("b", "x")));
    const scroll = page.querySelector("[role=log]") as HTMLElement;
    // Stands in for layout: each turn is 500 px high, and the first begins 100 px below the top of the log.
    const resized: (() => void)[] = [];
    vi.stubGlobal(
      "ResizeObserver",
      class {
        constructor(callback: () => void) {
          resized.push(callback);
        }
        observe(): void {}
        disconnect(): void {
          resized.length = 0;
        }
      },
    );
    let margin = 100;
    vi.spyOn(HTMLElement.prototype, "getBoundingClientRect").mockImplementation(function (this: HTMLElement) {
      const index = [...scroll.querySelectorAll("article")].indexOf(this);
      return index === -1
        ? new DOMRect(0, 0, 500, 500)
        : new DOMRect(0, margin + 500 * index - scroll.scrollTop, 500, 500);
    });
    scroll.scrollTop = 120;
    button(strings.loadOlder)?.focus();
    show(shown({ state: "none" }, turn("a", "x"), turn("b", "x")));
    expect(scroll.scrollTop).toBe(620);
    expect(document.activeElement).toBe(scroll);
    // The older turn is formatted later and grows above what is being read.
    margin += 50;
    for (const onResize of [...resized]) onResize();
    expect(scroll.scrollTop).toBe(670);
    // The person scrolls: the position is theirs.
    scroll.dispatchEvent(new Event("wheel", { bubbles: true }));
    margin += 50;
    for (const onResize of [...resized]) onResize();
    expect(scroll.scrollTop).toBe(670);
  });
});

describe("the end of the conversation", () => {
  /** Lays the log out: 500 px are in view of a content whose height the test sets. */
  function layOut(): { readonly log: HTMLElement; setHeight(height: number): void; observe(): void } {
    let height = 1_000;
    let top = 500;
    const observers: (() => void)[] = [];
    vi.stubGlobal(
      "ResizeObserver",
      class {
        constructor(callback: () => void) {
          observers.push(callback);
        }
        observe(): void {}
        disconnect(): void {}
      },
    );
    const clamp = (value: number) => Math.max(0, Math.min(value, height - 500));
    vi.spyOn(HTMLElement.prototype, "scrollHeight", "get").mockImplementation(() => height);
    vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockImplementation(() => 500);
    vi.spyOn(HTMLElement.prototype, "scrollTop", "get").mockImplementation(() => top);
    vi.spyOn(HTMLElement.prototype, "scrollTop", "set").mockImplementation((value) => {
      top = clamp(value);
    });
    show(snapshotOf({ turns: [turn("a", "x")] }));
    return {
      log: page.querySelector("[role=log]") as HTMLElement,
      setHeight: (value) => {
        height = value;
        top = clamp(top);
      },
      observe: () => act(() => observers.at(-1)?.()),
    };
  }
  afterEach(() => vi.restoreAllMocks());

  test("stays in view when the content shrinks and grows before the scroll event arrives", () => {
    const layout = layOut();
    layout.setHeight(700);
    layout.observe();
    layout.setHeight(900);
    act(() => layout.log.dispatchEvent(new Event("scroll")));
    expect(button(strings.jumpToLatest)).toBeUndefined();
    layout.observe();
    expect(layout.log.scrollTop).toBe(400);
  });

  test("is left by a scroll up, and followed again after the End key", () => {
    const layout = layOut();
    layout.log.scrollTop = 100;
    act(() => layout.log.dispatchEvent(new Event("scroll")));
    expect(button(strings.jumpToLatest)).toBeDefined();
    key("End", {}, layout.log);
    expect(button(strings.jumpToLatest)).toBeUndefined();
    layout.setHeight(1_200);
    layout.observe();
    expect(layout.log.scrollTop).toBe(700);
  });
});

describe("settled turns", () => {
  test("don't render again while another turn streams or a message is typed", () => {
    let drawn = 0;
    const parts: readonly Part[] = [{ type: "text-delta", delta: "done" }];
    const settled = Object.defineProperty(turn("a", "done"), "parts", {
      get: () => {
        drawn += 1;
        return parts;
      },
    });
    const at = (text: string) => snapshotOf({ turns: [settled, turn("b", text, { state: "streaming" })] });
    show(at("one"));
    const once = drawn;
    for (const text of ["one two", "one two three", "one two three four"]) show(at(text));
    type("next question");
    expect(drawn).toBe(once);
  });
});

describe("[C7] a question that is not a turn yet", () => {
  const pending: PendingTurn = { id: "p", input: { prompt: "kept text" }, submittedAt: 0, replaces: "t0" };
  const refused = { type: "error", code: "queue-full", message: "raw", retryable: true } as const;

  test("shows that it is being sent or waits for the connection, and can be withdrawn", () => {
    show(snapshotOf({ pending: [pending] }));
    expect(log()).toContain(strings.sending);
    show(snapshotOf({ pending: [pending], connection: { state: "offline" } }));
    expect(log()).toContain(strings.sendsWhenOnline);
    press(strings.withdraw);
    expect(actions.cancel).toHaveBeenCalledExactlyOnceWith("p");
  });

  test("shows why it was refused, keeps its text, and can be dismissed", () => {
    show(snapshotOf({ pending: [{ ...pending, refused }] }));
    expect(log()).toContain("kept text");
    expect(log()).toContain(messageFor("queue-full", "en"));
    press(strings.dismiss);
    expect(actions.dismiss).toHaveBeenCalledExactlyOnceWith("p");
    expect(actions.submit).not.toHaveBeenCalled();
  });

  test("shows in the language of the page that a firewall blocked it", () => {
    const blocked = { ...refused, code: "request-blocked" };
    show(snapshotOf({ pending: [{ ...pending, refused: blocked }] }), "zh-CN");
    expect(log()).toContain("防火墙或代理拦截了该请求。");
  });

  test("can be sent again after a refusal", () => {
    show(snapshotOf({ pending: [{ ...pending, refused }] }));
    press(strings.resend);
    expect(actions.dismiss).toHaveBeenCalledExactlyOnceWith("p");
    expect(actions.submit).toHaveBeenCalledExactlyOnceWith(pending.input, { replaces: "t0" });
  });

  test.each(["turn-unknown", "turn-stale"])(
    "is asked as a new question after the refusal %s, because the turn that it replaces is gone",
    (code) => {
      show(snapshotOf({ pending: [{ ...pending, refused: { ...refused, code } }] }));
      press(strings.resend);
      expect(actions.submit).toHaveBeenCalledExactlyOnceWith(pending.input, {});
    },
  );

  test("can be moved into the message box, before the text that is being typed", () => {
    show(snapshotOf({ pending: [{ ...pending, refused }] }));
    type("typed meanwhile");
    press(strings.edit);
    expect(box().value).toBe("kept text\ntyped meanwhile");
    expect(document.activeElement).toBe(box());
  });
});

describe("the message box", () => {
  test("sends with Enter and is empty then, and doesn't send a blank text", () => {
    show(snapshotOf({}));
    type("   ");
    key("Enter");
    expect(actions.submit).not.toHaveBeenCalled();
    type("hello");
    expect(key("Enter").defaultPrevented).toBe(true);
    expect(actions.submit).toHaveBeenCalledExactlyOnceWith("hello");
    expect(box().value).toBe("");
  });

  test("breaks the line with Shift+Enter", () => {
    show(snapshotOf({}));
    type("hello");
    expect(key("Enter", { shiftKey: true }).defaultPrevented).toBe(false);
    expect(actions.submit).not.toHaveBeenCalled();
  });

  test.each([
    ["while an input method composes", { isComposing: true }],
    ["that ends a composition in Safari", { keyCode: 229 }],
  ])("doesn't send with the Enter %s", (_, more) => {
    show(snapshotOf({}));
    type("ni hao");
    expect(key("Enter", more).defaultPrevented).toBe(false);
    expect(actions.submit).not.toHaveBeenCalled();
  });

  test("keeps the draft of each room over a reload", () => {
    show(snapshotOf({}));
    type("half a thought");
    act(() => root.unmount());
    root = createRoot(page);
    show(snapshotOf({}));
    expect(box().value).toBe("half a thought");
    act(() => root.unmount());
    root = createRoot(page);
    show(snapshotOf({ rest: { room: "another" } }));
    expect(box().value).toBe("");
  });

  test("stops the running turn with Stop and Esc, once", () => {
    const running = snapshotOf({ turns: [turn("a", "x", { state: "streaming" }), turn("b", "", { state: "queued" })] });
    show(running);
    press(strings.stopAnswer);
    key("Escape");
    expect(actions.cancel.mock.calls).toEqual([["a"], ["a"]]);
    show({ ...running, stopping: new Set(["a"]) });
    key("Escape");
    press(strings.stopAnswer);
    expect(actions.cancel).toHaveBeenCalledTimes(2);
    expect(log()).toContain(strings.stopping);
  });

  test("stops nothing with an Esc that ends a composition", () => {
    show(snapshotOf({ turns: [turn("a", "x", { state: "streaming" })] }));
    key("Escape", { isComposing: true });
    key("Escape", { keyCode: 229 });
    expect(actions.cancel).not.toHaveBeenCalled();
  });

  test("has no Stop while nothing runs", () => {
    show(snapshotOf({ turns: [turn("a", "x")] }));
    expect(button(strings.stopAnswer)).toBeUndefined();
    key("Escape");
    expect(actions.cancel).not.toHaveBeenCalled();
  });

  test("sends a question while an answer runs, and shows that it will be queued", () => {
    show(snapshotOf({ turns: [turn("a", "x", { state: "streaming" })] }));
    type("next");
    expect(page.textContent).toContain(strings.willQueue);
    key("Enter");
    expect(actions.submit).toHaveBeenCalledExactlyOnceWith("next");
  });

  test("keeps the text when the room is closed", () => {
    show(snapshotOf({ connection: { state: "closed", code: "forbidden" } }));
    type("hello");
    key("Enter");
    expect(actions.submit).not.toHaveBeenCalled();
    expect(box().value).toBe("hello");
  });

  test("shows that a text is too long before it is sent", () => {
    expect(fitsFrame("a".repeat(60_000))).toBe(true);
    expect(fitsFrame("中".repeat(22_000))).toBe(false);
    expect(fitsFrame("\n".repeat(33_000))).toBe(false);
    show(snapshotOf({}));
    type("a".repeat(66_000));
    key("Enter");
    expect(actions.submit).not.toHaveBeenCalled();
    expect(page.textContent).toContain(strings.tooLong);
  });
});

describe("the room and the connection", () => {
  test("an empty room shows a greeting, the backend's if it has one", () => {
    const suggestion = { en: "Why?", "zh-CN": "为什么？" };
    show(snapshotOf({}));
    expect(log()).toContain(strings.greeting);
    expect(log()).toContain(strings.whatThisIs);
    show(snapshotOf({}), "zh-CN", { greeting: { en: "Hi", "zh-CN": "您好" }, suggestions: [suggestion] });
    expect(log()).toContain("您好");
    press("为什么？");
    expect(actions.submit).toHaveBeenCalledExactlyOnceWith("为什么？");
  });

  test("the page shows no greeting before the first sync", () => {
    const fresh = snapshotOf({ connection: { state: "connecting" } });
    show({ ...fresh, view: { ...fresh.view, epoch: undefined } });
    expect(log()).toBe("");
    expect(page.textContent).toContain(strings.connecting);
  });

  test("the page counts down to the next attempt and can try at once", () => {
    show(snapshotOf({ connection: { state: "reconnecting", attempt: 1, retryAt: Date.now() + 5_000 } }));
    expect(page.textContent).toContain("Trying again in 5 s.");
    act(() => vi.advanceTimersByTime(2_000));
    expect(page.textContent).toContain("Trying again in 3 s.");
    press(strings.tryNow);
    expect(actions.reconnect).toHaveBeenCalledOnce();
  });

  test.each(["websocket-blocked", "gateway-unrecognized"] as const)(
    "the page says in its language that %s is in the way, beside the countdown",
    (code) => {
      const connection = {
        state: "reconnecting",
        attempt: 4,
        retryAt: Date.now() + 5_000,
        code,
        message: "raw",
      } as const;
      show(snapshotOf({ connection }), "zh-CN");
      expect(page.textContent).toContain(messageFor(code, "zh-CN"));
      press(STRINGS["zh-CN"].tryNow);
      expect(actions.reconnect).toHaveBeenCalledOnce();
    },
  );

  test("a closed connection shows the reason in the language of the page, and a button", () => {
    show(snapshotOf({ connection: { state: "closed", code: "room-forbidden", message: "raw" } }), "zh-CN");
    expect(page.textContent).toContain(messageFor("room-forbidden", "zh-CN"));
    press(STRINGS["zh-CN"].reconnect);
    expect(actions.reconnect).toHaveBeenCalledOnce();
    show(snapshotOf({ connection: { state: "closed", code: "version-unsupported" } }));
    expect(button(strings.reloadPage)).toBeDefined();
  });

  test("the page shows its transport and why it uses no faster one", () => {
    show(snapshotOf({}));
    expect(page.querySelector(".badge")?.textContent).toBe("Online");
    expect(page.querySelector(".transport")?.textContent).toContain(strings.transport.websocket);
    expect(page.textContent).not.toContain(strings.triesBetter);
    show(snapshotOf({ connection: { state: "online", transport: "sse", because: "blocked" } }));
    expect(page.querySelector(".badge")?.textContent).toBe("Online · stream");
    expect(page.querySelector(".transport")?.textContent).toContain(strings.steppedDown.blocked);
    show(snapshotOf({ connection: { state: "online", transport: "poll", because: "buffered" } }), "zh-CN");
    expect(page.querySelector(".badge")?.textContent).toBe("已连接 · 轮询");
    expect(page.querySelector(".transport")?.textContent).toContain(STRINGS["zh-CN"].steppedDown.buffered);
    show(snapshotOf({ connection: { state: "offline" } }));
    expect(page.querySelector(".transport")?.textContent).toBe(strings.notConnected);
  });

  test("the user can simulate a network that blocks, in two levels", () => {
    show(snapshotOf({}));
    const choices = [...page.querySelectorAll<HTMLInputElement>(".block-choices input")];
    expect(choices.map(({ checked }) => checked)).toEqual([true, false, false]);
    for (const choice of choices.slice(1)) act(() => choice.click());
    expect(network.block.mock.calls).toEqual([["websocket"], ["streams"]]);
  });

  test("the number of viewers is shown while the page is online", () => {
    show(snapshotOf({ viewers: 3 }));
    expect(page.textContent).toContain("3 viewers");
    show(snapshotOf({ viewers: 3, connection: { state: "offline" } }));
    expect(page.textContent).not.toContain("3 viewers");
  });

  test("clearing asks for confirmation", () => {
    show(snapshotOf({ turns: [turn("a", "x")] }));
    press(strings.clearRoom);
    expect(actions.clear).not.toHaveBeenCalled();
    press(strings.clearRoomSure);
    expect(actions.clear).toHaveBeenCalledOnce();
  });

  test("an error of the room is shown until it is dismissed, and so is the next one", () => {
    const error = { type: "error", code: "rate-limited", message: "raw", retryable: true } as const;
    show(snapshotOf({ rest: { error } }));
    expect(page.textContent).toContain(messageFor("rate-limited", "en"));
    press(strings.dismiss);
    expect(page.textContent).not.toContain(messageFor("rate-limited", "en"));
    show(snapshotOf({ rest: { error: { ...error } } }));
    expect(page.textContent).toContain(messageFor("rate-limited", "en"));
  });

  test("the language switch changes every text and is remembered", () => {
    show(snapshotOf({}));
    press("简体中文");
    expect(page.textContent).toContain(STRINGS["zh-CN"].greeting);
    expect(document.documentElement.lang).toBe("zh-CN");
    expect(localStorage.getItem("edge-chat.locale")).toBe("zh-CN");
  });
});

describe("announcements for screen readers", () => {
  const say = (before: ChatSnapshot, after: ChatSnapshot) => announcement(before, after, strings, "en");
  const of = (...turns: TurnView[]) => snapshotOf({ turns });

  test("come from one polite region, and the log is silent", () => {
    show(of(turn("a", "x")));
    expect(page.querySelector("[role=log]")?.getAttribute("aria-live")).toBe("off");
    expect(page.querySelector("[role=status]")?.getAttribute("aria-live")).toBe("polite");
  });

  test("contain the start and the end of an answer, but not its words as they arrive", () => {
    const opening = of(turn("a", "", { state: "opening" }));
    const one = of(turn("a", "one", { state: "streaming" }));
    const two = of(turn("a", "one **two**", { state: "streaming" }));
    const ended = of(turn("a", "one **two**"));
    expect(say(of(), opening)).toBe(strings.saidAnswerStarted);
    expect(say(opening, one)).toBe("");
    expect(say(one, two)).toBe("");
    expect(say(two, ended)).toBe("Answer: one two");
    expect(say(ended, of(turn("a", "one **two**")))).toBe("");
  });

  test("contain a stop, a failure, an interruption and a queued question", () => {
    const one = of(turn("a", "one", { state: "streaming" }));
    const error = { code: "upstream-silence", message: "raw", retryable: true };
    expect(say(one, of(turn("a", "one", { outcome: "cancelled", stop: "confirmed" })))).toBe(strings.stoppedConfirmed);
    expect(say(one, of(turn("a", "one", { outcome: "failed", error })))).toBe(messageFor("upstream-silence", "en"));
    expect(say(one, of(turn("a", "one", { outcome: "interrupted" })))).toBe(strings.interrupted);
    expect(say(of(), of(turn("b", "", { state: "queued", position: 1 })))).toBe(strings.saidQueued);
  });

  test("contain a change of the connection, but no history on a first visit", () => {
    const fresh = snapshotOf({ connection: { state: "connecting" } });
    const first = { ...fresh, view: { ...fresh.view, epoch: undefined } };
    const online = of(turn("a", "old answer"));
    expect(say(first, online)).toBe("");
    expect(say(online, { ...online, connection: { state: "offline" } })).toBe(strings.offlineDetail);
    const lost = { ...online, connection: { state: "reconnecting", attempt: 1, retryAt: 0 } } as const;
    const blocked = { ...lost, connection: { ...lost.connection, code: "websocket-blocked" } } as const;
    expect(say(lost, blocked)).toBe(messageFor("websocket-blocked", "en"));
    expect(say(blocked, { ...blocked, connection: { ...blocked.connection, attempt: 2 } })).toBe("");
  });

  test("contain older messages that were loaded, a failure to load them, and removed messages", () => {
    const loading = snapshotOf({ turns: [turn("c", "x")], rest: { older: { state: "loading" } } });
    const failed = { state: "failed", error: { code: "unreachable", message: "raw" } } as const;
    expect(say(loading, of(turn("a", "x"), turn("b", "x"), turn("c", "x")))).toBe("2 older messages loaded.");
    expect(say(loading, { ...loading, older: failed })).toBe(strings.olderFailed);
    expect(say(of(turn("a", "x"), turn("b", "x")), of(turn("a", "x")))).toBe(strings.saidRemoved);
    // A sync that starts over leaves out the old, never the new.
    expect(say(of(turn("a", "x"), turn("b", "x")), of(turn("b", "x")))).toBe("");
  });

  test("shorten a long answer", () => {
    const long = "word ".repeat(500);
    const spoken = say(of(turn("a", "w", { state: "streaming" })), of(turn("a", long)));
    expect(spoken.length).toBeLessThan(700);
    expect(spoken.endsWith("…")).toBe(true);
  });
});

describe("[C6] an answer that fails to render", () => {
  test("is shown as plain text, and everything else stays", () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    // Stands in for a value with more levels than the stack has room for.
    const deep = {
      toJSON() {
        throw new RangeError("Maximum call stack size exceeded");
      },
    };
    const parts: readonly Part[] = [
      { type: "text-delta", delta: "Here it **is**" },
      { type: "data-deep", data: deep },
    ];
    show(snapshotOf({ turns: [turn("a", parts), turn("b", "The next answer.")] }));
    vi.restoreAllMocks();
    expect(log()).toContain("Here it **is**");
    expect(log()).toContain("The next answer.");
    expect(button(strings.copyAnswer)).toBeDefined();
  });
});

describe("tool steps", () => {
  const call = (id: string): Part => toolPart(id, "find", "call", { q: 1 });
  const end = (id: string, phase: "result" | "error"): Part => toolPart(id, "find", phase, "found");

  test("a call and its result are one card in the place of the call", () => {
    const text: Part = { type: "text-delta", delta: "t" };
    const parts = [call("1"), call("2"), text, end("2", "error"), end("1", "result"), end("3", "result")];
    const cards = foldMessage(parts).parts;
    expect(cards.map((card) => (isToolUiPart(card) ? [card.toolCallId, card.state] : card.type))).toEqual([
      "step-start",
      ["1", "output-available"],
      ["2", "output-error"],
      "text",
      ["3", "output-available"],
    ]);
  });

  test("reasoning, tools and data are folded and show their state as text", () => {
    show(
      snapshotOf({
        turns: [
          turn("a", [
            { type: "reasoning-delta", delta: "hmm" },
            call("1"),
            end("1", "error"),
            call("2"),
            { type: "data-score", data: { of: 3 } },
          ]),
        ],
      }),
    );
    const folds = [...page.querySelectorAll("details")];
    expect(folds.map((fold) => fold.querySelector("summary")?.textContent)).toEqual([
      strings.reasoning,
      `find${strings.toolFailed}`,
      `find${strings.toolRunning}`,
      `${strings.data} score`,
    ]);
    expect(folds.every((fold) => !fold.open)).toBe(true);
  });
});
