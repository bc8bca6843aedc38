/** A room that never accepted a turn has no memory of its epoch; what was made in it is good all the same (T1, F4). */
import { expect, test } from "vitest";
import { buildRoom } from "../../support/core/room-harness.ts";

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
