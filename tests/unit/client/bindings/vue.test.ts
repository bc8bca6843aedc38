// @vitest-environment happy-dom
/** `useChatRoom` for Vue: entering, leaving, another room, actions, and rendering on a server. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type App, createApp, createSSRApp, defineComponent, h, nextTick, ref } from "vue";
import { renderToString } from "vue/server-renderer";
import { type ChatRoom, type ChatRoomOptions, useChatRoom } from "../../../../client/vue.ts";
import type { SyncFrame } from "../../../../shared/protocol/server-frames.ts";
import { type FakeNetwork, fakeNetwork, over, welcome } from "../../../support/client/fake-socket.ts";

const sync: SyncFrame = { type: "sync", epoch: "e1", seq: 0, floor: 0, mode: "snapshot", turns: [] };

let net: FakeNetwork;
let app: App | undefined;
let page: HTMLElement;
let chat: ChatRoom;
const options = ref<Partial<ChatRoomOptions>>({});

const Room = defineComponent(() => {
  chat = useChatRoom(() => ({ url: "https://chat.example.com", room: "demo", ...over(net), ...options.value }));
  return () => h("p", `${chat.connection.value.state} ${chat.snapshot.value.view.viewers}`);
});

beforeEach(() => {
  vi.useFakeTimers();
  sessionStorage.clear();
  net = fakeNetwork();
  options.value = {};
  page = document.createElement("main");
});
afterEach(async () => {
  app?.unmount();
  app = undefined;
  await tick(2);
  // The development build of Vue waits this long for its tools.
  await tick(3_000);
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

async function tick(ms = 1): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  await nextTick();
}

async function mountOnline(): Promise<void> {
  app = createApp(Room);
  app.mount(page);
  await tick();
  net.last.open();
  net.last.queue(welcome, sync).deliver();
  await nextTick();
}

test("a component shows what the room says, and again when it says more", async () => {
  await mountOnline();
  expect(page.textContent).toBe("online 0");
  net.last.queue({ type: "presence", viewers: 3 }).deliver();
  await nextTick();
  expect(page.textContent).toBe("online 3");
});

test("an unmounted component leaves the room", async () => {
  await mountOnline();
  app?.unmount();
  app = undefined;
  await tick();
  expect(net.last.closedWith).toMatchObject({ code: 1000 });
});

test("another room is another socket, and the room before is left", async () => {
  await mountOnline();
  options.value = { room: "other" };
  await tick();
  await tick();
  expect(net.sockets.map(({ url, closedWith }) => [new URL(url).pathname, closedWith?.code])).toEqual([
    ["/parties/chat/demo", 1000],
    ["/parties/chat/other", undefined],
  ]);
});

test("a submit is sent and shown as pending", async () => {
  await mountOnline();
  const id = chat.submit("hi");
  expect(chat.pending.value.map((turn) => turn.id)).toEqual([id]);
});

test("a room that can't exist is a closed connection with a code", async () => {
  options.value = { room: "no room" };
  app = createApp(Room);
  app.mount(page);
  await tick();
  expect(chat.connection.value).toMatchObject({ state: "closed", code: "bad-room-name" });
  expect(net.sockets).toEqual([]);
});

test("a server renders a room that is connecting, and opens nothing", async () => {
  expect(await renderToString(createSSRApp(Room))).toBe("<p>connecting 0</p>");
  await tick();
  expect(net.sockets).toEqual([]);
});
