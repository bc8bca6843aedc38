// `node scripts/measure/transports.ts [rounds]`: time from a submit to its first token, and bytes on the line for each token, over every
// transport of a room, in turns in one run. And how long an idle tab on a stream keeps its room's object awake: from the room's own
// rules under a clock that is moved, with a reader that comes back when it is told to.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { idleAwakeMs } from "../../tests/support/core/idle-stream.ts";
import { openReader, type RoomHost, type TransportName } from "../../tests/support/transports/readers.ts";
import { buildOrThrow } from "../lib/build.ts";
import { startStack } from "../lib/local-processes.ts";

const rounds = Number(process.argv[2] ?? 40);
const warmUp = 5;
const transports: readonly TransportName[] = ["websocket", "sse", "long-poll"];
const words = 100;
const prompt = Array.from({ length: words }, (_, index) => `word${index % 10}`).join(" ");

await buildOrThrow();
const persistTo = await mkdtemp(join(tmpdir(), "edge-chat-gateway-"));
const stack = await startStack({ backend: { env: { PROVIDER: "echo" } }, gateway: { persistTo } });
try {
  const samples = new Map(transports.map((name) => [name, { firstMs: [] as number[], bytes: [] as number[] }]));
  for (let round = -warmUp; round < rounds; round += 1) {
    for (const transport of transports) {
      const { firstMs, bytes } = await ask(transport, `measured-${transport}-${round + warmUp}`);
      if (round < 0) continue;
      samples.get(transport)?.firstMs.push(firstMs);
      samples.get(transport)?.bytes.push(bytes);
    }
  }
  const base = median(samples.get("websocket")?.firstMs ?? []);
  console.log(`${rounds} rounds in turns, ${words} tokens at 100/s`);
  for (const [name, { firstMs, bytes }] of samples) {
    const [p50, p95] = [median(firstMs), quantile(firstMs, 0.95)];
    const perToken = median(bytes) / words;
    console.log(
      `${name.padEnd(10)}  first token p50 ${p50.toFixed(1)} ms  p95 ${p95.toFixed(1)} ms  ratio ${(p50 / base).toFixed(2)}  ` +
        `bytes per token ${perToken.toFixed(0)}`,
    );
  }
} finally {
  await stack.stop();
  await rm(persistTo, { recursive: true, force: true });
}
for (const minutes of [5, 60]) {
  const awake = await idleAwakeMs(minutes * 60_000);
  console.log(`an idle stream: awake ${(awake / 1_000).toFixed(1)} s of ${minutes} min`);
}

/** One turn in a room of its own, read over `transport`; bytes are those of bodies and frames, headers not counted. */
async function ask(transport: TransportName, room: string): Promise<{ firstMs: number; bytes: number }> {
  let bytes = 0;
  const host: RoomHost = {
    fetch: async (path, init) => {
      const response = await fetch(`${stack.url}${path}`, init);
      const counter = new TransformStream<Uint8Array, Uint8Array>({
        transform: (chunk, controller) => {
          bytes += chunk.byteLength;
          controller.enqueue(chunk);
        },
      });
      return new Response(response.body?.pipeThrough(counter) ?? null, response);
    },
    connect: async (path) => {
      const socket = new WebSocket(`${stack.url.replace(/^http/, "ws")}${path}`);
      await new Promise((resolve) => socket.addEventListener("open", resolve, { once: true }));
      socket.addEventListener("message", ({ data }) => {
        bytes += Buffer.byteLength(String(data));
      });
      return socket;
    },
  };
  const reader = await openReader(transport, host, room);
  bytes = 0;
  const started = performance.now();
  const asked = reader.ask(prompt, { turnId: "t", params: { tokensPerSecond: 100 } });
  await reader.untilTurn("t", ({ length }) => length > 0);
  const firstMs = performance.now() - started;
  await asked;
  await reader.untilTurn("t", ({ state }) => state === "settled");
  reader.cut();
  return { firstMs, bytes };
}

function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

function quantile(values: readonly number[], at: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * at))] ?? Number.NaN;
}
