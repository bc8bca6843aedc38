import fc from "fast-check";
import { expect, test } from "vitest";
import { backoffMs } from "../../../shared/backoff.ts";

const policy = { baseMs: 500, maxMs: 20_000 };

test("spreads over the whole range from zero to a ceiling that doubles up to the maximum", () => {
  const ceilings = [0, 1, 2, 3, 4, 5, 6, 7, 100].map((attempt) => backoffMs(attempt, policy, () => 1 - 2 ** -53));
  expect(ceilings).toEqual([499, 999, 1999, 3999, 7999, 15_999, 19_999, 19_999, 19_999]);
  expect(backoffMs(9, policy, () => 0)).toBe(0);
});

test("is a whole number of milliseconds within bounds, whatever the attempt", () => {
  fc.assert(
    fc.property(fc.integer(), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (attempt, random) => {
      const delay = backoffMs(attempt, policy, () => random);
      expect(Number.isInteger(delay) && delay >= 0 && delay < policy.maxMs).toBe(true);
    }),
  );
});
