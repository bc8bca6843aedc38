// @vitest-environment happy-dom
/** `useChatRoom`: how components share a client, enter and leave a room, and what they show where no client can be made. */
import { act, createElement, Fragment, StrictMode, useEffect } from "react";
import { createRoot, hydrateRoot, type Root } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { RoomChatTransport } from "../../../../client/ai-sdk.ts";
import { type ChatRoom, type UseChatRoomOptions, useChatRoom } from "../../../../client/react.tsx";
import type { SyncFrame, SyncTurn } from "../../../../shared/protocol/server-frames.ts";
import { type FakeNetwork, fakeNetwork, over, welcome } from "../../../support/client/fake-socket.ts";

const sync: SyncFrame = { type: "sync", epoch: "e1", seq: 0, floor: 0, mode: "snapshot", turns: [] };

let net: FakeNetwork;
let root: Root;
let page: HTMLElement;
/** What each room last rendered. */
let rendered: Map<string, ChatRoom>;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  sessionStorage.clear();
  net = fakeNetwork();
  rendered = new Map();
  page = document.createElement("main");
  root = createRoot(page);
});
afterEach(async () => {
  act(() => root.unmount());
  await tick();
  await tick(1);
  expect(vi.getTimerCount()).toBe(0);
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const tick = (ms = 1) => act(() => vi.advanceTimersByTimeAsync(ms));
const show = (...children: (React.ReactElement | null)[]) =>
  act(() => root.render(createElement(Fragment, null, ...children)));

function Room({ as = "room", ...options }: Partial<UseChatRoomOptions> & { as?: string }) {
  const room = useChatRoom({ url: "https://chat.example.com", room: "demo", ...over(net), ...options });
  rendered.set(as, room);
  return createElement("p", null, `${room.connection.state} ${room.view.viewers}`);
}
const goOnline = (first = sync) =>
  act(() => {
    net.last.open();
    net.last.queue(welcome, first).deliver();
  });

test("renders what the room says, and again when it says more", async () => {
  show(createElement(Room));
  expect(page.textContent).toBe("connecting 0");
  await tick();
  goOnline();
  expect(page.textContent).toBe("online 0");
  act(() => void net.last.queue({ type: "presence", viewers: 3 }).deliver());
  expect(page.textContent).toBe("online 3");
});

test("[C3] StrictMode's second mount uses the socket of the first", async () => {
  show(createElement(StrictMode, null, createElement(Room)));
  await tick();
  goOnline();
  await tick(100);
  expect(net.sockets).toHaveLength(1);
  expect(page.textContent).toBe("online 0");
});

test("components of one room share a socket, which closes a tick after the last is gone", async () => {
  show(createElement(Room, { as: "one", key: 1 }), createElement(Room, { as: "two", key: 2 }));
  await tick();
  goOnline();
  expect(net.sockets).toHaveLength(1);
  expect(rendered.get("one")?.view).toBe(rendered.get("two")?.view);
  show(createElement(Room, { as: "two", key: 2 }));
  await tick();
  expect(net.last.closedWith).toBeUndefined();
  show(null);
  expect(net.last.closedWith).toBeUndefined();
  await tick();
  expect(net.last.closedWith).toMatchObject({ code: 1000 });
});

test("a component that moves within the page keeps the connection", async () => {
  show(createElement(Room, { key: "here" }));
  await tick();
  goOnline();
  show(createElement("div", null, createElement(Room, { key: "there" })));
  await tick();
  expect(net.sockets).toHaveLength(1);
  expect(page.textContent).toBe("online 0");
});

test("another room is another client, and the one before is left", async () => {
  show(createElement(Room, { room: "one" }));
  await tick();
  goOnline();
  show(createElement(Room, { room: "two" }));
  expect(page.textContent).toBe("connecting 0");
  await tick();
  await tick();
  expect(net.sockets.map(({ url, closedWith }) => [new URL(url).pathname, closedWith?.code])).toEqual([
    ["/parties/chat/one", 1000],
    ["/parties/chat/two", undefined],
  ]);
});

test("actions keep their identity while the snapshot changes, and act on the room", async () => {
  show(createElement(Room));
  await tick();
  const parts = [{ type: "text-delta" as const, delta: "because" }];
  const told: SyncTurn = {
    id: "told",
    state: "settled",
    outcome: "interrupted",
    from: 0,
    parts,
    length: 7,
    input: { prompt: "why?" },
  };
  goOnline({ ...sync, turns: [told] });
  const before = rendered.get("room");
  let id = "";
  act(() => {
    id = rendered.get("room")?.submit("hi") ?? "";
  });
  expect(rendered.get("room")?.submit).toBe(before?.submit);
  expect(rendered.get("room")?.pending).toMatchObject([{ id, input: { prompt: "hi" } }]);
  expect(net.last.saidOf("turn-submit")).toMatchObject([{ turnId: id }]);
  act(() => void rendered.get("room")?.edit("told", "better"));
  expect(net.last.saidOf("turn-submit").at(-1)).toMatchObject({ input: { prompt: "better" }, replaces: "told" });
  act(() => void rendered.get("room")?.regenerate("told"));
  expect(net.last.saidOf("turn-submit").at(-1)).toMatchObject({ input: { prompt: "why?" }, replaces: "told" });
  act(() => void rendered.get("room")?.continueTurn("told"));
  expect(net.last.saidOf("turn-submit").at(-1)).toMatchObject({ metadata: { continues: "told" } });
  act(() => rendered.get("room")?.cancel(id));
  expect(net.last.saidOf("turn-cancel")).toMatchObject([{ turnId: id }]);
});

function Greeter({ submit }: Pick<ChatRoom, "submit">) {
  useEffect(() => void submit("hello", { turnId: "greeting" }), [submit]);
  return null;
}
function Parent() {
  const { submit, pending } = useChatRoom({ url: "https://chat.example.com", room: "demo", ...over(net) });
  return createElement("p", null, pending.length, createElement(Greeter, { submit }));
}

test("a child may submit in its first effect, before its parent has connected", async () => {
  show(createElement(Parent));
  await tick();
  expect(page.textContent).toBe("1");
  goOnline();
  expect(net.sockets).toHaveLength(1);
  expect(net.last.saidOf("turn-submit")).toMatchObject([{ turnId: "greeting" }]);
});

test("older turns come with the token and the fetch of its component, and are rendered", async () => {
  const asked = vi.fn((_: string, __: { headers: Record<string, string> }) => {
    const page = { epoch: "e1", turns: [{ id: "a", state: "settled", from: 0, parts: [], length: 0 }], more: false };
    return Promise.resolve(Response.json(page));
  });
  show(createElement(Room, { fetch: asked, token: () => "t" }));
  await tick();
  goOnline({ ...sync, more: true });
  expect(rendered.get("room")?.older).toEqual({ state: "available" });
  await act(async () => rendered.get("room")?.loadOlder());
  expect(asked.mock.calls[0]?.[1].headers).toMatchObject({ authorization: "Bearer t" });
  expect(rendered.get("room")).toMatchObject({ older: { state: "none" }, turns: [{ id: "a" }] });
});

test("[T1] a question that was not answered when its component went is there when one comes back", async () => {
  show(createElement(Room));
  await tick();
  let id = "";
  act(() => {
    id = rendered.get("room")?.submit("hi") ?? "";
  });
  show(null);
  await tick();
  show(createElement(Room));
  expect(rendered.get("room")?.pending).toMatchObject([{ id, input: { prompt: "hi" } }]);
  await tick();
  goOnline();
  expect(net.last.saidOf("turn-submit")).toMatchObject([{ turnId: id }]);
});

test("[S1] the token of the latest render counts, not of the first", async () => {
  show(createElement(Room, { token: () => "old" }));
  show(createElement(Room, { token: () => "new" }));
  await tick();
  goOnline();
  expect(net.last.saidOf("hello")[0]?.token).toBe("new");
  expect(net.sockets).toHaveLength(1);
});

test("[C3] a server renders a room that connects, and opens nothing; the page takes over from there", async () => {
  const html = renderToString(createElement(Room));
  expect(html).toBe("<p>connecting 0</p>");
  await tick(100);
  expect(net.sockets).toHaveLength(0);
  const served = document.createElement("main");
  served.innerHTML = html;
  const failed = vi.fn();
  let hydrated: Root | undefined;
  act(() => {
    hydrated = hydrateRoot(served, createElement(Room), { onRecoverableError: failed });
  });
  await tick();
  goOnline();
  expect(served.textContent).toBe("online 0");
  expect(failed).not.toHaveBeenCalled();
  act(() => hydrated?.unmount());
});

test.each([
  [{ room: "" }, "bad-room-name"],
  [{ room: "a room" }, "bad-room-name"],
  [{ url: "chat.example.com" }, "bad-request"],
])("%j is shown as a closed connection with the reason, and the page lives", async (options, code) => {
  show(createElement(Room, options));
  expect(page.textContent).toBe("closed 0");
  expect(rendered.get("room")?.connection).toMatchObject({
    state: "closed",
    code,
    message: expect.stringMatching(/./),
  });
  expect(() => rendered.get("room")?.submit("hi")).toThrow(TypeError);
  show(createElement(Room));
  expect(page.textContent).toBe("connecting 0");
  await tick();
  goOnline();
  expect(page.textContent).toBe("online 0");
});

test("a room that isn't enabled is not entered until it is, and is left when it no longer is", async () => {
  show(createElement(Room, { enabled: false }));
  await tick(100);
  expect([page.textContent, net.sockets.length]).toEqual(["closed 0", 0]);
  expect(() => rendered.get("room")?.submit("hi")).toThrow("enabled");
  show(createElement(Room, { enabled: true }));
  await tick();
  goOnline();
  expect(page.textContent).toBe("online 0");
  show(createElement(Room, { enabled: false }));
  await tick(10);
  expect([page.textContent, net.last.closedWith?.code]).toEqual(["closed 0", 1000]);
});

test("[S1] `token` is called with the name of its room", async () => {
  const token = vi.fn((room: string) => `for-${room}`);
  show(createElement(Room, { token }));
  await tick();
  goOnline();
  expect(net.last.saidOf("hello")[0]?.token).toBe("for-demo");
  expect(token).toHaveBeenCalledWith("demo");
});

test("[S1] a component without a token leaves the token of a transport in the same room alone", async () => {
  const transport = new RoomChatTransport({
    url: "https://CHAT.example.com:443/",
    ...over(net),
    token: () => "secret",
  });
  transport.client("demo");
  show(createElement(Room));
  await tick();
  goOnline();
  expect(net.sockets).toHaveLength(1);
  act(() => net.last.end(1012));
  await tick(600);
  act(() => net.last.open());
  expect(net.last.saidOf("hello")[0]?.token).toBe("secret");
  transport.close();
});

test("[S1] a component that goes takes its own token away, and only its own", async () => {
  show(createElement(Room, { key: 1, token: () => "stays" }), createElement(Room, { key: 2, token: () => "goes" }));
  show(createElement(Room, { key: 1, token: () => "stays" }));
  await tick();
  goOnline();
  expect(net.last.saidOf("hello")[0]?.token).toBe("stays");
});
