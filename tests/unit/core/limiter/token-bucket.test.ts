import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type BucketRate, TokenBucket } from "../../../../party/core/limiter/token-bucket.ts";

const minute: BucketRate = { tokens: 3, windowMs: 60_000 };

describe("a token bucket", () => {
  test("gives the tokens of a window at once, then each when its share of the window has passed", () => {
    const bucket = new TokenBucket(minute, 0);
    expect([0, 0, 0, 0].map((at) => bucket.take(at))).toEqual([true, true, true, false]);
    expect(bucket.msUntil(1, 0)).toBe(20_000);
    expect(bucket.msUntil(5, 0)).toBe(100_000);
    expect(bucket.take(19_999)).toBe(false);
    expect(bucket.take(20_000)).toBe(true);
    expect(bucket.take(20_000)).toBe(false);
  });

  test("holds no more than the tokens of a window, however long it is unused", () => {
    const bucket = new TokenBucket(minute, 0);
    expect(bucket.left(10_000_000)).toBe(3);
    bucket.giveBack(10_000_000);
    expect(bucket.left(10_000_000)).toBe(3);
    expect(bucket.msUntilFull(10_000_000)).toBe(0);
  });

  test("neither adds nor takes tokens when the clock is set back", () => {
    const bucket = new TokenBucket(minute, 100_000);
    bucket.take(100_000);
    expect(bucket.left(50_000)).toBe(2);
    expect(bucket.left(100_000)).toBe(2);
  });

  test("fills again within a window when the clock is set back by an hour", () => {
    const bucket = new TokenBucket(minute, 3_700_000);
    for (let count = 0; count < 3; count += 1) bucket.take(3_700_000);
    expect(bucket.left(100_000)).toBe(0);
    expect(bucket.left(120_000)).toBe(1);
    expect(bucket.msUntilFull(120_000)).toBe(40_000);
  });

  test("drops tokens that don't fit a smaller size, and fills a larger size over time", () => {
    const bucket = new TokenBucket(minute, 0);
    bucket.resize(1, 0);
    expect(bucket.left(0)).toBe(1);
    bucket.resize(60, 0);
    expect(bucket.left(0)).toBe(1);
    expect(bucket.left(1_000)).toBe(2);
  });

  test("[Q4] is never negative, and gives in any time at most one window and what that time refilled", () => {
    const rate = fc.record({ tokens: fc.integer({ min: 1, max: 600 }), windowMs: fc.constantFrom(10_000, 60_000) });
    const steps = fc.array(fc.record({ after: fc.nat(5_000), takes: fc.nat(40) }), { maxLength: 60 });
    fc.assert(
      fc.property(rate, steps, (of, plan) => {
        let bucket = new TokenBucket(of, 0);
        const taken: number[] = [];
        let now = 0;
        for (const { after, takes } of plan) {
          now += after;
          for (let n = 0; n < takes; n += 1) if (bucket.take(now)) taken.push(now);
          expect(bucket.state().units).toBeGreaterThanOrEqual(0);
          const wait = bucket.msUntil(1, now);
          expect(wait === 0).toBe(bucket.left(now) > 0);
          bucket = new TokenBucket(of, now, JSON.parse(JSON.stringify(bucket.state())));
        }
        taken.forEach((from, first) => {
          for (let last = first; last < taken.length; last += 7) {
            const refilled = (((taken[last] as number) - from) * of.tokens) / of.windowMs;
            expect(last - first + 1).toBeLessThanOrEqual(of.tokens + refilled);
          }
        });
      }),
    );
  });
});
