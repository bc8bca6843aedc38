import { describe, expect, test } from "vitest";
import { ipKeysOf, networkShare } from "../../../party/limits/ip-key.ts";
import { IpMemory } from "../../../party/limits/ip-memory.ts";
import { type IpLimitOptions, ipWindowMs, limitIp, rateLimitFields } from "../../../party/limits/ip-rate-limit.ts";
import type { IpCount } from "../../../party/limits/limiter-messages.ts";
import { FakeClock } from "../../support/core/fake-clock.ts";

function build(options: Partial<IpLimitOptions>) {
  const faults: unknown[] = [];
  const clock = new FakeClock();
  const all: IpLimitOptions = {
    requestsPerMinute: 3,
    binding: undefined,
    stubOf: undefined,
    memory: new IpMemory(),
    clock,
    random: () => 0.5,
    onFault: (cause) => faults.push(cause),
    ...options,
  };
  return { ask: (address: string | null) => limitIp(address, all), faults, clock };
}

/** Limiter objects that count exactly. */
function objects() {
  const memory = new IpMemory();
  const names: string[] = [];
  const stubOf = (name: string) => ({
    count: async (tokens: number, windowMs: number): Promise<IpCount> => {
      names.push(name);
      return memory.count(name, { tokens, windowMs }, 0);
    },
  });
  return { stubOf, names };
}

const household = (n: number, host = 1) => `2001:db8:1:${n.toString(16)}::${host}`;

describe("[S2] an address", () => {
  test.each([
    ["203.0.113.9", { address: "203.0.113.9" }],
    ["::ffff:203.0.113.9", { address: "203.0.113.9" }],
    ["::ffff:cb00:7109", { address: "203.0.113.9" }],
    ["2001:db8:1:2:3:4:5:6", { address: "2001:db8:1:2::/64", network: "2001:db8:1::/48" }],
    ["2001:0db8:0001:0002::1", { address: "2001:db8:1:2::/64", network: "2001:db8:1::/48" }],
    ["2001:DB8::1", { address: "2001:db8:0:0::/64", network: "2001:db8:0::/48" }],
    ["2001:db8:1:2::192.0.2.33", { address: "2001:db8:1:2::/64", network: "2001:db8:1::/48" }],
    ["127.0.0.1", undefined],
    ["::ffff:127.0.0.1", undefined],
    ["::1", undefined],
    ["0:0:0:0:0:0:0:1", undefined],
  ])("%s is counted as %o", (address, keys) => {
    expect(ipKeysOf(address)).toEqual(keys);
  });

  test("that is over the platform's limit is told to come back after a window", async () => {
    const keys: string[] = [];
    const binding = { limit: async ({ key }: { key: string }) => ({ success: keys.push(key) < 3 }) };
    const { ask, faults } = build({ binding, requestsPerMinute: 600 });
    expect(await ask("2001:db8::1")).toEqual({ isAllowed: true, headers: {} });
    expect(await ask("2001:db8::1")).toEqual({
      isAllowed: false,
      headers: { "ratelimit-policy": '"ip";q=600;w=60', ratelimit: '"ip";r=0' },
      retryAfterMs: ipWindowMs,
    });
    expect(keys).toEqual(["2001:db8:0:0::/64", "2001:db8:0::/48#8", "2001:db8:0:0::/64"]);
    expect(faults).toEqual([]);
  });

  test("passes where nothing counts, where it is unknown, and on the developer's own machine", async () => {
    const { stubOf, names } = objects();
    const { ask } = build({ stubOf });
    for (const address of [null, "127.0.0.1", "::1"]) {
      for (let n = 0; n < 5; n += 1) expect(await ask(address)).toEqual({ isAllowed: true, headers: {} });
    }
    expect(names).toEqual([]);
    const uncounted = build({});
    for (let n = 0; n < 5; n += 1) expect(await uncounted.ask("203.0.113.9")).toMatchObject({ isAllowed: true });
  });

  test("reads in its fields what is left, and when there is more", () => {
    const count = { isAllowed: true, left: 4, retryAfterMs: 0, resetMs: 12_300 };
    expect(rateLimitFields(count, 10)).toEqual({ "ratelimit-policy": '"ip";q=10;w=60', ratelimit: '"ip";r=4;t=13' });
    const empty = { isAllowed: false, left: 0, retryAfterMs: 5_100, resetMs: 60_000 };
    expect(rateLimitFields(empty, 10)["ratelimit"]).toBe('"ip";r=0;t=6');
  });
});

describe("[S2] an IPv6 network", () => {
  const isAllowed = async (ask: ReturnType<typeof build>["ask"], address: string) => (await ask(address)).isAllowed;

  test("of many /64 has a limit of its own, which the objects count exactly", async () => {
    const { ask } = build({ stubOf: objects().stubOf });
    let passed = 0;
    for (let n = 0; n < 200; n += 1) if (await isAllowed(ask, household(n))) passed += 1;
    expect(passed).toBe(3 * networkShare);
    expect(await isAllowed(ask, "2001:db8:2::1")).toBe(true);
    expect(await isAllowed(ask, "203.0.113.9")).toBe(true);
  });

  test("is not used up by one /64 that keeps asking after its own limit", async () => {
    const { ask } = build({ stubOf: objects().stubOf });
    for (let n = 0; n < 500; n += 1) await ask(household(7, n));
    expect(await isAllowed(ask, household(8))).toBe(true);
  });

  test("is counted by the platform under several keys, which together are its limit", async () => {
    const counts = new Map<string, number>();
    const limit = async ({ key }: { key: string }) => {
      counts.set(key, (counts.get(key) ?? 0) + 1);
      return { success: (counts.get(key) ?? 0) <= 3 };
    };
    let drawn = 0;
    const { ask } = build({ binding: { limit }, random: () => (drawn++ % networkShare) / networkShare });
    let passed = 0;
    for (let n = 0; n < 200; n += 1) if (await isAllowed(ask, household(n))) passed += 1;
    expect(passed).toBe(3 * networkShare);
  });
});

describe("[S2] a counter that can't be asked", () => {
  const broken = { stubOf: () => ({ count: () => Promise.reject(new Error("unreachable")) }) };

  test("doesn't open the gateway: the isolate counts by itself", async () => {
    const { ask, clock } = build(broken);
    const verdicts = await Promise.all(Array.from({ length: 5 }, () => ask("203.0.113.9")));
    expect(verdicts.map((verdict) => verdict.isAllowed)).toEqual([true, true, true, false, false]);
    expect(verdicts[4]).toMatchObject({ retryAfterMs: 20_000, headers: { ratelimit: '"ip";r=0;t=20' } });
    expect((await ask("203.0.113.10")).isAllowed).toBe(true);
    expect(clock.pending).toBe(0);
  });

  test("doesn't open the gateway when it is slow, and no request waits for it a second time", async () => {
    const count = () => new Promise<IpCount>(() => undefined);
    const { ask, clock } = build({ stubOf: () => ({ count }) });
    const first = ask("203.0.113.9");
    await clock.advance(1_000);
    expect((await first).isAllowed).toBe(true);
    // These resolve although the clock stands still.
    const next = [await ask("203.0.113.9"), await ask("203.0.113.9"), await ask("203.0.113.9")];
    expect(next.map((verdict) => verdict.isAllowed)).toEqual([true, true, false]);
  });

  test("bounds an IPv6 network too, and the platform's binding as well as an object", async () => {
    const { ask } = build({ binding: { limit: () => Promise.reject(new Error("broken")) } });
    let passed = 0;
    for (let n = 0; n < 200; n += 1) if ((await ask(household(n))).isAllowed) passed += 1;
    // One of the network's keys is drawn each time, as this test's chance has it.
    expect(passed).toBe(3);
  });

  test("is asked again after a while, and reported once a minute", async () => {
    let isBroken = true;
    const { stubOf, names } = objects();
    const mended = (name: string) => (isBroken ? broken.stubOf() : stubOf(name));
    const { ask, clock, faults } = build({ stubOf: mended });
    for (let n = 0; n < 50; n += 1) await ask(`198.51.100.${n}`);
    expect(faults).toHaveLength(1);
    isBroken = false;
    await ask("198.51.100.1");
    expect(names).toEqual([]);
    await clock.advance(5_000);
    await ask("198.51.100.1");
    expect(names).toEqual(["ip/198.51.100.1"]);
    isBroken = true;
    await clock.advance(60_000);
    await ask("198.51.100.2");
    expect(faults).toHaveLength(2);
  });
});
