/**
 * A client over fake sockets, for one test at a time: a clock that moves when told, a network of its own, and the steps that
 * tests of the client share. Nothing may be left running when it has closed.
 */
import { afterEach, beforeEach, expect, vi } from "vitest";
import type { ChatClientOptions } from "../../../client/api/api.ts";
import { ChatClient } from "../../../client/chat/chat-client.ts";
import type { ServerFrame } from "../../../shared/protocol/server-frames.ts";
import { type FakeNetwork, type FakeSocket, fakeNetwork, over, welcome } from "./fake-socket.ts";
import { sync } from "./sync-frames.ts";

export let net: FakeNetwork;
/** The last that was entered. */
export let client: ChatClient;
let entered: ChatClient[] = [];

export function eachWithItsOwnNetwork(): void {
  beforeEach(() => {
    vi.useFakeTimers();
    net = fakeNetwork();
    entered = [];
  });
  afterEach(async () => {
    for (const one of entered) one.close();
    // partysocket takes one turn of the timers to notice; fake ones make that a millisecond.
    await tick(1);
    expect(vi.getTimerCount()).toBe(0);
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });
}

export const tick = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

export function enter(options: Partial<ChatClientOptions> = {}): ChatClient {
  client = new ChatClient({ url: "https://chat.example.com", room: "demo", ...over(net), ...options });
  entered.push(client);
  return client;
}

/** A client and its first socket, open. */
export async function connect(options: Partial<ChatClientOptions> = {}): Promise<FakeSocket> {
  enter(options);
  await tick();
  net.last.open();
  return net.last;
}

/** The same, welcomed and synced. */
export async function goOnline(
  first: ServerFrame = sync(),
  options: Partial<ChatClientOptions> = {},
): Promise<FakeSocket> {
  return (await connect(options)).queue(welcome, first).deliver();
}

/** Until the next try, which is within the longest wait. */
export async function untilRetry(): Promise<void> {
  const before = net.sockets.length;
  for (let waited = 0; waited <= 10_000 && net.sockets.length === before; waited += 20) await tick(20);
}

/** After a loss: the next socket, welcomed and synced. */
export async function comeBack(first: ServerFrame = sync({ mode: "delta" })): Promise<FakeSocket> {
  const before = net.sockets.length;
  await untilRetry();
  expect(net.sockets.length).toBe(before + 1);
  net.last.open();
  return net.last.queue(welcome, first).deliver();
}

export const state = () => client.getSnapshot().connection.state;
export const turn = (id: string) => client.getSnapshot().turns.find((candidate) => candidate.id === id);
