/** Sessions: hello, welcome and sync, and that a client's mistake ends its own session only (R1–R4, S3). */
import { describe, expect, test } from "vitest";
import { fail } from "../../../../shared/result.ts";
import { settled } from "../../../support/core/fake-clock.ts";
import { ANYONE, buildRoom, FakeSocket } from "../../../support/core/room-harness.ts";

describe("hello", () => {
  test("[R2] is answered by welcome and then one sync", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    expect(tab.frames.map(({ type }) => type)).toEqual(["welcome", "sync", "presence"]);
    expect(tab.frames[0]).toMatchObject({ version: 2, room: "test-room" });
    expect(tab.frames[1]).toMatchObject({ mode: "snapshot", turns: [], seq: 0 });
  });

  test("[R1] a socket that says nothing for 5 s is closed with hello-timeout", async () => {
    const room = await buildRoom();
    const socket = new FakeSocket();
    room.core.handleOpen(socket);
    await room.clock.advance(4_999);
    expect(socket.isOpen).toBe(true);
    await room.clock.advance(1);
    expect(socket.closed).toEqual({ code: 4458, reason: "hello-timeout" });
  });

  test("[R1] another frame before it closes the socket and does nothing else", async () => {
    const room = await buildRoom();
    const tab = room.tab();
    room.core.handleOpen(tab.socket);
    tab.submit("hi");
    await settled();
    expect(tab.socket.closed?.code).toBe(4400);
    expect(tab.received("error")[0]).toMatchObject({ code: "bad-frame", retryable: false });
    expect(room.core.conversation.turns.all()).toEqual([]);
    expect(room.storage.keys).toEqual([]);
  });

  test("[R1] an unsupported version closes with a terminal code", async () => {
    const room = await buildRoom();
    const tab = room.tab().connect({ version: 3 });
    await settled();
    expect(tab.socket.closed).toEqual({ code: 4426, reason: "version-unsupported" });
    expect(tab.received("welcome")).toEqual([]);
  });

  test("[R1] a refused token closes with its own code", async () => {
    const room = await buildRoom({ principalOf: async () => fail({ code: "unauthenticated" }) });
    const tab = room.tab().connect({ token: "wrong" });
    await settled();
    expect(tab.socket.closed?.code).toBe(4401);
  });

  test("frames sent while it is being checked wait and are handled in order", async () => {
    const room = await buildRoom();
    const tab = room.tab().connect();
    const first = tab.submit("one");
    const second = tab.submit("two");
    tab.cancel(second);
    await settled();
    expect(tab.turn(first).state).toBe("opening");
    expect(tab.turn(second)).toMatchObject({ state: "settled", outcome: "cancelled" });
  });

  test("more than eight waiting frames end that socket only", async () => {
    const room = await buildRoom();
    const other = await room.join();
    const tab = room.tab().connect();
    for (let count = 0; count < 9; count += 1) tab.submit("hi");
    await settled();
    expect(tab.socket.closed?.code).toBe(4479);
    expect(other.socket.isOpen).toBe(true);
  });
});

describe("a client's mistake", () => {
  const mistakes: [string, string, string, number | undefined][] = [
    ["not JSON", "hello?", "bad-frame", 4400],
    ["an unknown type", '{"type":"turn-explode"}', "bad-frame", 4400],
    ["an array", "[]", "bad-frame", 4400],
    ["a field of the wrong type", '{"type":"turn-cancel","turnId":7}', "bad-frame", 4400],
    ["a turn id with a slash", '{"type":"turn-cancel","turnId":"a/b"}', "bad-frame", 4400],
    ["an empty prompt", '{"type":"turn-submit","turnId":"x","input":{"prompt":"  "}}', "bad-frame", 4400],
    ["an unknown field", '{"type":"room-clear","now":true}', "bad-frame", 4400],
    [
      "a frame over 64 KiB",
      JSON.stringify({ type: "turn-cancel", turnId: "x".repeat(70_000) }),
      "frame-too-large",
      4413,
    ],
    [
      "content that is not text",
      '{"type":"turn-submit","turnId":"x","input":{"messages":[{"role":"user","content":[{"type":"image"}]}]}}',
      "unsupported-content",
      undefined,
    ],
  ];
  test.each(mistakes)("[S3] %s gets an error, and the other sessions go on", async (_name, text, code, close) => {
    const room = await buildRoom();
    const [tab, other] = [await room.join(), await room.join()];
    other.read();
    const before = other.frames.length;
    tab.sayText(text);
    await settled();
    expect(tab.received("error")[0]).toMatchObject({ code });
    expect(tab.socket.closed?.code).toBe(close);
    expect(other.socket.isOpen).toBe(true);
    expect(other.read().map(({ type }) => type)).toEqual([]);
    expect(other.frames).toHaveLength(before);
  });

  test("a binary message is a bad frame", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    room.core.handleMessage(tab.socket, undefined);
    expect(tab.socket.closed?.code).toBe(4400);
  });
});

describe("[S2] a socket that sends too much", () => {
  test("is closed with a retryable code, and the others go on", async () => {
    const room = await buildRoom({ policy: { framesPer10s: 20 } });
    const [loud, quiet] = [await room.join(), await room.join()];
    for (let count = 0; count < 25; count += 1) loud.say({ type: "turn-cancel", turnId: `t${count}` });
    await settled();
    expect(loud.socket.closed).toEqual({ code: 4479, reason: "rate-limited" });
    expect(loud.received("error").at(-1)).toMatchObject({ code: "rate-limited", retryable: true });
    expect(quiet.socket.isOpen).toBe(true);
  });

  test("stays open at the allowed rate", async () => {
    const room = await buildRoom({ policy: { framesPer10s: 20 } });
    const tab = await room.join();
    for (let count = 0; count < 100; count += 1) {
      tab.sayText("ping");
      await room.clock.advance(500);
    }
    expect(tab.socket.isOpen).toBe(true);
  });
});

describe("presence", () => {
  test("[R6] sends every tab the number of viewers, at most once a second", async () => {
    const room = await buildRoom();
    const first = await room.join();
    const [second] = [await room.join(), await room.join()];
    await room.clock.advance(1_000);
    expect(first.received("presence").map(({ viewers }) => viewers)).toEqual([1, 3]);
    second.drop();
    await room.clock.advance(1_000);
    expect(first.view.viewers).toBe(3);
    first.read();
    expect(first.view.viewers).toBe(2);
  });

  test("[R6] a half-open socket stops counting after 90 s without a sign of life", async () => {
    const room = await buildRoom();
    const [alive, halfOpen] = [await room.join(), await room.join()];
    await room.clock.advance(80_000);
    alive.socket.pongedAt = room.clock.now();
    await room.clock.advance(20_000);
    expect(room.core.viewers()).toBe(1);
    halfOpen.sayText("ping");
    expect(room.core.viewers()).toBe(2);
  });
});

test("the room answers a ping that reaches it with a pong", async () => {
  const room = await buildRoom();
  const tab = await room.join();
  tab.sayText("ping");
  expect(tab.socket.sent.at(-1)).toBe("pong");
});

test("a second hello on a welcomed socket gets its welcome and sync again", async () => {
  const room = await buildRoom();
  const tab = await room.join();
  tab.say({ type: "hello", version: 2 });
  await settled();
  expect(tab.received("welcome")).toHaveLength(2);
  expect(tab.received("sync")).toHaveLength(2);
});

test("token-refresh is answered, and a refused one leaves the session as it is", async () => {
  const tokens = new Map([["good", "alice"]]);
  const room = await buildRoom({
    principalOf: async (token) => {
      const sub = token === undefined ? "alice" : tokens.get(token);
      return sub === undefined
        ? fail({ code: "unauthenticated" })
        : { ok: true, value: { ...ANYONE, sub, expiresAt: 9_000_000 } };
    },
  });
  const tab = await room.join();
  tab.say({ type: "token-refresh", token: "bad" });
  tab.say({ type: "token-refresh", token: "good" });
  await settled();
  expect(tab.received("error")[0]).toMatchObject({ code: "token-invalid" });
  expect(tab.received("token-accepted")).toEqual([
    { type: "token-accepted", expiresAt: 9_000_000, expiresInMs: 8_000_000 },
  ]);
  expect(tab.socket.isOpen).toBe(true);
});

test("close() leaves no timer and closes every socket with a retryable code", async () => {
  const room = await buildRoom();
  const tab = await room.join();
  room.core.handleOpen(new FakeSocket());
  tab.submit("hi");
  await settled();
  room.upstream.call.start();
  room.upstream.call.text("partial");
  await settled();
  room.core.close("draining");
  await settled();
  expect(tab.socket.closed?.code).toBe(4491);
  expect(room.clock.pending).toBe(0);
  expect(room.upstream.call.isAborted).toBe(true);
});
