/** How long a session may stay: a token that runs out, is refreshed, or is revoked. */
import { describe, expect, test } from "vitest";
import { revocationCheckMs, tokenStateOf, warnBeforeMs } from "../../../../party/core/room/token-expiry.ts";
import { fail, ok } from "../../../../shared/result.ts";
import { settled } from "../../../support/core/fake-clock.ts";
import { ANYONE, buildRoom, type Room, type RoomOptions } from "../../../support/core/room-harness.ts";

/** Ten minutes from the fake clock's beginning. */
const expiresAt = 1_000_000 + 600_000;
/** A room in which a token's text is its `sub`, and its life a number behind it. */
const tokens = async (options: Omit<RoomOptions, "principalOf"> = {}): Promise<Room> =>
  buildRoom({
    ...options,
    principalOf: async (token = "alice") => {
      const [sub = "", life] = token.split("/");
      if (sub === "bad") return fail({ code: "unauthenticated", detail: "The token has expired." });
      return ok({ ...ANYONE, sub, tokenId: token, expiresAt: life === undefined ? expiresAt : Number(life) });
    },
  });

describe("[S6] a token that runs out", () => {
  test("is named in the welcome, and warned of once, a minute before", async () => {
    const room = await tokens();
    const tab = await room.join();
    expect(tab.received("welcome")[0]).toMatchObject({ expiresAt, expiresInMs: 600_000 });
    await room.clock.advance(600_000 - warnBeforeMs - 1);
    tab.sayText("ping");
    tab.submit("early");
    await settled();
    expect(tab.received("notice")).toEqual([]);
    await room.clock.advance(1);
    tab.submit("in time");
    tab.submit("once");
    await settled();
    expect(tab.received("notice")).toEqual([
      expect.objectContaining({ code: "token-expiring", scope: "session", willRetry: false }),
    ]);
    expect(tab.socket.isOpen).toBe(true);
  });

  test("ends its session at its next frame, with a terminal code, and the frame does nothing", async () => {
    const room = await tokens();
    const tab = await room.join();
    await room.clock.advance(600_000);
    const turnId = tab.submit("too late");
    await settled();
    expect(tab.socket.closed).toEqual({ code: 4401, reason: "unauthenticated" });
    expect(tab.received("error").at(-1)).toMatchObject({ code: "unauthenticated", message: "The token has expired." });
    expect(room.core.conversation.turn(turnId)).toBeUndefined();
  });

  test("hears nothing of what others say from then on", async () => {
    const room = await tokens();
    const tab = await room.join();
    const other = room.tab().connect({ token: `bob/${expiresAt + 1_000_000}` });
    await settled();
    await room.clock.advance(600_000);
    const before = tab.socket.sent.length;
    other.submit("not for everybody");
    await settled();
    expect(tab.socket.closed?.code).toBe(4401);
    expect(tab.socket.sent.slice(before).join()).not.toContain("not for everybody");
    expect(other.socket.isOpen).toBe(true);
  });

  test("keeps no room awake: no timer and no alarm waits for it", async () => {
    const room = await tokens();
    await room.join();
    await room.clock.advance(5_000);
    expect(room.clock.pending).toBe(0);
    expect(room.storage.alarmAt).toBeUndefined();
  });

  test("while the room slept is not taken back at the wake", async () => {
    const room = await tokens();
    const [tab, other] = [await room.join(), room.tab().connect({ token: `bob/${expiresAt + 1_000_000}` })];
    tab.submit("before");
    await settled();
    await room.clock.advance(600_000);
    const before = tab.socket.sent.length;
    await room.evict([tab, other]);
    expect(tab.socket.closed?.code).toBe(4401);
    expect(tab.socket.sent.slice(before).map((text) => JSON.parse(text).type)).toEqual(["error"]);
    expect(other.socket.isOpen).toBe(true);
  });
});

describe("[S6] a refresh in band", () => {
  test("of the same sub lengthens the stay", async () => {
    const room = await tokens();
    const tab = await room.join();
    await room.clock.advance(599_000);
    tab.say({ type: "token-refresh", token: `alice/${expiresAt + 600_000}` });
    await settled();
    expect(tab.received("token-accepted")).toMatchObject([
      { type: "token-accepted", expiresAt: expiresAt + 600_000, expiresInMs: 601_000 },
    ]);
    await room.clock.advance(2_000);
    tab.submit("still here");
    await settled();
    expect(tab.socket.isOpen).toBe(true);
    expect(tab.received("turn-queued")).toHaveLength(1);
  });

  test.each([
    ["somebody else's", `bob/${expiresAt + 600_000}`],
    ["one that is not accepted", "bad"],
  ])("with %s is refused, and the old one stands until it runs out", async (_name, token) => {
    const room = await tokens();
    const tab = await room.join();
    tab.say({ type: "token-refresh", token });
    await settled();
    expect(tab.received("error")).toEqual([expect.objectContaining({ code: "token-invalid" })]);
    tab.submit("still here");
    await settled();
    expect(tab.received("turn-queued")).toHaveLength(1);
    await room.clock.advance(600_000);
    tab.submit("no longer");
    expect(tab.socket.closed?.code).toBe(4401);
  });

  test("with one that may not even read is refused", async () => {
    const room = await buildRoom({
      principalOf: async (token) => ok({ ...ANYONE, scopes: token === undefined ? ANYONE.scopes : ["write"] }),
    });
    const tab = await room.join();
    tab.say({ type: "token-refresh", token: "less" });
    await settled();
    expect(tab.received("error")).toEqual([expect.objectContaining({ code: "token-invalid" })]);
  });
});

describe("[S6] a revoked token", () => {
  test("ends an active session at its first word after the look, and only that session", async () => {
    const gone = new Set<string>();
    const room = await tokens({ isRevoked: ({ sub }) => gone.has(sub) });
    const [alice, bob] = [await room.join(), room.tab().connect({ token: "bob" })];
    await settled();
    gone.add("alice");
    await room.clock.advance(revocationCheckMs);
    bob.submit("hi");
    await settled();
    expect(alice.socket.closed?.code).toBe(4401);
    expect(alice.received("error").at(-1)).toMatchObject({ message: "The token has been revoked." });
    expect(bob.socket.isOpen).toBe(true);
  });

  test("that must be looked up ends the session when the answer is there, and holds nobody up meanwhile", async () => {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const room = await tokens({ isRevoked: () => promise });
    const tab = await room.join();
    await room.clock.advance(revocationCheckMs);
    tab.submit("hi");
    await settled();
    expect(tab.received("turn-queued")).toHaveLength(1);
    resolve(true);
    await settled();
    expect(tab.socket.closed?.code).toBe(4401);
  });

  test("of a quiet room is found by its alarm", async () => {
    const gone = new Set<string>();
    const room = await tokens({ isRevoked: ({ sub }) => gone.has(sub) });
    const tab = await room.join();
    tab.submit("runs for a while");
    await settled();
    gone.add("alice");
    await room.advance(61_000);
    expect(tab.socket.closed?.code).toBe(4401);
  });
});

test("nobody without a token is ever looked at again", () => {
  expect(tokenStateOf({}, 0)).toEqual({ kind: "good", isEnding: false, checkAt: Number.POSITIVE_INFINITY });
});
