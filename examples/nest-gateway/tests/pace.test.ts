/** The pace of a provider that pretends to think, on a clock of the test's own. */
import { afterEach, expect, test, vi } from "vitest";
import { paced } from "../src/providers/pace.ts";

const clock = vi.hoisted(() => ({ now: 0, lateMs: 0 }));

vi.mock("node:timers/promises", () => ({
  setTimeout: async (ms: number) => {
    clock.now += ms + clock.lateMs;
  },
  setImmediate: async () => {},
}));

afterEach(() => vi.restoreAllMocks());

test.each([0, 3, 40])("holds over many items, though each timer is %i ms late", async (lateMs) => {
  Object.assign(clock, { now: 1_000, lateMs });
  vi.spyOn(performance, "now").mockImplementation(() => clock.now);
  let count = 0;
  for await (const _ of paced(Array.from({ length: 401 }), 1_000, new AbortController().signal)) count += 1;
  expect(count).toBe(401);
  expect(clock.now - 1_000).toBeGreaterThanOrEqual(400);
  // Lateness doesn't add up.
  expect(clock.now - 1_000).toBeLessThanOrEqual(400 + lateMs + 1);
});
