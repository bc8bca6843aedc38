/** Readers whose user is known before they open: streams of the room, and of one turn (R2, R5, S2). */
import { describe, expect, test } from "vitest";
import { textOf } from "../../../../shared/content.ts";
import { defined } from "../../../../shared/defined.ts";
import type { Have } from "../../../../shared/protocol/client-frames.ts";
import type { ServerFrame } from "../../../../shared/protocol/server-frames.ts";
import { EMPTY_VIEW, foldFrame, haveOf } from "../../../../shared/transcript.ts";
import { settled } from "../../../support/core/fake-clock.ts";
import { ANYONE, buildRoom, FakeSocket, type Room } from "../../../support/core/room-harness.ts";

function open(room: Room, have?: Have, only?: string) {
  const socket = new FakeSocket();
  const opened = room.core.openReader(socket, ANYONE, { have, ...defined({ only }) });
  if (!opened.ok) throw new Error(opened.error);
  const frames = () => socket.sent.map((text) => JSON.parse(text) as ServerFrame);
  const view = () => frames().reduce((folded, frame) => foldFrame(folded, frame).view, EMPTY_VIEW);
  return { socket, holds: opened.value, frames, view, types: () => frames().map(({ type }) => type) };
}

/** A room whose first turn is over and whose second one has said "Hel"; a third waits. */
async function busy() {
  const room = await buildRoom();
  const tab = await room.join();
  const [first, second, third] = [tab.submit("one"), tab.submit("two"), tab.submit("three")] as const;
  await settled();
  room.upstream.call.text("One.");
  room.upstream.call.done();
  await settled();
  room.upstream.call.start();
  room.upstream.call.text("Hel");
  await room.clock.advance(16);
  return { room, tab, first, second, third };
}

test("[R2] a stream gets its welcome, one sync and the frames that follow, and counts as a viewer until it closes", async () => {
  const { room, tab, second } = await busy();
  const reader = open(room);
  await settled();
  expect(reader.types().slice(0, 2)).toEqual(["welcome", "sync"]);
  expect(room.core.viewers()).toBe(2);
  room.upstream.call.text("lo");
  // A place in the queue is told within a second.
  await room.clock.advance(1_000);
  tab.read();
  expect(reader.view().turns).toEqual(tab.view.turns);
  expect(textOf(reader.view().turns.find(({ id }) => id === second)?.parts ?? [])).toBe("Hello");
  room.core.handleClose(reader.socket);
  expect(room.core.viewers()).toBe(1);
});

test("the cursor of a stream always equals what its client made of the frames, and resumes from there", async () => {
  const { room, second } = await busy();
  const reader = open(room);
  expect(reader.holds()).toBeUndefined();
  await settled();
  for (const text of ["lo", ", ", "world"]) {
    room.upstream.call.text(text);
    await room.clock.advance(16);
    expect(reader.holds()).toEqual(haveOf(reader.view()));
  }
  const back = open(room, reader.holds());
  await settled();
  const sync = back.frames().find((frame) => frame.type === "sync");
  expect(sync).toMatchObject({ mode: "delta", turns: [{ id: second, from: 12, parts: [] }, { state: "queued" }] });
});

test("a clear leaves no position of the former epoch in a stream's cursor", async () => {
  const { room } = await busy();
  const reader = open(room);
  await settled();
  const before = reader.holds();
  void room.core.conversation.clear();
  expect([before, undefined]).toContainEqual(reader.holds());
  await settled();
  expect(reader.holds()).toEqual({ epoch: room.core.conversation.epoch, seq: 0, offsets: {} });
});

test("[S2] a stream beyond the room's bound, without the scope to read, or of an unknown turn is refused", async () => {
  const room = await buildRoom({ policy: { maxSockets: 1 } });
  const nobody = { ...ANYONE, scopes: [] };
  expect(room.core.openReader(new FakeSocket(), nobody, { have: undefined })).toMatchObject({ error: "forbidden" });
  const unknown = room.core.openReader(new FakeSocket(), ANYONE, { have: undefined, only: "x" });
  expect(unknown).toMatchObject({ error: "turn-unknown" });
  open(room);
  expect(room.core.openReader(new FakeSocket(), ANYONE, { have: undefined })).toMatchObject({ error: "room-full" });
});

describe("a reader of one turn", () => {
  test("gets that turn's frames and no others, until its end", async () => {
    const { room, second } = await busy();
    const reader = open(room, undefined, second);
    await settled();
    expect(reader.frames()[1]).toMatchObject({ type: "sync", turns: [{ id: second, length: 3 }] });
    room.upstream.call.text("lo");
    room.upstream.call.done();
    await room.clock.advance(16);
    expect(reader.types()).toEqual(["welcome", "sync", "turn-delta", "turn-end"]);
    expect(reader.view().turns).toMatchObject([{ id: second, state: "settled", outcome: "completed", length: 5 }]);
    expect(reader.socket.closed).toEqual({ code: 1000, reason: "over" });
  });

  test("gets the start of a queued turn, and no frame of the others", async () => {
    const { room, third } = await busy();
    const reader = open(room, undefined, third);
    await settled();
    room.upstream.call.text("lo");
    room.upstream.call.done();
    await room.clock.advance(16);
    room.upstream.call.text("Three.");
    await room.clock.advance(16);
    expect(reader.types().filter((type) => type !== "turn-position")).toEqual([
      "welcome",
      "sync",
      "turn-start",
      "turn-delta",
    ]);
    expect(reader.socket.isOpen).toBe(true);
  });

  test("gets a settled turn in its sync, and nothing else", async () => {
    const { room, first } = await busy();
    const reader = open(room, undefined, first);
    await settled();
    expect(reader.types()).toEqual(["welcome", "sync"]);
    expect(reader.view().turns).toMatchObject([{ id: first, outcome: "completed", length: 4 }]);
    expect(reader.socket.isOpen).toBe(false);
  });

  test.each(["cleared", "replaced", "replaced by an earlier one"])("ends when its turn is %s", async (how) => {
    const { room, tab, first, second } = await busy();
    const reader = open(room, undefined, second);
    await settled();
    if (how === "cleared") tab.say({ type: "room-clear" });
    else tab.submit("instead", { replaces: how === "replaced" ? second : first });
    await settled();
    await room.clock.advance(16);
    expect(reader.socket.isOpen).toBe(false);
    expect(tab.socket.isOpen).toBe(true);
  });
});
