/** What an operator sees of requests, in the real runtime: those that are refused, and the trace of those that are not. */
import { createExecutionContext, env, waitOnExecutionContext } from "cloudflare:test";
import { afterEach, describe, expect, test, vi } from "vitest";
import { BLOBS, DOUBLES, type PointWriter } from "../../../party/telemetry/analytics-points.ts";
import type { TelemetryEvent } from "../../../party/telemetry/catalogue.ts";
import worker from "../../../party/worker.ts";
import { fresh, upstream } from "../room/tab.ts";
import { asOperator, logLines, scrape, scrapeUntil, sumOf } from "./operator.ts";

afterEach(() => void vi.restoreAllMocks());

describe("requests that are refused", () => {
  const { RATE_LIMIT: _, ...unbound } = env;
  const points: Parameters<PointWriter["writeDataPoint"]>[0][] = [];
  const bindings = {
    ...unbound,
    ANALYTICS: { writeDataPoint: (point: (typeof points)[number]) => void points.push(point) },
    IP_REQUESTS_PER_MINUTE: "2",
  };
  const noWayIn = {
    ...bindings,
    AUTH: "jwt",
    AUTH_KEYS: '{"k1":"YSBzZWNyZXQgb2YgdGVzdHM6IHRoaXJ0eS10d28gYnl0ZXMgb3IgbW9yZQ"}',
  };
  const refused = async (path: string, headers: Record<string, string> = {}, given: typeof bindings = bindings) => {
    const request = new Request(path.startsWith("/") ? `http://localhost${path}` : path, { headers });
    const response = await worker.fetch(request, given, createExecutionContext());
    await response.body?.cancel();
    return response.headers.get("x-gateway-error");
  };
  const room = `/parties/chat/${fresh("room")}`;
  const stream = { accept: "text/event-stream" };
  const greedy = { "cf-connecting-ip": "203.0.113.9" };
  const kinds: readonly (readonly [code: string, times: number, ask: () => Promise<string | null>])[] = [
    ["not-found", 30, () => refused("/wp-login.php")],
    ["bad-room-name", 3, () => refused("/parties/chat/a%20b", greedy)],
    ["rate-limited", 2, () => refused("/parties/chat/a%20b", { ...greedy, ...stream })],
    ["origin-forbidden", 2, () => refused(room, { origin: "https://evil.example", upgrade: "websocket" })],
    ["unauthenticated", 4, () => refused(room, { authorization: "Bearer guess" }, noWayIn)],
    ["method-not-allowed", 1, () => refused(`${room}/tickets`)],
    // Open to everybody is refused off loopback.
    ["not-configured", 2, () => refused("http://chat.example.com/context")],
  ];
  /** The third request of the address is over its limit: what it asks does not matter any more. */
  const codeOf = (code: string, time: number) => (code === "bad-room-name" && time === 2 ? "rate-limited" : code);

  test("[O2] every kind is counted by its code, in the metrics, the log and the data points", async () => {
    const before = await scrape();
    const lines = logLines("warn");
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const expected: Record<string, number> = {};
    for (const [code, times, ask] of kinds) {
      for (let time = 0; time < times; time += 1) {
        const said = codeOf(code, time);
        expect([code, await ask()]).toEqual([code, said]);
        expected[said] = (expected[said] ?? 0) + 1;
      }
    }
    const counted = "edge_chat_requests_refused_total";
    const after = await scrapeUntil((samples) =>
      Object.entries(expected).every(([code, times]) => {
        return sumOf(samples, counted, { code }) - sumOf(before, counted, { code }) === times;
      }),
    );
    expect(after.find(({ name }) => name === counted)?.labels).not.toHaveProperty("tenant");
    const told: Record<string, number> = {};
    const written: Record<string, number> = {};
    for (const event of lines) {
      if (event.name === "requests-refused") told[event.code] = (told[event.code] ?? 0) + event.count;
    }
    for (const { blobs, doubles, indexes } of points) {
      expect([blobs[BLOBS.indexOf("name")], indexes]).toEqual(["requests-refused", [""]]);
      const code = blobs[BLOBS.indexOf("code")] ?? "";
      written[code] = (written[code] ?? 0) + (doubles[DOUBLES.indexOf("count")] ?? 0);
    }
    expect(told).toEqual(expected);
    expect(written).toEqual(expected);
    // Together, not one by one.
    const requests = kinds.reduce((sum, [, times]) => sum + times, 0);
    expect(points.length).toBeLessThan(requests);
  });
});

describe("[O3] a trace", () => {
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
  const clientSpan = "00f067aa0ba902b7";
  const traceparent = `00-${traceId}-${clientSpan}-01`;

  /** Asks in one of the ways there are, with everything that must not be in a trace. */
  const ways: Record<string, (prompt: string, room: string) => Request> = {
    "/parties/chat/:room/turns": (prompt, room) =>
      post(`/parties/chat/${room}/turns?ticket=secret`, { input: { prompt } }),
    "/api/chat": (prompt, room) =>
      post("/api/chat?token=secret", {
        id: room,
        trigger: "submit-message",
        messages: [{ id: "m1", role: "user", parts: [{ type: "text", text: prompt }] }],
      }),
    "/chat": (prompt) => post("/chat?token=secret", { prompt }),
  };

  function post(path: string, body: object): Request {
    const headers = {
      "content-type": "application/json",
      authorization: "Bearer secret",
      cookie: "a=secret",
      traceparent,
    };
    return new Request(`http://localhost${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  }

  test.each(Object.entries(ways))("of a question to %s goes through the Worker to the backend", async (route, ask) => {
    const [prompt, room] = [fresh("a question"), fresh("room")];
    const lines = logLines("debug");
    const context = createExecutionContext();
    const response = await worker.fetch(ask(prompt, room), { ...env, LOG_LEVEL: "debug" }, context);
    const { requests } = await upstream("until", prompt, { requests: 1 });
    await upstream("text", prompt, { text: "an answer" });
    await upstream("done", prompt);
    await response.text();
    await waitOnExecutionContext(context);
    const spans = lines.filter((line) => line.name === "span");
    const request = spans.find(({ operation }) => operation === "request");
    expect(request).toMatchObject({
      ...{ level: "debug", traceId, parentId: clientSpan },
      attributes: { "http.request.method": "POST", "http.route": route, "http.response.status_code": response.status },
    });
    const [, seen, parent] = requests[0]?.headers["traceparent"]?.split("-") ?? [];
    expect(seen).toBe(traceId);
    expect(parent).not.toBe(clientSpan);
    expect(JSON.stringify(request)).not.toMatch(/secret|room-|question|answer/);
    if (route === "/chat") expect(parent).toBe(request?.spanId);
    else {
      const told = await worker.fetch(
        new Request(`http://localhost/ops/events/${room}`, asOperator),
        { ...env },
        context,
      );
      const { events } = (await told.json()) as { events: (TelemetryEvent & { readonly at: number })[] };
      const turn = events.find((event) => event.name === "span" && event.operation === "turn");
      expect(turn).toMatchObject({ traceId, parentId: request?.spanId });
    }
  });

  test("is left out of what is stored where the client's own words leave no room for it", async () => {
    const prompt = fresh("a question");
    const metadata = { note: "x".repeat(4_096 - '{"note":""}'.length) };
    const response = await worker.fetch(
      post(`/parties/chat/${fresh("room")}/turns`, { input: { prompt }, metadata }),
      { ...env },
      createExecutionContext(),
    );
    expect(response.status).toBe(202);
    await response.body?.cancel();
    await upstream("until", prompt, { requests: 1 });
    await upstream("done", prompt);
  });
});
