/** The Worker's own span: its place in the trace, its name, and what is not in it. */
import { describe, expect, test } from "vitest";
import { parseTraceparent } from "../../../party/core/turn/trace/trace-context.ts";
import { OpenRequest } from "../../../party/telemetry/request-span.ts";
import { routeOf } from "../../../party/telemetry/routes.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const clientSpan = "00f067aa0ba902b7";
const base = "https://chat.example.com";

function open(path: string, init: RequestInit = {}, samplePercent = 100) {
  const log: string[] = [];
  const tracing = {
    startSpan(name: string) {
      log.push(`start ${name}`);
      return {
        setAttributes: (attributes: object) => log.push(JSON.stringify(attributes)),
        setStatus: ({ message }: { message: string }) => log.push(`error ${message}`),
        end: () => log.push("end"),
      };
    },
  };
  const request = new Request(`${base}${path}`, init);
  const route = routeOf(new URL(request.url).pathname) ?? expect.unreachable(`no route of ${path}`);
  return { request, log, open: new OpenRequest(request, { route, samplePercent, tracing, now: 1_000 }) };
}

const asking = { method: "POST", headers: { traceparent: `00-${traceId}-${clientSpan}-01` }, body: "{}" };

describe("[O3] the Worker's span", () => {
  test("continues the client's trace, and what is asked goes on below it", async () => {
    const { request, open: span } = open("/parties/chat/lobby/turns", asking);
    const { onward } = span;
    const told = span.end(202, undefined, 1_040);
    expect(told).toEqual({
      ...{ name: "span", operation: "request", traceId, parentId: clientSpan, startAt: 1_000, endAt: 1_040 },
      spanId: expect.stringMatching(/^[\da-f]{16}$/),
      attributes: {
        "http.request.method": "POST",
        "http.route": "/parties/chat/:room/turns",
        "http.response.status_code": 202,
      },
    });
    expect(parseTraceparent(onward.headers.get("traceparent"))).toEqual({
      ...{ traceId, spanId: told?.spanId, sampled: true },
    });
    expect([onward.method, onward.url, await onward.text()]).toEqual(["POST", request.url, "{}"]);
  });

  test("begins a trace where the client has none, or one that is none", () => {
    for (const headers of [{}, { traceparent: "00-ab-cd-01" }] as Record<string, string>[]) {
      const { open: span } = open("/chat?q=hi", { headers });
      const told = span.end(200, undefined, 1_000);
      expect(told).not.toHaveProperty("parentId");
      expect(parseTraceparent(span.onward.headers.get("traceparent"))).toMatchObject({ traceId: told?.traceId });
    }
  });

  test("leaves a request that asks nothing as it is", () => {
    const { request, open: span } = open("/parties/chat/lobby", { headers: asking.headers });
    expect(span.onward).toBe(request);
  });

  test("is told of as often as was asked for; who brings a trace says so itself, and the room hears it", () => {
    const quiet = open("/chat", {}, 0);
    expect(quiet.open.end(200, undefined, 1_000)).toBeUndefined();
    expect(parseTraceparent(quiet.open.onward.headers.get("traceparent"))?.sampled).toBe(false);
    expect(quiet.log).toEqual([]);
    const unwanted = open("/chat", { headers: { traceparent: `00-${traceId}-${clientSpan}-00` } });
    expect(unwanted.open.end(200, undefined, 1_000)).toBeUndefined();
    const wanted = open("/chat", { headers: asking.headers }, 0);
    expect(wanted.open.end(200, undefined, 1_000)).toBeDefined();
  });

  test("is an error where the gateway or its backend failed, not where the client did wrong", () => {
    const failed = open("/models").open.end(502, "upstream-unreachable", 1_000);
    expect(failed).toMatchObject({
      error: "upstream-unreachable",
      attributes: { "error.type": "upstream-unreachable" },
    });
    expect(open("/models").open.end(500, undefined, 1_000)).toMatchObject({ error: "500" });
    const refused = open("/models").open.end(403, "origin-forbidden", 1_000);
    expect(refused).not.toHaveProperty("error");
    expect(refused?.attributes).not.toHaveProperty("error.type");
  });

  test("[S1] is named after the route: nothing of the address, a method that was made up or a header is in it", () => {
    const secrets = { authorization: "Bearer secret-token", cookie: "secret-cookie" };
    const { log, open: span } = open("/parties/chat/secret-room/turns/secret-turn?ticket=secret-ticket", {
      method: "SECRET",
      headers: secrets,
    });
    const told = span.end(503, "draining", 1_000);
    expect(log[0]).toBe("start _OTHER /parties/chat/:room/turns/:turn");
    expect(log.at(-1)).toBe("end");
    expect(log).toContain("error draining");
    expect(log.join()).toContain(told?.traceId);
    expect(JSON.stringify([log, told]).toLowerCase()).not.toContain("secret");
  });
});

test.each([
  ["/health", "/health"],
  ["/parties/chat/lobby", "/parties/chat/:room"],
  ["/parties/chat/lobby/turns/t-1", "/parties/chat/:room/turns/:turn"],
  ["/api/chat/lobby", "/api/chat/:room/:part?"],
  ["/api/chat/lobby/stream", "/api/chat/:room/:part?"],
  ["/ops/events/lobby", "/ops/events/:room"],
  ["/", undefined],
  ["/parties/chat/", undefined],
  ["/parties/chat/lobby/turns/t-1/more", undefined],
  ["/parties/other/lobby", undefined],
  ["/health/", undefined],
])("%s is of the route %s", (path, route) => {
  expect(routeOf(path)).toBe(route);
});
