import { describe, expect, test } from "vitest";
import { ipKey, ipWindowMs, limitIp, rateLimitFields } from "../../../party/limits/ip-rate-limit.ts";
import { FakeClock } from "../../support/core/fake-clock.ts";

describe("[S2] an address", () => {
  test.each([
    ["203.0.113.9", "203.0.113.9"],
    ["::ffff:203.0.113.9", "203.0.113.9"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:0db8:0001:0002::1", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["127.0.0.1", undefined],
    ["::1", undefined],
  ])("%s is counted as %s", (address, key) => {
    expect(ipKey(address)).toBe(key);
  });

  test("over the platform's limit is told to come back after a window, and nothing that is not known", async () => {
    const faults: unknown[] = [];
    const keys: string[] = [];
    const binding = { limit: async ({ key }: { key: string }) => ({ success: keys.push(key) < 2 }) };
    const options = { requestsPerMinute: 600, clock: new FakeClock(), onFault: (cause: unknown) => faults.push(cause) };
    const ask = () => limitIp("2001:db8::1", { ...options, binding, stubOf: undefined });
    expect(await ask()).toEqual({ isAllowed: true, headers: {} });
    expect(await ask()).toEqual({
      isAllowed: false,
      headers: { "ratelimit-policy": '"ip";q=600;w=60', ratelimit: '"ip";r=0' },
      retryAfterMs: ipWindowMs,
    });
    expect(keys).toEqual(["2001:db8:0:0::/64", "2001:db8:0:0::/64"]);
    expect(faults).toEqual([]);
  });

  test("passes when nobody can count it, when it is not known, and on the developer's own machine", async () => {
    const faults: unknown[] = [];
    const stubOf = () => ({ count: () => Promise.reject(new Error("unreachable")) });
    const clock = new FakeClock();
    const options = {
      requestsPerMinute: 1,
      binding: undefined,
      clock,
      onFault: (cause: unknown) => faults.push(cause),
    };
    expect(await limitIp("203.0.113.9", { ...options, stubOf })).toEqual({ isAllowed: true, headers: {} });
    expect(faults).toHaveLength(1);
    expect(await limitIp(null, { ...options, stubOf })).toMatchObject({ isAllowed: true });
    expect(await limitIp("127.0.0.1", { ...options, stubOf })).toMatchObject({ isAllowed: true });
    expect(await limitIp("203.0.113.9", { ...options, stubOf: undefined })).toMatchObject({ isAllowed: true });
    expect(faults).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  test("reads in its fields what is left, and when more is", () => {
    const count = { isAllowed: true, left: 4, retryAfterMs: 0, resetMs: 12_300 };
    expect(rateLimitFields(count, 10)).toEqual({ "ratelimit-policy": '"ip";q=10;w=60', ratelimit: '"ip";r=4;t=13' });
    const empty = { isAllowed: false, left: 0, retryAfterMs: 5_100, resetMs: 60_000 };
    expect(rateLimitFields(empty, 10)["ratelimit"]).toBe('"ip";r=0;t=6');
  });
});
