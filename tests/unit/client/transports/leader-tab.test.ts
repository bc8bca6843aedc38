/**
 * Tabs of one browser on one stream: several clients in one process, with the runtime's own locks and channels between them,
 * and a server that the test answers for.
 */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ChatClientOptions } from "../../../../client/api/api.ts";
import { ChatClient } from "../../../../client/chat/chat-client.ts";
import { textOf } from "../../../../shared/content.ts";
import { parseCursor } from "../../../../shared/protocol/cursor.ts";
import type { ServerFrame } from "../../../../shared/protocol/server-frames.ts";
import { FakeHttp, type FakeRequest, type FakeStream, last } from "../../../support/client/fake-http.ts";
import { welcome } from "../../../support/client/fake-socket.ts";
import { ModelRoom } from "../../../support/client/model-room.ts";
import { untilHang } from "../../../support/hang-guard.ts";

/** A room behind HTTP: answers everything at once, and streams to whoever reads. */
class Host {
  readonly http = new FakeHttp();
  readonly room = new ModelRoom();
  readonly streams = new Set<FakeStream>();
  /** The most streams at once. */
  most = 0;

  readonly fetch: NonNullable<ChatClientOptions["fetch"]> = (url, init) => {
    const response = this.http.fetch(url, init);
    this.#answer(last(this.http.requests));
    return response;
  };

  tell(frames: readonly ServerFrame[]): void {
    for (const stream of this.streams) stream.send(...frames);
  }

  #answer(request: FakeRequest): void {
    const have = parseCursor(request.headers["last-event-id"] ?? request.url.searchParams.get("cursor") ?? "");
    if (request.isStream) {
      const stream = request.stream(welcome, this.room.sync(have), { type: "heartbeat", at: Date.now() });
      this.streams.add(stream);
      this.most = Math.max(this.most, this.streams.size);
      request.signal.addEventListener("abort", () => this.streams.delete(stream));
    } else if (request.isPoll) request.json({ frames: [this.room.sync(have)], retryAfterMs: this.#isIdle ? 5_000 : 0 });
    else {
      request.json({}, 202);
      if (request.method === "POST") this.tell(this.room.queue("hi", (request.body as { turnId: string }).turnId));
      else this.tell(this.room.cancel(last(request.url.pathname.split("/"))));
    }
  }

  get #isIdle(): boolean {
    return this.room.turns.every(({ end }) => end !== undefined);
  }
}

let host: Host;
let tabs: ChatClient[];
/** A gateway of its own for each test: locks and channels are named after it. */
let rooms = 0;

beforeEach(() => {
  rooms += 1;
  host = new Host();
  tabs = [];
  // What makes a tab of a process: without a page nobody counts connections.
  vi.stubGlobal("document", Object.assign(new EventTarget(), { visibilityState: "visible" }));
});
afterEach(() => {
  for (const tab of tabs) tab.close();
  vi.unstubAllGlobals();
});

function enter(options: Partial<ChatClientOptions> = {}): ChatClient {
  const tab = new ChatClient({
    url: `https://tabs-${rooms}.example.com`,
    room: "demo",
    fetch: host.fetch,
    transports: ["sse", "poll"],
    ...options,
  });
  tabs.push(tab);
  return tab;
}
/** All of them in step with the room. */
const untilOnline = () => until(() => tabs.every((tab) => tab.getSnapshot().connection.state === "online"));
const until = (holds: () => boolean) => vi.waitUntil(holds, untilHang);
const textsOf = () => tabs.map((tab) => textOf(tab.getSnapshot().turns[0]?.parts ?? []));

describe("tabs of one browser", () => {
  test("[R4] read one stream: what it says reaches each of them", async () => {
    for (let count = 0; count < 4; count += 1) enter();
    await untilOnline();
    expect(host.streams.size).toBe(1);
    host.tell([...host.room.queue("hi", "a"), ...host.room.start()]);
    host.tell(host.room.append([{ type: "text-delta", delta: "Hello " }], []));
    host.tell(host.room.append([{ type: "text-delta", delta: "world" }], []));
    await until(() => textsOf().every((text) => text === "Hello world"));
    expect(host.most).toBe(1);
  });

  test("[R3] one that comes late starts from a snapshot of its own", async () => {
    host.room.queue("hi", "a");
    host.room.start();
    enter();
    await untilOnline();
    host.tell(host.room.append([{ type: "text-delta", delta: "Hello" }], []));
    await until(() => textsOf()[0] === "Hello");
    enter();
    await untilOnline();
    expect(textsOf()[1]).toBe("Hello");
    host.tell(host.room.append([{ type: "text-delta", delta: "!" }], []));
    await until(() => textsOf().every((text) => text === "Hello!"));
  });

  test("[T3] each speaks for itself, and all hear of it", async () => {
    for (let count = 0; count < 3; count += 1) enter();
    await untilOnline();
    for (const tab of tabs) {
      const id = tab.submit("hi");
      await until(() => tabs.every((other) => other.getSnapshot().turns.some((turn) => turn.id === id)));
      tab.cancel(id);
      await until(() =>
        tabs.every((other) => other.getSnapshot().turns.some((turn) => turn.id === id && turn.state === "settled")),
      );
    }
    expect(host.most).toBe(1);
  });

  test("[F7] [R3] when the one that reads goes, another reads on from what it holds", async () => {
    const reader = enter();
    await untilOnline();
    enter();
    enter();
    await untilOnline();
    host.tell([...host.room.queue("hi", "a"), ...host.room.start()]);
    host.tell(host.room.append([{ type: "text-delta", delta: "Hello" }], []));
    await until(() => textsOf().every((text) => text === "Hello"));
    reader.close();
    tabs.shift();
    // Said while nobody listens.
    host.tell(host.room.append([{ type: "text-delta", delta: " wor" }], []));
    await until(() => host.streams.size === 1 && host.http.streams.length === 2);
    expect(last(host.http.streams).headers["last-event-id"]).toMatch(/^1\.e1\.2\.a:5$/);
    host.tell(host.room.append([{ type: "text-delta", delta: "ld" }], []));
    await until(() => textsOf().every((text) => text === "Hello world"));
  });

  test("[T1] who is given the reading while something waits to be said still says all of it", async () => {
    const reader = enter();
    await untilOnline();
    const held: (() => void)[] = [];
    const holding: NonNullable<ChatClientOptions["fetch"]> = async (url, init) => {
      if (init.method === "POST") await new Promise<void>((resolve) => held.push(resolve));
      return host.fetch(url, init);
    };
    const tab = enter({ fetch: holding });
    await untilOnline();
    const ids = [tab.submit("one"), tab.submit("two")];
    await until(() => held.length === 1);
    reader.close();
    tabs.shift();
    await until(() => host.http.streams.length === 2);
    held[0]?.();
    await until(() => held.length === 2);
    held[1]?.();
    await until(() => tab.getSnapshot().turns.length === 2);
    expect(tab.getSnapshot().turns.map(({ id }) => id)).toEqual(ids);
    expect(tab.getSnapshot().connection.state).toBe("online");
  });

  test("[R3] one that reads and is put to sleep with its lock holds nobody up", async () => {
    enter();
    await untilOnline();
    enter();
    await untilOnline();
    host.tell([...host.room.queue("hi", "a"), ...host.room.start()]);
    await until(() => tabs.every((tab) => tab.getSnapshot().turns.length === 1));
    // Nothing reaches the tab that reads from here on; the room goes on.
    host.streams.clear();
    host.room.append([{ type: "text-delta", delta: "Hello" }], []);
    await until(() => textsOf()[1] === "Hello");
    host.room.append([{ type: "text-delta", delta: " world" }], []);
    await until(() => textsOf()[1] === "Hello world");
  });

  test("a network that holds streams back is found out by one of them, and told to the others", async () => {
    enter();
    await untilOnline();
    enter();
    enter();
    await untilOnline();
    for (const at of [-10_000, -10_000]) host.tell([{ type: "heartbeat", at: Date.now() + at }]);
    const over = () =>
      tabs.map((tab) => {
        const { connection } = tab.getSnapshot();
        return connection.state === "online" ? [connection.transport, connection.because] : [];
      });
    await until(() => over().every(([transport]) => transport === "poll"));
    expect(over()).toEqual(Array(3).fill(["poll", "buffered"]));
    // Who was given the lock before it was told may have begun to read: once.
    const { length } = host.http.streams;
    expect(length).toBeLessThanOrEqual(3);
    // And one that comes now does not try.
    enter();
    await until(() => over()[3]?.[0] === "poll");
    expect(host.http.streams).toHaveLength(length);
    const [first] = tabs;
    const id = first?.submit("hi") ?? "";
    await until(() => tabs.every((tab) => tab.getSnapshot().turns.some((turn) => turn.id === id)));
  });

  test("in different rooms have nothing to do with each other", async () => {
    enter();
    enter({ room: "other" });
    await untilOnline();
    expect(host.streams.size).toBe(2);
  });

  test("[F7] in many rooms hold four connections at most; a room that is left makes place for another", async () => {
    for (let count = 0; count < 6; count += 1) enter({ room: `room-${count}` });
    await untilOnline();
    expect(host.streams.size).toBe(4);
    const waits = host.http.polls.map(({ url }) => url.searchParams.get("wait"));
    expect(waits).toEqual(waits.map(() => "0"));
    tabs[0]?.close();
    tabs[5]?.close();
    tabs = tabs.slice(1, 5);
    await vi.waitUntil(async () => {
      const { held = [] } = await navigator.locks.query();
      return held.filter(({ name }) => name?.startsWith(`edge-chat.slot.tabs-${rooms}.`)).length === 3;
    }, untilHang);
    enter({ room: "room-6" });
    await untilOnline();
    expect(host.streams.size).toBe(4);
    expect(last(host.http.streams).url.pathname).toContain("room-6");
  });

  test("that cannot find each other poll, and hold no connection", async () => {
    vi.stubGlobal("BroadcastChannel", undefined);
    enter();
    enter();
    await untilOnline();
    expect(host.http.streams).toHaveLength(0);
    expect(host.http.polls.map(({ url }) => url.searchParams.get("wait"))).toEqual(host.http.polls.map(() => "0"));
  });

  test("that may not lock are on their own", async () => {
    vi.stubGlobal("navigator", {
      onLine: true,
      locks: { request: () => Promise.reject(new DOMException("sandboxed", "SecurityError")) },
    });
    enter();
    enter();
    await untilOnline();
    expect(host.http.streams).toHaveLength(0);
  });
});

test("without a page, each client has a stream of its own", async () => {
  vi.unstubAllGlobals();
  enter();
  enter();
  await untilOnline();
  expect(host.streams.size).toBe(2);
});
