/**
 * The client offers its token in the WebSocket's handshake, as a subprotocol. Where that can't work, the `hello` carries the token
 * (S1, S6).
 */
import { describe, expect, test } from "vitest";
import { ERRORS } from "../../../../shared/protocol/errors.ts";
import { socketProtocol } from "../../../../shared/protocol/handshake.ts";
import { welcome } from "../../../support/client/fake-socket.ts";
import {
  comeBack,
  connect,
  eachWithItsOwnNetwork,
  enter,
  net,
  state,
  tick,
  untilRetry,
} from "../../../support/client/socket-client.ts";
import { sync } from "../../../support/client/sync-frames.ts";

eachWithItsOwnNetwork();

/** A provider that gives `t1`, `t2`, …. */
function tokens() {
  let last = 0;
  return () => `t${++last}`;
}

const offered = () => net.sockets.map(({ offered }) => offered);
const helloTokens = () => net.sockets.map((socket) => socket.saidOf("hello")[0]?.token);

describe("[S6] a client with a token", () => {
  test("offers it in the handshake and leaves it out of its hello, in every connection a fresh one", async () => {
    enter({ token: tokens() });
    await tick();
    net.last.open(socketProtocol);
    net.last.queue(welcome, sync()).deliver();
    net.last.end(1006);
    await untilRetry();
    net.last.open(socketProtocol);
    net.last.queue(welcome, sync({ mode: "delta" })).deliver();
    expect(state()).toBe("online");
    expect(offered()).toEqual([
      ["edge-chat.v1", "bearer.t1"],
      ["edge-chat.v1", "bearer.t2"],
    ]);
    expect(helloTokens()).toEqual([undefined, undefined]);
    expect(net.sockets.map(({ url }) => url).join()).not.toMatch(/t1|t2/);
  });

  test("sends it in the hello where the host opens the socket and selects nothing", async () => {
    const socket = await connect({ token: tokens() });
    expect(socket.saidOf("hello")[0]?.token).toBe("t1");
    expect(net.sockets).toHaveLength(1);
  });

  test("offers nothing from then on where a handshake fails with the offer and works without it", async () => {
    enter({ token: tokens() });
    await tick();
    net.last.refuse();
    await tick();
    net.last.open();
    net.last.queue(welcome, sync()).deliver();
    net.last.end(1006);
    await comeBack();
    expect(offered()).toEqual([["edge-chat.v1", "bearer.t1"], [], []]);
    // The second handshake is of the same attempt, so the application is asked once.
    expect(helloTokens()).toEqual([undefined, "t1", "t2"]);
  });

  test("makes one handshake an attempt after an offer was answered, and offers again", async () => {
    enter({ token: tokens() });
    await tick();
    net.last.open(socketProtocol);
    net.last.queue(welcome, sync()).deliver();
    net.last.end(1006);
    await untilRetry();
    net.last.refuse();
    await tick(1);
    expect(net.sockets).toHaveLength(2);
    await untilRetry();
    expect(offered().at(-1)).toEqual(["edge-chat.v1", expect.stringMatching(/^bearer\.t[3-9]$/)]);
  });

  test("goes on offering where neither handshake worked, because the gateway may be down", async () => {
    enter({ token: tokens() });
    await tick();
    net.last.refuse();
    await tick();
    net.last.refuse();
    await untilRetry();
    expect(offered().map(({ length }) => length)).toEqual([2, 0, 2]);
  });

  test("asks for another one where the room refuses the one of the handshake", async () => {
    enter({ token: tokens() });
    await tick();
    net.last.open(socketProtocol);
    net.last.end(ERRORS.unauthenticated.close, "unauthenticated");
    await tick();
    expect(offered().at(-1)).toEqual(["edge-chat.v1", "bearer.t2"]);
  });

  test.each([
    ["a blank", "a b"],
    ["a comma", "a,b"],
    ["a character beyond ASCII", "täg"],
    ["a line break", "a\r\nb"],
    ["more bytes than a header takes", "a".repeat(4_097)],
    ["nothing", ""],
  ])("whose token holds %s sends it in the hello alone", async (_, token) => {
    const socket = await connect({ token: () => token });
    expect(offered()).toEqual([[]]);
    expect(socket.saidOf("hello")[0]?.token).toBe(token);
  });

  test("that has none offers nothing", async () => {
    await connect();
    expect(offered()).toEqual([[]]);
    expect(helloTokens()).toEqual([undefined]);
  });
});
