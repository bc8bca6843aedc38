/** What an operator gets to see, in the real runtime: the numbers of many objects, and the events of one. */
import { env, evictDurableObject, runDurableObjectAlarm, SELF } from "cloudflare:test";
import * as runtime from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { limiterName } from "../../party/limits/limiter-shards.ts";
import { Limiter, limitersIn } from "../../party/objects/limiter-object.ts";
import { metricsIn } from "../../party/objects/metrics-object.ts";
import { metricsName } from "../../party/telemetry/metrics-client.ts";
import { nativeTracingOf } from "../../party/telemetry/native-spans.ts";
import type { Scraped } from "../support/metrics/scrape.ts";
import { asOperator, logLines, scrape, scrapeUntil, sumOf } from "./http/operator.ts";
import { fresh, SocketTab, upstream } from "./room/tab.ts";

afterEach(() => void vi.restoreAllMocks());

/** What ten seconds without a visit do: the objects that count leave memory. */
async function quiet(): Promise<void> {
  const stubs = metricsIn(env.Metrics, undefined);
  for (let shard = 0; shard < 4; shard += 1) await evictDurableObject(stubs(metricsName(shard)));
}

test.each(["/metrics", "/ops/events/lobby"])("%s is the operator's alone", async (path) => {
  expect((await SELF.fetch(`http://localhost${path}`)).status).toBe(401);
  const wrong = { headers: { authorization: "Bearer operator" } };
  expect((await SELF.fetch(`http://localhost${path}`, wrong)).status).toBe(401);
  expect((await SELF.fetch(`http://localhost${path}`, asOperator)).status).toBe(200);
});

test("a room's events cannot be read as a visitor", async () => {
  expect((await SELF.fetch(`http://localhost/parties/chat/${fresh("room")}/events`, asOperator)).status).toBe(404);
});

test("[O1] the ring of an erased room holds nothing of what was before", async () => {
  const room = fresh("room");
  const tab = await new SocketTab().join(room);
  const turnId = tab.submit(room);
  await upstream("done", room);
  await tab.untilTurn(turnId, ({ state }) => state === "settled");
  const events = async () => (await SELF.fetch(`http://localhost/ops/events/${room}`, asOperator)).text();
  expect(await events()).toContain(turnId);
  expect((await SELF.fetch(`http://localhost/parties/chat/${room}`, { method: "DELETE" })).status).toBe(204);
  expect(await events()).not.toContain(turnId);
  tab.close();
});

test("[O2] turns of many rooms add up, over more than one object", async () => {
  const before = await scrape();
  const rooms = Array.from({ length: 12 }, () => fresh("room"));
  await Promise.all(
    rooms.map(async (room) => {
      const tab = await new SocketTab().join(room);
      const turnId = tab.submit(room);
      await upstream("text", room, { text: "hi" });
      await upstream("done", room);
      await tab.untilTurn(turnId, ({ state }) => state === "settled");
      tab.close();
    }),
  );
  const grown = (samples: readonly Scraped[], name: string, labels?: Scraped["labels"]) =>
    sumOf(samples, name, labels) - sumOf(before, name, labels);
  const after = await scrapeUntil(
    (samples) => grown(samples, "edge_chat_turns_total", { outcome: "completed" }) === rooms.length,
  );
  expect(grown(after, "edge_chat_time_to_first_token_seconds_count")).toBe(rooms.length);
  expect(grown(after, "gen_ai_client_operation_duration_seconds_count", { error_type: "" })).toBe(rooms.length);
  expect(grown(after, "edge_chat_upstream_calls_total", { kind: "first" })).toBe(rooms.length);
  expect(grown(after, "edge_chat_sessions_total", { transport: "websocket" })).toBe(rooms.length);
  const shards = new Set(
    after.filter(({ name }) => name === "edge_chat_turns_total").map(({ labels }) => labels["shard"]),
  );
  expect(shards.size).toBeGreaterThan(1);
});

test("viewers count while they are there", async () => {
  const viewers = (samples: readonly Scraped[]) => sumOf(samples, "edge_chat_viewers");
  // Tabs of the tests before are still leaving.
  await scrapeUntil((samples) => viewers(samples) === 0);
  const tab = await new SocketTab().join(fresh("room"));
  await scrapeUntil((samples) => viewers(samples) === 1);
  tab.close();
  await scrapeUntil((samples) => viewers(samples) === 0);
});

test("[O2] what was counted, and who is there, outlives a quiet time; and a report goes on from there", async () => {
  const turns = (samples: readonly Scraped[]) => sumOf(samples, "edge_chat_turns_total");
  const viewers = (samples: readonly Scraped[]) => sumOf(samples, "edge_chat_viewers");
  await scrapeUntil((samples) => viewers(samples) === 0);
  const before = turns(await scrape());
  const room = fresh("room");
  const tab = await new SocketTab().join(room);
  for (const expected of [before + 1, before + 2]) {
    const turnId = tab.submit(room);
    await upstream("text", room, { text: "hi" });
    await upstream("done", room);
    await tab.untilTurn(turnId, ({ state }) => state === "settled");
    const seen = await scrapeUntil((samples) => turns(samples) === expected);
    await quiet();
    expect(await scrape()).toEqual(seen);
    expect(viewers(seen)).toBe(1);
  }
  tab.close();
  await scrapeUntil((samples) => viewers(samples) === 0);
});

test("[O2] a report is stored although nobody scrapes", async () => {
  const stub = metricsIn(env.Metrics, undefined)(fresh("shard"));
  const event = { name: "session-opened", session: "s", transport: "sse", resumed: false } as const;
  await stub.record({ tenant: "acme", source: "lobby", events: [event], dropped: 0 });
  await evictDurableObject(stub);
  const labels = { tenant: "acme", transport: "sse" };
  expect(await stub.read()).toEqual([{ family: "edge_chat_sessions_total", labels, value: 1 }]);
});

describe("a Limiter that pauses for a backend that fails", () => {
  const stubOf = limitersIn(env.Limiter, undefined);
  const open = (samples: readonly Scraped[], tenant: string) => sumOf(samples, "edge_chat_circuits_open", { tenant });

  /** @param hasLease of turns that ask for leave first; a tenant without limits does not. */
  async function fail(tenant: string, hasLease: boolean) {
    const limiter = stubOf(limiterName(tenant, 0));
    for (let index = 0; index < 5; index += 1) {
      const request = { generationId: `g${index}`, room: `r${index}`, deadlineAt: Date.now() + 60_000 };
      if (hasLease) await limiter.handle({ limits: {}, operations: [{ kind: "acquire", request }] });
      await limiter.handle({ limits: {}, operations: [{ kind: "report", request, refused: "unreachable" }] });
    }
    return limiter;
  }

  test.each([
    ["turns with a lease", true],
    ["turns without one", false],
  ])("[O2] shows for as long as it lasts, however quiet it is, and no longer: %s", async (_name, hasLease) => {
    const tenant = fresh("tenant");
    const limiter = stubOf(limiterName(tenant, 0));
    // Somebody waits as it is, so that the queue has just been stored.
    const request = { generationId: "first", room: "lobby", deadlineAt: Date.now() + 60_000 };
    await limiter.handle({ limits: { activeTurns: 0 }, operations: [{ kind: "acquire", request }] });
    await fail(tenant, hasLease);
    await scrapeUntil((samples) => open(samples, tenant) === 1);
    await evictDurableObject(limiter);
    await quiet();
    expect(open(await scrape(), tenant)).toBe(1);
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      vi.setSystemTime(Date.now() + 120_000);
      expect(await runDurableObjectAlarm(limiter)).toBe(true);
      await scrapeUntil((samples) => open(samples, tenant) === 0);
    } finally {
      vi.useRealTimers();
    }
  });

  test("[O1] tells once that it spares a backend with too much to do", async () => {
    const [tenant, lines] = [fresh("tenant"), logLines("warn")];
    const limiter = stubOf(limiterName(tenant, 0));
    for (let index = 0; index < 2; index += 1) {
      const request = { generationId: `g${index}`, room: `r${index}`, deadlineAt: Date.now() + 60_000 };
      await limiter.handle({ limits: {}, operations: [{ kind: "report", request, refused: "rate-limited" }] });
    }
    await scrapeUntil((samples) => sumOf(samples, "edge_chat_slow_downs", { tenant }) === 1);
    expect(lines).toEqual([{ name: "slow-down-changed", level: "warn", tenant, isSlowing: true }]);
  });

  test("[O1] says so in the log, once, and once more when it is over", async () => {
    const lines: Record<string, unknown>[] = [];
    const log = vi.spyOn(console, "warn").mockImplementation((line: string) => void lines.push(JSON.parse(line)));
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      const tenant = fresh("tenant");
      const limiter = await fail(tenant, true);
      const told = () =>
        lines.filter((line) => line["tenant"] === tenant).map(({ name, isOpen }) => ({ name, isOpen }));
      expect(told()).toEqual([{ name: "circuit-changed", isOpen: true }]);
      await evictDurableObject(limiter);
      vi.setSystemTime(Date.now() + 120_000);
      expect(await runDurableObjectAlarm(limiter)).toBe(true);
      expect(told().slice(1)).toEqual([{ name: "circuit-changed", isOpen: false }]);
    } finally {
      log.mockRestore();
      vi.useRealTimers();
    }
  });
});

test("the newest events of a room can be read back", async () => {
  const room = fresh("room");
  const tab = await new SocketTab().join(room);
  const turnId = tab.submit(room);
  await upstream("text", room, { text: "hi" });
  await upstream("done", room);
  await tab.untilTurn(turnId, ({ state }) => state === "settled");
  const response = await SELF.fetch(`http://localhost/ops/events/${room}`, asOperator);
  const { events } = (await response.json()) as { events: { name: string; at: number; turnId?: string }[] };
  expect(events.map(({ name }) => name)).toEqual([
    "sync-sent",
    "session-opened",
    "turn-queued",
    "turn-started",
    "upstream-attempt",
    "upstream-answered",
    "span",
    "turn-settled",
    "span",
  ]);
  for (const event of events.slice(2)) expect(event.turnId).toBe(turnId);
  expect(JSON.stringify(events)).not.toContain("hi");
});

test("[O1] a room whose Limiter cannot be reached tells it once, and goes on", async () => {
  const key = "tenant/default";
  await env.CONFIG.put(key, JSON.stringify({ activeTurns: 2 }));
  const gone = vi.spyOn(Limiter.prototype, "handle").mockImplementation(() => {
    throw new Error("no Limiter");
  });
  try {
    const room = fresh("room");
    const tab = await new SocketTab().join(room);
    for (const prompt of [`${room} one`, `${room} two`]) {
      const turnId = tab.submit(prompt);
      await upstream("text", prompt, { text: "hi" });
      await upstream("done", prompt);
      await tab.untilTurn(turnId, ({ state }) => state === "settled");
    }
    const response = await SELF.fetch(`http://localhost/ops/events/${room}`, asOperator);
    const { events } = (await response.json()) as { events: { name: string }[] };
    const told = events.filter(({ name }) => name === "limiter-degraded");
    expect(told).toEqual([
      { name: "limiter-degraded", at: expect.any(Number), level: "warn", cause: expect.stringContaining("no Limiter") },
    ]);
  } finally {
    gone.mockRestore();
    await env.CONFIG.delete(key);
  }
});

describe("runtime contract", () => {
  test("the runtime has spans that we begin and end", () => {
    const span = nativeTracingOf(runtime)?.startSpan("a span");
    expect(span).toBeDefined();
    span?.setAttributes({ "edge_chat.outcome": "completed" });
    span?.setStatus({ code: "error", message: "upstream-silence" });
    span?.end();
  });
});
