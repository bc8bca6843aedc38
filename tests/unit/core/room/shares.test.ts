/** Budgets of a full room: no user and no address takes everything, and newcomers get in (S2). */
import { describe, expect, test } from "vitest";
import { oldestOfLargest } from "../../../../party/core/room/fair-share.ts";
import { fail, ok } from "../../../../shared/result.ts";
import { settled } from "../../../support/core/fake-clock.ts";
import {
  ANYONE,
  buildRoom,
  FakeSocket,
  type Room,
  type RoomOptions,
  type Tab,
} from "../../../support/core/room-harness.ts";

const user = (sub: string) => ({ ...ANYONE, sub, tokenId: sub, expiresAt: 9_000_000_000 });

/** A room in which a token is the name of its user. */
const named = (options: Omit<RoomOptions, "principalOf"> = {}): Promise<Room> =>
  buildRoom({
    ...options,
    principalOf: async (token) => (token === undefined ? fail({ code: "unauthenticated" }) : ok(user(token))),
  });

async function joinAs(room: Room, token: string): Promise<Tab> {
  const tab = room.tab().connect({ token });
  await settled();
  return tab;
}

function openSilent(room: Room, address: string): FakeSocket {
  const socket = new FakeSocket();
  room.core.handleOpen(socket, { principal: undefined, address });
  return socket;
}

describe("[S2] sockets that say nothing", () => {
  test("of one address don't keep a newcomer out: the oldest of them is closed", async () => {
    const room = await buildRoom({ policy: { maxGreetingSockets: 32 } });
    const silent = Array.from({ length: 32 }, () => openSilent(room, "192.0.2.1"));
    const late = await room.join();
    expect(late.received("sync")).toHaveLength(1);
    expect(silent[0]?.closed).toEqual({ code: 4481, reason: "room-full" });
    expect(silent.filter(({ isOpen }) => isOpen)).toHaveLength(31);
  });

  test("of another address lose nothing to the address that opens most", async () => {
    const room = await buildRoom({ policy: { maxGreetingSockets: 32 } });
    const quiet = openSilent(room, "192.0.2.9");
    for (let count = 0; count < 400; count += 1) openSilent(room, "192.0.2.1");
    expect(quiet.isOpen).toBe(true);
  });

  test("in a room that is full of them lose to a newcomer", async () => {
    const room = await buildRoom({ policy: { maxSockets: 10 } });
    const silent = Array.from({ length: 10 }, () => openSilent(room, "192.0.2.1"));
    const late = await room.join();
    expect(late.received("sync")).toHaveLength(1);
    expect(silent[0]?.isOpen).toBe(false);
  });
});

describe("[S2] a room that restarts", () => {
  test.each([200, 1_000])("refuses none of its 300 tabs while each hello takes %i ms to check", async (checkMs) => {
    const waiting: (() => void)[] = [];
    const room = await buildRoom({
      principalOf: () => new Promise((resolve) => waiting.push(() => resolve(ok(ANYONE)))),
    });
    const tabs = Array.from({ length: 300 }, () => room.tab().connect());
    await room.clock.advance(checkMs);
    for (const check of waiting) check();
    await settled();
    expect(tabs.filter(({ socket }) => socket.closed !== undefined)).toEqual([]);
    expect(tabs.every((tab) => tab.received("sync").length === 1)).toBe(true);
  });
});

describe("[S2] a room full of one user's sockets", () => {
  test("lets another user in, and closes the oldest of the first one's", async () => {
    const room = await named({ policy: { maxSockets: 4 } });
    const mallory: Tab[] = [];
    for (let count = 0; count < 4; count += 1) mallory.push(await joinAs(room, "mallory"));
    const alice = await joinAs(room, "alice");
    expect(alice.received("sync")).toHaveLength(1);
    expect(mallory.map(({ socket }) => socket.closed?.code)).toEqual([4481, undefined, undefined, undefined]);
  });

  test("refuses more of the same user, and a stream of theirs", async () => {
    const room = await named({ policy: { maxSockets: 2 } });
    for (let count = 0; count < 2; count += 1) await joinAs(room, "mallory");
    expect((await joinAs(room, "mallory")).socket.closed?.code).toBe(4481);
    const opened = room.core.openReader(new FakeSocket(), user("mallory"), { have: undefined });
    expect(opened).toEqual({ ok: false, error: "room-full" });
  });

  test("refuses a newcomer where everybody has one", async () => {
    const room = await named({ policy: { maxSockets: 2 } });
    const [alice, bob] = [await joinAs(room, "alice"), await joinAs(room, "bob")];
    expect((await joinAs(room, "carol")).socket.closed?.code).toBe(4481);
    expect([alice, bob].every(({ socket }) => socket.isOpen)).toBe(true);
  });

  test("lets a stream of another user in", async () => {
    const room = await named({ policy: { maxSockets: 2 } });
    const first = await joinAs(room, "mallory");
    await joinAs(room, "mallory");
    expect(room.core.openReader(new FakeSocket(), user("alice"), { have: undefined }).ok).toBe(true);
    expect(first.socket.closed?.code).toBe(4481);
  });

  test("has no shares where everybody has the same name", async () => {
    const room = await buildRoom({ policy: { maxSockets: 2 } });
    const tabs = [await room.join(), await room.join()];
    expect(room.tab().connect().socket.closed?.code).toBe(4481);
    expect(tabs.every(({ socket }) => socket.isOpen)).toBe(true);
  });
});

describe("[S2] polls that wait", () => {
  const isPending = async (poll: Promise<unknown>) => {
    const state = await Promise.race([poll.then(() => "answered"), settled().then(() => "pending")]);
    return state === "pending";
  };

  test("of one user give a place to another user: the oldest is answered", async () => {
    const room = await named({ policy: { maxSockets: 3, silenceTimeoutMs: 500_000 } });
    const tab = await joinAs(room, "mallory");
    tab.submit("open");
    await settled();
    tab.read();
    const have = tab.view.epoch === undefined ? undefined : { epoch: tab.view.epoch, seq: tab.view.seq, offsets: {} };
    const held = Array.from({ length: 3 }, () => room.core.requests.poll(user("mallory"), have, 20_000));
    await settled();
    const late = room.core.requests.poll(user("alice"), have, 20_000);
    await settled();
    expect(await Promise.all(held.map(isPending))).toEqual([false, true, true]);
    expect(await held[0]).toMatchObject({ ok: true });
    expect(await isPending(late)).toBe(true);
    expect(await room.core.requests.poll(user("mallory"), have, 20_000)).toMatchObject({
      ok: false,
      error: { code: "room-full" },
    });
    room.core.close("draining");
    await Promise.all([...held, late]);
  });

  test("give their place back also when they fail", async () => {
    const room = await buildRoom({ policy: { maxSockets: 1 } });
    const { builder } = { builder: room.core.conversation.journal };
    const { settled: whole } = builder;
    builder.settled = () => Promise.reject(new Error("a fault"));
    await expect(room.core.requests.poll(ANYONE, undefined, 0)).rejects.toThrow("a fault");
    builder.settled = whole.bind(builder);
    expect(await room.core.requests.poll(ANYONE, undefined, 0)).toMatchObject({ ok: true });
  });
});

describe("[Q3] a queue that one user fills", () => {
  test("keeps places for the others", async () => {
    const room = await named({ policy: { maxQueuedTurns: 4 } });
    const [mallory, alice] = [await joinAs(room, "mallory"), await joinAs(room, "alice")];
    for (let count = 0; count < 6; count += 1) mallory.submit(`m${count}`);
    await settled();
    expect(mallory.received("error").map(({ code }) => code)).toEqual(["queue-full", "queue-full"]);
    const id = alice.submit("mine");
    await settled();
    expect(alice.turn(id).state).toBe("queued");
  });

  test("is full for one user alone where everybody has the same name", async () => {
    const room = await buildRoom({ policy: { maxQueuedTurns: 4 } });
    const tab = await room.join();
    for (let count = 0; count < 5; count += 1) tab.submit(`q${count}`);
    await settled();
    expect(tab.received("error")).toEqual([]);
  });
});

test("the largest holder of a budget loses its oldest entry", () => {
  const entries = ["a1", "b1", "b2", "c1", "b3", "c2"];
  expect(oldestOfLargest(entries, (entry) => entry.charAt(0))).toBe("b1");
  expect(oldestOfLargest([], String)).toBeUndefined();
});
