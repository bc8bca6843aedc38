/**
 * `npm run micro --prefix bench`: the way of a token through the room without a runtime around it, step by step: nanoseconds, bytes
 * allocated, and how both are spread over parse, append, flush and send. Node's engine is workerd's; its streams and sockets are not,
 * so this shows what our own code costs and nothing else. Steps are taken in turns, and the median round is shown.
 */
import { Delivery } from "../../party/core/delivery/delivery.ts";
import type { Reader } from "../../party/core/delivery/reader.ts";
import { LogPosition } from "../../party/core/log/log-position.ts";
import type { TurnRecord } from "../../party/core/log/turn-record.ts";
import { DEFAULT_POLICY } from "../../party/core/policy.ts";
import type { RoomSocket, UpstreamBatch } from "../../party/core/ports.ts";
import { Turn } from "../../party/core/turn/turn.ts";
import { TurnList } from "../../party/core/turn/turn-list.ts";
import { AnswerReader } from "../../party/upstream/event-stream.ts";
import { stamp } from "../lib/stamp.ts";
import { median } from "../lib/stats.ts";
import { dialectRatios, dialectSteps } from "./dialects.ts";
import { foldSteps } from "./fold.ts";
import type { Step } from "./step.ts";

const tokens = 20_000;
const rounds = 9;

const encoder = new TextEncoder();
/** Each event as NestJS writes it, in a read of its own: the shape of a paced answer, and of most bursts. */
const chunks = Array.from({ length: tokens }, (_, index) =>
  encoder.encode(`event: token\nid: ${index + 2}\ndata: {"text":"${stamp(index)}"}\n\n`),
);
const done = encoder.encode("event: done\nid: 99999\ndata: {}\n\n");

function body(): ReadableStream<Uint8Array> {
  let next = 0;
  return new ReadableStream({
    pull: (controller) => {
      const chunk = chunks[next];
      next += 1;
      if (chunk !== undefined) controller.enqueue(chunk);
      else {
        controller.enqueue(done);
        controller.close();
      }
    },
  });
}

/** The stream alone: what of "parse" is not ours. */
async function readOnly(): Promise<void> {
  const reader = body().getReader();
  while (!(await reader.read()).done);
}

async function parse(): Promise<UpstreamBatch[]> {
  const batches: UpstreamBatch[] = [];
  const reader = new AnswerReader("auto");
  const read = reader.batches(body(), new AbortController().signal, "text/event-stream");
  for await (const batch of read) batches.push(batch);
  return batches;
}

const batches = await parse();

function turn(): Turn {
  const record = {
    v: 1,
    spec: { id: "measured", ordinal: 0, queuedSeq: 1, inputRows: 1 },
    start: { seq: 2 },
    attempts: 1,
    resumes: 0,
  };
  return new Turn(record as unknown as TurnRecord, { state: "opening" } as Turn["phase"]);
}

function append(): void {
  const growing = turn();
  for (const batch of batches) growing.answer?.take(batch, DEFAULT_POLICY.maxTurnLength);
}

/** A flush after each token, to `tabs` sockets that only count. */
function flush(tabs: number): void {
  const growing = turn();
  let now = 0;
  let sent = 0;
  const clock = { now: () => now, elapsed: () => now, after: () => ({ cancel: () => undefined }) };
  const turns = new TurnList(new LogPosition(() => "e"));
  turns.add(growing);
  const events = {
    onBehind: () => undefined,
    onSlow: () => undefined,
    onCheckDue: () => true,
    onOver: () => undefined,
  };
  const delivery = new Delivery(turns, events, clock, DEFAULT_POLICY);
  for (let tab = 0; tab < tabs; tab += 1) delivery.add(readerOf(() => (sent += 1)));
  for (const batch of batches) {
    growing.answer?.take(batch, DEFAULT_POLICY.maxTurnLength);
    now += 1_000;
    delivery.poke();
  }
  if (sent !== tokens * tabs) throw new Error(`${sent} frames of ${tokens * tabs}`);
}

function readerOf(onSend: () => void): Reader {
  const socket: RoomSocket = {
    transport: "websocket",
    isOpen: true,
    bufferedAmount: 0,
    pongedAt: undefined,
    attachment: undefined,
    maxAttachmentBytes: 0,
    attach: () => undefined,
    send: onSend,
    close: () => undefined,
  };
  const cursor = { epoch: "e", seq: 0, offsets: new Map([["measured", 0]]) };
  return {
    socket,
    cursor,
    only: undefined,
    isSyncing: false,
    stateSeen: 0,
    checkAt: Number.POSITIVE_INFINITY,
  };
}

const steps: readonly Step[] = [
  { name: "stream alone", tokens, run: readOnly },
  { name: "parse (stream included)", tokens, run: parse },
  { name: "append", tokens, run: append },
  { name: "append, flush, send: 1 tab", tokens, run: () => flush(1) },
  { name: "append, flush, send: 20 tabs", tokens, run: () => flush(20) },
  ...foldSteps,
  ...dialectSteps,
];

const gc = globalThis.gc;
if (gc === undefined) throw new Error("run with --expose-gc: npm run micro --prefix bench");
const taken = new Map<string, { ns: number[]; cpuNs: number[]; bytes: number[] }>();
for (let round = -2; round < rounds; round += 1) {
  for (const { name, tokens: count, run } of steps) {
    gc();
    const before = process.memoryUsage().heapUsed;
    const cpu = process.cpuUsage();
    const startedAt = process.hrtime.bigint();
    await run();
    const ns = Number(process.hrtime.bigint() - startedAt) / count;
    const { user, system } = process.cpuUsage(cpu);
    // The young generation is made so large (package.json) that nothing is collected while a step runs.
    const bytes = (process.memoryUsage().heapUsed - before) / count;
    if (round < 0) continue;
    const known = taken.get(name) ?? { ns: [], cpuNs: [], bytes: [] };
    known.ns.push(ns);
    known.cpuNs.push(((user + system) * 1_000) / count);
    known.bytes.push(bytes);
    taken.set(name, known);
  }
}
console.log(`${"by token".padEnd(36)}${"ns".padStart(8)}${"min".padStart(8)}${"bytes".padStart(9)}`);
for (const [name, { ns, bytes }] of taken) {
  const cells = [
    median(ns).toFixed(0).padStart(8),
    Math.min(...ns)
      .toFixed(0)
      .padStart(8),
    median(bytes).toFixed(0).padStart(9),
  ];
  console.log(`${name.padEnd(36)}${cells.join("")}`);
}

// The smallest is the run that other programs of the machine disturbed least.
const cpuByStep = new Map([...taken].map(([name, { cpuNs }]) => [name, Math.min(...cpuNs)]));
console.log("\nCPU per token, times that of the unified dialect");
for (const [name, ratio] of dialectRatios(cpuByStep)) console.log(`${name.padEnd(36)}${ratio.toFixed(2).padStart(8)}`);
