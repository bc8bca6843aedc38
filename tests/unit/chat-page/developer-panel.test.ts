// @vitest-environment happy-dom
/** The developer panel: what it makes of frames, and that it opens, follows and closes. */
import { act, createElement } from "react";
import { createRoot } from "react-dom/client";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DeveloperPanel } from "../../../examples/chat-page/developer-panel/developer-panel.tsx";
import { firstTokenMs, Timeline, tokensPerSecond } from "../../../examples/chat-page/developer-panel/timeline.ts";
import { LocaleProvider } from "../../../examples/chat-page/language/locale.tsx";
import type { ServerFrame } from "../../../shared/protocol/server-frames.ts";

const input = { prompt: "a secret question" };
const queued = (turnId: string): ServerFrame => ({
  ...{ type: "turn-queued", seq: 1, turnId, input, author: "anonymous", createdAt: 1, position: 0 },
});
const delta = (turnId: string, offset: number): ServerFrame => ({
  ...{ type: "turn-delta", turnId, offset, parts: [{ type: "text-delta", delta: "word " }] },
});
const sync = (mode: "snapshot" | "delta"): ServerFrame => ({
  ...{ type: "sync", epoch: "e", seq: 1, floor: 0, mode, turns: [] },
});
const end = (turnId: string): ServerFrame => ({
  ...{ type: "turn-end", seq: 3, turnId, outcome: "completed", length: 10, usage: { outputTokens: 20 } },
});

function build() {
  const clock = { now: 1_000 };
  const timeline = new Timeline(() => clock.now);
  const at = (now: number, ...frames: ServerFrame[]) => {
    clock.now = now;
    for (const frame of frames) timeline.onFrame(frame);
  };
  return { timeline, at };
}

describe("the timeline", () => {
  test("times a turn from its being accepted to its last word", () => {
    const { timeline, at } = build();
    at(1_000, queued("t1"), { type: "turn-start", seq: 2, turnId: "t1" });
    at(1_300, delta("t1", 0));
    at(2_300, delta("t1", 5), end("t1"));
    const [turn = expect.unreachable()] = timeline.read().turns;
    expect(turn).toMatchObject({ turnId: "t1", deltas: 2, length: 10, outcome: "completed" });
    expect(firstTokenMs(turn)).toBe(300);
    expect(tokensPerSecond(turn)).toBe(20);
  });

  test("deltas in a row are one entry, others each their own", () => {
    const { timeline, at } = build();
    at(1, queued("t1"), ...Array.from({ length: 500 }, (_, index) => delta("t1", index)), end("t1"));
    expect(timeline.read().entries.map(({ type, count }) => [type, count])).toEqual([
      ["turn-queued", 1],
      ["turn-delta", 500],
      ["turn-end", 1],
    ]);
  });

  test("counts comebacks and notices, and keeps the newest", () => {
    const { timeline, at } = build();
    at(1, sync("snapshot"), sync("delta"), sync("delta"));
    for (let index = 0; index < 300; index += 1) at(index, { type: "presence", viewers: index });
    expect(timeline.read()).toMatchObject({ resumes: 2, notices: 0 });
    expect(timeline.read().entries).toHaveLength(200);
    expect(timeline.read().entries.at(-1)).toMatchObject({ detail: "299" });
  });

  test("says which transport, once for each change", () => {
    const { timeline } = build();
    timeline.connected({ state: "online", sessionId: "s", transport: "websocket" });
    timeline.connected({ state: "online", sessionId: "s", transport: "websocket" });
    timeline.connected({ state: "reconnecting", attempt: 1, retryAt: 0 });
    timeline.connected({ state: "online", transport: "poll", because: "blocked" });
    expect(timeline.read().entries.map(({ type, detail }) => [type, detail])).toEqual([
      ["transport", "websocket"],
      ["transport", "poll (blocked)"],
    ]);
  });

  test("holds nothing of the conversation", () => {
    const { timeline, at } = build();
    at(1, queued("t1"), delta("t1", 0));
    expect(JSON.stringify(timeline.read())).not.toMatch(/secret|word/);
  });
});

describe("the panel", () => {
  const host = document.createElement("div");
  const root = createRoot(host);
  beforeEach(() => vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true));
  afterEach(() => act(() => root.unmount()));

  test("shows what came, and follows what comes", async () => {
    const { timeline, at } = build();
    const onClose = vi.fn();
    at(1_000, sync("snapshot"), queued("t1"));
    const connection = { state: "online", sessionId: "s", transport: "sse" } as const;
    const panel = createElement(DeveloperPanel, { timeline, connection, onClose });
    await act(() => root.render(createElement(LocaleProvider, null, panel)));
    expect(host.textContent).toContain("Event stream");
    await act(async () => {
      at(1_250, delta("t1", 0));
      await new Promise((resolve) => requestAnimationFrame(resolve));
    });
    expect(host.querySelector("tbody")?.textContent).toContain("250 ms");
    expect([...host.querySelectorAll("li b")].map(({ textContent }) => textContent)).toEqual([
      "turn-delta",
      "turn-queued",
      "sync",
    ]);
    act(() => host.querySelector("button")?.click());
    expect(onClose).toHaveBeenCalledOnce();
  });
});
