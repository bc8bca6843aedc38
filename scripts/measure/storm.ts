// `node scripts/measure/storm.ts [rounds [answer ms]]`: two hundred rooms ask at once, and the backend answers ten calls at a
// time and refuses all others with 429. The rounds alternate between three settings, each on a new gateway: with the Limiter,
// with the Limiter and a limit that allows as many turns as there are rooms, and without the Limiter.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { defined } from "../../shared/defined.ts";
import type { ClientFrame } from "../../shared/protocol/client-frames.ts";
import type { ServerFrame } from "../../shared/protocol/server-frames.ts";
import { type StormFigures, stormFigures } from "../../tests/support/backends/storm-figures.ts";
import { startStormUpstream } from "../../tests/support/backends/storm-upstream.ts";
import { startGateway } from "../lib/local-processes.ts";

const rounds = Number(process.argv[2] ?? 3);
const answerMs = Number(process.argv[3] ?? 125);
const rooms = 200;
/** A turn that has not ended by then counts as unfinished. */
const timeoutMs = 60_000;

const limiters = [
  { name: "on", vars: { LIMITER: "on" } },
  { name: "on, a limit of 200", vars: { LIMITER: "on", TENANT_ACTIVE_TURNS: String(rooms) } },
  { name: "off", vars: { LIMITER: "off" } },
] as const;
const backends = [
  { name: "429", retryAfter: undefined },
  { name: "429, Retry-After: 1", retryAfter: "1" },
] as const;

interface Turn {
  readonly outcome: string;
  /** From submit to the end. */
  readonly ms: number;
}

interface Round {
  readonly turns: readonly Turn[];
  readonly figures: StormFigures;
}

type Ask = (prompt: string) => Promise<Turn>;

/** What `describe` gives. */
const columns = [
  "completed",
  "not",
  "calls a turn",
  "429s",
  "after 20",
  "fell back",
  "at a time",
  "p50",
  "p95",
  "last",
];

const upstream = await startStormUpstream(answerMs);
try {
  const taken = new Map<string, Round[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, retryAfter } of backends) {
      for (const limiter of limiters) {
        upstream.begin({ wave: rooms, ...defined({ retryAfter }) });
        const result = await storm(limiter.vars);
        const key = keyOf(name, limiter.name);
        taken.set(key, [...(taken.get(key) ?? []), result]);
        console.log(`round ${round + 1}, ${key}: ${describe([result]).join("  ")}`);
      }
    }
  }
  console.log(
    `\n${rooms} rooms, answers of ${answerMs} ms, ${rounds} rounds in turns; times in s from submit to the end of a completed turn`,
  );
  console.log(`| ${["backend", "Limiter", ...columns].join(" | ")} |`);
  for (const { name } of backends) {
    for (const limiter of limiters) {
      console.log(`| ${[name, limiter.name, ...describe(taken.get(keyOf(name, limiter.name)) ?? [])].join(" | ")} |`);
    }
    const [on, off] = ["on", "off"].map((limiter) => callsByCompletion(taken.get(keyOf(name, limiter)) ?? []));
    console.log(`${name}: calls by completed turn, off to on: ${((off ?? 0) / (on ?? 0)).toFixed(2)}`);
  }
} finally {
  upstream.stop();
}

async function storm(limiter: Readonly<Record<string, string>>): Promise<Round> {
  const persistTo = await mkdtemp(join(tmpdir(), "edge-chat-gateway-"));
  // Nobody is answered until all rooms have called, however long a busy machine takes for that.
  const vars = { ...limiter, HEADERS_TIMEOUT_MS: "60000" };
  const gateway = await startGateway({ backendUrl: upstream.url, vars, persistTo });
  try {
    const address = `${gateway.url.replace(/^http/, "ws")}/parties/chat/storm-`;
    const open: Ask[] = [];
    // A few at a time: a busy machine has five seconds for each socket's hello.
    while (open.length < rooms) {
      const next = Array.from({ length: 20 }, (_, index) => openRoom(`${address}${open.length + index}`));
      open.push(...(await Promise.all(next)));
    }
    const turns = await Promise.all(open.map((ask, index) => ask(`Answer number ${index}, in the storm`)));
    return { turns, figures: stormFigures(upstream.events) };
  } finally {
    await gateway.stop();
    await rm(persistTo, { recursive: true, force: true });
  }
}

/** Joins; resolves with what asks one question and waits for its end. */
async function openRoom(address: string): Promise<Ask> {
  const socket = new WebSocket(address);
  let listen: (frame: ServerFrame) => void = () => undefined;
  socket.onmessage = ({ data }) => listen(JSON.parse(String(data)) as ServerFrame);
  const say = (frame: ClientFrame) => socket.send(JSON.stringify(frame));
  await new Promise<void>((resolve, reject) => {
    socket.onclose = ({ code }) => reject(new Error(`closed with ${code} before it was joined`));
    socket.onopen = () => say({ type: "hello", version: 2 });
    listen = ({ type }) => type === "sync" && resolve();
  });
  return (prompt) =>
    new Promise((resolve) => {
      const started = performance.now();
      const end = (outcome: string) => {
        clearTimeout(timer);
        socket.onclose = null;
        socket.close();
        resolve({ outcome, ms: performance.now() - started });
      };
      const timer = setTimeout(end, timeoutMs, "unfinished");
      socket.onclose = ({ code }) => end(`closed with ${code}`);
      listen = (frame) => {
        if (frame.type === "turn-end") end(frame.outcome);
        // A room that slept while it waited says first what is so now.
        const settled = frame.type === "sync" ? frame.turns.find(({ outcome }) => outcome !== undefined) : undefined;
        if (settled?.outcome !== undefined) end(settled.outcome);
      };
      say({ type: "turn-submit", turnId: "asked", input: { prompt } });
    });
}

function keyOf(backend: string, limiter: string): string {
  return `${backend}, Limiter ${limiter}`;
}

/** Counts as means of the rounds, `after 20` to `at a time` as the most of them; times of all rounds together. */
function describe(results: readonly Round[]): string[] {
  const mean = (of: (round: Round) => number) => results.reduce((sum, round) => sum + of(round), 0) / results.length;
  const worst = (of: (round: Round) => number) => Math.max(...results.map(of));
  const completed = (turns: readonly Turn[]) => turns.filter(({ outcome }) => outcome === "completed");
  const times = results.flatMap(({ turns }) => completed(turns).map(({ ms }) => ms / 1_000)).toSorted((a, b) => a - b);
  const at = (share: number) => (times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0).toFixed(2);
  return [
    mean(({ turns }) => completed(turns).length).toFixed(0),
    mean(({ turns }) => turns.length - completed(turns).length).toFixed(0),
    mean(({ figures, turns }) => figures.calls / turns.length).toFixed(2),
    mean(({ figures }) => figures.refused).toFixed(0),
    worst(({ figures }) => figures.refusedLater / figures.completedLater).toFixed(3),
    worst(({ figures }) => figures.fellBack).toFixed(0),
    worst(({ figures }) => figures.mostAtATime).toFixed(0),
    at(0.5),
    at(0.95),
    at(1),
  ];
}

function callsByCompletion(results: readonly Round[]): number {
  const sum = (of: (figures: StormFigures) => number) => results.reduce((all, { figures }) => all + of(figures), 0);
  return sum(({ calls }) => calls) / sum(({ completed }) => completed);
}
