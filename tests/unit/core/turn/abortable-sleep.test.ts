/** A wait that an abort ends leaves neither a timer nor a listener behind. */
import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { sleep } from "../../../../party/core/turn/attempts/abortable-sleep.ts";
import { FakeClock } from "../../../support/core/fake-clock.ts";

test("a sleep removes its listener when its time is over", async () => {
  const clock = new FakeClock();
  const { signal } = new AbortController();
  for (let n = 0; n < 20; n += 1) {
    const slept = sleep(clock, 150, signal);
    await clock.advance(150);
    await slept;
  }
  expect(getEventListeners(signal, "abort")).toEqual([]);
  expect(clock.pending).toBe(0);
});

test("a sleep ends at once when its signal aborts, and cancels its timer", async () => {
  const clock = new FakeClock();
  const controller = new AbortController();
  const slept = sleep(clock, 150, controller.signal);
  controller.abort();
  await slept;
  await sleep(clock, 150, controller.signal);
  expect(clock.pending).toBe(0);
  expect(getEventListeners(controller.signal, "abort")).toEqual([]);
});
