/** The client over event streams and polls: what holds over a WebSocket (`client-link.test.ts`, `client-asking.test.ts`) holds here too. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ChatClientOptions } from "../../client/api.ts";
import { ChatClient } from "../../client/chat-client.ts";
import { textOf } from "../../shared/content.ts";
import type { ServerFrame } from "../../shared/protocol/server-frames.ts";
import { FakeHttp, type FakeRequest, type FakeStream, last } from "./fake-http.ts";
import { fakeNetwork, memoryStorage, welcome } from "./fake-socket.ts";
import { listed, sync } from "./sync-frames.ts";
import { delta as deltaOf, streaming } from "./turn-frames.ts";

let http: FakeHttp;
let client: ChatClient;

beforeEach(() => {
  vi.useFakeTimers();
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

const tick = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
const delta = (offset: number, text: string) => deltaOf("a", offset, text);
const beat = (at = Date.now()): ServerFrame => ({ type: "heartbeat", at });

function enter(options: Partial<ChatClientOptions> = {}): void {
  client = new ChatClient({
    url: "https://chat.example.com",
    room: "demo",
    fetch: http.fetch,
    transports: ["sse", "poll"],
    ...options,
  });
}

/** A client over an event stream, welcomed, synced and with its first heartbeat. */
async function overStream(first: ServerFrame = sync(), options: Partial<ChatClientOptions> = {}): Promise<FakeStream> {
  enter(options);
  await tick();
  const stream = last(http.streams).stream(welcome, first, beat());
  await tick();
  return stream;
}

/** A client that polls, with its first answer. */
async function overPolls(first: ServerFrame = sync(), options: Partial<ChatClientOptions> = {}): Promise<void> {
  enter({ transports: ["poll"], ...options });
  await tick();
  last(http.polls).json({ frames: [first], retryAfterMs: 0 });
  await tick();
}

const connection = () => client.getSnapshot().connection;
const text = () => textOf(client.getSnapshot().turns[0]?.parts ?? []);
const pending = () => client.getSnapshot().pending;

describe("an event stream", () => {
  test("[S1] is asked for with a token in a header, and makes the room known", async () => {
    await overStream(sync({ turns: [streaming("a", "Hi")] }), { token: () => "secret" });
    expect(connection()).toEqual({ state: "online", sessionId: "s-1", transport: "sse" });
    expect(text()).toBe("Hi");
    const [request] = http.streams;
    expect(request?.headers).toEqual({ accept: "text/event-stream", authorization: "Bearer secret" });
    expect(request?.url.href).toBe("https://chat.example.com/parties/chat/demo");
  });

  test("means the same however it is cut, also inside a character", async () => {
    const stream = await overStream(sync({ turns: [streaming("a", "")] }));
    const bytes = new TextEncoder().encode(`: hi\n\ndata: ${JSON.stringify(delta(0, "世界 🌍"))}\r\n\r\n`);
    for (const byte of bytes) stream.write(Uint8Array.of(byte));
    await tick();
    expect(text()).toBe("世界 🌍");
  });

  test("[R3] that breaks is asked for again with what the reader holds", async () => {
    const stream = await overStream(sync({ seq: 3, turns: [streaming("a", "Hello")] }));
    stream.break();
    await tick(1);
    expect(http.streams).toHaveLength(2);
    expect(last(http.streams).headers["last-event-id"]).toBe("1.e1.3.a:5");
    last(http.streams).stream(welcome, sync({ mode: "delta", seq: 3, turns: [] }), delta(5, "!"), beat());
    await tick();
    expect([connection().state, text()]).toEqual(["online", "Hello!"]);
  });

  test("[R3] a gap is closed by asking again from there; the old stream is not believed any more", async () => {
    const stream = await overStream(sync({ turns: [streaming("a", "Hi")] }));
    stream.send(delta(9, "late"));
    await tick();
    expect(http.streams).toHaveLength(2);
    expect(http.streams[0]?.signal.aborted).toBe(true);
    const rest = listed({ from: 2, parts: [{ kind: "text", text: " there late" }], length: 13 });
    last(http.streams).stream(welcome, sync({ mode: "delta", turns: [rest] }), beat());
    await tick();
    expect([connection().state, text()]).toEqual(["online", "Hi there late"]);
  });

  test("that the room ends for being idle is no loss: it is asked for again when the room said", async () => {
    const stream = await overStream();
    stream.write("retry: 20000\n\n");
    stream.end();
    await tick(19_999);
    expect([http.streams.length, connection().state]).toEqual([1, "online"]);
    await tick(1);
    expect(http.streams).toHaveLength(2);
    last(http.streams).stream(welcome, sync({ mode: "delta" }), beat());
    await tick();
    expect(connection().state).toBe("online");
  });

  test("a rest is over when something is said", async () => {
    const stream = await overStream();
    stream.write("retry: 20000\n\n");
    stream.end();
    await tick();
    client.submit("hi");
    await tick();
    expect(http.streams).toHaveLength(1);
    last(http.said).json({}, 202);
    await tick();
    expect(http.streams).toHaveLength(2);
  });

  test("that ends while an answer is open is asked for again at once, but not in a loop", async () => {
    const stream = await overStream(sync({ turns: [streaming("a", "Hi")] }));
    await tick(2_000);
    stream.end();
    await tick();
    expect(http.streams).toHaveLength(2);
    for (let end = 0; end < 20; end += 1) {
      const { length } = http.streams;
      if (!last(http.streams).isOver)
        last(http.streams)
          .stream(welcome, sync({ mode: "delta" }), beat())
          .end();
      await tick(100);
      expect(http.streams.length - length).toBeLessThanOrEqual(1);
    }
    expect(http.streams.length).toBeLessThanOrEqual(5);
  });

  test("that goes silent is asked for again; when that gets no answer either, it is dead", async () => {
    await overStream();
    await tick(24_999);
    expect(http.streams).toHaveLength(1);
    await tick(1);
    expect(http.streams).toHaveLength(2);
    expect(http.streams[0]?.signal.aborted).toBe(true);
    await tick(7_999);
    expect(connection().state).toBe("online");
    await tick(1);
    expect(connection()).toMatchObject({ state: "reconnecting" });
  });

  test("that goes silent because its room beats slowly goes on", async () => {
    await overStream();
    for (let beats = 2; beats < 6; beats += 1) {
      await tick(25_000);
      expect(http.streams).toHaveLength(beats);
      last(http.streams).stream(welcome, sync({ mode: "delta" }), beat());
      await tick();
    }
    expect(connection()).toMatchObject({ state: "online", transport: "sse" });
  });

  test("heartbeats keep it, whatever the room's clock says", async () => {
    enter();
    await tick();
    const hourAgo = () => beat(Date.now() - 3_600_000);
    const stream = last(http.streams).stream(welcome, sync(), hourAgo());
    for (let count = 0; count < 10; count += 1) {
      await tick(15_000);
      stream.send(hourAgo());
    }
    await tick();
    expect(connection()).toMatchObject({ state: "online", transport: "sse" });
  });
});

describe("leaving an event stream for polls", () => {
  const untilPoll = async () => {
    expect(http.polls).toHaveLength(1);
    last(http.polls).json({ frames: [sync()], retryAfterMs: 0 });
    await tick();
  };

  test("one that says nothing in 3 s is held back somewhere", async () => {
    enter();
    await tick(2_999);
    expect(http.polls).toHaveLength(0);
    await tick(1);
    await untilPoll();
    expect(connection()).toMatchObject({ transport: "poll", because: "stalled" });
    expect(http.streams[0]?.signal.aborted).toBe(true);
  });

  test("one whose first heartbeat does not come, too", async () => {
    enter();
    await tick();
    last(http.streams).stream(welcome, sync());
    await tick(1_999);
    expect(connection()).toMatchObject({ state: "online", transport: "sse" });
    await tick(1_001);
    await untilPoll();
    expect(connection()).toMatchObject({ transport: "poll", because: "buffered" });
  });

  test("a large sync on a slow line is not held back", async () => {
    enter();
    await tick();
    const stream = last(http.streams).stream(welcome);
    const bytes = `data: ${JSON.stringify(sync({ turns: [streaming("a", "x".repeat(100))] }))}\n\n`;
    for (let at = 0; at < bytes.length; at += 20) {
      stream.write(bytes.slice(at, at + 20));
      await tick(1_500);
    }
    stream.send(beat());
    await tick();
    expect(connection()).toMatchObject({ state: "online", transport: "sse" });
  });

  test("[F7] heartbeats that come more than 2 s later than the soonest, twice in a row", async () => {
    const stream = await overStream();
    const late = () => beat(Date.now() - 2_001);
    for (const frame of [late, beat, late, late]) {
      expect(http.polls).toHaveLength(0);
      await tick(15_000);
      stream.send(frame());
      await tick();
    }
    await untilPoll();
    expect(connection()).toMatchObject({ transport: "poll", because: "buffered" });
  });

  test.each<[string, (request: FakeRequest) => void, string]>([
    ["a proxy's page in its place", (request) => request.page(), "blocked"],
    ["a proxy's refusal", (request) => request.page(502), "blocked"],
    ["no network", (request) => request.fail(), "blocked"],
    ["a gateway that knows none", (request) => request.refuse("bad-request", 400), "unavailable"],
  ])("%s", async (_, answer, because) => {
    enter();
    await tick();
    answer(last(http.streams));
    await tick();
    await untilPoll();
    expect(connection()).toMatchObject({ state: "online", transport: "poll", because });
  });

  test.each([
    ["unauthenticated", 401],
    ["room-forbidden", 403],
    ["origin-forbidden", 403],
  ])("not for the room's own refusal: %s ends the session", async (code, status) => {
    enter();
    await tick();
    last(http.streams).refuse(code, status);
    await tick(60_000);
    expect(connection()).toEqual({ state: "closed", code, message: "Said so." });
    expect(http.requests).toHaveLength(1);
  });

  test.each([
    ["as a status", (request: FakeRequest) => request.refuse("rate-limited", 429, { "retry-after": "7" })],
    [
      "as a stream that EventSource survives",
      (request: FakeRequest) => {
        const error = { type: "error", code: "rate-limited", message: "", retryable: true, retryAfterMs: 7_000 };
        request.stream(error).end();
      },
    ],
  ])("not for one that passes, %s: it is waited for", async (_, answer) => {
    enter();
    await tick();
    answer(last(http.streams));
    await tick(6_999);
    expect(http.requests).toHaveLength(1);
    await tick(1);
    expect([http.streams.length, http.polls.length]).toEqual([2, 0]);
  });

  test("[S1] not for a token that ran out: the application is asked for another, once", async () => {
    const tokens = ["old", "new", "newer"];
    enter({ token: () => tokens.shift() });
    await tick();
    const stream = last(http.streams).stream(welcome, sync(), beat());
    await tick(10_000);
    stream.send({ type: "error", code: "unauthenticated", message: "It ran out.", retryable: false });
    stream.end();
    await tick();
    expect(last(http.streams).headers["authorization"]).toBe("Bearer new");
    last(http.streams).refuse("unauthenticated", 401);
    await tick(60_000);
    expect(connection()).toMatchObject({ state: "closed", code: "unauthenticated" });
    expect([http.streams.length, http.polls.length]).toEqual([2, 0]);
  });

  test("[S1] not for a token that cannot be had", async () => {
    enter({ token: () => Promise.reject(new Error("sign-in is down")) });
    await tick();
    expect(client.getSnapshot()).toMatchObject({
      connection: { state: "reconnecting" },
      error: { code: "unauthenticated", message: "sign-in is down" },
    });
    expect(http.requests).toHaveLength(0);
  });
});

describe("polls", () => {
  test("follow each other from where the reader is", async () => {
    await overPolls(sync({ seq: 1, turns: [streaming("a", "Hi")] }));
    expect(connection()).toEqual({ state: "online", transport: "poll" });
    expect(Object.fromEntries(http.polls[0]?.url.searchParams ?? [])).toEqual({ wait: "0" });
    await tick();
    expect(Object.fromEntries(last(http.polls).url.searchParams)).toEqual({ wait: "25", cursor: "1.e1.1.a:2" });
    const more = listed({ from: 2, parts: [{ kind: "text", text: " there" }], length: 8 });
    last(http.polls).json({ frames: [sync({ mode: "delta", seq: 1, turns: [more] })], cursor: "opaque" });
    await tick();
    expect(text()).toBe("Hi there");
    expect(last(http.polls).url.searchParams.get("cursor")).toBe("1.e1.1.a:8");
  });

  test("rest as long as the room says, unless something is said", async () => {
    await overPolls();
    last(http.polls).json({ frames: [], retryAfterMs: 20_000 });
    await tick(19_999);
    expect(http.polls).toHaveLength(2);
    await tick(1);
    expect(http.polls).toHaveLength(3);
    last(http.polls).json({ frames: [], retryAfterMs: 20_000 });
    await tick();
    client.submit("hi");
    await tick();
    last(http.said).json({}, 202);
    await tick();
    expect(http.polls).toHaveLength(4);
  });

  test("with nothing in them do not make a loop", async () => {
    await overPolls();
    for (let count = 0; count < 50; count += 1) {
      if (!last(http.polls).isOver) last(http.polls).json({ frames: [] });
      await tick(20);
    }
    expect(http.polls.length).toBeLessThan(8);
  });

  test("a frame that this version does not know is left out", async () => {
    await overPolls(sync({ turns: [streaming("a", "Hi")] }));
    last(http.polls).json({ frames: [{ type: "unheard-of" }, delta(2, "!")] });
    await tick();
    expect(text()).toBe("Hi!");
  });

  test("one that fails is tried again after a wait", async () => {
    await overPolls();
    last(http.polls).page();
    await tick();
    expect(connection()).toMatchObject({ state: "reconnecting" });
    await tick(1);
    last(http.polls).json({ frames: [sync({ mode: "delta" })] });
    await tick();
    expect(connection()).toMatchObject({ state: "online" });
  });

  test("a room without news for one who returns says nothing: that is being in step", async () => {
    await overPolls(sync({ seq: 4, turns: [streaming("a", "Hi")] }));
    last(http.polls).fail();
    await tick(1);
    expect(Object.fromEntries(last(http.polls).url.searchParams)).toEqual({ wait: "0", cursor: "1.e1.4.a:2" });
    last(http.polls).json({ frames: [{ type: "presence", viewers: 2 }] });
    await tick();
    expect(client.getSnapshot()).toMatchObject({ connection: { state: "online" }, view: { seq: 4, viewers: 2 } });
    expect(text()).toBe("Hi");
  });

  test("what does not fit is asked for again, and answered", async () => {
    await overPolls(sync({ turns: [streaming("a", "Hi")] }));
    last(http.polls).json({ frames: [delta(9, "late")] });
    await tick();
    expect(Object.fromEntries(last(http.polls).url.searchParams)).toEqual({ wait: "0", cursor: "1.e1.0.a:2" });
    last(http.polls).json({ frames: [] });
    await tick(40_000);
    expect(connection()).toMatchObject({ state: "online" });
  });
});

describe.each([
  ["an event stream", overStream],
  ["polls", overPolls],
])("what is said over %s", (_, goOnline) => {
  /** The next request for frames, after a loss, answered. */
  async function comeBack(first: ServerFrame): Promise<void> {
    await tick(1);
    const request = last(http.requests.filter(({ isStream, isPoll, isOver }) => (isStream || isPoll) && !isOver));
    if (request.isStream) request.stream(welcome, first, beat());
    else request.json({ frames: [first] });
    await tick();
  }

  test("[T1] a submit is a request, with the epoch it was made in", async () => {
    await goOnline();
    const id = client.submit("hi", { model: "small" });
    await tick();
    const request = last(http.said);
    expect([request.what, request.body]).toEqual([
      "POST /turns",
      { turnId: id, epoch: "e1", input: { prompt: "hi" }, model: "small" },
    ]);
    request.json({}, 202);
    await tick();
    expect(pending()).toHaveLength(1);
  });

  test("submits keep their order: the next leaves when the one before has arrived", async () => {
    await goOnline();
    const ids = [client.submit("one"), client.submit("two"), client.submit("three")];
    for (const id of ids) {
      await tick();
      expect(last(http.said).body).toMatchObject({ turnId: id });
      last(http.said).json({}, 202);
    }
    await tick();
    expect(http.said).toHaveLength(3);
  });

  test("[F7] [T3] a stop waits for nobody, not even for the submit it stops", async () => {
    await goOnline(sync({ turns: [streaming("a", "Hi")] }));
    const id = client.submit("hangs");
    client.submit("waits behind it");
    client.cancel("a");
    client.cancel(id);
    await tick();
    const byWhat = new Map(http.said.map((request) => [request.what, request]));
    expect(new Set(byWhat.keys())).toEqual(new Set(["POST /turns", "DELETE /turns/a", `DELETE /turns/${id}`]));
    expect(client.getSnapshot().stopping).toEqual(new Set(["a", id]));
    byWhat.get(`DELETE /turns/${id}`)?.refuse("turn-unknown", 404);
    byWhat.get("POST /turns")?.refuse("turn-stale", 409);
    await tick();
    // It was to be stopped, and it never ran.
    expect(pending().map(({ id: waiting }) => waiting)).not.toContain(id);
    expect([...client.getSnapshot().stopping]).toEqual(["a"]);
    expect(connection().state).toBe("online");
  });

  test.each([
    ["queue-full", 429],
    ["turn-conflict", 409],
    ["forbidden", 403],
    ["frame-too-large", 413],
  ])("a refused submit is shown with its text, and nothing else ends: %s", async (code, status) => {
    await goOnline();
    const id = client.submit("hi");
    await tick();
    last(http.said).refuse(code, status);
    await tick();
    expect(pending()).toMatchObject([{ id, input: { prompt: "hi" }, refused: { code, message: "Said so." } }]);
    expect(connection().state).toBe("online");
  });

  test("[T1] a submit that was lost on the way is sent again under its id, once one is back", async () => {
    await goOnline();
    const id = client.submit("hi");
    await tick();
    last(http.said).fail();
    await tick();
    expect(connection().state).not.toBe("online");
    await comeBack(sync({ mode: "delta" }));
    expect(http.said.map(({ body }) => body)).toEqual(
      Array(2).fill({ turnId: id, epoch: "e1", input: { prompt: "hi" } }),
    );
  });

  test("[T1] one that had arrived is not", async () => {
    await goOnline();
    const id = client.submit("hi");
    await tick();
    last(http.said).fail();
    await tick();
    await comeBack(sync({ mode: "delta", seq: 1, turns: [listed({ id, state: "queued" })] }));
    expect(http.said).toHaveLength(1);
    expect(pending()).toEqual([]);
  });

  test("[T3] a stop that was lost on the way is asked for again until the turn has ended", async () => {
    await goOnline(sync({ turns: [streaming("a", "Hi")] }));
    client.cancel("a");
    await tick();
    last(http.said).fail();
    await tick();
    expect([...client.getSnapshot().stopping]).toEqual(["a"]);
    await comeBack(sync({ mode: "delta" }));
    expect(http.said.map(({ what }) => what)).toEqual(["DELETE /turns/a", "DELETE /turns/a"]);
  });

  test("[T1] a submit for which no token comes gives up in time, and is said again", async () => {
    const timeouts: ReturnType<typeof setTimeout>[] = [];
    vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
      const controller = new AbortController();
      timeouts.push(setTimeout(() => controller.abort(new Error("timeout")), ms));
      return controller.signal;
    });
    let isHanging = false;
    const token = () => (isHanging ? new Promise<string>(() => {}) : "t");
    await goOnline(sync(), { token });
    isHanging = true;
    const id = client.submit("hi");
    await tick();
    isHanging = false;
    await tick(29_999);
    expect([http.said.length, connection().state]).toEqual([0, "online"]);
    await tick(1);
    expect(connection().state).toBe("reconnecting");
    await comeBack(sync({ mode: "delta" }));
    expect(last(http.said).body).toMatchObject({ turnId: id });
    // The runtime's own keep nobody up.
    for (const timeout of timeouts) clearTimeout(timeout);
  });

  test("a session that ends while something is said ends for good", async () => {
    await goOnline();
    client.submit("hi");
    await tick();
    last(http.said).refuse("unauthenticated", 401);
    await tick();
    expect(connection()).toMatchObject({ state: "closed", code: "unauthenticated" });
    expect(pending()).toHaveLength(1);
  });

  test("[T1] what is submitted after a clear waits for the epoch that comes", async () => {
    await goOnline();
    client.clear();
    client.submit("fresh");
    await tick();
    expect(http.said.map(({ what }) => what)).toEqual(["DELETE /turns"]);
  });
});

describe("the ladder", () => {
  const net = () => {
    const network = fakeNetwork();
    return { network, options: { WebSocket: network.WebSocket, transports: ["websocket", "sse", "poll"] } as const };
  };

  test("a WebSocket that is refused is followed by a stream at once, and the page never says it was lost", async () => {
    const { network, options } = net();
    const states: string[] = [];
    enter(options);
    client.subscribe(() => states.push(connection().state));
    await tick();
    network.last.refuse();
    await tick();
    last(http.streams).stream(welcome, sync(), beat());
    await tick();
    expect(connection()).toEqual({ state: "online", sessionId: "s-1", transport: "sse", because: "blocked" });
    expect(states).not.toContain("reconnecting");
  });

  test("a WebSocket that opens and stays silent is given 3 s; one that is on its way, 3 s for each step", async () => {
    const { network, options } = net();
    enter(options);
    await tick(2_000);
    network.last.open();
    await tick(2_999);
    expect(http.streams).toHaveLength(0);
    await tick(1);
    expect([http.streams.length, network.last.closedWith?.code]).toEqual([1, 1000]);
  });

  test("a gateway that is down is no reason to leave the WebSocket: tries go on from the top", async () => {
    const { network, options } = net();
    enter(options);
    for (let round = 1; round <= 3; round += 1) {
      await tick();
      expect(network.sockets).toHaveLength(round);
      network.last.refuse();
      await tick();
      last(http.streams).fail();
      await tick();
      last(http.polls).fail();
      await tick(1);
      expect(connection()).toMatchObject({ state: "reconnecting", attempt: round });
    }
    await tick();
    network.last.open();
    network.last.queue(welcome, sync()).deliver();
    expect(connection()).toEqual({ state: "online", sessionId: "s-1", transport: "websocket" });
  });

  test("a restart of the gateway finds its clients on the WebSocket again", async () => {
    const { network, options } = net();
    enter(options);
    await tick();
    network.last.open();
    network.last.queue(welcome, sync()).deliver();
    await tick(10_000);
    network.last.end(1006);
    await tick(1);
    network.last.refuse();
    await tick(1);
    network.last.open();
    network.last.queue(welcome, sync()).deliver();
    expect(connection()).toMatchObject({ transport: "websocket" });
    expect(http.requests).toHaveLength(0);
  });

  test("sockets that are cut early, again and again, are left for a stream", async () => {
    const { network, options } = net();
    enter(options);
    for (let cut = 0; cut < 3; cut += 1) {
      await tick(1);
      network.last.open();
      network.last.queue(welcome, sync({ mode: cut === 0 ? "snapshot" : "delta" })).deliver();
      await tick(2_000);
      network.last.end(1006);
    }
    await tick();
    last(http.streams).stream(welcome, sync({ mode: "delta" }), beat());
    await tick();
    expect(connection()).toMatchObject({ transport: "sse", because: "unstable" });
  });

  test("the waits of the one that was left are not the waits of the next", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.999);
    const { network, options } = net();
    enter(options);
    await tick(1);
    network.last.open();
    network.last.queue(welcome, sync()).deliver();
    await tick(6_000);
    network.last.end(1006);
    for (let failure = 0; failure < 3; failure += 1) {
      await tick(4_000);
      network.last.refuse();
    }
    await tick();
    const stream = last(http.streams).stream(welcome, sync({ mode: "delta" }), beat());
    await tick();
    expect(connection()).toMatchObject({ transport: "sse", because: "blocked" });
    stream.break();
    await tick(500);
    expect(http.streams).toHaveLength(2);
  });

  test("a terminal close of the WebSocket is the end, not a step", async () => {
    const { network, options } = net();
    enter(options);
    await tick();
    network.last.open();
    network.last.end(4404);
    await tick(60_000);
    expect(connection()).toMatchObject({ state: "closed", code: "room-forbidden" });
    expect(http.requests).toHaveLength(0);
  });

  /** On a stream, because the WebSocket was refused. */
  async function fallBack(options: Partial<ChatClientOptions> = {}) {
    const { network, options: all } = net();
    enter({ ...all, ...options });
    await tick();
    network.last.refuse();
    await tick();
    const stream = last(http.streams).stream(welcome, sync({ turns: [streaming("a", "Hi")] }), beat());
    await tick();
    return { network, stream };
  }

  test("[F7] a better one is tried beside the one that works, and takes over when it is welcomed", async () => {
    const { network, stream } = await fallBack();
    await tick(5_001);
    expect(network.sockets).toHaveLength(2);
    network.last.open();
    stream.send(delta(2, " you"));
    await tick();
    expect([connection(), text()]).toMatchObject([{ transport: "sse" }, "Hi you"]);
    network.last.queue(welcome).deliver();
    expect(http.streams[0]?.signal.aborted).toBe(true);
    stream.send(delta(6, " twice"));
    await tick();
    const rest = listed({ from: 2, parts: [{ kind: "text", text: " you there" }], length: 12 });
    network.last.queue(sync({ mode: "delta", turns: [rest] }), { ...delta(12, "!") }).deliver();
    expect(text()).toBe("Hi you there!");
    expect(connection()).toEqual({ state: "online", sessionId: "s-1", transport: "websocket" });
    expect(client.getSnapshot().connection).not.toHaveProperty("because");
  });

  test("[T1] a submit on its way over the one is said again over the other, under its id", async () => {
    const { network } = await fallBack();
    const id = client.submit("hi");
    await tick(5_001);
    network.last.open();
    network.last.queue(welcome, sync({ mode: "delta" })).deliver();
    expect(network.last.saidOf("turn-submit")).toMatchObject([{ turnId: id }]);
    last(http.said).refuse("internal", 500);
    await tick();
    expect(connection()).toMatchObject({ state: "online", transport: "websocket" });
  });

  test("one that does not get through costs nothing, and is tried again later and later", async () => {
    const { network, stream } = await fallBack();
    const states: string[] = [];
    client.subscribe(() => states.push(connection().state));
    const tried: number[] = [];
    for (let waitedMs = 0; waitedMs < 50_000; waitedMs += 100) {
      if (waitedMs % 10_000 === 0) stream.send(beat());
      await tick(100);
      if (network.sockets.length === tried.length + 1) continue;
      tried.push(Math.floor(waitedMs / 1_000));
      network.last.refuse();
    }
    expect(tried).toEqual([5, 10, 20, 40]);
    expect(states.filter((state) => state !== "online")).toEqual([]);
  });

  test("[F7] is remembered for the session: the next page begins where this one was", async () => {
    const storage = memoryStorage();
    await fallBack({ storage });
    client.close();
    await tick(1);
    const { network, options } = net();
    enter({ ...options, storage });
    await tick();
    expect([network.sockets.length, http.streams.length]).toEqual([0, 2]);
    last(http.streams).stream(welcome, sync(), beat());
    await tick();
    expect(connection()).toMatchObject({ transport: "sse", because: "blocked" });
  });

  test("what someone else wrote into the storage is as good as nothing", async () => {
    for (const kept of ["", "{", "null", "[]", '{"transport":"pigeon"}', '{"transport":"sse","because":"blocked"}']) {
      const { network, options } = net();
      const storage = memoryStorage(new Map([["edge-chat.transport.chat.example.com", kept]]));
      enter({ ...options, storage });
      await tick();
      expect(network.sockets, kept).toHaveLength(1);
      client.close();
      await tick(1);
    }
  });

  test("another network is a reason to try the better one now", async () => {
    vi.stubGlobal("window", new EventTarget());
    const { network } = await fallBack();
    window.dispatchEvent(new Event("online"));
    await tick(1);
    expect(network.sockets).toHaveLength(2);
  });

  test("without any transport there is no client", () => {
    enter({ transports: ["poll"] });
    expect(() => new ChatClient({ url: "https://chat.example.com", room: "demo", transports: [] })).toThrow(TypeError);
  });
});
