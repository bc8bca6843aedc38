/** How a client comes to a room and stays: hello, losses, refusals, tokens, signs of life, and that nothing is left of it. */
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { ChatClientOptions } from "../../../../client/api/api.ts";
import { defined } from "../../../../shared/defined.ts";
import { ERRORS } from "../../../../shared/protocol/errors.ts";
import { PROTOCOL_VERSION } from "../../../../shared/protocol/version.ts";
import { type FakeSocket, welcome } from "../../../support/client/fake-socket.ts";
import {
  client,
  comeBack,
  connect,
  eachWithItsOwnNetwork,
  enter,
  goOnline,
  net,
  state,
  tick,
  turn,
  untilRetry,
} from "../../../support/client/socket-client.ts";
import { listed, sync } from "../../../support/client/sync-frames.ts";
import { delta, streaming } from "../../../support/client/turn-frames.ts";

eachWithItsOwnNetwork();

describe("hello", () => {
  test("[R1] is the first frame on a socket, whatever waits to be said", async () => {
    enter();
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
    ["https://127.0.0.1:8443/", "wss://127.0.0.1:8443"],
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
    enter({
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
        turns: [{ ...listed({ from: 5 }), length: 7, parts: [{ type: "text-delta", delta: "!!" }] }],
      }),
    );
    expect(next.saidOf("hello")[0]?.have).toEqual({ epoch: "e1", seq: 3, offsets: { a: 5 } });
    expect(turn("a")).toMatchObject({ parts: [{ type: "text-delta", delta: "Hello!!" }] });
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
    enter();
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
    enter({ WebSocket: undefined });
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

  test("an error of before, about something else, does not explain them", async () => {
    const socket = await goOnline();
    socket.queue({ type: "error", code: "forbidden", message: "You may not clear.", retryable: false }).deliver();
    socket.end(4404, "room-forbidden");
    expect(client.getSnapshot().connection).toEqual({
      state: "closed",
      code: "room-forbidden",
      message: "room-forbidden",
    });
  });

  test("the error of a newer room explains a close that has no name here", async () => {
    const socket = await connect();
    socket.queue({ type: "error", code: "too-many-cooks", message: "Nine of them.", retryable: false }).deliver();
    socket.end(4433, "too-many-cooks");
    expect(client.getSnapshot().connection).toEqual({ state: "closed", code: "4433", message: "Nine of them." });
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
    enter({ ...defined({ token }) });
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

  test("a network that returns is not called offline while the client comes back", async () => {
    await loseOften();
    setOnline(false);
    setOnline(true);
    expect(client.getSnapshot().connection).toEqual({ state: "reconnecting", attempt: 4, retryAt: Date.now() });
    await tick();
    net.last.open();
    net.last.queue(welcome, sync()).deliver();
    expect(state()).toBe("online");
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
    enter();
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
    enter({ token: () => promise });
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
