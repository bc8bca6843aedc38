/** What an operator gets to see, in the real runtime: the numbers of many objects, and the events of one. */
import { env, SELF } from "cloudflare:test";
import * as runtime from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { limitersIn } from "../../party/limiter.ts";
import { nativeTracingOf } from "../../party/telemetry/native-spans.ts";
import type { Scraped } from "../support/scrape.ts";
import { asOperator, logLines, scrape, scrapeUntil, sumOf } from "./operator.ts";
import { fresh, SocketTab, upstream } from "./tab.ts";

afterEach(() => void vi.restoreAllMocks());

test.each(["/metrics", "/ops/events/lobby"])("%s is the operator's alone", async (path) => {
  expect((await SELF.fetch(`http://localhost${path}`)).status).toBe(401);
  const wrong = { headers: { authorization: "Bearer operator" } };
  expect((await SELF.fetch(`http://localhost${path}`, wrong)).status).toBe(401);
  expect((await SELF.fetch(`http://localhost${path}`, asOperator)).status).toBe(200);
});

test("a room's events cannot be read as a visitor", async () => {
  expect((await SELF.fetch(`http://localhost/parties/chat/${fresh("room")}/events`, asOperator)).status).toBe(404);
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

describe("[O1] a Limiter", () => {
  const limits = { activeTurns: 9 };
  const refuseAll = async (name: string, refused: "unreachable" | "rate-limited", times: number) => {
    const limiter = limitersIn(env.Limiter, undefined)(name);
    for (let index = 0; index < times; index += 1) {
      const request = { generationId: `g${index}`, room: `r${index}`, deadlineAt: Date.now() + 60_000 };
      await limiter.handle({ limits, operations: [{ kind: "acquire", request }] });
      await limiter.handle({ limits, operations: [{ kind: "report", request, refused }] });
    }
  };
  const of = (tenant: string) => `tenant/${tenant}/0`;

  test("tells once that it pauses for a backend that fails", async () => {
    const [tenant, lines] = [fresh("tenant"), logLines("warn")];
    await refuseAll(of(tenant), "unreachable", 5);
    await scrapeUntil((samples) => sumOf(samples, "edge_chat_circuits_open") === 1);
    expect(lines).toEqual([{ name: "circuit-changed", level: "warn", tenant, isOpen: true }]);
  });

  test("tells once that it spares a backend with too much to do", async () => {
    const [tenant, lines] = [fresh("tenant"), logLines("warn")];
    await refuseAll(of(tenant), "rate-limited", 2);
    await scrapeUntil((samples) => sumOf(samples, "edge_chat_slow_downs") === 1);
    expect(lines).toEqual([{ name: "slow-down-changed", level: "warn", tenant, isSlowing: true }]);
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

describe("runtime contract", () => {
  test("the runtime has spans that we begin and end", () => {
    const span = nativeTracingOf(runtime)?.startSpan("a span");
    expect(span).toBeDefined();
    span?.setAttributes({ "edge_chat.outcome": "completed" });
    span?.setStatus({ code: "error", message: "upstream-silence" });
    span?.end();
  });
});
