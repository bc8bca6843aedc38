/** The bridge's Request and Response, where a test answers the backend's calls itself and moves the time. */
import { describe, expect, test } from "vitest";
import { type BridgeConfig, bridge } from "../../../edge/bridge.ts";
import type { RoomEvent } from "../../../party/core/events.ts";
import { DEFAULT_POLICY } from "../../../party/core/policy.ts";
import { EventReader } from "../../edge/reader.ts";
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
    nestBase: "http://backend.internal",
    upstreamMethod: "POST",
    dialect: "auto",
    presetProvider: undefined,
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
