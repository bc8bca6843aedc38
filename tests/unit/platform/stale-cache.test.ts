/** The cache of what many pages ask for: one call for many, stale while it is fetched anew, stale when that fails. */
import { describe, expect, test } from "vitest";
import { type Cached, type SharedCache, StaleCache } from "../../../party/platform/stale-cache.ts";

/** A source that answers when told, and a location whose isolates share what one of them fetched. */
function build() {
  let now = 1_000_000;
  const shared = new Map<string, Cached>();
  const location: SharedCache = {
    read: async (key) => shared.get(key),
    write: async (key, cached) => {
      shared.set(key, cached);
    },
  };
  const calls: Array<PromiseWithResolvers<string>> = [];
  const background: Promise<unknown>[] = [];
  const isolate = () => {
    const cache = new StaleCache({ now: () => now });
    const load = async (): Promise<Cached> => {
      const call = Promise.withResolvers<string>();
      calls.push(call);
      return { body: await call.promise, storedAt: now, freshMs: 60_000, staleMs: 600_000 };
    };
    return async () => (await cache.get("models", load, location, (work) => void background.push(work))).body;
  };
  return {
    isolate,
    calls,
    pass: (ms: number) => {
      now += ms;
    },
    settled: () => Promise.all(background),
  };
}

describe("[E3] what was fetched", () => {
  test("serves everyone who asked meanwhile: concurrent misses make one call", async () => {
    const { isolate, calls } = build();
    const get = isolate();
    const asking = Array.from({ length: 20 }, () => get());
    await Promise.resolve();
    calls[0]?.resolve("first");
    expect(new Set(await Promise.all(asking))).toEqual(new Set(["first"]));
    expect(calls).toHaveLength(1);
  });

  test("is fetched again where the first fetch never ends, because its request was cancelled", async () => {
    const { isolate, calls, pass } = build();
    const get = isolate();
    void get();
    await Promise.resolve();
    pass(12_000);
    const again = get();
    await Promise.resolve();
    calls[1]?.resolve("second");
    expect(await again).toBe("second");
  });

  test("is as good as new for its time, in every isolate of the location", async () => {
    const { isolate, calls, pass } = build();
    const [one, other] = [isolate(), isolate()];
    const asking = one();
    await Promise.resolve();
    calls[0]?.resolve("first");
    await asking;
    pass(59_999);
    expect([await one(), await other()]).toEqual(["first", "first"]);
    expect(calls).toHaveLength(1);
  });

  test("is served stale at once while one call fetches it anew", async () => {
    const { isolate, calls, pass, settled } = build();
    const get = isolate();
    const asking = get();
    await Promise.resolve();
    calls[0]?.resolve("first");
    await asking;
    pass(60_000);
    expect(await Promise.all([get(), get(), get()])).toEqual(["first", "first", "first"]);
    expect(calls).toHaveLength(2);
    calls[1]?.resolve("second");
    await settled();
    expect(await get()).toBe("second");
    expect(calls).toHaveLength(2);
  });

  test("outlives a source that fails, which is then left alone for a while", async () => {
    const { isolate, calls, pass, settled } = build();
    const get = isolate();
    const asking = get();
    await Promise.resolve();
    calls[0]?.resolve("first");
    await asking;
    // Beyond what may be served stale without asking: the failure is waited for, and then it is served all the same.
    pass(700_000);
    const late = get();
    await expect.poll(() => calls.length).toBe(2);
    calls[1]?.reject(new Error("down"));
    expect(await late).toBe("first");
    pass(4_999);
    expect(await get()).toBe("first");
    expect(calls).toHaveLength(2);
    pass(1);
    const again = get();
    await expect.poll(() => calls.length).toBe(3);
    calls[2]?.resolve("third");
    expect(await again).toBe("third");
    await settled();
  });

  test("is not served after a day, when nobody knows whether it still holds", async () => {
    const { isolate, calls, pass } = build();
    const get = isolate();
    const asking = get();
    await Promise.resolve();
    calls[0]?.resolve("first");
    await asking;
    pass(86_400_000);
    const late = get();
    await expect.poll(() => calls.length).toBe(2);
    calls[1]?.reject(new Error("down"));
    await expect(late).rejects.toThrow("down");
  });
});

test("with nothing kept, a failure is told, and the next who asks makes a call", async () => {
  const { isolate, calls } = build();
  const get = isolate();
  const first = get();
  await expect.poll(() => calls.length).toBe(1);
  calls[0]?.reject(new Error("down"));
  await expect(first).rejects.toThrow("down");
  const second = get();
  await expect.poll(() => calls.length).toBe(2);
  calls[1]?.resolve("up");
  expect(await second).toBe("up");
});
