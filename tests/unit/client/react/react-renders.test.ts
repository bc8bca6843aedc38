// @vitest-environment happy-dom
/** How often a page is drawn while an answer streams: what does not change is not drawn again. */
import { act, createElement, memo, StrictMode } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type ChatRoomActions, transcriptOf, useChatRoom } from "../../../../client/react.tsx";
import { textOf } from "../../../../shared/content.ts";
import type { TurnView } from "../../../../shared/transcript.ts";
import { FakeRoom } from "../../../support/client/fake-room.ts";
import { type FakeNetwork, fakeNetwork } from "../../../support/client/fake-socket.ts";

let net: FakeNetwork;
let room: FakeRoom;
let root: Root;
let page: HTMLElement;
/** By turn. */
let renders: Map<string, number>;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  sessionStorage.clear();
  net = fakeNetwork();
  room = new FakeRoom(net);
  renders = new Map();
  page = document.createElement("main");
  root = createRoot(page);
});
afterEach(async () => {
  act(() => root.unmount());
  await tick();
  await tick();
  expect(vi.getTimerCount()).toBe(0);
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const tick = () => act(() => vi.advanceTimersByTimeAsync(1));

const Turn = memo(function Turn({ turn }: { turn: TurnView; actions: ChatRoomActions }) {
  renders.set(turn.id, (renders.get(turn.id) ?? 0) + 1);
  return createElement("p", null, textOf(turn.parts));
});

function Page() {
  const chat = useChatRoom({ url: "https://chat.example.com", room: "demo", WebSocket: net.WebSocket });
  const { rows } = transcriptOf(chat);
  return rows.map(({ turn }) => createElement(Turn, { key: turn.id, turn, actions: chat.actions }));
}

/** As React itself, which looks for a change of the snapshot after each frame. */
const say = (what: () => void) => act(what);

async function enterWith(settled: number): Promise<void> {
  for (let index = 0; index < settled; index += 1) {
    room.prepare({ id: `old-${index}`, text: `answer ${index}` });
  }
  await tick();
  say(() => room.enter());
}

test("[C3] one turn streams: it is drawn once a frame, the settled ones never again", async () => {
  act(() => root.render(createElement(Page)));
  await enterWith(20);
  expect([...renders.values()]).toEqual(Array.from({ length: 20 }, () => 1));
  say(() => room.ask("live", { prompt: "?" }));
  const before = renders.get("live") ?? 0;
  for (let index = 0; index < 50; index += 1) say(() => room.write(`w${index} `));
  expect(renders.get("live")).toBe(before + 50);
  // A viewer comes, the connection is shown as it is: neither is about a turn.
  say(() => room.say({ type: "presence", viewers: 3 }));
  say(() => room.end());
  expect(renders.get("live")).toBe(before + 51);
  expect([...renders].filter(([id, count]) => id !== "live" && count !== 1)).toEqual([]);
  expect(page.textContent).toContain("w49");
});

test("the settled ones stay as they are over a lost connection, too", async () => {
  act(() => root.render(createElement(Page)));
  await enterWith(3);
  say(() => room.ask("live", { prompt: "?" }));
  say(() => room.write("be"));
  act(() => net.last.end(1006));
  while (net.sockets.length < 2) await act(() => vi.advanceTimersByTimeAsync(500));
  say(() => room.enter({ asDelta: true }));
  say(() => room.write("cause"));
  expect([...renders].filter(([id]) => id.startsWith("old")).map(([, count]) => count)).toEqual([1, 1, 1]);
  expect(page.textContent).toContain("because");
});

test("[C3] however many components show a room, its client is one and says each frame once to each", async () => {
  const pages = Array.from({ length: 5 }, (_, key) => createElement(Page, { key }));
  act(() => root.render(createElement(StrictMode, null, pages)));
  await enterWith(1);
  expect(net.sockets).toHaveLength(1);
  renders.clear();
  say(() => room.ask("live", { prompt: "?" }));
  renders.clear();
  say(() => room.write("once"));
  // StrictMode draws each twice.
  expect(renders).toEqual(new Map([["live", 10]]));
});
