// `node scripts/measure/telemetry.ts [pairs]`: what telemetry costs a token. Answers as bytes of an event stream, read by the gateway's
// own upstream, through the room's core to a tab: with every sink of a room (the log as lines into nothing, the ring, data points, the
// metrics with their report as JSON) and without, in turns in one process, so that the ratio holds on any machine. What a socket, the
// network and the runtime add to a token is left out, which makes telemetry's share look larger than it is; so is the call to the
// object that counts, one or two for each turn.
import { performance } from "node:perf_hooks";
import { PointSink } from "../../party/telemetry/analytics-points.ts";
import { logSink } from "../../party/telemetry/log.ts";
import { MetricsClient } from "../../party/telemetry/metrics-client.ts";
import { EventRing } from "../../party/telemetry/recent-events.ts";
import { reporter } from "../../party/telemetry/sink.ts";
import { readerOf } from "../../party/upstream/event-stream.ts";
import { FetchUpstream } from "../../party/upstream/fetch-upstream.ts";
import { upstreamSetting } from "../../tests/support/backends/upstream-setting.ts";
import { Room } from "../../tests/support/core/room-harness.ts";

const pairs = Number(process.argv[2] ?? 30);
const warmUp = 5;
const turns = 30;
/** An answer of some paragraphs. */
const tokens = 500;
/** Telemetry may add this much to a token's CPU. */
const budget = 0.03;

const encoder = new TextEncoder();
const chunks = [
  'id: 1\nevent: start\ndata: {"model":"echo-1","resumable":true}\n\n',
  ...Array.from(
    { length: tokens },
    (_, index) => `id: ${index + 2}\nevent: token\ndata: {"text":"token${index} "}\n\n`,
  ),
  `id: ${tokens + 2}\nevent: done\ndata: {"finishReason":"stop","usage":{"inputTokens":3,"outputTokens":${tokens}}}\n\n`,
].map((text) => encoder.encode(text));

/** Each event a read of its own, as a model sends them. */
function answer(): Response {
  let next = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const chunk = chunks[next];
      next += 1;
      if (chunk === undefined) controller.close();
      else controller.enqueue(chunk);
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

const upstream = new FetchUpstream({
  setting: () => upstreamSetting({ UPSTREAM_DIALECT: "unified" }),
  readerOf,
  room: "measured",
  authorize: async () => ({}),
  fetch: async () => answer(),
});

/** Bytes that the sinks made, so that nothing is optimised away. */
let made = 0;
const discard = (line: string) => {
  made += line.length;
};

function everySink() {
  const out = { debug: discard, info: discard, warn: discard, error: discard };
  const points = new PointSink({ writeDataPoint: (point) => discard(point.blobs.join("")) });
  const metrics = new MetricsClient({
    ...{ tenant: "measured", source: "room", shards: 4 },
    stubOf: () => ({ record: async (report) => discard(JSON.stringify(report)) }),
    census: () => ({ edge_chat_viewers: 1 }),
  });
  return reporter({
    context: { room: "measured", tenant: "measured" },
    sinks: [logSink({ level: "debug", samplePercent: 100 }, out), new EventRing().sink, points.sink, metrics.sink],
    now: () => performance.now(),
    onFault: (cause) => {
      throw cause;
    },
  });
}

/** CPU of one token, microseconds. */
async function measure(isOn: boolean): Promise<number> {
  const room = await new Room({ upstream, report: isOn ? everySink() : () => undefined }).start();
  const tab = await room.join();
  const begin = process.cpuUsage();
  for (let turn = 0; turn < turns; turn += 1) {
    const turnId = tab.submit("go");
    for (let round = 0; room.core.conversation.turn(turnId)?.isSettled !== true; round += 1) {
      if (round > 100_000) throw new Error("a turn does not end");
      await new Promise((resolve) => setImmediate(resolve));
      // Readers are told within the coalescing time.
      await room.clock.advance(1);
    }
  }
  const { user, system } = process.cpuUsage(begin);
  room.core.close("draining");
  return (user + system) / (turns * tokens);
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const costs: { on: number; off: number }[] = [];
for (let pair = -warmUp; pair < pairs; pair += 1) {
  // Who goes first changes: what the first leaves behind is the second's to clean up.
  const isOnFirst = pair % 2 === 0;
  const first = await measure(isOnFirst);
  const second = await measure(!isOnFirst);
  if (pair >= 0) costs.push(isOnFirst ? { on: first, off: second } : { on: second, off: first });
}
const added = median(costs.map(({ on, off }) => on / off)) - 1;
const [without, withIt] = [median(costs.map(({ off }) => off)), median(costs.map(({ on }) => on))];
console.log(`CPU of a token, ${pairs} pairs of ${turns} answers of ${tokens} tokens (median)`);
console.log(`without telemetry ${without.toFixed(2)} µs, with ${withIt.toFixed(2)} µs`);
console.log(`added ${(added * 100).toFixed(2)} % (budget ${budget * 100} %); ${Math.round(made / 1_024)} KiB told`);
process.exitCode = added <= budget ? 0 : 1;
