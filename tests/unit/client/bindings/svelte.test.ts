// @vitest-environment happy-dom
/** `chatRoom`: the Svelte store of a room, read as Svelte itself reads stores. */
import { get } from "svelte/store";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type ChatSnapshot, chatRoom } from "../../../../client/svelte.ts";
import type { SyncFrame } from "../../../../shared/protocol/server-frames.ts";
import { type FakeNetwork, fakeNetwork, over, welcome } from "../../../support/client/fake-socket.ts";

const sync: SyncFrame = { type: "sync", epoch: "e1", seq: 0, floor: 0, mode: "snapshot", turns: [] };

let net: FakeNetwork;

beforeEach(() => {
  vi.useFakeTimers();
  sessionStorage.clear();
  net = fakeNetwork();
});
afterEach(async () => {
  await vi.advanceTimersByTimeAsync(2);
  expect(vi.getTimerCount()).toBe(0);
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const room = () => chatRoom({ url: "https://chat.example.com", room: "demo", ...over(net) });

test("a subscriber gets the snapshot at once, and again after each change", async () => {
  const seen: ChatSnapshot[] = [];
  const leave = room().subscribe((snapshot) => seen.push(snapshot));
  expect(seen.map(({ connection }) => connection.state)).toEqual(["connecting"]);
  await vi.advanceTimersByTimeAsync(1);
  net.last.open();
  net.last.queue(welcome, sync).deliver();
  expect(seen.at(-1)?.connection.state).toBe("online");
  leave();
});

test("two stores of one room share a socket, which closes after the last subscriber left", async () => {
  const leaves = [room(), room()].map((store) => store.subscribe(() => {}));
  await vi.advanceTimersByTimeAsync(1);
  net.last.open();
  expect(net.sockets).toHaveLength(1);
  for (const leave of leaves) leave();
  await vi.advanceTimersByTimeAsync(1);
  expect(net.last.closedWith).toMatchObject({ code: 1000 });
});

test("a submit through the store is pending in its snapshot", async () => {
  const store = room();
  const leave = store.subscribe(() => {});
  const id = store.submit("hi");
  expect(get(store).pending.map((turn) => turn.id)).toEqual([id]);
  leave();
});

test("a room that can't exist is a closed connection with a code", () => {
  expect(get(chatRoom({ room: "no room" })).connection).toMatchObject({ state: "closed", code: "bad-room-name" });
});

test("on a server the store shows a room that is connecting, and opens nothing", async () => {
  vi.stubGlobal("document", undefined);
  expect(get(room()).connection.state).toBe("connecting");
  await vi.advanceTimersByTimeAsync(1);
  expect(net.sockets).toEqual([]);
});
