/** The alarm of a room whose alarm was lost: a start sets what the stored agenda needs (A1). */
import { expect, test } from "vitest";
import { settled } from "../../../support/core/fake-clock.ts";
import { buildRoom } from "../../../support/core/room-harness.ts";

test("[A1] a start sets the alarm that the stored agenda needs, where none is set", async () => {
  const room = await buildRoom({ policy: { silenceTimeoutMs: 500_000 } });
  const tab = await room.join();
  tab.submit("hi");
  await settled();
  const alarmAt = room.storage.alarmAt ?? Number.NaN;
  expect(alarmAt).toBeLessThanOrEqual(room.clock.now() + 60_000);
  room.storage.alarmAt = undefined;
  await room.evict([tab]);
  expect(room.storage.alarmAt).toBe(alarmAt);
});

test("[A1] a room without an open turn gets its alarm back too, and one that stands costs no row", async () => {
  const room = await buildRoom();
  const tab = await room.join();
  tab.submit("hi");
  await settled();
  room.upstream.call.done();
  await settled();
  await room.advance(61_000);
  const expireAt = room.storage.alarmAt ?? Number.NaN;
  expect(expireAt).toBeGreaterThan(room.clock.now() + 86_400_000);
  await room.evict();
  expect(room.storage.rowsWritten).toBe(0);
  room.storage.alarmAt = undefined;
  await room.evict();
  expect(room.storage.alarmAt).toBe(expireAt);
});
