// `node scripts/measure/first-token.ts [rounds]`: time to the first token through the gateway against NestJS asked directly, taken in
// turns in one run, so that the ratio holds on any machine. The gateway's includes all it promises: the turn is stored before it starts.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { buildOrThrow } from "../lib/build.ts";
import { startStack } from "../lib/local-processes.ts";

const rounds = Number(process.argv[2] ?? 200);
const warmUp = 20;
/** A room takes 12 frames a second from one socket and closes it beyond that. */
const betweenRoundsMs = 100;

await buildOrThrow();
const persistTo = await mkdtemp(join(tmpdir(), "edge-chat-gateway-"));
const stack = await startStack({ backend: { env: { PROVIDER: "echo" } }, gateway: { persistTo } });
try {
  const room = await openRoom("measured");
  const samples: Record<string, number[]> = { direct: [], "warm room": [], "new room": [] };
  for (let round = -warmUp; round < rounds; round += 1) {
    const taken = {
      direct: await direct(`direct-${round}`),
      "warm room": await room.ask(`warm-${round + warmUp}`),
      "new room": await firstOfNewRoom(`new-${round + warmUp}`),
    };
    await sleep(betweenRoundsMs);
    if (round < 0) continue;
    for (const [name, ms] of Object.entries(taken)) samples[name]?.push(ms);
  }
  room.close();
  const base = median(samples["direct"] ?? []);
  console.log(`time to first token, ${rounds} rounds in turns (ms)`);
  for (const [name, values] of Object.entries(samples)) {
    const [p50, p95] = [median(values), quantile(values, 0.95)];
    console.log(
      `${name.padEnd(10)}  p50 ${p50.toFixed(2)}  p95 ${p95.toFixed(2)}  ratio to direct ${(p50 / base).toFixed(2)}`,
    );
  }
} finally {
  await stack.stop();
  await rm(persistTo, { recursive: true, force: true });
}

async function direct(generationId: string): Promise<number> {
  const started = performance.now();
  const response = await fetch(`${stack.backend.url}/model/chat`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "text/event-stream" },
    body: JSON.stringify({
      generationId,
      room: "direct",
      messages: [{ role: "user", content: "hello" }],
      params: { burst: true },
    }),
  });
  const decoder = new TextDecoder();
  let seen = "";
  let took = Number.NaN;
  for await (const chunk of response.body ?? []) {
    seen += decoder.decode(chunk, { stream: true });
    if (Number.isNaN(took) && seen.includes("event: token")) took = performance.now() - started;
  }
  return took;
}

interface OpenRoom {
  /** Time from submit to first delta; resolves when the turn has ended. */
  ask(turnId: string): Promise<number>;
  close(): void;
}

async function openRoom(name: string): Promise<OpenRoom> {
  const socket = new WebSocket(`${stack.url.replace(/^http/, "ws")}/parties/chat/${name}`);
  const frames: ((frame: { type: string; turnId?: string }) => void)[] = [];
  socket.addEventListener("message", ({ data }) => {
    const frame = JSON.parse(String(data));
    for (const listener of frames) listener(frame);
  });
  await new Promise((resolve) => socket.addEventListener("open", resolve, { once: true }));
  const synced = new Promise<void>((resolve) => frames.push(({ type }) => type === "sync" && resolve()));
  socket.send(JSON.stringify({ type: "hello", version: 2 }));
  await synced;
  return {
    ask: (turnId) =>
      new Promise((resolve, reject) => {
        // Nothing more would come: an end is better than a wait without one.
        socket.addEventListener("close", ({ code }) => reject(new Error(`closed with ${code}`)), { once: true });
        const started = performance.now();
        let took = Number.NaN;
        const listener = (frame: { type: string; turnId?: string }) => {
          if (frame.turnId !== turnId) return;
          if (frame.type === "turn-delta" && Number.isNaN(took)) took = performance.now() - started;
          if (frame.type !== "turn-end") return;
          frames.splice(frames.indexOf(listener), 1);
          resolve(took);
        };
        frames.push(listener);
        // `messages`, so that the conversation's length is not what is measured.
        const input = { messages: [{ role: "user", content: "hello" }] };
        socket.send(JSON.stringify({ type: "turn-submit", turnId, input, params: { burst: true } }));
      }),
    close: () => socket.close(),
  };
}

/** The first turn of a room nobody was in: its object is made, its storage opened; the socket is not counted. */
async function firstOfNewRoom(name: string): Promise<number> {
  const room = await openRoom(name);
  const took = await room.ask("first");
  room.close();
  return took;
}

function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

function quantile(values: readonly number[], at: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * at))] ?? Number.NaN;
}
