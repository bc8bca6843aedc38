/** The client between its transports: when one is left for the next, and how a better one takes over. The rules alone are `transport-fallback.test.ts`. */
import { describe, expect, test, vi } from "vitest";
import type { ChatClientOptions } from "../../../../client/api/api.ts";
import { ChatClient } from "../../../../client/chat/chat-client.ts";
import { type FakeRequest, last } from "../../../support/client/fake-http.ts";
import { fakeNetwork, memoryStorage, welcome } from "../../../support/client/fake-socket.ts";
import {
  beat,
  client,
  connection,
  delta,
  eachWithItsOwnHttp,
  enter,
  http,
  overStream,
  text,
  tick,
} from "../../../support/client/http-client.ts";
import { listed, sync } from "../../../support/client/sync-frames.ts";
import { streaming } from "../../../support/client/turn-frames.ts";

eachWithItsOwnHttp();

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

describe("the fallback", () => {
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
    const rest = listed({ from: 2, parts: [{ type: "text-delta", delta: " you there" }], length: 12 });
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
