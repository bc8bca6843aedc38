/** A room that never accepted a turn stores nothing, so it forgets its epoch; submits made in it are still accepted (T1, F4). */
import { expect, test, vi } from "vitest";
import { settled } from "../../../support/core/fake-clock.ts";
import { ANYONE, buildRoom } from "../../../support/core/room-harness.ts";

test.each([
  ["slept", true],
  ["was killed", false],
])("[T1] the first prompt is not stale in a room that %s before it", async (_how, survives) => {
  const room = await buildRoom();
  const tab = await room.join();
  const epoch = tab.view.epoch ?? "";
  await room.evict(survives ? [tab] : []);
  if (!survives) tab.connect();
  const id = tab.submit("hi", { epoch });
  await room.advance(0);
  expect(tab.received("error")).toEqual([]);
  expect(tab.turn(id)).toMatchObject({ state: "opening" });
});

test("[T1] a prompt made in any epoch of an unused room is accepted after several lives", async () => {
  const room = await buildRoom();
  const [first, second] = [await room.join(), await room.join()];
  const epoch = first.view.epoch ?? "";
  for (let life = 0; life < 3; life += 1) {
    await room.evict();
    first.connect();
    await room.advance(0);
    // In step with this life, and dropped again before what it had to say could leave.
    expect(first.received("sync").at(-1)).toMatchObject({ mode: "snapshot" });
    first.drop();
    await room.advance(0);
  }
  first.connect();
  second.connect();
  await room.advance(0);
  const [one, two] = [first.submit("hi", { epoch }), second.submit("hi too", { epoch })];
  await room.advance(0);
  expect(first.received("error")).toEqual([]);
  expect(second.received("error")).toEqual([]);
  expect(first.turn(one).state).toBe("opening");
  expect(first.turn(two).state).toBe("queued");
});

test("[T1] a submit made before a clear is stale, also in a room without turns", async () => {
  const room = await buildRoom();
  const tab = await room.join();
  const epoch = tab.view.epoch ?? "";
  tab.say({ type: "room-clear" });
  await room.advance(0);
  tab.submit("hi", { epoch });
  await room.advance(0);
  expect(tab.received("error").at(-1)).toMatchObject({ code: "turn-stale" });
});

test("[F4] an unused room keeps its epoch over a short absence of all tabs", async () => {
  const room = await buildRoom();
  const tab = await room.join();
  const { epoch } = tab.view;
  tab.drop();
  await room.advance(1_000);
  expect(room.storage.keys).toEqual([]);
  tab.connect();
  await room.advance(0);
  expect(tab.received("sync").at(-1)).toMatchObject({ mode: "delta", epoch });
});

test("[F4] polls of an unused room delete what the host stored once, not each time", async () => {
  const room = await buildRoom();
  const deleteAll = vi.spyOn(room.storage, "deleteAll");
  for (let count = 0; count < 5; count += 1) {
    await room.core.requests.poll(ANYONE, undefined, 0);
    await settled();
  }
  expect(deleteAll).toHaveBeenCalledTimes(1);
});

test("[F4] a ticket that was never used leaves nothing of an unused room once it has expired", async () => {
  const room = await buildRoom();
  await room.core.requests.poll(ANYONE, undefined, 0);
  await room.core.issueTicket(ANYONE);
  expect(room.storage.keys).toContain("tickets");
  await room.advance(31_000);
  await settled();
  expect(room.storage.keys).toEqual([]);
  expect(room.storage.alarmAt).toBeUndefined();
});
