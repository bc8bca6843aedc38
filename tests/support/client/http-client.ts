/**
 * A client over event streams and polls, for one test at a time: a clock that moves when told, requests that the test answers,
 * and the steps that tests of the client share. Nothing may be left running when it has closed.
 */
import { afterEach, beforeEach, expect, vi } from "vitest";
import type { ChatClientOptions } from "../../../client/api/api.ts";
import { ChatClient } from "../../../client/chat/chat-client.ts";
import { textOf } from "../../../shared/content.ts";
import type { ServerFrame } from "../../../shared/protocol/server-frames.ts";
import { FakeHttp, type FakeStream, last } from "./fake-http.ts";
import { welcome } from "./fake-socket.ts";
import { sync } from "./sync-frames.ts";
import { delta as deltaOf } from "./turn-frames.ts";

export let http: FakeHttp;
export let client: ChatClient;

export function eachWithItsOwnHttp(): void {
  beforeEach(() => {
    vi.useFakeTimers();
    // The shortest of all waits.
    vi.spyOn(Math, "random").mockReturnValue(0);
    http = new FakeHttp();
  });
  afterEach(async () => {
    client.close();
    await tick(1);
    expect(vi.getTimerCount()).toBe(0);
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });
}

export const tick = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
export const delta = (offset: number, text: string) => deltaOf("a", offset, text);
export const beat = (at = Date.now()): ServerFrame => ({ type: "heartbeat", at });

export function enter(options: Partial<ChatClientOptions> = {}): void {
  client = new ChatClient({
    url: "https://chat.example.com",
    room: "demo",
    fetch: http.fetch,
    transports: ["sse", "poll"],
    ...options,
  });
}

/** A client over an event stream, welcomed, synced and with its first heartbeat. */
export async function overStream(
  first: ServerFrame = sync(),
  options: Partial<ChatClientOptions> = {},
): Promise<FakeStream> {
  enter(options);
  await tick();
  const stream = last(http.streams).stream(welcome, first, beat());
  await tick();
  return stream;
}

/** A client that polls, with its first answer. */
export async function overPolls(first: ServerFrame = sync(), options: Partial<ChatClientOptions> = {}): Promise<void> {
  enter({ transports: ["poll"], ...options });
  await tick();
  last(http.polls).json({ frames: [first], retryAfterMs: 0 });
  await tick();
}

export const connection = () => client.getSnapshot().connection;
export const text = () => textOf(client.getSnapshot().turns[0]?.parts ?? []);
