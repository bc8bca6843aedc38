/** The bridge's Request and Response, where a test answers the backend's calls itself and moves the time. */
import { describe, expect, test } from "vitest";
import { type BridgeConfig, bridge } from "../../../party/bridge/bridge.ts";
import type { RoomEvent } from "../../../party/core/events.ts";
import { DEFAULT_POLICY } from "../../../party/core/policy.ts";
import { parseTraceparent } from "../../../party/core/turn/trace/trace-context.ts";
import { EventReader } from "../../edge/reader.ts";
import { upstreamSetting } from "../../support/backends/upstream-setting.ts";
import { FakeClock } from "../../support/core/fake-clock.ts";

interface Call {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly signal: AbortSignal;
  readonly answer: (response: Response) => void;
}

/** An event stream that a test writes by hand. */
function stream() {
  const encoder = new TextEncoder();
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start(started) {
      controller = started;
    },
  });
  return {
    response: new Response(body, { headers: { "content-type": "text/event-stream" } }),
    event(id: number, name: string, data: unknown) {
      controller?.enqueue(encoder.encode(`id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`));
    },
    end: () => controller?.close(),
    break: () => controller?.error(new Error("reset")),
  };
}

function build(more: Partial<BridgeConfig> = {}) {
  const clock = new FakeClock();
  const calls: Call[] = [];
  const events: RoomEvent[] = [];
  const works: Promise<unknown>[] = [];
  let came = Promise.withResolvers<void>();
  const config: BridgeConfig = {
    upstream: upstreamSetting(),
    user: "anonymous",
    parse: "auto",
    policy: { ...DEFAULT_POLICY, backoff: { ...DEFAULT_POLICY.backoff } },
    heartbeatMs: 15_000,
    clock,
    random: () => 0,
    authorize: async () => ({}),
    report: (event) => events.push(event),
    onFault: (cause) => {
      throw cause;
    },
    waitUntil: (work) => works.push(work),
    fetch: (url, init) =>
      new Promise((resolve, reject) => {
        const signal = init.signal as AbortSignal;
        signal.addEventListener("abort", () => reject(signal.reason as Error));
        calls.push({
          ...{ url, method: init.method ?? "GET", headers: new Headers(init.headers), signal },
          answer: resolve,
        });
        came.resolve();
        came = Promise.withResolvers();
      }),
    ...more,
  };
  const ask = (headers: Record<string, string> = {}) =>
    bridge(new Request("http://localhost/chat?q=hello", { headers }), config);
  /** The nth call to the backend, when it has come; the first is 1. */
  const call = async (nth: number): Promise<Call> => {
    for (;;) {
      const made = calls[nth - 1];
      if (made !== undefined) return made;
      await came.promise;
    }
  };
  return { ask, call, calls, works, events, clock };
}

describe("[E1] a reader who asks for no events", () => {
  test("is refused a wait of more than two seconds, and sits through it once the answer has begun", async () => {
    const { ask, call, clock } = build();
    const refused = ask();
    (await call(1)).answer(new Response(null, { status: 503, headers: { "retry-after": "3" } }));
    expect((await refused).headers.get("retry-after")).toBe("3");

    const asking = ask();
    const first = stream();
    (await call(2)).answer(first.response);
    first.event(1, "start", { resumable: true });
    first.event(2, "token", { text: "Hello, " });
    const reader = await new EventReader(await asking).until(({ answer }) => answer === "Hello, ");
    first.break();
    await clock.advance(0);
    (await call(3)).answer(new Response(null, { status: 503, headers: { "retry-after": "3" } }));
    await clock.advance(3_000);
    const rest = stream();
    (await call(4)).answer(rest.response);
    rest.event(3, "token", { text: "world" });
    rest.event(4, "done", {});
    rest.end();
    expect((await reader.toEnd()).answer).toBe("Hello, world");
    expect(reader.of("error")).toEqual([]);
  });
});

test("[E5] who is put off in the middle of an answer for longer than anybody sits through comes back for the rest", async () => {
  const { ask, call, calls, clock, works } = build();
  const asking = ask({ accept: "text/event-stream" });
  const written = stream();
  (await call(1)).answer(written.response);
  written.event(1, "start", { resumable: true });
  written.event(2, "token", { text: "Hello, " });
  const reader = await new EventReader(await asking).until(({ answer }) => answer === "Hello, ");
  written.break();
  await clock.advance(0);
  (await call(2)).answer(new Response(null, { status: 503, headers: { "retry-after": "60" } }));
  await reader.toEnd();
  expect(reader.of("error")).toMatchObject([{ code: "upstream-unavailable", retryAfterMs: 60_000 }]);
  expect(reader.retry).toBe(60_000);
  await Promise.all(works);
  expect(calls).toHaveLength(2);
  void ask({ accept: "text/event-stream", "last-event-id": reader.lastEventId });
  const third = await call(3);
  expect(third.headers.get("idempotency-key")).toBe(calls[0]?.headers.get("idempotency-key"));
  expect(third.headers.get("last-event-id")).toBe("2");
});

describe("[E1] a trace", () => {
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
  const traceOf = (call: Call) => parseTraceparent(call.headers.get("traceparent"));

  test("of the reader's goes on at the backend, below the span of who asked", async () => {
    const { ask, call, clock } = build();
    const asking = ask({ accept: "text/event-stream", traceparent: `00-${traceId}-00f067aa0ba902b7-00` });
    const first = await call(1);
    first.answer(new Response(null, { status: 503 }));
    await asking;
    await clock.advance(0);
    const second = await call(2);
    const asked = { traceId, spanId: "00f067aa0ba902b7", sampled: false };
    for (const made of [first, second]) expect(traceOf(made)).toEqual(asked);
  });

  test("begins here where the reader has none, and goes on with who comes back", async () => {
    const { ask, call } = build();
    const asking = ask({ accept: "text/event-stream", traceparent: "00-no-trace" });
    const written = stream();
    const first = await call(1);
    first.answer(written.response);
    written.event(1, "start", { resumable: true });
    written.event(2, "token", { text: "Hello" });
    const reader = await new EventReader(await asking).until(({ answer }) => answer === "Hello");
    await reader.leave();
    void ask({ accept: "text/event-stream", "last-event-id": reader.lastEventId });
    const second = await call(2);
    expect(traceOf(second)?.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(traceOf(second)).toEqual(traceOf(first));
  });
});

test("[E1] a call that fails is told to the operator as a room's, with its cause; the reader's leaving is not", async () => {
  const { ask, call, calls, events, works, clock } = build();
  const asking = ask({ accept: "text/event-stream" });
  (await call(1)).answer(new Response(null, { status: 503 }));
  const reader = new EventReader(await asking);
  await clock.advance(0);
  await call(2);
  await reader.leave();
  const stop = await call(3);
  expect(stop.method).toBe("DELETE");
  stop.answer(new Response(null, { status: 500 }));
  await Promise.all(works);
  const generationId = calls[0]?.headers.get("idempotency-key");
  expect(events).toMatchObject([
    { name: "upstream-failure", turnId: generationId, code: "upstream-unavailable", resume: false, afterMs: 0 },
    { name: "stop-unconfirmed", generationId },
  ]);
});

test("[E1] a reader of events is answered after a second, whatever the backend does; another when it is known how", async () => {
  const { ask, call, clock } = build();
  const asked: string[] = [];
  const asking = ask({ accept: "text/event-stream" });
  void asking.then(() => asked.push("events"));
  void ask().then(() => asked.push("status"));
  await call(2);
  await clock.advance(1_000);
  expect(asked).toEqual(["events"]);
  expect((await asking).headers.get("content-type")).toContain("text/event-stream");
  await clock.advance(DEFAULT_POLICY.headersTimeoutMs);
  expect(asked).toEqual(["events", "status"]);
});
