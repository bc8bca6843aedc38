/** How long a session may stay: its token expires, is refreshed, or is revoked (S6). */
import { describe, expect, test } from "vitest";
import { revocationCheckMs, tokenStateOf, warnBeforeMs } from "../../../../party/core/room/sessions/token-expiry.ts";
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

describe("[S6] a token that expires", () => {
  test("is named in the welcome, and its client is warned once, a minute before", async () => {
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

  test("lets its session receive nothing any more", async () => {
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

  test("keeps no room awake: there is no timer and no alarm for it", async () => {
    const room = await tokens();
    await room.join();
    await room.clock.advance(5_000);
    expect(room.clock.pending).toBe(0);
    expect(room.storage.alarmAt).toBeUndefined();
  });

  test("while the room slept isn't accepted at the wake", async () => {
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
  test("with a token of the same user lengthens the session", async () => {
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
  ])("with %s is refused, and the old token stays valid until it expires", async (_name, token) => {
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

  test("with a token that may not read is refused", async () => {
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
  test("ends an active session at its first frame after the check, and only that session", async () => {
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

  test("whose list must be read ends the session when it has been read, and frames go on meanwhile", async () => {
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

  test("is found by the alarm of a quiet room", async () => {
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

test("a user without a token is never checked again", () => {
  expect(tokenStateOf({}, 0)).toEqual({ kind: "good", isEnding: false, checkAt: Number.POSITIVE_INFINITY });
});
