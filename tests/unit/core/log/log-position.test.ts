/** Which epochs a question may come from (T1). */
import { expect, test } from "vitest";
import { LogPosition } from "../../../../party/core/log/log-position.ts";

function positionAt(seq?: number): LogPosition {
  const position = new LogPosition(() => "now");
  const stored = { v: 1, epoch: "now", floor: 0, nextOrdinal: 1, lastActiveAt: 1 } as const;
  position.load(seq === undefined ? undefined : { ...stored, seq });
  return position;
}

test("[T1] an epoch that a reader knew without any turn is accepted, one in which it saw turns is not", () => {
  const position = positionAt();
  position.recognize({ epoch: "unused", seq: 0, offsets: {} });
  position.recognize({ epoch: "erased", seq: 3, offsets: {} });
  expect(["now", "unused", "erased", "unknown"].map((epoch) => position.isStale(epoch))).toEqual([
    false,
    false,
    true,
    true,
  ]);
});

test("[T1] a room that has turns, or was cleared, accepts no epoch but its own from readers", () => {
  const used = positionAt(5);
  used.recognize({ epoch: "unused", seq: 0, offsets: {} });
  expect(used.isStale("unused")).toBe(true);
  const cleared = positionAt();
  cleared.recognize({ epoch: "unused", seq: 0, offsets: {} });
  cleared.beginAnew(false);
  cleared.recognize({ epoch: "unused", seq: 0, offsets: {} });
  expect(cleared.isStale("unused")).toBe(true);
});

test("[T1] at most 32 unused epochs are remembered: readers can't fill the room's memory with names", () => {
  const position = positionAt();
  for (let n = 0; n < 40; n += 1) position.recognize({ epoch: `e${n}`, seq: 0, offsets: {} });
  expect([position.isStale("e31"), position.isStale("e32")]).toEqual([false, true]);
});

test("[R3] a stored floor beyond `seq` is lowered to it", () => {
  const position = new LogPosition(() => "new");
  position.load({ v: 1, epoch: "e", seq: 7, floor: 61, nextOrdinal: 1, lastActiveAt: 1 });
  expect(position.floor).toBe(7);
});
