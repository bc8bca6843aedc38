// @vitest-environment happy-dom
/** `useChatRoom` with a selection or a throttle: how often components render, and what they show. */
import { act, createElement } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type ChatRoom, type UseChatRoomOptions, useChatRoom } from "../../../../client/react.tsx";
import type { SyncFrame } from "../../../../shared/protocol/server-frames.ts";
import { type FakeNetwork, fakeNetwork, over, welcome } from "../../../support/client/fake-socket.ts";

const sync: SyncFrame = { type: "sync", epoch: "e1", seq: 0, floor: 0, mode: "snapshot", turns: [] };

let net: FakeNetwork;
let root: Root;
/** What was rendered, in order. */
let rendered: unknown[];

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  sessionStorage.clear();
  net = fakeNetwork();
  rendered = [];
  root = createRoot(document.createElement("main"));
});
afterEach(async () => {
  act(() => root.unmount());
  await tick();
  await tick();
  expect(vi.getTimerCount()).toBe(0);
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const tick = (ms = 1) => act(() => vi.advanceTimersByTimeAsync(ms));
const viewers = (count: number) => act(() => void net.last.queue({ type: "presence", viewers: count }).deliver());

function Picked({ select, ...options }: { select: (room: ChatRoom) => unknown } & Partial<UseChatRoomOptions>) {
  rendered.push(useChatRoom({ url: "https://chat.example.com", room: "demo", ...over(net), ...options }, select));
  return null;
}

async function online(select: (room: ChatRoom) => unknown, options: Partial<UseChatRoomOptions> = {}): Promise<void> {
  act(() => root.render(createElement(Picked, { select, ...options })));
  await tick();
  act(() => {
    net.last.open();
    net.last.queue(welcome, sync).deliver();
  });
}

test("[K1] a component renders when what it selects changed, and not for anything else", async () => {
  await online(({ view, actions }) => ({ viewers: view.viewers, submit: actions.submit }));
  const before = rendered.length;
  viewers(2);
  expect(rendered.slice(before)).toMatchObject([{ viewers: 2 }]);
  act(
    () =>
      void net.last
        .queue({ type: "notice", scope: "room", code: "upstream-slow", message: "Slow.", willRetry: true } as never)
        .deliver(),
  );
  viewers(2);
  expect(rendered.length).toBe(before + 1);
});

test("[K1] a selection of the actions never renders again", async () => {
  await online(({ actions }) => actions);
  viewers(2);
  viewers(3);
  expect(new Set(rendered).size).toBe(1);
  expect(rendered.length).toBeLessThanOrEqual(2);
});

test("[K1] with a throttle the first change shows at once, later ones together, and the last one always", async () => {
  await online(({ view }) => view.viewers, { throttleMs: 100 });
  await tick(200);
  rendered = [];
  for (let count = 2; count <= 9; count += 1) viewers(count);
  expect(rendered).toEqual([2]);
  await tick(100);
  expect(rendered).toEqual([2, 9]);
  await tick(500);
  expect(rendered).toEqual([2, 9]);
});
