/** Ids that must not run again: how many are remembered, for how long, and what storage is left with (T1). */
import { expect, test } from "vitest";
import { Changes } from "../../../../party/core/log/changes.ts";
import { Tombstones } from "../../../../party/core/log/tombstones.ts";

const dayMs = 24 * 3_600_000;

test("[T1] more than a thousand burials in one commit leave exactly the remembered keys", () => {
  const tombstones = new Tombstones();
  const changes = new Changes();
  for (let n = 0; n < 1_500; n += 1) tombstones.bury(changes, `t${n}`, n, "e");
  expect(tombstones.size).toBe(1_000);
  expect(changes.put.size).toBe(1_000);
  expect(changes.delete).toHaveLength(500);
  for (const key of changes.put.keys()) expect(changes.delete).not.toContain(key);
  expect([tombstones.has("t499"), tombstones.has("t500")]).toEqual([false, true]);
});

test("[R3] forgetting a removal reports its seq, in the epoch in which it was sent alone", () => {
  const tombstones = new Tombstones();
  const changes = new Changes();
  tombstones.bury(changes, "old", 0, "first", { epoch: "first", seq: 61 });
  tombstones.bury(changes, "new", 1, "second", { epoch: "second", seq: 3 });
  expect([...tombstones.removed("second")]).toEqual([["new", 3]]);
  expect(tombstones.bury(changes, "x", dayMs, "second")).toBe(0);
  expect(tombstones.bury(changes, "y", dayMs + 1, "second")).toBe(3);
  expect([tombstones.has("old"), tombstones.has("new"), tombstones.has("x")]).toEqual([false, false, true]);
});

test("[T1] an id that is buried again counts from then on", () => {
  const tombstones = new Tombstones();
  const changes = new Changes();
  tombstones.bury(changes, "a", 0, "e");
  tombstones.bury(changes, "b", 1, "e");
  tombstones.bury(changes, "a", dayMs - 1, "e");
  tombstones.bury(changes, "c", dayMs + 1, "e");
  expect([tombstones.has("a"), tombstones.has("b")]).toEqual([true, false]);
});
