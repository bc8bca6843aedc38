/** Syncs and pages: only durable changes, from storage where memory holds no content, and released afterwards (R3, F2). */
import { describe, expect, test } from "vitest";
import { settled } from "../../../support/core/fake-clock.ts";
import { ANYONE, buildRoom, type Room, type Tab } from "../../../support/core/room-harness.ts";

async function answered(room: Room, tab: Tab, prompt: string, answer: string): Promise<string> {
  const id = tab.submit(prompt);
  await settled();
  room.upstream.call.text(answer);
  room.upstream.call.done();
  await room.clock.advance(1_000);
  tab.read();
  return id;
}

describe("a sync", () => {
  test("[F2] releases an old answer that it loaded for a repeated submit", async () => {
    const room = await buildRoom({ policy: { keepBytes: 64 * 1_048_576 } });
    const tab = await room.join();
    const first = await answered(room, tab, "first", "x".repeat(600_000));
    for (const prompt of ["second", "third"]) await answered(room, tab, prompt, "x".repeat(600_000));
    tab.submit("first", { turnId: first });
    await settled();
    expect(tab.text(first)).toHaveLength(600_000);
    expect(room.core.conversation.turn(first)?.answer).toBeUndefined();
  });

  test("[R2] after a clear is a snapshot that resumes nothing, and no earlier notice or position follows it", async () => {
    const room = await buildRoom({ policy: { silenceTimeoutMs: 500_000 } });
    const tab = await room.join();
    tab.submit("running");
    tab.submit("queued");
    await room.clock.advance(2_000);
    tab.read();
    tab.say({ type: "room-clear" });
    await room.clock.advance(2_000);
    expect(tab.received("sync").at(-1)).toMatchObject({ mode: "snapshot", turns: [] });
    expect(room.events.findLast(({ name }) => name === "sync-sent")).toMatchObject({ resumed: false });
    const late = await room.join();
    expect(late.received("turn-position")).toEqual([]);
  });

  test("[R2] after a clear is followed by no position that was published a moment before it", async () => {
    const room = await buildRoom({ policy: { silenceTimeoutMs: 500_000 } });
    const tab = await room.join();
    tab.submit("running");
    await settled();
    await room.clock.advance(2_000);
    tab.submit("queued");
    await settled();
    expect(tab.received("turn-position")).toHaveLength(1);
    tab.say({ type: "room-clear" });
    await settled();
    const frames = tab.frames.length;
    tab.read();
    expect(tab.received("sync").at(-1)).toMatchObject({ mode: "snapshot", turns: [] });
    expect(tab.frames.slice(frames).map(({ type }) => type)).not.toContain("turn-position");
  });
});

describe("a page of older turns", () => {
  test("[R3] waits until every turn in it is durable", async () => {
    const room = await buildRoom();
    const tab = await room.join();
    const release = room.storage.hold();
    const id = tab.submit("not durable yet");
    let page: unknown;
    const asked = room.core.requests.older(ANYONE, undefined, 10).then((result) => {
      page = result;
    });
    await settled();
    expect(page).toBeUndefined();
    release();
    await asked;
    expect(page).toMatchObject({ ok: true, value: { turns: [{ id }] } });
  });
});

test("[T1] a tab that outlived two lives of an unused room may submit, also after somebody else", async () => {
  const room = await buildRoom();
  const tab = await room.join();
  const { epoch } = tab.view;
  await room.evict([tab]);
  // The sync of the new life is on its way: the tab submits in the epoch that it knows.
  const other = await room.join();
  other.submit("the first turn of the room");
  await settled();
  const id = tab.submit("made before the sleep", epoch === undefined ? {} : { epoch });
  await settled();
  expect(room.core.conversation.turn(id)).toBeDefined();
});
