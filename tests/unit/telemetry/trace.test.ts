/** Traces: what a client brings is continued, each call is a span of its own, and nothing private is in them. */
import { describe, expect, test } from "vitest";
import type { SpanEvent } from "../../../party/core/events.ts";
import { UpstreamFailure } from "../../../party/core/ports.ts";
import { formatTraceparent, parseTraceparent, turnContext } from "../../../party/core/turn/trace/trace-context.ts";
import { settled } from "../../support/core/fake-clock.ts";
import { buildRoom, type Room } from "../../support/core/room-harness.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const parentId = "00f067aa0ba902b7";
const traceparent = `00-${traceId}-${parentId}-01`;

describe("a traceparent", () => {
  test("is read as W3C says", () => {
    expect(parseTraceparent(traceparent)).toEqual({ traceId, spanId: parentId, sampled: true });
    expect(parseTraceparent(`00-${traceId}-${parentId}-00`)?.sampled).toBe(false);
    // Of a later version what is known is read.
    expect(parseTraceparent(`cc-${traceId}-${parentId}-01-what-will-be`)).toMatchObject({ traceId });
  });

  test.each([
    undefined,
    7,
    "",
    traceparent.toUpperCase(),
    `ff-${traceId}-${parentId}-01`,
    `00-${"0".repeat(32)}-${parentId}-01`,
    `00-${traceId}-${"0".repeat(16)}-01`,
    `00-${traceId}-${parentId}`,
    `00-${traceId}x-${parentId}-01`,
    "x".repeat(10_000),
  ])("that is none is as good as none: %s", (value) => {
    expect(parseTraceparent(value)).toBeUndefined();
  });

  test("is written as it is read", () => {
    const context = parseTraceparent(traceparent);
    expect(context === undefined ? undefined : formatTraceparent(context)).toBe(traceparent);
  });
});

test("[O3] a trace that begins here is the same after a sleep, and recorded as often as was asked for", () => {
  expect(turnContext("gen-1", undefined, 100)).toEqual(turnContext("gen-1", undefined, 100));
  expect(turnContext("gen-1", undefined, 100).traceId).toMatch(/^[\da-f]{32}$/);
  const sampled = Array.from({ length: 1_000 }, (_, index) => turnContext(`gen-${index}`, undefined, 20).sampled);
  expect(sampled.filter(Boolean).length).toBeGreaterThan(150);
  expect(sampled.filter(Boolean).length).toBeLessThan(250);
  // Who brings a trace has decided.
  expect(turnContext("gen-1", traceparent, 0).sampled).toBe(true);
});

const spansOf = (room: Room) => room.events.filter((event): event is SpanEvent => event.name === "span");

async function submitted(room: Room, metadata?: Record<string, string>) {
  const tab = await room.join();
  const turnId = tab.submit("a secret question", metadata === undefined ? {} : { metadata });
  await settled();
  return { tab, turnId };
}

describe("[O3] a turn's spans", () => {
  test("one for the turn and one for each call, in the client's trace; the upstream continues the call's", async () => {
    const room = await buildRoom();
    const { turnId } = await submitted(room, { traceparent });
    room.upstream.call.fail(new UpstreamFailure("upstream-unavailable", true));
    await settled();
    await room.advance(1_000);
    room.upstream.call.start();
    room.upstream.call.text("an answer");
    room.upstream.call.done();
    await settled();
    const spans = spansOf(room);
    expect(spans.map(({ operation, error }) => [operation, error])).toEqual([
      ["call", "upstream-unavailable"],
      ["call", undefined],
      ["turn", undefined],
    ]);
    const [first, second, turn] = spans;
    for (const span of spans) expect(span).toMatchObject({ traceId, turnId });
    expect(turn?.parentId).toBe(parentId);
    expect([first?.parentId, second?.parentId]).toEqual([turn?.spanId, turn?.spanId]);
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(3);
    expect(room.upstream.calls.map(({ request }) => request.traceparent)).toEqual([
      `00-${traceId}-${first?.spanId}-01`,
      `00-${traceId}-${second?.spanId}-01`,
    ]);
    expect(second?.attributes).toMatchObject({
      "gen_ai.operation.name": "chat",
      "gen_ai.request.model": "echo-1",
      "edge_chat.attempt": 2,
    });
    expect(turn?.attributes).toMatchObject({
      "edge_chat.outcome": "completed",
      "gen_ai.response.finish_reasons": "stop",
    });
    expect(room.events.find(({ name }) => name === "turn-settled")).toMatchObject({ traceId });
    // What was said is nobody's business.
    expect(JSON.stringify(room.events)).not.toMatch(/secret question|an answer/);
  });

  test("what was said is in them where that was asked for", async () => {
    const room = await buildRoom({ policy: { traceContent: true } });
    await submitted(room);
    room.upstream.call.text("an answer");
    room.upstream.call.done();
    await settled();
    const attributes = spansOf(room).at(-1)?.attributes;
    expect(attributes?.["gen_ai.input.messages"]).toContain("a secret question");
    expect(attributes?.["gen_ai.output.messages"]).toContain("an answer");
  });

  test("a trace that nobody records has none, and the upstream is told so", async () => {
    const room = await buildRoom();
    await submitted(room, { traceparent: `00-${traceId}-${parentId}-00` });
    room.upstream.call.done();
    await settled();
    expect(spansOf(room)).toEqual([]);
    expect(room.upstream.call.request.traceparent).toMatch(new RegExp(`^00-${traceId}-[\\da-f]{16}-00$`));
  });

  test("a stop ends the call's span and the turn's", async () => {
    const room = await buildRoom();
    const { tab, turnId } = await submitted(room);
    room.upstream.call.text("half");
    await settled();
    tab.cancel(turnId);
    await settled();
    expect(spansOf(room).map(({ operation }) => operation)).toEqual(["call", "turn"]);
    expect(spansOf(room).at(-1)?.attributes["edge_chat.outcome"]).toBe("cancelled");
  });

  test("a turn that is taken up again after a sleep goes on in the same trace", async () => {
    const room = await buildRoom();
    const { tab } = await submitted(room);
    room.upstream.call.start(true);
    room.upstream.call.text("half", "2");
    await settled();
    // A commit carries to the disk what was written without waiting for it.
    tab.cancel("unrelated");
    await settled();
    await room.evict();
    await settled();
    const [before, after] = room.upstream.calls.map(({ request }) => request.traceparent);
    expect(parseTraceparent(after)?.traceId).toBe(parseTraceparent(before)?.traceId);
    expect(after).not.toBe(before);
  });
});
