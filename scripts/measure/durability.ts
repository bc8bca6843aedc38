// `node scripts/measure/durability.ts`: what resuming and logging cost. The bytes of a resume against what was missing, on the real gateway;
// the rows an answer takes in the log, by the room's core. The time from SIGKILL to flowing again is in the summary of `npm run test:kill`.
import { lengthOf, sliceParts } from "../../shared/content.ts";
import { defined } from "../../shared/defined.ts";
import type { ClientFrame, Have } from "../../shared/protocol/client-frames.ts";
import type { ServerFrame, SyncFrame, SyncTurn } from "../../shared/protocol/server-frames.ts";
import { buildRoom } from "../../tests/support/core/room-harness.ts";
import { startTestStack } from "../../tests/support/stack.ts";
import { buildOrThrow } from "../lib/build.ts";

const tokens = 10_000;
/** A resume may take this much of the missing parts as JSON, and this many bytes for the frame around them. */
const budget = { factor: 1.05, bytes: 512 };
/** Log rows for 1,000 tokens. */
const maxRows = 12;
/** A stuck measurement ends here. */
const timeoutMs = 60_000;

let isWithin = true;
await buildOrThrow();
await measureResumes();
await measureRows();
process.exitCode = isWithin ? 0 : 1;

async function measureResumes(): Promise<void> {
  console.log(`Bytes of a resume of a ${tokens.toLocaleString("en")}-token answer (UTF-8 of the sync frame)`);
  console.log("budget: 1.05 x the missing parts as JSON + 512\n");
  row(["answer", "reader had", "missing", "as JSON", "sync", "budget", "ratio"]);
  const stack = await startTestStack();
  try {
    const texts = [
      ["Latin", { prompt: "-", params: { tokens, burst: true } }],
      // Two of four code points a token are outside Latin-1, one of them a pair.
      [
        "Chinese, emoji",
        { prompt: "网a😀 ".repeat(1_000), params: { chunkSize: 4, repeat: tokens / 1_000, burst: true } },
      ],
    ] as const;
    for (const [name, { prompt, params }] of texts) {
      const address = `${stack.url.replace("http", "ws")}/parties/chat/${name.replace(/\W+/g, "-")}`;
      const whole = await answerWhole(address, prompt, params);
      for (const share of [0.1, 0.5, 0.99]) {
        const offset = Math.floor(whole.turn.length * share);
        // The room's last change this reader saw was the turn's start.
        const have = { epoch: whole.epoch, seq: whole.seq - 1, offsets: { [whole.turn.id]: offset } };
        const { frame, bytes } = await resume(address, have);
        const missing = sliceParts(whole.turn.parts, frame.turns[0]?.from ?? 0, whole.turn.length);
        const expected = Buffer.byteLength(JSON.stringify(missing));
        if (frame.mode !== "delta" || JSON.stringify(frame.turns[0]?.parts) !== JSON.stringify(missing)) {
          throw new Error(`not what was missing: ${JSON.stringify(frame).slice(0, 300)}`);
        }
        const allowed = Math.floor(expected * budget.factor + budget.bytes);
        isWithin &&= bytes <= allowed;
        const units = lengthOf(missing);
        row([name, `${share * 100} %`, units, expected, bytes, allowed, (bytes / expected).toFixed(3)]);
      }
    }
  } finally {
    await stack.stop();
  }
}

/** Asks, waits for the end, and takes the whole answer from a snapshot. */
async function answerWhole(address: string, prompt: string, params: Record<string, number | boolean>) {
  const submit: ClientFrame = { type: "turn-submit", turnId: "measured", input: { prompt }, provider: "echo", params };
  await talk(address, [{ type: "hello", version: 2 }, submit], "turn-end");
  const { frame } = await resume(address, undefined);
  const turn = frame.turns[0] as SyncTurn;
  if (turn.outcome !== "completed") throw new Error(`the answer is ${turn.outcome ?? turn.state}`);
  return { epoch: frame.epoch, seq: frame.seq, turn };
}

async function resume(address: string, have: Have | undefined): Promise<{ frame: SyncFrame; bytes: number }> {
  const text = await talk(address, [{ type: "hello", version: 2, ...defined({ have }) }], "sync");
  return { frame: JSON.parse(text) as SyncFrame, bytes: Buffer.byteLength(text) };
}

/** Says its frames on a socket of its own; resolves with the first frame of type `until`, as it came. */
async function talk(address: string, frames: readonly ClientFrame[], until: ServerFrame["type"]): Promise<string> {
  const socket = new WebSocket(address);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const timer = setTimeout(() => reject(new Error(`no ${until} after ${timeoutMs / 1_000} s`)), timeoutMs);
  socket.onopen = () => {
    for (const frame of frames) socket.send(JSON.stringify(frame));
  };
  socket.onmessage = ({ data }) => {
    if ((JSON.parse(data) as ServerFrame).type === until) resolve(data);
  };
  socket.onclose = ({ code }) => reject(new Error(`closed with ${code} before ${until}`));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    socket.close();
  }
}

async function measureRows(): Promise<void> {
  console.log(`\nLog rows per 1,000 tokens of 4 units (at most ${maxRows})\n`);
  row(["pace", "tokens", "text rows", "per 1,000", "all rows", "per 1,000"]);
  for (const [name, tokensPerSecond] of [
    ["burst", Number.POSITIVE_INFINITY],
    ["200 a second", 200],
    ["50 a second", 50],
  ] as const) {
    const { text, all } = await rowsOf(tokens, tokensPerSecond);
    isWithin &&= (text * 1_000) / tokens <= maxRows;
    row([name, tokens, text, ((text * 1_000) / tokens).toFixed(1), all, ((all * 1_000) / tokens).toFixed(1)]);
  }
}

/** Rows that stay in the log, and rows written on the way, records and alarms included. */
async function rowsOf(count: number, tokensPerSecond: number): Promise<{ text: number; all: number }> {
  const room = await buildRoom();
  const tab = await room.join();
  const before = room.storage.rowsWritten;
  const turnId = tab.submit("measured");
  await room.advance(0);
  const [call] = room.upstream.calls;
  if (call === undefined) throw new Error("the room asked nobody");
  call.start(true);
  for (let token = 0; token < count; token += 1) {
    call.text("tok ", String(token + 2));
    // What a burst has ready at once is one batch for the room; 64 is what the backend writes between two breaths.
    if (tokensPerSecond !== Number.POSITIVE_INFINITY) await room.advance(1_000 / tokensPerSecond);
    else if (token % 64 === 63) await room.advance(0);
    // A reader without a sign of life would be given up, and its answer stopped.
    if (token % 256 === 255) tab.sayText("ping");
  }
  call.done();
  await room.advance(100);
  if (tab.text(turnId) !== "tok ".repeat(count)) throw new Error("the answer is not whole");
  const text = room.storage.keys.filter((key) => key.startsWith("text/")).length;
  return { text, all: room.storage.rowsWritten - before };
}

function row(cells: readonly (string | number)[]): void {
  console.log(cells.map((cell, index) => (index === 0 ? `${cell}`.padEnd(16) : `${cell}`.padStart(11))).join(""));
}
