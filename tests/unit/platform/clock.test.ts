import { expect, test } from "vitest";
import { monotonic } from "../../../party/platform/clock.ts";

test("elapsed time goes on from where it was when the machine's clock is set back", () => {
  let now = 5_000;
  const elapsed = monotonic(() => now);
  now += 300;
  expect(elapsed()).toBe(300);
  now -= 3_600_000;
  expect(elapsed()).toBe(300);
  now += 200;
  expect(elapsed()).toBe(500);
});
