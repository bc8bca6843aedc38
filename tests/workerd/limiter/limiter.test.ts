/** The Limiter object in the real runtime: evictions, alarms, and the way to it from a room. */
import {
  abortAllDurableObjects,
  env,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
  SELF,
} from "cloudflare:test";
import { describe, expect, test, vi } from "vitest";
import { TenantConfigs } from "../../../party/config/tenant-settings.ts";
import { leaseTtlMs } from "../../../party/core/limiter/leases.ts";
import { IpMemory } from "../../../party/limits/ip-memory.ts";
import { limitIp } from "../../../party/limits/ip-rate-limit.ts";
import { LeaseClient } from "../../../party/limits/limiter-client.ts";
import { SlowingHints } from "../../../party/limits/limiter-hints.ts";
import type { LimiterOperation } from "../../../party/limits/limiter-messages.ts";
import { limiterName } from "../../../party/limits/limiter-shards.ts";
import { limitersIn } from "../../../party/objects/limiter-object.ts";
import { systemClock } from "../../../party/platform/clock.ts";
import { untilHang } from "../../support/hang-guard.ts";
import { fresh } from "../room/tab.ts";

const stubs = limitersIn(env.Limiter, undefined);

function operation(generationId: string, more: { deadlineAt?: number; room?: string } = {}): LimiterOperation {
  const deadlineAt = more.deadlineAt ?? Date.now() + 60_000;
  return { kind: "acquire", request: { generationId, room: more.room ?? generationId, deadlineAt } };
}

async function ask(name: string, ...operations: LimiterOperation[]) {
  return (await stubs(name).handle({ limits: { activeTurns: 1 }, operations })).answers;
}

const keysOf = (name: string) =>
  runInDurableObject(stubs(name), async (_, state) => [...(await state.storage.list()).keys()]);

describe("[Q4] the Limiter object", () => {
  test("answers a batch in order, and the same generation with the same lease", async () => {
    const name = fresh("tenant");
    const [first, second, again] = await ask(name, operation("a"), operation("b"), operation("a"));
    expect(first).toMatchObject({ kind: "granted" });
    expect(second).toMatchObject({ kind: "wait", position: 0, reason: "concurrency" });
    expect(again).toEqual(first);
    const released = await ask(name, { kind: "release", generationId: "a", outcome: "ok" }, operation("b"));
    expect(released).toEqual([undefined, expect.objectContaining({ kind: "granted" })]);
  });

  test.each([
    ["an eviction", (name: string) => evictDurableObject(stubs(name))],
    ["a kill", () => abortAllDurableObjects()],
  ])("keeps its leases and its queue through %s", async (_name, lose) => {
    const name = fresh("tenant");
    const [lease] = await ask(name, operation("a"));
    await ask(name, operation("b"), operation("c"));
    await lose(name);
    const answers = await ask(name, operation("a"), operation("c"), operation("b"));
    expect(answers).toEqual([
      lease,
      expect.objectContaining({ kind: "wait" }),
      expect.objectContaining({ kind: "wait" }),
    ]);
  });

  test("stores its queue in rows, and restores the order of the turns that ask again", async () => {
    const name = fresh("tenant");
    await ask(name, operation("a"), ...Array.from({ length: 300 }, (_, n) => operation(`w${n}`)));
    expect(await keysOf(name)).toEqual(["lease/a", "queue/0000", "queue/0001", "queue/0002", "record"]);
    await evictDurableObject(stubs(name));
    // A restored turn counts once it has asked again, because it may have ended since the queue was stored.
    const [last, first, again] = await ask(name, operation("w299"), operation("w0"), operation("w299"));
    expect([last, first, again]).toMatchObject([{ position: 0 }, { position: 0 }, { position: 1 }]);
  });

  test("holds nothing back after a sleep for a turn that ended after the queue was stored", async () => {
    const name = fresh("tenant");
    await ask(name, operation("running"), operation("ended"), operation("waits"));
    // The queue was stored a moment ago, so this change is not: the object sleeps before the next write.
    await ask(name, { kind: "release", generationId: "ended", outcome: "cancelled" });
    expect(await keysOf(name)).toContain("queue/0000");
    await evictDurableObject(stubs(name));
    await ask(name, { kind: "release", generationId: "running", outcome: "ok" });
    expect(await ask(name, operation("other"))).toMatchObject([{ kind: "granted" }]);
  });

  test("deletes the stored queue as soon as it is empty", async () => {
    const name = fresh("tenant");
    await ask(name, operation("running"), operation("ended"));
    expect(await keysOf(name)).toContain("queue/0000");
    await ask(name, { kind: "release", generationId: "ended", outcome: "cancelled" });
    expect(await keysOf(name)).not.toContain("queue/0000");
  });

  test("frees the lease of a room that was lost before it stored anything after a minute and a half", async () => {
    const name = fresh("tenant");
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      await ask(name, operation("lost", { deadlineAt: Date.now() + 600_000 }));
      vi.setSystemTime(Date.now() + leaseTtlMs);
      expect(await ask(name, operation("next"))).toMatchObject([{ kind: "granted" }]);
    } finally {
      vi.useRealTimers();
    }
  });

  test("[A1] forgets by its alarm the leases that were not released, and at rest everything", async () => {
    const name = fresh("tenant");
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      await ask(name, operation("lost", { deadlineAt: Date.now() + 1_000 }));
      expect(await keysOf(name)).toEqual(["lease/lost", "record"]);
      vi.setSystemTime(Date.now() + 40_000);
      expect(await runDurableObjectAlarm(stubs(name))).toBe(true);
      expect(await keysOf(name)).toEqual([]);
      expect(await runDurableObjectAlarm(stubs(name))).toBe(false);
    } finally {
      vi.useRealTimers();
    }
    expect(await ask(name, operation("next"))).toMatchObject([{ kind: "granted" }]);
  });

  test("[S4] no request from outside reaches it", async () => {
    for (const path of ["/parties/limiter/x", "/parties/Limiter/x", "/limiter/x"]) {
      expect((await SELF.fetch(`http://localhost${path}`)).status).toBe(404);
    }
  });
});

describe("[Q4] a room's client over real objects", () => {
  test("asks its shard with the limits in KV, waits, and gets the lease that another room released", async () => {
    const tenant = fresh("tenant");
    await env.CONFIG.put(`tenant/${tenant}`, JSON.stringify({ activeTurns: 1 }));
    const configs = new TenantConfigs(
      { turnsPerMinute: undefined, activeTurns: undefined },
      {
        store: env.CONFIG,
        clock: systemClock,
        upstreamVariables: {},
        report: () => expect.unreachable(),
      },
    );
    const client = (room: string) =>
      new LeaseClient({
        hints: new SlowingHints(systemClock),
        tenant,
        room,
        shards: 1,
        hasSubjects: true,
        limits: () => configs.get(tenant),
        knownLimits: () => configs.known(tenant),
        stubOf: stubs,
        clock: systemClock,
        onDegraded: (cause) => expect.unreachable(String(cause)),
      });
    const [one, two] = [client("one"), client("two")];
    const deadlineAt = Date.now() + 60_000;
    expect(await one.acquire({ generationId: "a", deadlineAt })).toMatchObject({ kind: "granted" });
    expect(await two.acquire({ generationId: "b", deadlineAt })).toMatchObject({ kind: "wait", position: 0 });
    one.release("a", "ok");
    await vi.waitFor(async () => {
      expect(await two.acquire({ generationId: "b", deadlineAt })).toMatchObject({ kind: "granted" });
    }, untilHang);
    two.release("b", "ok");
    await vi.waitFor(async () => expect(await keysOf(limiterName(tenant, 0))).not.toContain("lease/b"), untilHang);
  });
});

describe("[S2] an address", () => {
  const options = {
    requestsPerMinute: 2,
    memory: new IpMemory(),
    clock: systemClock,
    random: Math.random,
    onFault: (cause: unknown) => expect.unreachable(String(cause)),
  };

  test("is counted by an object where no rate limit is bound, exactly", async () => {
    const address = "198.51.100.7";
    const ask = () => limitIp(address, { ...options, binding: undefined, stubOf: stubs });
    expect(await ask()).toMatchObject({
      isAllowed: true,
      headers: { ratelimit: expect.stringMatching(/^"ip";r=1;t=30$/) },
    });
    expect(await ask()).toMatchObject({ isAllowed: true });
    const refused = await ask();
    expect(refused).toMatchObject({ isAllowed: false, headers: { "ratelimit-policy": '"ip";q=2;w=60' } });
    expect(refused.headers["ratelimit"]).toMatch(/^"ip";r=0;t=(29|30)$/);
  });

  test("is counted through a sleep of its object, and forgotten when all is back", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      const address = "198.51.100.9";
      const ask = () => limitIp(address, { ...options, binding: undefined, stubOf: stubs });
      await ask();
      vi.setSystemTime(Date.now() + 1_000);
      await ask();
      await evictDurableObject(stubs(`ip/${address}`));
      expect(await ask()).toMatchObject({ isAllowed: false });
      expect(await keysOf(`ip/${address}`)).toEqual(["address"]);
      vi.setSystemTime(Date.now() + 30_000);
      expect(await runDurableObjectAlarm(stubs(`ip/${address}`))).toBe(true);
      expect(await keysOf(`ip/${address}`)).toEqual(["address"]);
      await evictDurableObject(stubs(`ip/${address}`));
      vi.setSystemTime(Date.now() + 30_000);
      expect(await runDurableObjectAlarm(stubs(`ip/${address}`))).toBe(true);
      expect(await keysOf(`ip/${address}`)).toEqual([]);
      expect(await runDurableObjectAlarm(stubs(`ip/${address}`))).toBe(false);
    } finally {
      vi.useRealTimers();
    }
  });

  test("is counted by the platform's rate limit where one is bound", async () => {
    const verdict = await limitIp("198.51.100.8", { ...options, binding: env.RATE_LIMIT, stubOf: stubs });
    expect(verdict).toEqual({ isAllowed: true, headers: {} });
  });
});
