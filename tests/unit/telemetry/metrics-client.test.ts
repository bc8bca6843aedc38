/** When a room's numbers are sent, and what becomes of them when nobody takes them. */
import { expect, test } from "vitest";
import type { TelemetryEvent } from "../../../party/telemetry/catalogue.ts";
import type { Census, MetricsReport } from "../../../party/telemetry/metrics/report.ts";
import { MetricsClient } from "../../../party/telemetry/metrics-client.ts";
import { reporter } from "../../../party/telemetry/sink.ts";
import { settled as flushed } from "../../support/core/fake-clock.ts";

const queued: TelemetryEvent = { name: "turn-queued", turnId: "t", position: 0 };
const settled: TelemetryEvent = {
  ...{ name: "turn-settled", turnId: "t", outcome: "completed", attempts: 1, resumes: 0, length: 1 },
};
const left: TelemetryEvent = { name: "session-closed", session: "s", transport: "websocket", stayedMs: 1 };

function build(shards = 4) {
  const sent: { name: string; report: MetricsReport }[] = [];
  const state = { now: 0, isReachable: true, viewers: 1, answer: (): Promise<void> => Promise.resolve() };
  const client = new MetricsClient({
    ...{ tenant: "acme", source: "lobby", shards },
    census: (): Census => ({ edge_chat_viewers: state.viewers }),
    stubOf: (name) => ({
      record: (report) => {
        if (!state.isReachable) return Promise.reject(new Error("gone"));
        sent.push({ name, report });
        return state.answer();
      },
    }),
  });
  const onFault = (cause: unknown) => {
    throw cause;
  };
  const report = reporter({ context: {}, sinks: [client.sink], now: () => state.now, onFault });
  const names = () => sent.map(({ report: { events } }) => events.map(({ name }) => name));
  return { sent, state, report, names };
}

test("[O2] a settled turn takes along what was kept, in one call; nothing else does within ten seconds", async () => {
  const { report, names, state } = build();
  report(queued);
  await flushed();
  expect(names()).toEqual([["turn-queued"]]);
  report(queued);
  report(queued);
  await flushed();
  expect(names()).toHaveLength(1);
  report(settled);
  await flushed();
  expect(names().at(-1)).toEqual(["turn-queued", "turn-queued", "turn-settled"]);
  state.now += 10_000;
  report(queued);
  await flushed();
  expect(names().at(-1)).toEqual(["turn-queued"]);
});

test("the first viewer's coming and the last one's leaving are told at once, another's are not", async () => {
  const { report, sent, state } = build();
  report(settled);
  await flushed();
  report(left);
  expect(sent).toHaveLength(1);
  state.viewers = 0;
  report(left);
  expect(sent.at(-1)?.report).toMatchObject({ census: { edge_chat_viewers: 0 }, tenant: "acme", source: "lobby" });
});

test("one call at a time: what happens meanwhile goes with the next", async () => {
  const { report, names, state } = build();
  let free: () => void = () => undefined;
  state.answer = () => new Promise((resolve) => (free = resolve));
  report(settled);
  report(settled);
  report(settled);
  expect(names()).toEqual([["turn-settled"]]);
  free();
  await flushed();
  expect(names()).toEqual([["turn-settled"], ["turn-settled", "turn-settled"]]);
});

test("[O2] what could not be sent is kept, within bounds, and the rest is counted", async () => {
  const { report, sent, state } = build();
  state.isReachable = false;
  for (let index = 0; index < 500; index += 1) report(settled);
  await flushed();
  state.isReachable = true;
  report(settled);
  await flushed();
  const [{ report: taken } = expect.unreachable()] = sent;
  expect(taken.events).toHaveLength(200);
  expect(taken.events.length + taken.dropped).toBe(501);
});

test("causes stay in the log", async () => {
  const { report, sent } = build();
  report({ name: "room-broken", cause: new Error("secret") });
  await flushed();
  expect(sent[0]?.report.events).toEqual([{ name: "room-broken" }]);
});

test("a room's numbers always go to the same shard, and rooms spread", async () => {
  const names = new Set<string>();
  for (let room = 0; room < 200; room += 1) {
    const stubOf = (name: string) => ({ record: async () => void names.add(name) });
    const client = new MetricsClient({
      tenant: "a",
      source: `room-${room}`,
      shards: 4,
      stubOf,
      census: () => undefined,
    });
    reporter({ context: {}, sinks: [client.sink], now: () => 0, onFault: () => undefined })(settled);
  }
  await flushed();
  expect([...names].sort()).toEqual(["shard/0", "shard/1", "shard/2", "shard/3"]);
});
