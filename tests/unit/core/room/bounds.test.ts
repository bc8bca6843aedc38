/** What one session may cost the room: syncs, frames before its welcome, its attachment, and its stay after `goaway`. */
import { describe, expect, test } from "vitest";
import { fitAttachment, parseAttachment } from "../../../../party/core/room/sessions/attachment.ts";
import { ok } from "../../../../shared/result.ts";
import { settled } from "../../../support/core/fake-clock.ts";
import {
  ANYONE,
  buildRoom,
  FakeSocket,
  type Room,
  type RoomOptions,
  type Tab,
} from "../../../support/core/room-harness.ts";

const mebibyte = 1_048_576;
const foreign = { epoch: "elsewhere", seq: 0, offsets: {} };

async function answered(units: number, options: RoomOptions = {}): Promise<{ room: Room; tab: Tab; id: string }> {
  const room = await buildRoom(options);
  const tab = await room.join();
  const id = tab.submit("q");
  await settled();
  room.upstream.call.text("x".repeat(units));
  room.upstream.call.done();
  await room.clock.advance(1_000);
  tab.read();
  return { room, tab, id };
}

function syncBytes(tab: Tab): number {
  const syncs = tab.socket.sent.filter((text) => text.startsWith('{"type":"sync"'));
  return syncs.reduce((sum, { length }) => sum + length, 0);
}

describe("[S2] syncs that a session asks for", () => {
  test("330 times in 20 s make the room send a few MiB, and other tabs are synced at once", async () => {
    const { room } = await answered(240_000);
    const loud = await room.join();
    for (let count = 0; count < 330; count += 1) {
      loud.say({ type: "sync-request", have: foreign });
      await room.clock.advance(count < 100 ? 10 : 100);
    }
    await settled();
    expect(loud.socket.isOpen).toBe(true);
    expect(syncBytes(loud)).toBeLessThanOrEqual(7 * mebibyte);
    const late = await room.join();
    expect(late.received("sync")).toHaveLength(1);
  });

  test("while one is being prepared are answered by that one, for the newest request", async () => {
    const { room, tab } = await answered(10);
    const { epoch = "", seq } = tab.view;
    const before = tab.received("sync").length;
    const release = room.storage.hold();
    tab.submit("held back");
    for (let count = 0; count < 5; count += 1) tab.say({ type: "sync-request", have: foreign });
    tab.say({ type: "sync-request", have: { epoch, seq, offsets: {} } });
    release();
    await settled();
    expect(tab.received("sync").slice(before)).toMatchObject([{ mode: "delta" }]);
  });

  test("show every turn that was submitted again, a few in each", async () => {
    const room = await buildRoom({ policy: { silenceTimeoutMs: 500_000 } });
    const tab = await room.join();
    const ids: string[] = [];
    for (let count = 0; count < 6; count += 1) {
      ids.push(tab.submit(`q${count}`));
      await settled();
      room.upstream.call.done();
      await settled();
    }
    tab.read();
    const before = tab.received("sync").length;
    for (const [count, id] of ids.entries()) tab.submit(`q${count}`, { turnId: id });
    await settled();
    const syncs = tab.received("sync").slice(before);
    expect(syncs.flatMap(({ turns }) => turns.map(({ id }) => id)).sort()).toEqual(ids);
    expect(syncs).toHaveLength(2);
  });

  test("wait no longer than the allowance needs, and live text follows them", async () => {
    const { room, tab } = await answered(900_000, {
      policy: { silenceTimeoutMs: 500_000, firstTokenTimeoutMs: 500_000, headersTimeoutMs: 500_000 },
    });
    const before = tab.received("sync").length;
    for (let count = 0; count < 6; count += 1) {
      tab.say({ type: "sync-request", have: foreign });
      await settled();
    }
    expect(tab.received("sync").length - before).toBeLessThan(6);
    const id = tab.submit("live");
    await room.clock.advance(60_000);
    room.upstream.call.text("hello");
    await room.clock.advance(50);
    expect(tab.text(id)).toBe("hello");
  });
});

describe("[S2] frames before the welcome", () => {
  test("of many sockets together are bounded in bytes", async () => {
    const room = await buildRoom({ principalOf: () => new Promise(() => undefined) });
    const tabs = Array.from({ length: 100 }, () => room.tab().connect());
    for (const tab of tabs) for (let count = 0; count < 4; count += 1) tab.submit("x".repeat(60_000));
    const refused = tabs.filter(({ socket }) => socket.closed?.reason === "rate-limited");
    expect(refused.length).toBeGreaterThan(70);
    expect(tabs.length - refused.length).toBeGreaterThan(10);
  });

  test("over the size of a frame end their socket", async () => {
    const room = await buildRoom();
    const socket = new FakeSocket();
    room.core.handleOpen(socket);
    room.core.handleMessage(socket, `{"type":"hello","version":2,"token":"${"x".repeat(mebibyte)}"}`);
    await settled();
    expect(socket.closed?.code).toBe(4413);
  });
});

describe("an attachment", () => {
  const welcomed = {
    principal: { ...ANYONE, scopes: [...ANYONE.scopes] },
    have: {
      epoch: "e",
      seq: 7,
      offsets: Object.fromEntries(Array.from({ length: 32 }, (_, n) => [`turn-${n}`.repeat(6), n])),
    },
  };
  const attachment = { v: 1 as const, id: "s", acceptedAt: 1, heardAt: 2, welcomed };

  test("that fits is kept whole", () => {
    expect(fitAttachment(attachment, 16_384)).toBe(attachment);
  });

  test("that is too large leaves out its offsets first, and then the welcome", () => {
    const smaller = fitAttachment(attachment, 1_280);
    expect(JSON.stringify(smaller).length).toBeLessThanOrEqual(1_280);
    expect(parseAttachment(smaller)?.welcomed?.have).toEqual({ epoch: "e", seq: 7, offsets: {} });
    const longName = { ...welcomed, principal: { ...welcomed.principal, sub: "名".repeat(500) } };
    expect(fitAttachment({ ...attachment, welcomed: longName }, 1_280)).toEqual({
      v: 1,
      id: "s",
      acceptedAt: 1,
      heardAt: 2,
    });
  });

  test("[R2] without offsets still brings a tab that outlived a sleep up to date", async () => {
    const room = await buildRoom({ policy: { upstreamResumable: true, silenceTimeoutMs: 500_000 } });
    const tab = await room.join();
    Object.defineProperty(tab.socket, "maxAttachmentBytes", { value: 210 });
    const id = tab.submit("hi", { turnId: "a-turn-with-a-rather-long-name-to-make-it-large" });
    await settled();
    room.upstream.call.start(true);
    room.upstream.call.text("half");
    await room.clock.advance(3_000);
    // A commit carries the log rows before it, so that the wake finds the text.
    tab.cancel("unrelated");
    await settled();
    tab.read();
    expect(parseAttachment(tab.socket.attachment)?.welcomed?.have).toMatchObject({ seq: 2, offsets: {} });
    await room.evict([tab]);
    await settled();
    expect(tab.text(id)).toBe("half");
    expect(tab.received("sync").at(-1)).toMatchObject({ mode: "delta" });
  });
});

describe("a client that ignores goaway", () => {
  test.each([
    ["is awake", false],
    ["sleeps meanwhile", true],
  ])("is closed at the end of the drain when the room %s", async (_name, sleeps) => {
    const { room, tab } = await answered(10);
    room.core.drain();
    await room.advance(11_000);
    if (sleeps) await room.evict([tab]);
    expect(tab.socket.isOpen).toBe(true);
    await room.advance(30_000);
    expect(tab.socket.closed).toEqual({ code: 4491, reason: "draining" });
  });

  test("is closed in a room that never accepted a turn, which then leaves nothing", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    room.core.drain();
    await room.advance(31_000);
    expect(tab.socket.closed).toEqual({ code: 4491, reason: "draining" });
    await settled();
    expect(room.storage.keys).toEqual([]);
  });

  test("is closed when its socket is too old, whatever it sends", async () => {
    const { room, tab } = await answered(10, { policy: { maxSocketAgeMs: 60_000 } });
    await room.advance(60_000);
    tab.sayText("ping");
    expect(tab.received("goaway")).toHaveLength(1);
    for (let second = 0; second < 31; second += 1) {
      tab.socket.pongedAt = room.clock.now();
      tab.sayText("ping");
      await room.advance(1_000);
    }
    expect(tab.received("goaway")).toHaveLength(1);
    expect(tab.socket.closed).toEqual({ code: 4491, reason: "draining" });
  });

  test("doesn't shorten or lengthen the stay of one that was asked later", async () => {
    const { room, tab } = await answered(10, { policy: { maxSocketAgeMs: 60_000 } });
    await room.advance(50_000);
    const younger = await room.join();
    await room.advance(10_000);
    tab.sayText("ping");
    await room.advance(20_000);
    room.core.drain();
    await room.advance(10_500);
    expect([tab.socket.isOpen, younger.socket.isOpen]).toEqual([false, true]);
    await room.advance(20_000);
    expect(younger.socket.isOpen).toBe(false);
  });
});

describe("a refusal over a socket", () => {
  test("[T3] of a stop of an unknown turn is sent when it is durable that the turn won't run", async () => {
    const { room, tab } = await answered(10);
    const release = room.storage.hold();
    tab.cancel("never-seen");
    await settled();
    expect(tab.received("error")).toEqual([]);
    release();
    await settled();
    expect(tab.received("error")).toMatchObject([{ code: "turn-unknown", turnId: "never-seen" }]);
  });

  test("[T1] that rests on a clear is sent when the clear is durable", async () => {
    const { room, tab } = await answered(10);
    const epoch = tab.view.epoch ?? "";
    const release = room.storage.hold();
    tab.say({ type: "room-clear" });
    tab.submit("too late", { epoch });
    await settled();
    expect(tab.received("error")).toEqual([]);
    release();
    await settled();
    expect(tab.received("error")).toMatchObject([{ code: "turn-stale" }]);
  });

  test("the audit log names what is durable only", async () => {
    const { room, tab } = await answered(10, { principalOf: async () => ok({ ...ANYONE, sub: "alice" }) });
    room.acts.length = 0;
    const release = room.storage.hold();
    tab.submit("asked");
    tab.say({ type: "room-clear" });
    await settled();
    expect(room.acts).toEqual([]);
    release();
    await settled();
    expect(room.acts.map(({ act }) => act).sort()).toEqual(["asked", "cleared"]);
  });
});
