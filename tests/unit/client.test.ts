import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ChatClientOptions } from "../../client/api.ts";
import { ChatClient } from "../../client/chat-client.ts";
import { ERRORS } from "../../shared/protocol/errors.ts";
import { maxFrameBytes } from "../../shared/protocol/limits.ts";
import type { ServerFrame } from "../../shared/protocol/server-frames.ts";
import { PROTOCOL_VERSION } from "../../shared/protocol/version.ts";
import { type FakeNetwork, type FakeSocket, fakeNetwork, over, welcome } from "./fake-socket.ts";
import { listed, sync } from "./sync-frames.ts";

const streaming = (id: string, text: string) => listed({ id, parts: [{ kind: "text", text }], length: text.length });
const queued = (seq: number, turnId: string): ServerFrame => ({
  type: "turn-queued",
  seq,
  turnId,
  input: { prompt: "hi" },
  author: "anna",
  createdAt: 1,
  position: 0,
});
const start = (seq: number, turnId: string): ServerFrame => ({ type: "turn-start", seq, turnId });
const delta = (turnId: string, offset: number, text: string): ServerFrame => ({
  type: "turn-delta",
  turnId,
  offset,
  parts: [{ kind: "text", text }],
});
const end = (
  seq: number,
  turnId: string,
  length: number,
  outcome: "completed" | "cancelled" = "completed",
): ServerFrame => ({
  type: "turn-end",
  seq,
  turnId,
  length,
  outcome,
});
const refusal = (turnId: string, code = "queue-full"): ServerFrame => ({
  type: "error",
  code,
  message: "no",
  turnId,
  retryable: true,
});

let net: FakeNetwork;
let client: ChatClient;

beforeEach(() => {
  vi.useFakeTimers();
  net = fakeNetwork();
});
afterEach(async () => {
  client.close();
  // partysocket takes one turn of the timers to notice; fake ones make that a millisecond.
  await tick(1);
  expect(vi.getTimerCount()).toBe(0);
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const tick = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
/** Until the next try, which is within the longest wait. */
async function untilRetry(): Promise<void> {
  const before = net.sockets.length;
  for (let waited = 0; waited <= 10_000 && net.sockets.length === before; waited += 20) await tick(20);
}

/** A client and its first socket, open. */
async function connect(options: Partial<ChatClientOptions> = {}): Promise<FakeSocket> {
  client = new ChatClient({ url: "https://chat.example.com", room: "demo", ...over(net), ...options });
  await tick();
  net.last.open();
  return net.last;
}

/** The same, welcomed and synced. */
async function goOnline(first: ServerFrame = sync()): Promise<FakeSocket> {
  return (await connect()).queue(welcome, first).deliver();
}

/** After a loss: the next socket, welcomed and synced. */
async function comeBack(first: ServerFrame = sync({ mode: "delta" })): Promise<FakeSocket> {
  const before = net.sockets.length;
  await untilRetry();
  expect(net.sockets.length).toBe(before + 1);
  net.last.open();
  return net.last.queue(welcome, first).deliver();
}

const state = () => client.getSnapshot().connection.state;
const turn = (id: string) => client.getSnapshot().turns.find((candidate) => candidate.id === id);

describe("hello", () => {
  test("[R1] is the first frame on a socket, whatever waits to be said", async () => {
    client = new ChatClient({ url: "https://chat.example.com", room: "demo", ...over(net) });
    client.submit("early");
    await tick();
    net.last.open();
    expect(net.last.said).toEqual([{ type: "hello", version: PROTOCOL_VERSION }]);
    net.last.queue(welcome).deliver();
    expect(net.last.said).toHaveLength(1);
    net.last.queue(sync()).deliver();
    expect(net.last.said.map((frame) => frame !== "ping" && frame.type)).toEqual(["hello", "turn-submit"]);
  });

  test("goes to the room's address, without anything in the query that tells who asks", async () => {
    await connect();
    const url = new URL(net.last.url);
    expect([url.protocol, url.host, url.pathname]).toEqual(["wss:", "chat.example.com", "/parties/chat/demo"]);
    expect([...url.searchParams.keys()]).toEqual(["_pk"]);
  });

  test.each([
    ["http://gateway.internal:8787", "ws://gateway.internal:8787"],
    ["https://localhost:8443", "wss://localhost:8443"],
    ["https://127.0.0.1:8443/chat", "wss://127.0.0.1:8443"],
  ])("the scheme of %s decides, not the look of its host", async (url, expected) => {
    await connect({ url });
    expect(net.last.url.startsWith(`${expected}/parties/chat/demo?`)).toBe(true);
  });

  test("[S1] carries a token that is asked for before each, and never the URL", async () => {
    const tokens = ["secret-1", "secret-2"];
    const socket = await connect({ token: async () => tokens.shift() });
    expect(socket.saidOf("hello")[0]?.token).toBe("secret-1");
    socket.end(1006);
    await untilRetry();
    net.last.open();
    expect(net.last.saidOf("hello")[0]?.token).toBe("secret-2");
    expect(net.sockets.map(({ url }) => url).join()).not.toContain("secret");
  });

  test("a token that cannot be had is tried again, with the reason shown", async () => {
    let fails = true;
    client = new ChatClient({
      url: "https://chat.example.com",
      room: "demo",
      ...over(net),
      token: () => {
        if (fails) throw new Error("sign-in is down");
        return "t";
      },
    });
    await tick();
    expect(net.sockets).toHaveLength(0);
    expect(client.getSnapshot()).toMatchObject({
      connection: { state: "reconnecting", attempt: 1 },
      error: { code: "unauthenticated", message: "sign-in is down", retryable: true },
    });
    fails = false;
    await untilRetry();
    net.last.open();
    net.last.queue(welcome, sync()).deliver();
    expect(client.getSnapshot()).not.toHaveProperty("error");
    expect(state()).toBe("online");
  });

  test("[R3] says what the transcript holds, so that only the rest comes", async () => {
    const socket = await goOnline(sync({ seq: 3, turns: [streaming("a", "Hello")] }));
    socket.end(1006);
    const next = await comeBack(
      sync({
        mode: "delta",
        seq: 3,
        turns: [{ ...listed({ from: 5 }), length: 7, parts: [{ kind: "text", text: "!!" }] }],
      }),
    );
    expect(next.saidOf("hello")[0]?.have).toEqual({ epoch: "e1", seq: 3, offsets: { a: 5 } });
    expect(turn("a")).toMatchObject({ parts: [{ kind: "text", text: "Hello!!" }] });
  });
});

describe("connection state", () => {
  test("is connecting, online when synced, reconnecting when lost, closed after close", async () => {
    client = new ChatClient({ url: "https://chat.example.com", room: "demo", ...over(net) });
    expect(state()).toBe("connecting");
    await tick();
    net.last.open();
    net.last.queue(welcome).deliver();
    expect(state()).toBe("connecting");
    net.last.queue(sync()).deliver();
    expect(client.getSnapshot().connection).toMatchObject({
      state: "online",
      sessionId: "s-1",
      transport: "websocket",
    });
    net.last.end(1006);
    expect(client.getSnapshot().connection).toMatchObject({ state: "reconnecting", attempt: 1 });
    client.close();
    expect(client.getSnapshot().connection).toEqual({ state: "closed" });
  });

  test("the snapshot is the same object until something changes, and listeners hear of each change once", async () => {
    const socket = await goOnline(sync({ turns: [streaming("a", "Hi")] }));
    const heard = vi.fn();
    const stop = client.subscribe(heard);
    const before = client.getSnapshot();
    socket
      .queue("pong", delta("a", 0, "Hi"), { type: "heartbeat", at: 1 }, "not json", { type: "unheard-of" })
      .deliver();
    expect(client.getSnapshot()).toBe(before);
    expect(heard).not.toHaveBeenCalled();
    socket.queue(delta("a", 2, "!")).deliver();
    expect(heard).toHaveBeenCalledTimes(1);
    stop();
    socket.queue(delta("a", 3, "!")).deliver();
    expect(heard).toHaveBeenCalledTimes(1);
  });

  test("a listener that throws keeps nothing from the others", async () => {
    const socket = await goOnline();
    const caught: unknown[] = [];
    vi.stubGlobal("queueMicrotask", (task: () => void) => {
      try {
        task();
      } catch (error) {
        caught.push(error);
      }
    });
    const heard = vi.fn();
    client.subscribe(() => {
      throw new Error("page bug");
    });
    client.subscribe(heard);
    socket.queue({ type: "presence", viewers: 2 }).deliver();
    expect(heard).toHaveBeenCalledTimes(1);
    expect(caught).toEqual([new Error("page bug")]);
  });
});

describe("reconnecting", () => {
  test("waits with full jitter from 0 to 500 ms at first, and doubles up to 10 s", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.999);
    await connect();
    const waits: number[] = [];
    for (let loss = 0; loss < 7; loss += 1) {
      net.last.refuse();
      const { connection } = client.getSnapshot();
      if (connection.state !== "reconnecting") throw new Error(connection.state);
      expect(connection.attempt).toBe(loss + 1);
      waits.push(connection.retryAt - Date.now());
      await tick(connection.retryAt - Date.now() + 1);
      expect(net.sockets).toHaveLength(loss + 2);
    }
    expect(waits).toEqual([499, 999, 1998, 3996, 7992, 9990, 9990]);
  });

  test("a wait may be nothing at all: jitter is full", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    const socket = await goOnline();
    socket.end(1012);
    await tick(1);
    expect(net.sockets).toHaveLength(2);
  });

  test("counts anew only after a connection that lasted from its sync", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.999);
    await goOnline();
    for (const attempt of [1, 2, 3]) {
      await tick(4_000);
      net.last.end(1006);
      expect(client.getSnapshot().connection).toMatchObject({ attempt });
      await comeBack();
    }
    await tick(5_000);
    net.last.end(1006);
    expect(client.getSnapshot().connection).toMatchObject({ attempt: 1 });
  });

  test("a socket that opens and is never welcomed is given up", async () => {
    const socket = await connect();
    await tick(7_999);
    expect(socket.closedWith).toBeUndefined();
    await tick(1);
    expect(socket.closedWith).toMatchObject({ code: 1000 });
    expect(state()).toBe("reconnecting");
    await untilRetry();
    expect(net.sockets).toHaveLength(2);
  });

  test("a socket that never opens is given up", async () => {
    client = new ChatClient({ url: "https://chat.example.com", room: "demo", ...over(net) });
    await tick(8_000);
    expect(net.last.closedWith).toBeDefined();
    await untilRetry();
    expect(net.sockets).toHaveLength(2);
  });

  test("[R2] a room that welcomes and never syncs is given up", async () => {
    const socket = (await connect()).queue(welcome).deliver();
    await tick(20_000);
    // Its heartbeat is fine; it is the sync that is missing.
    expect(socket.closedWith).toBeUndefined();
    socket.queue("pong").deliver();
    await tick(5_000);
    socket.queue("pong").deliver();
    await tick(5_000);
    expect(socket.closedWith).toMatchObject({ reason: "no sync" });
  });

  test("a late word of a socket that was given up is not believed", async () => {
    const socket = await goOnline(sync({ turns: [streaming("a", "Hi")] }));
    socket.queue(delta("a", 2, "late"));
    socket.end(1006);
    await comeBack();
    socket.deliver();
    expect(turn("a")).toMatchObject({ length: 2 });
  });

  test("`reconnect` ends a wait, also one the room asked for", async () => {
    const socket = await goOnline();
    socket.queue({ type: "goaway", reason: "draining", reconnectInMs: 60_000 }).deliver();
    socket.end(4491);
    await tick(5_000);
    expect(net.sockets).toHaveLength(1);
    client.reconnect();
    await tick();
    expect(net.sockets).toHaveLength(2);
  });

  test("`reconnect` leaves a connection that stands alone, but asks whether it does", async () => {
    const socket = await goOnline();
    client.reconnect();
    await tick();
    expect(net.sockets).toHaveLength(1);
    expect(socket.said.at(-1)).toBe("ping");
  });

  test("a runtime without WebSocket is told by retries, not by a loop", async () => {
    vi.stubGlobal("WebSocket", undefined);
    vi.spyOn(Math, "random").mockReturnValue(0.999);
    client = new ChatClient({ url: "https://chat.example.com", room: "demo", transports: ["websocket"] });
    await tick(9_000);
    const { connection } = client.getSnapshot();
    if (connection.state !== "reconnecting") throw new Error(connection.state);
    expect(connection.attempt).toBeGreaterThan(2);
    expect(connection.attempt).toBeLessThan(8);
  });
});

describe("terminal closes", () => {
  test.each(
    Object.entries(ERRORS).flatMap(([code, { close, retryable }]) =>
      close === null || retryable ? [] : [[code, close] as const],
    ),
  )("%s ends the session with its code, and nothing is tried again", async (code, close) => {
    const socket = await connect();
    socket.queue({ type: "error", code, message: "Said so.", retryable: false }).deliver();
    socket.end(close, "short");
    expect(client.getSnapshot().connection).toEqual({ state: "closed", code, message: "Said so." });
    await tick(600_000);
    expect(net.sockets).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("[S6] of a refused token asks the application once for another, and does not loop", async () => {
    const asked: string[] = [];
    const token = () => {
      asked.push(`token-${asked.length}`);
      return asked.at(-1);
    };
    const socket = await connect({ token });
    socket.queue(welcome, sync()).deliver();
    await tick(10_000);
    socket.end(4401);
    await tick();
    net.last.open();
    expect(net.last.saidOf("hello")[0]?.token).toBe("token-1");
    net.last.end(4401);
    await tick(600_000);
    expect(asked).toHaveLength(2);
    expect(client.getSnapshot().connection).toMatchObject({ state: "closed", code: "unauthenticated" });
  });

  test("[S6] of a token that ran out, again and again: each time the application has another, and nothing is lost", async () => {
    let asked = 0;
    let socket = await connect({ token: () => `token-${asked++}` });
    socket.queue(welcome, sync()).deliver();
    for (let time = 0; time < 3; time += 1) {
      await tick(10_000);
      socket.end(4401);
      await tick();
      socket = net.last;
      socket.open();
      socket.queue(welcome, sync()).deliver();
      expect(state()).toBe("online");
    }
    expect(asked).toBe(4);
  });

  test("without an error frame the close reason explains; a code of a newer room is shown as it is", async () => {
    (await connect()).end(4433, "too many cooks");
    expect(client.getSnapshot().connection).toEqual({ state: "closed", code: "4433", message: "too many cooks" });
  });

  test("`reconnect` starts over, and what waited is still there", async () => {
    (await connect()).end(4401);
    const id = client.submit("kept");
    expect(client.getSnapshot().pending).toMatchObject([{ id }]);
    client.reconnect();
    expect(state()).toBe("connecting");
    await tick();
    net.last.open();
    net.last.queue(welcome, sync()).deliver();
    expect(state()).toBe("online");
    expect(net.last.saidOf("turn-submit")).toMatchObject([{ turnId: id }]);
  });

  test.each([1000, 1001, 1006, 1012, 4458, 4479, 4480, 4481, 4490, 4491])("%i is not terminal", async (code) => {
    (await connect()).end(code);
    expect(state()).toBe("reconnecting");
  });
});

describe("[S6] a token that is about to run out", () => {
  const until = (ms: number) => ({ ...welcome, expiresAt: Date.now() + ms });
  async function withToken(ms: number, token: ChatClientOptions["token"]): Promise<FakeSocket> {
    client = new ChatClient({
      url: "https://chat.example.com",
      room: "demo",
      ...over(net),
      ...(token === undefined ? {} : { token }),
    });
    await tick();
    net.last.open();
    net.last.queue(until(ms), sync()).deliver();
    return net.last;
  }

  /** Time in which the room answers pings. */
  async function pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 5_000) {
      await tick(Math.min(left, 5_000));
      net.last.queue("pong").deliver();
    }
  }

  test("is refreshed before the room warns, over the connection that stands; and so is the next one", async () => {
    let asked = 0;
    const socket = await withToken(600_000, async () => `token-${asked++}`);
    await pass(524_000);
    expect(socket.saidOf("token-refresh")).toEqual([]);
    await tick(1_000);
    expect(socket.saidOf("token-refresh")).toEqual([{ type: "token-refresh", token: "token-1" }]);
    socket.queue({ type: "token-accepted", expiresAt: Date.now() + 600_000 }).deliver();
    await pass(525_000);
    expect(socket.saidOf("token-refresh")).toHaveLength(2);
    expect(net.sockets).toHaveLength(1);
  });

  test("is refreshed when the room warns", async () => {
    const socket = await withToken(3_000_000, () => "again");
    socket
      .queue({ type: "notice", code: "token-expiring", scope: "session", willRetry: false, message: "soon" })
      .deliver();
    await tick();
    expect(socket.saidOf("token-refresh")).toHaveLength(1);
  });

  test("of a very short life is refreshed at half of it, at most once a second", async () => {
    const socket = await withToken(1_000, () => "short");
    await tick(999);
    expect(socket.saidOf("token-refresh")).toEqual([]);
    await tick(1);
    expect(socket.saidOf("token-refresh")).toHaveLength(1);
  });

  test("and cannot be had anew leaves the connection as it is", async () => {
    let fails = false;
    const socket = await withToken(100_000, () => (fails ? Promise.reject(new Error("down")) : "t"));
    fails = true;
    await pass(90_000);
    expect(socket.saidOf("token-refresh")).toEqual([]);
    expect(state()).toBe("online");
  });

  test("is nobody's business where the application gives none", async () => {
    const socket = await withToken(100_000, undefined);
    await pass(90_000);
    expect(socket.saidOf("token-refresh")).toEqual([]);
  });
});

describe("a room that sends its clients away", () => {
  test("the client stays until the time it was given, and returns then", async () => {
    const socket = await goOnline();
    socket.queue({ type: "goaway", reason: "draining", reconnectInMs: 3_000 }).deliver();
    await tick(2_999);
    expect([state(), socket.closedWith]).toEqual(["online", undefined]);
    await tick(1);
    expect(socket.closedWith).toMatchObject({ code: 1000, reason: "goaway" });
    await comeBack();
    expect(state()).toBe("online");
  });

  test("closed before that, the client still waits its time: not all come at once", async () => {
    const socket = await goOnline();
    socket.queue({ type: "goaway", reason: "draining", reconnectInMs: 30_000 }).deliver();
    socket.end(4491);
    await tick(29_999);
    expect(net.sockets).toHaveLength(1);
    await tick(501);
    expect(net.sockets).toHaveLength(2);
  });

  test("an error that says when is obeyed when its close follows", async () => {
    const socket = await goOnline();
    socket.queue({ type: "error", code: "rate-limited", message: "", retryable: true, retryAfterMs: 20_000 }).deliver();
    socket.end(4479);
    await tick(19_999);
    expect(net.sockets).toHaveLength(1);
    await tick(2);
    expect(net.sockets).toHaveLength(2);
  });

  test("no delay it asks for is longer than five minutes, or so long that a timer overflows", async () => {
    const socket = await goOnline();
    socket.queue({ type: "goaway", reason: "forever", reconnectInMs: Number.MAX_SAFE_INTEGER }).deliver();
    socket.end(4491);
    await tick(299_999);
    expect(net.sockets).toHaveLength(1);
    await tick(2);
    expect(net.sockets).toHaveLength(2);
  });
});

describe("signs of life", () => {
  test("[R6] a ping leaves at every heartbeat, also while frames arrive", async () => {
    const socket = await goOnline();
    for (let beat = 1; beat <= 4; beat += 1) {
      await tick(25_000);
      socket.queue("pong").deliver();
      expect(socket.said.filter((frame) => frame === "ping")).toHaveLength(beat);
    }
    expect(state()).toBe("online");
  });

  test("silence for 10 s after a ping means that the socket is dead", async () => {
    const socket = await goOnline();
    await tick(25_000 + 9_999);
    expect(state()).toBe("online");
    await tick(1);
    expect(state()).toBe("reconnecting");
    expect(socket.closedWith).toMatchObject({ reason: "no pong" });
    await comeBack();
    expect(state()).toBe("online");
  });

  test("any frame is as good as a pong", async () => {
    const socket = await goOnline();
    await tick(25_000);
    socket.queue({ type: "presence", viewers: 1 }).deliver();
    await tick(10_000);
    expect(state()).toBe("online");
  });

  test("a heartbeat of nothing does not flood the room", async () => {
    const socket = (await connect()).queue({ ...welcome, heartbeatMs: 0 }, sync()).deliver();
    await tick(5_000);
    expect(socket.said.filter((frame) => frame === "ping").length).toBeLessThanOrEqual(5);
  });
});

describe("the device", () => {
  let page: EventTarget & { visibilityState: string };
  beforeEach(() => {
    page = Object.assign(new EventTarget(), { visibilityState: "visible" });
    vi.stubGlobal("window", new EventTarget());
    vi.stubGlobal("document", page);
    vi.stubGlobal("navigator", { onLine: true });
    vi.spyOn(Math, "random").mockReturnValue(0.999);
  });
  const setOnline = (onLine: boolean) => {
    vi.stubGlobal("navigator", { onLine });
    window.dispatchEvent(new Event(onLine ? "online" : "offline"));
  };
  /** After four losses in a row: a wait of seconds. */
  async function loseOften(): Promise<void> {
    await connect();
    for (let loss = 0; loss < 3; loss += 1) {
      net.last.refuse();
      await untilRetry();
    }
    net.last.refuse();
    await tick(100);
    expect(net.sockets).toHaveLength(4);
  }

  test("a network that returns cuts the wait short", async () => {
    await loseOften();
    setOnline(false);
    expect(state()).toBe("offline");
    setOnline(true);
    await tick();
    expect(net.sockets).toHaveLength(5);
  });

  test("someone who looks at the page again cuts the wait short; turning away does not", async () => {
    await loseOften();
    page.visibilityState = "hidden";
    page.dispatchEvent(new Event("visibilitychange"));
    await tick();
    expect(net.sockets).toHaveLength(4);
    page.visibilityState = "visible";
    page.dispatchEvent(new Event("visibilitychange"));
    await tick();
    expect(net.sockets).toHaveLength(5);
  });

  test("offline is a hint: a socket that still answers is kept, and tries go on", async () => {
    const socket = await goOnline();
    setOnline(false);
    expect(socket.said.at(-1)).toBe("ping");
    socket.queue("pong").deliver();
    await tick(10_000);
    expect(state()).toBe("online");
    socket.end(1006);
    expect(state()).toBe("offline");
    await comeBack();
    expect(state()).toBe("online");
  });

  test("a return to the page finds a socket that died in its sleep within 10 s", async () => {
    await goOnline();
    page.dispatchEvent(new Event("visibilitychange"));
    await tick(10_000);
    expect(state()).not.toBe("online");
  });

  test("a closed client and an ended session are not woken", async () => {
    await goOnline();
    net.last.end(4403);
    setOnline(true);
    await tick(1000);
    expect(net.sockets).toHaveLength(1);
    client.close();
    setOnline(true);
    page.dispatchEvent(new Event("visibilitychange"));
    await tick(1000);
    expect(net.sockets).toHaveLength(1);
  });
});

describe("gaps", () => {
  test("what follows a gap asks for one sync, not for one each", async () => {
    const socket = await goOnline(sync({ seq: 1, turns: [streaming("a", "Hi")] }));
    socket.queue(delta("a", 5, "x"), delta("a", 6, "y"), end(9, "a", 7)).deliver();
    expect(socket.saidOf("sync-request")).toEqual([
      { type: "sync-request", have: { epoch: "e1", seq: 1, offsets: { a: 2 } } },
    ]);
    const rest = listed({
      state: "settled",
      from: 2,
      parts: [{ kind: "text", text: "!!!xy" }],
      length: 7,
      outcome: "completed",
    });
    socket.queue(sync({ mode: "delta", seq: 9, turns: [rest] })).deliver();
    expect(turn("a")).toMatchObject({ state: "settled", parts: [{ kind: "text", text: "Hi!!!xy" }] });
    socket.queue(queued(11, "b")).deliver();
    expect(socket.saidOf("sync-request")).toHaveLength(2);
  });

  test("a sync that does not fit is asked for again with the cut copy", async () => {
    const socket = await goOnline(sync({ seq: 1, turns: [streaming("a", "Hi")] }));
    socket.queue(sync({ mode: "delta", seq: 2, turns: [listed({ from: 9, length: 9 })] })).deliver();
    expect(socket.saidOf("sync-request")).toMatchObject([{ have: { seq: 1, offsets: { a: 0 } } }]);
    socket.queue(sync({ mode: "delta", seq: 2, turns: [streaming("a", "Hi there!")] })).deliver();
    expect(turn("a")).toMatchObject({ length: 9 });
    expect(socket.closedWith).toBeUndefined();
  });

  test("two in a row that do not fit, and the next hello asks for everything", async () => {
    const socket = await goOnline(sync({ seq: 1, turns: [streaming("a", "Hi")] }));
    const unfit = sync({ mode: "delta", seq: 2, turns: [listed({ from: 9, length: 9 })] });
    socket.queue(unfit).deliver();
    socket.queue(unfit).deliver();
    expect(socket.saidOf("sync-request")).toHaveLength(1);
    expect(state()).toBe("reconnecting");
    const next = await comeBack(sync({ seq: 2, turns: [streaming("a", "Hi there!")] }));
    expect(next.saidOf("hello")[0]).not.toHaveProperty("have");
    expect(turn("a")).toMatchObject({ length: 9 });
    next.end(1006);
    await untilRetry();
    net.last.open();
    expect(net.last.saidOf("hello")[0]).toHaveProperty("have");
  });

  test("a room that never tells the whole is tried at the pace of losses, not in a loop", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.999);
    await connect();
    const lie = sync({ turns: [listed({ from: 9, length: 9 })] });
    for (let loss = 1; loss <= 6; loss += 1) {
      net.last.queue(welcome, lie, lie).deliver();
      expect(client.getSnapshot().connection).toMatchObject({ state: "reconnecting", attempt: loss });
      await untilRetry();
      net.last.open();
    }
    expect(net.sockets).toHaveLength(7);
    expect(client.getSnapshot().turns).toEqual([]);
  });

  test("a first sync that is a delta of nothing can only be answered by a new hello", async () => {
    const socket = (await connect()).queue(welcome, sync({ mode: "delta" })).deliver();
    expect(socket.saidOf("sync-request")).toEqual([]);
    expect(state()).toBe("reconnecting");
  });

  test("a sync-request without an answer costs the room its connection", async () => {
    const socket = await goOnline(sync({ seq: 1 }));
    socket.queue(queued(5, "a")).deliver();
    await tick(25_000);
    socket.queue("pong").deliver();
    await tick(5_000);
    expect(socket.closedWith).toMatchObject({ reason: "no sync" });
  });

  test("[R2] a room that speaks of turns before its welcome is not believed", async () => {
    const socket = await connect();
    socket.queue(sync({ turns: [streaming("a", "x")] }), queued(1, "b"), { type: "presence", viewers: 9 }).deliver();
    expect(client.getSnapshot()).toMatchObject({
      turns: [],
      view: { viewers: 0 },
      connection: { state: "connecting" },
    });
    expect(socket.said).toHaveLength(1);
  });

  test("a second welcome changes nothing", async () => {
    const socket = await goOnline();
    socket.queue({ ...welcome, sessionId: "s-2" }).deliver();
    expect(client.getSnapshot().connection).toMatchObject({
      state: "online",
      sessionId: "s-1",
      transport: "websocket",
    });
  });

  test("[R3] every frame twice shows what each once does", async () => {
    const frames = [queued(1, "a"), start(2, "a"), delta("a", 0, "Hel"), delta("a", 3, "lo"), end(3, "a", 5)];
    const socket = await goOnline();
    socket.queue(...frames.flatMap((frame) => [frame, frame]), ...frames).deliver();
    expect(turn("a")).toMatchObject({ state: "settled", parts: [{ kind: "text", text: "Hello" }], length: 5 });
    expect(socket.saidOf("sync-request")).toEqual([]);
  });
});

describe("submitting", () => {
  test("waits for the first sync, then leaves in order, stops included", async () => {
    const socket = (await connect()).queue(welcome).deliver();
    const [a, b] = [client.submit("one"), client.submit("two", { model: "small", onLeave: "keep" })];
    expect(client.getSnapshot().pending.map(({ id }) => id)).toEqual([a, b]);
    expect(socket.said).toHaveLength(1);
    socket.queue(sync()).deliver();
    client.cancel(a);
    expect(socket.said.slice(1)).toEqual([
      { type: "turn-submit", turnId: a, epoch: "e1", input: { prompt: "one" } },
      { type: "turn-submit", turnId: b, epoch: "e1", input: { prompt: "two" }, model: "small", onLeave: "keep" },
      { type: "turn-cancel", turnId: a },
    ]);
  });

  test("[T1] is pending until the room shows its turn", async () => {
    const socket = await goOnline();
    const id = client.submit("hi", { replaces: "old" });
    expect(client.getSnapshot().pending).toEqual([
      { id, input: { prompt: "hi" }, submittedAt: Date.now(), replaces: "old" },
    ]);
    socket.queue(queued(1, id)).deliver();
    expect(client.getSnapshot()).toMatchObject({ pending: [], turns: [{ id }] });
  });

  test("[T1] an id that is known is not submitted again, and neither is one that is on its way", async () => {
    const socket = await goOnline(sync({ turns: [streaming("a", "Hi")] }));
    client.submit("hi", { turnId: "a" });
    client.submit("hi", { turnId: "b" });
    client.submit("hi", { turnId: "b" });
    expect(socket.saidOf("turn-submit").map(({ turnId }) => turnId)).toEqual(["b"]);
  });

  test("a refusal keeps its text until it is dismissed, or submitted again under the same id", async () => {
    const socket = await goOnline();
    const id = client.submit("hi");
    socket.queue(refusal(id)).deliver();
    expect(client.getSnapshot().pending).toMatchObject([
      { id, input: { prompt: "hi" }, refused: { code: "queue-full" } },
    ]);
    expect(client.getSnapshot()).not.toHaveProperty("error");
    client.submit("hi again", { turnId: id });
    expect(socket.saidOf("turn-submit")).toHaveLength(2);
    expect(client.getSnapshot().pending).toMatchObject([{ input: { prompt: "hi again" } }]);
    expect(client.getSnapshot().pending[0]).not.toHaveProperty("refused");
    client.dismiss(id);
    expect(client.getSnapshot().pending).toHaveLength(1);
    socket.queue(refusal(id)).deliver();
    client.dismiss(id);
    expect(client.getSnapshot().pending).toEqual([]);
  });

  test("[T1] is sent again after a loss unless the room has its turn; a refused one is not", async () => {
    const socket = await goOnline();
    const [arrived, lost, refused] = [client.submit("a"), client.submit("b"), client.submit("c")];
    socket.queue(refusal(refused)).deliver();
    socket.end(1006);
    expect(client.getSnapshot().pending.map(({ id }) => id)).toEqual([arrived, lost, refused]);
    const next = await comeBack(sync({ mode: "delta", seq: 1, turns: [listed({ id: arrived, state: "queued" })] }));
    expect(next.saidOf("turn-submit")).toEqual([
      { type: "turn-submit", turnId: lost, epoch: "e1", input: { prompt: "b" } },
    ]);
    expect(client.getSnapshot().pending.map(({ id }) => id)).toEqual([lost, refused]);
    // Once on each connection, whatever syncs come.
    next.queue(sync({ mode: "delta", seq: 1 }), { type: "presence", viewers: 3 }).deliver();
    expect(next.saidOf("turn-submit")).toHaveLength(1);
  });

  test("[T1] says in which epoch it was made, so that one from before a clear is told apart", async () => {
    const socket = await goOnline();
    socket.end(1006);
    const id = client.submit("made offline");
    const next = await comeBack(sync({ epoch: "e2" }));
    expect(next.saidOf("turn-submit")).toMatchObject([{ turnId: id, epoch: "e1" }]);
    next.queue(refusal(id, "turn-stale")).deliver();
    expect(client.getSnapshot().pending).toMatchObject([{ id, refused: { code: "turn-stale" } }]);
  });

  test("one that someone's clear overtook is asked about again, and answered as stale", async () => {
    const socket = await goOnline();
    const id = client.submit("hi");
    socket.queue(sync({ epoch: "e2" })).deliver();
    expect(socket.saidOf("turn-submit")).toMatchObject([{ epoch: "e1" }, { epoch: "e1" }]);
    socket.queue({ type: "presence", viewers: 2 }).deliver();
    socket.queue(refusal(id, "turn-stale")).deliver();
    expect(client.getSnapshot().pending).toMatchObject([{ refused: { code: "turn-stale" } }]);
  });

  test("made before any sync it belongs to the epoch it first meets", async () => {
    const socket = await connect();
    client.submit("early");
    socket.queue(welcome, sync({ epoch: "e7" })).deliver();
    expect(socket.saidOf("turn-submit")).toMatchObject([{ epoch: "e7" }]);
    socket.end(1006);
    expect((await comeBack(sync({ epoch: "e8" }))).saidOf("turn-submit")).toMatchObject([{ epoch: "e7" }]);
  });

  test("a prompt that is too long is refused here, before it costs the session its socket", async () => {
    const socket = await goOnline();
    const id = client.submit("世".repeat(maxFrameBytes / 3));
    expect(client.getSnapshot().pending).toMatchObject([{ id, refused: { code: "frame-too-large", turnId: id } }]);
    expect(socket.saidOf("turn-submit")).toEqual([]);
  });

  test("sends no field that the room does not know", async () => {
    const socket = await goOnline();
    const message = { role: "user", content: "hi", id: "m1" } as const;
    client.submit({ messages: [message] }, { turnId: "a", colour: "red" } as object);
    expect(socket.saidOf("turn-submit")).toEqual([
      { type: "turn-submit", turnId: "a", epoch: "e1", input: { messages: [{ role: "user", content: "hi" }] } },
    ]);
  });

  test.each([
    ["nothing", "  \n", {}],
    ["an id that is none", "hi", { turnId: "a b" }],
    ["a replaced id that is none", "hi", { replaces: "" }],
    ["a model without a name", "hi", { model: "" }],
    ["params too large", "hi", { params: { text: "x".repeat(5000) } }],
  ])("throws for %s: the room would end the session", async (_, prompt, options) => {
    await goOnline();
    expect(() => client.submit(prompt, options)).toThrow();
    expect(client.getSnapshot().pending).toEqual([]);
  });

  test("ids are never the same twice, and are ids", async () => {
    await connect();
    const ids = Array.from({ length: 100 }, () => client.submit("hi"));
    expect(new Set(ids).size).toBe(100);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe("stopping", () => {
  test("[T3] shows until the turn ends, and is asked for once", async () => {
    const socket = await goOnline(sync({ turns: [streaming("a", "Hi")] }));
    client.cancel("a");
    client.cancel("a");
    expect(socket.saidOf("turn-cancel")).toEqual([{ type: "turn-cancel", turnId: "a" }]);
    expect([...client.getSnapshot().stopping]).toEqual(["a"]);
    socket.queue(delta("a", 2, "!"), end(1, "a", 3, "cancelled")).deliver();
    expect([...client.getSnapshot().stopping]).toEqual([]);
    client.cancel("a");
    expect(socket.saidOf("turn-cancel")).toHaveLength(1);
  });

  test("[T3] is asked for again after a loss until the turn has ended", async () => {
    const socket = await goOnline(sync({ turns: [streaming("a", "Hi")] }));
    client.cancel("a");
    socket.end(1006);
    expect([...client.getSnapshot().stopping]).toEqual(["a"]);
    const next = await comeBack();
    expect(next.saidOf("turn-cancel")).toHaveLength(1);
    next.end(1006);
    const settled = listed({ state: "settled", from: 2, length: 2, outcome: "cancelled" });
    const last = await comeBack(sync({ mode: "delta", seq: 1, turns: [settled] }));
    expect(last.saidOf("turn-cancel")).toEqual([]);
    expect([...client.getSnapshot().stopping]).toEqual([]);
  });

  test("a submit that has not left is withdrawn without a word", async () => {
    const socket = await connect();
    const id = client.submit("hi");
    client.cancel(id);
    expect(client.getSnapshot()).toMatchObject({ pending: [], stopping: new Set() });
    socket.queue(welcome, sync()).deliver();
    expect(socket.said).toHaveLength(1);
  });

  test("a submit that may have arrived is stopped, not submitted again", async () => {
    const socket = await goOnline();
    const id = client.submit("hi");
    client.cancel(id);
    expect([...client.getSnapshot().stopping]).toEqual([id]);
    socket.end(1006);
    const next = await comeBack();
    expect(next.said.slice(1)).toEqual([{ type: "turn-cancel", turnId: id }]);
    expect(client.getSnapshot()).toMatchObject({ pending: [], stopping: new Set() });
  });

  test("the same when the stop comes after the loss, and the room has the turn after all", async () => {
    const socket = await goOnline();
    const id = client.submit("hi");
    socket.end(1006);
    client.cancel(id);
    const next = await comeBack(sync({ mode: "delta", seq: 2, turns: [listed({ id })] }));
    expect(next.said.slice(1)).toEqual([{ type: "turn-cancel", turnId: id }]);
    expect(client.getSnapshot().pending).toEqual([]);
    expect([...client.getSnapshot().stopping]).toEqual([id]);
    next.queue(end(3, id, 0, "cancelled")).deliver();
    expect([...client.getSnapshot().stopping]).toEqual([]);
  });

  test("a stopped submit that is refused leaves nothing behind", async () => {
    const socket = await goOnline();
    const id = client.submit("hi");
    client.cancel(id);
    socket.queue(refusal(id)).deliver();
    expect(client.getSnapshot()).toMatchObject({ pending: [], stopping: new Set() });
  });

  test("a turn the room does not know is not being stopped", async () => {
    const socket = await goOnline(sync({ turns: [streaming("a", "Hi")] }));
    client.cancel("nobody");
    client.cancel("not an id!");
    expect(socket.saidOf("turn-cancel")).toEqual([]);
    client.cancel("a");
    socket.queue({ type: "turn-removed", seq: 1, turnIds: ["a"] }).deliver();
    expect([...client.getSnapshot().stopping]).toEqual([]);
  });

  test("a stop asked for before the first sync finds its turn", async () => {
    const socket = await connect();
    client.cancel("a");
    socket.queue(welcome, sync({ turns: [streaming("a", "Hi")] })).deliver();
    expect(socket.saidOf("turn-cancel")).toHaveLength(1);
  });
});

describe("clearing", () => {
  test("is said once, and takes what waited with it; a stop is asked for again should the clear be lost", async () => {
    const socket = await goOnline(sync({ turns: [streaming("a", "Hi")] }));
    client.submit("before");
    client.cancel("a");
    client.clear();
    expect(client.getSnapshot().pending).toEqual([]);
    expect(socket.said.at(-1)).toEqual({ type: "room-clear" });
    socket.end(1006);
    const next = await comeBack();
    expect(next.said.slice(1)).toEqual([{ type: "turn-cancel", turnId: "a" }]);
    next.queue(sync({ epoch: "e2" })).deliver();
    expect([...client.getSnapshot().stopping]).toEqual([]);
  });

  test("[T1] what is submitted right after waits for the epoch that comes, and says its name", async () => {
    const socket = await goOnline();
    client.clear();
    const id = client.submit("fresh");
    expect(socket.saidOf("turn-submit")).toEqual([]);
    socket.queue(sync({ epoch: "e2" })).deliver();
    expect(socket.saidOf("turn-submit")).toEqual([
      { type: "turn-submit", turnId: id, epoch: "e2", input: { prompt: "fresh" } },
    ]);
    socket.queue(queued(1, id)).deliver();
    expect(client.getSnapshot()).toMatchObject({ pending: [], turns: [{ id }] });
  });

  test("a clear that is refused, or lost with its socket, keeps nothing waiting", async () => {
    const socket = await goOnline();
    client.clear();
    const first = client.submit("one");
    socket.queue({ type: "error", code: "forbidden", message: "no", retryable: false }).deliver();
    expect(socket.saidOf("turn-submit")).toMatchObject([{ turnId: first, epoch: "e1" }]);
    client.clear();
    const second = client.submit("two");
    socket.end(1006);
    expect((await comeBack()).saidOf("turn-submit")).toMatchObject([{ turnId: second, epoch: "e1" }]);
  });

  test("a clear without an answer costs the room its connection", async () => {
    const socket = await goOnline();
    client.clear();
    await tick(25_000);
    socket.queue("pong").deliver();
    await tick(5_000);
    expect(socket.closedWith).toMatchObject({ reason: "no sync" });
  });

  test("asked for without a connection it is said on return, unless the room was cleared meanwhile", async () => {
    const socket = await goOnline();
    socket.end(1006);
    client.clear();
    const next = await comeBack();
    expect(next.saidOf("room-clear")).toHaveLength(1);
    next.end(1006);
    client.clear();
    expect((await comeBack(sync({ epoch: "e2" }))).saidOf("room-clear")).toEqual([]);
  });
});

describe("errors and notices", () => {
  test("an error that names no turn is shown until the connection is new", async () => {
    const socket = await goOnline();
    socket.queue({ type: "error", code: "token-invalid", message: "no", retryable: false }).deliver();
    expect(client.getSnapshot().error).toMatchObject({ code: "token-invalid" });
    socket.end(1006);
    expect(client.getSnapshot().error).toMatchObject({ code: "token-invalid" });
    await comeBack();
    expect(client.getSnapshot()).not.toHaveProperty("error");
  });

  test("notices of the room are in the snapshot, those of a turn on the turn", async () => {
    const socket = await goOnline(sync({ turns: [streaming("a", "Hi")] }));
    const notice = { type: "notice", code: "waiting-for-slot", scope: "tenant", willRetry: true, message: "…" };
    socket.queue(notice, { ...notice, scope: "turn", turnId: "a" }).deliver();
    expect(client.getSnapshot().notices).toEqual([notice]);
    expect(turn("a")?.notice).toMatchObject({ turnId: "a" });
  });
});

describe("close", () => {
  const openFirst = async () => {
    await tick();
    net.last.open();
  };
  const welcomeFirst = async () => {
    await openFirst();
    net.last.queue(welcome, sync()).deliver();
  };
  const refuseFirst = async () => {
    await tick();
    net.last.refuse();
  };
  const pingFirst = async () => {
    await welcomeFirst();
    await tick(25_000);
  };
  test.each([
    ["before the first socket", async () => {}],
    ["while it connects", async () => tick()],
    ["while it waits for its welcome", openFirst],
    ["while it is online", welcomeFirst],
    ["while it waits for a retry", refuseFirst],
    ["while a pong is due", pingFirst],
  ])("%s leaves no timer and opens nothing more", async (_, arrive) => {
    client = new ChatClient({ url: "https://chat.example.com", room: "demo", ...over(net) });
    await arrive();
    const before = net.sockets.length;
    client.close();
    await tick();
    expect(vi.getTimerCount()).toBe(0);
    expect(state()).toBe("closed");
    client.reconnect();
    await tick(60_000);
    expect(net.sockets).toHaveLength(before);
    if (before > 0) expect(net.last.readyState).toBeGreaterThanOrEqual(2);
  });

  test("while a token is being fetched it opens nothing more", async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    client = new ChatClient({
      url: "https://chat.example.com",
      room: "demo",
      ...over(net),
      token: () => promise,
    });
    await tick();
    client.close();
    resolve("t");
    await tick(60_000);
    expect(net.sockets).toEqual([]);
  });

  test("says a normal goodbye, twice is once, and then nothing may be submitted", async () => {
    const socket = await goOnline();
    client.close();
    client.close();
    expect(socket.closedWith).toEqual({ code: 1000, reason: "closed by the page" });
    expect(() => client.submit("late")).toThrow("close");
    client.cancel("a");
    client.clear();
    expect(socket.said).toHaveLength(1);
  });
});

test.each(["", "..", "a b", "a/b", "x".repeat(129)])("a room cannot be named %j", (room) => {
  client = new ChatClient({ url: "https://chat.example.com", room: "demo", ...over(net) });
  expect(() => new ChatClient({ url: "https://chat.example.com", room, ...over(net) })).toThrow(TypeError);
});
