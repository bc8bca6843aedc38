/** What a room keeps and for how long, and how it lets go of sockets and data (F2, F4, T1). */
import { describe, expect, test } from "vitest";
import { settled } from "../../../support/core/fake-clock.ts";
import { ANYONE, buildRoom, type Room, type RoomOptions, type Tab } from "../../../support/core/room-harness.ts";

async function answered(count: number, options: RoomOptions = {}): Promise<{ room: Room; tab: Tab; ids: string[] }> {
  const room = await buildRoom(options);
  const tab = await room.join();
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1)
    ids.push(await answer(room, tab, `question ${index}`, `answer ${index}`));
  return { room, tab, ids };
}

async function answer(room: Room, tab: Tab, question: string, text: string): Promise<string> {
  const id = tab.submit(question);
  await settled();
  room.upstream.call.text(text);
  room.upstream.call.done();
  await settled();
  return id;
}

describe("[F4] retention", () => {
  test("keeps the newest KEEP_TURNS, oldest go first, by alarm", async () => {
    const { room, ids } = await answered(5, { policy: { keepTurns: 3 } });
    await room.advance(1_000);
    expect(room.core.conversation.turns.all().map(({ id }) => id)).toEqual(ids.slice(2));
    for (const prefix of ["turn/", "text/", "input/"]) {
      expect(room.storage.keys.filter((key) => key.startsWith(prefix))).toHaveLength(3);
    }
  });

  test("keeps KEEP_BYTES, and always the newest turn", async () => {
    const { room, tab } = await answered(2, { policy: { keepBytes: 100_000 } });
    const long = await answer(room, tab, "long", "x".repeat(200_000));
    await room.advance(1_000);
    expect(room.core.conversation.turns.all().map(({ id }) => id)).toEqual([long]);
  });

  test("raises the floor: a reader from before it gets a snapshot, one from after it a delta", async () => {
    const { room, tab, ids } = await answered(4, { policy: { keepTurns: 2 } });
    await room.advance(1_000);
    const { epoch } = room.core.conversation;
    const early = room.tab().connect({ have: { epoch, seq: 1, offsets: {} } });
    tab.read();
    tab.drop();
    tab.connect();
    await settled();
    expect(early.received("sync")[0]).toMatchObject({ mode: "snapshot", floor: expect.any(Number) });
    expect(early.view.turns.map(({ id }) => id)).toEqual(ids.slice(2));
    expect(tab.received("sync").at(-1)).toMatchObject({ mode: "delta", turns: [] });
  });

  test("[T1] a trimmed id runs nothing for 24 h, and is forgotten after that", async () => {
    const { room, tab, ids } = await answered(3, { policy: { keepTurns: 1 } });
    await room.advance(1_000);
    const [first = ""] = ids;
    tab.submit("question 0", { turnId: first });
    await settled();
    expect(tab.received("error").at(-1)).toMatchObject({ code: "turn-stale", turnId: first });
    await room.advance(25 * 3_600_000);
    const back = await room.join();
    // The next burial forgets the old ones.
    back.cancel("another");
    await settled();
    expect(room.storage.keys.filter((key) => key.startsWith("gone/"))).toEqual(["gone/another"]);
  });

  test("a room idle for ROOM_TTL_DAYS is gone, one that was used lately is not", async () => {
    const day = 86_400_000;
    const { room, tab } = await answered(1, { policy: { roomTtlMs: 3 * day } });
    tab.drop();
    await room.advance(2 * day);
    const back = await room.join();
    await answer(room, back, "still here?", "yes");
    back.drop();
    await room.advance(2 * day);
    expect(room.storage.keys.some((key) => key.startsWith("turn/"))).toBe(true);
    await room.advance(2 * day);
    expect(room.storage.keys).toEqual([]);
    expect(room.storage.alarmAt).toBeUndefined();
  });

  test("a room whose time is over while somebody watches stays, and its alarm does not ring without end", async () => {
    const day = 86_400_000;
    const { room, tab } = await answered(1, { policy: { roomTtlMs: 3 * day } });
    let rings = 0;
    const tick = room.core.tick.bind(room.core);
    room.core.tick = async () => {
      rings += 1;
      await tick();
    };
    tab.socket.pongedAt = room.clock.now() + 100 * day;
    await room.advance(4 * day);
    expect(room.core.conversation.turns.all()).toHaveLength(1);
    expect(rings).toBeLessThan(5);
  });

  test("[A1] a room's alarm is set again before anything else is done", async () => {
    const { room, tab } = await answered(0);
    tab.submit("runs");
    await settled();
    room.storage.alarmAt = undefined;
    // A disk that fails from here on: what the handler does after re-arming cannot undo it.
    room.storage.fail();
    await room.clock.advance(61_000);
    await room.core.tick();
    expect(room.storage.alarmAt).toBeGreaterThan(room.clock.now());
  });

  test("[T1] remembers at most a thousand ids, the newest", async () => {
    const { room, tab } = await answered(1, { policy: { framesPer10s: 10_000 } });
    for (let index = 0; index < 1_010; index += 1) tab.cancel(`unknown-${index}`);
    await settled();
    const buried = room.storage.keys.filter((key) => key.startsWith("gone/"));
    expect(buried).toHaveLength(1_000);
    expect(buried).toContain("gone/unknown-1009");
    expect(buried).not.toContain("gone/unknown-0");
  });

  test("draining or paging a room that never accepted a turn leaves nothing either", async () => {
    const room = await buildRoom();
    await room.storage.append(new Map([["__ps_name", "test-room"]]));
    room.core.drain();
    await room.core.requests.older(ANYONE, undefined, 5);
    await settled();
    expect(room.storage.keys).toEqual([]);
  });

  test("a room that only ever buried an id goes after its time too", async () => {
    const day = 86_400_000;
    const room = await buildRoom({ policy: { roomTtlMs: 3 * day } });
    const tab = await room.join();
    tab.cancel("unknown");
    await settled();
    tab.drop();
    await room.advance(2 * day);
    expect(room.storage.keys).toContain("gone/unknown");
    await room.advance(2 * day);
    expect(room.storage.keys).toEqual([]);
  });

  test("a room that never accepted a turn leaves nothing behind", async () => {
    const room = await buildRoom();
    await room.storage.append(new Map([["__ps_name", "test-room"]]));
    const tab = await room.join();
    tab.drop();
    await settled();
    expect(room.storage.keys).toEqual([]);
  });
});

describe("[F4] erasing the room", () => {
  test("stops what runs, deletes everything stored, and gives open tabs a new epoch", async () => {
    const { room, tab } = await answered(2);
    const running = tab.submit("one more");
    await settled();
    room.upstream.call.text("par");
    await settled();
    const before = tab.view.epoch;
    await room.core.requests.erase(ANYONE);
    await settled();
    tab.read();
    expect(room.storage.keys).toEqual([]);
    expect(room.upstream.stops).toHaveLength(1);
    expect(tab.view.turns).toEqual([]);
    expect(tab.view.epoch).not.toBe(before);
    tab.submit("one more", { turnId: running, epoch: before ?? "" });
    await settled();
    expect(tab.received("error").at(-1)).toMatchObject({ code: "turn-stale" });
  });

  test("a question asked while it happens is not lost, and a stop that nobody confirmed is tried again", async () => {
    const { room, tab } = await answered(0);
    tab.submit("runs");
    await settled();
    room.upstream.stopAnswer = "never";
    const erased = room.core.requests.erase(ANYONE);
    await settled();
    tab.read();
    const id = tab.submit("asked meanwhile", { epoch: tab.view.epoch ?? "" });
    await room.clock.advance(6_000);
    await erased;
    expect(tab.turn(id).state).toBe("opening");
    const asked = room.upstream.stops.length;
    room.upstream.stopAnswer = "confirmed";
    await room.advance(20_000);
    expect(room.upstream.stops.length).toBeGreaterThan(asked);
  });

  test("an unconfirmed stop outlives the last tab, and with its answer nothing is left", async () => {
    const { room, tab } = await answered(0);
    tab.submit("runs");
    await settled();
    room.upstream.stopAnswer = "never";
    const erased = room.core.requests.erase(ANYONE);
    await room.clock.advance(6_000);
    await erased;
    tab.drop();
    await settled();
    const asked = room.upstream.stops.length;
    room.upstream.stopAnswer = "confirmed";
    await room.advance(20_000);
    expect(room.upstream.stops.length).toBeGreaterThan(asked);
    expect(room.storage.keys).toEqual([]);
  });

  test("the room goes on afterwards", async () => {
    const { room, tab } = await answered(1);
    await room.core.requests.erase(ANYONE);
    await settled();
    tab.read();
    const id = await answer(room, tab, "again", "fresh");
    expect(tab.text(id)).toBe("fresh");
    await room.evict([tab]);
    await settled();
    expect(tab.text(id)).toBe("fresh");
  });
});

describe("paging older turns", () => {
  test("gives what lies before a turn, oldest first and whole, and says whether there is more", async () => {
    const { room, ids } = await answered(5);
    const page = await room.core.requests.older(ANYONE, ids[4], 3);
    expect(page.ok && page.value.turns.map(({ id }) => id)).toEqual(ids.slice(1, 4));
    expect(page.ok && page.value).toMatchObject({ epoch: room.core.conversation.epoch, more: true });
    expect(page.ok && page.value.turns[0]).toMatchObject({
      from: 0,
      input: { prompt: "question 1" },
      parts: [{ type: "text-delta", delta: "answer 1" }],
      outcome: "completed",
    });
    const rest = await room.core.requests.older(ANYONE, ids[1], 3);
    expect(rest.ok && rest.value).toMatchObject({ more: false, turns: [{ id: ids[0] }] });
  });

  test("after a wake reads from storage; an unknown turn is turn-unknown", async () => {
    const { room, ids } = await answered(3);
    await room.evict();
    const page = await room.core.requests.older(ANYONE, undefined, 2);
    expect(page.ok && page.value.turns.map(({ id }) => id)).toEqual(ids.slice(1));
    expect(await room.core.requests.older(ANYONE, "nothing", 2)).toEqual({
      ok: false,
      error: { code: "turn-unknown" },
    });
  });

  test("is at most one sync's worth, and at least one turn", async () => {
    const { room, tab } = await answered(1);
    for (let count = 0; count < 3; count += 1) await answer(room, tab, "long", "x".repeat(700_000));
    const page = await room.core.requests.older(ANYONE, undefined, 50);
    expect(page.ok && page.value.turns).toHaveLength(1);
    expect(page.ok && page.value.more).toBe(true);
  });
});

describe("goaway", () => {
  test("a drain asks every tab to come back at its own moment, ends running turns and starts no others", async () => {
    const { room, tab } = await answered(0, { policy: { silenceTimeoutMs: 500_000 } });
    const running = tab.submit("runs");
    const waiting = tab.submit("waits");
    await settled();
    room.core.drain();
    expect(tab.received("goaway")[0]).toMatchObject({ reason: "draining", reconnectInMs: 12_500 });
    room.upstream.call.text("to its end");
    room.upstream.call.done();
    await settled();
    expect(tab.turn(running).outcome).toBe("completed");
    expect(tab.turn(waiting).state).toBe("queued");
    tab.drop();
    tab.connect();
    await settled();
    // Taken, not lost: it only waits.
    const late = tab.submit("during the drain");
    await settled();
    expect(tab.turn(late).state).toBe("queued");
    await room.advance(30_000);
    expect(tab.turn(waiting).state).toBe("opening");
  });

  test("a tab that stays is hung up on at the end, retryably", async () => {
    const { room, tab } = await answered(1);
    room.core.drain();
    await room.advance(30_000);
    await room.core.tick();
    expect(tab.socket.closed).toEqual({ code: 4491, reason: "draining" });
  });

  test("a socket older than MAX_SOCKET_AGE is asked to come back when it speaks", async () => {
    const { room, tab } = await answered(1, { policy: { maxSocketAgeMs: 60_000 } });
    tab.socket.pongedAt = room.clock.now() + 100_000;
    await room.advance(59_000);
    tab.sayText("ping");
    expect(tab.received("goaway")).toEqual([]);
    await room.advance(1_000);
    tab.sayText("ping");
    expect(tab.received("goaway")).toMatchObject([{ reason: "socket-age" }]);
  });

  test("a surviving socket that another version welcomed is asked to say hello again", async () => {
    const { room, tab } = await answered(1);
    tab.socket.attachment = { v: 99, something: "else" };
    await room.evict([tab]);
    expect(tab.received("goaway")).toMatchObject([{ reason: "version-unsupported" }]);
  });
});

describe("[F2] many stalled readers", () => {
  test("together hold no more than the room's share, whatever streams", async () => {
    const { room, tab } = await answered(0, { policy: { silenceTimeoutMs: 500_000, drainMs: 500_000 } });
    const stalled: Tab[] = [];
    for (let count = 0; count < 100; count += 1) stalled.push(await room.join());
    // What a stalled socket is sent stays in its buffer.
    for (const { socket } of stalled) {
      const { send } = socket;
      socket.send = (text) => {
        socket.bufferedAmount += text.length;
        send.call(socket, text);
      };
    }
    const id = tab.submit("a very long answer");
    await settled();
    for (let chunk = 0; chunk < 100; chunk += 1) {
      room.upstream.call.text("x".repeat(10_000));
      await room.clock.advance(20);
    }
    await room.clock.advance(20);
    const unsent = stalled.reduce((sum, { socket }) => sum + socket.bufferedAmount, 0);
    expect(unsent).toBeLessThanOrEqual(33 * 1_048_576);
    expect(tab.turn(id).length).toBe(1_000_000);
    // Memory: the answer itself, once, not once a reader.
    for (let drained = 0; drained < 4; drained += 1) {
      for (const { socket } of stalled) socket.bufferedAmount = 0;
      await room.clock.advance(500);
    }
    expect(stalled.every((reader) => reader.turn(id).length === 1_000_000)).toBe(true);
  });

  test("syncs wait for room in the buffers, and all come", async () => {
    const { room, tab } = await answered(0, { policy: { roomBufferBytes: 1_000_000, drainMs: 500_000 } });
    await answer(room, tab, "long", "x".repeat(600_000));
    const slow = Array.from({ length: 3 }, () => room.tab());
    for (const reader of slow) {
      reader.connect();
      const { socket } = reader;
      const { send } = socket;
      socket.send = (text) => {
        socket.bufferedAmount += text.length;
        send.call(socket, text);
      };
    }
    await settled();
    const synced = () => slow.filter(({ socket }) => socket.sent.some((text) => text.includes('"type":"sync"')));
    expect(synced()).toHaveLength(1);
    for (let round = 0; round < 3; round += 1) {
      for (const { socket } of slow) socket.bufferedAmount = 0;
      await room.clock.advance(250);
    }
    expect(synced()).toHaveLength(3);
  });
});
