/** The platform's own spans: begun and ended with ours, and nothing at all where there are none. */
import { expect, test } from "vitest";
import { UpstreamFailure } from "../../../party/core/ports.ts";
import { nativeSpanSink, nativeTracingOf } from "../../../party/telemetry/native-spans.ts";
import { reporter } from "../../../party/telemetry/sink.ts";
import { settled } from "../../support/core/fake-clock.ts";
import { buildRoom } from "../../support/core/room-harness.ts";

function fakeTracing() {
  const log: string[] = [];
  let isOpen = 0;
  const tracing = {
    startSpan(name: string) {
      isOpen += 1;
      log.push(`start ${name}`);
      return {
        setAttributes: (attributes: Record<string, unknown>) =>
          log.push(
            `${name} outcome ${attributes["edge_chat.outcome"] ?? "-"} trace ${typeof attributes["edge_chat.trace_id"]}`,
          ),
        setStatus: ({ message }: { message: string }) => log.push(`${name} error ${message}`),
        end: () => {
          isOpen -= 1;
          log.push(`end ${name}`);
        },
      };
    },
  };
  return { log, tracing, open: () => isOpen };
}

function reporting(sink: ReturnType<typeof nativeSpanSink>) {
  const onFault = (cause: unknown) => {
    throw cause;
  };
  return reporter({ context: {}, sinks: [sink], now: () => 0, onFault });
}

test("a turn and each of its calls have one, with what they came to", async () => {
  const { log, tracing, open } = fakeTracing();
  const room = await buildRoom({ report: reporting(nativeSpanSink(tracing)) });
  const tab = await room.join();
  tab.submit("hi");
  await settled();
  room.upstream.call.fail(new UpstreamFailure("upstream-unavailable", true));
  await settled();
  await room.clock.advance(250);
  room.upstream.call.text("hello");
  room.upstream.call.done();
  await settled();
  expect(log).toEqual([
    "start turn",
    "start chat",
    "chat outcome - trace string",
    "chat error upstream-unavailable",
    "end chat",
    "start chat",
    "chat outcome - trace string",
    "end chat",
    "turn outcome completed trace string",
    "end turn",
  ]);
  expect(open()).toBe(0);
});

test("none is left open where nobody records the trace, or the turn was stopped", async () => {
  const { tracing, open } = fakeTracing();
  const room = await buildRoom({ policy: { traceSamplePercent: 0 }, report: reporting(nativeSpanSink(tracing)) });
  const tab = await room.join();
  const turnId = tab.submit("hi");
  await settled();
  tab.cancel(turnId);
  await settled();
  expect(open()).toBe(0);
});

test("a runtime without them is left alone", () => {
  for (const runtime of [{}, { tracing: undefined }, { tracing: null }, { tracing: { enterSpan: () => undefined } }]) {
    expect(nativeTracingOf(runtime)).toBeUndefined();
  }
  const { tracing } = fakeTracing();
  expect(nativeTracingOf({ tracing })).toBe(tracing);
});
