/** Frames of strangers against a room, and somebody in it who must not notice. */
import v8 from "node:v8";
import vm from "node:vm";
import type { RoomSocket } from "../../party/core/ports.ts";
import { textOf } from "../../shared/content.ts";
import type { ClientFrame } from "../../shared/protocol/client-frames.ts";
import { type ServerFrame, serverFrame } from "../../shared/protocol/server-frames.ts";
import { ok } from "../../shared/result.ts";
import { EMPTY_VIEW, foldFrame, type RoomView } from "../../shared/transcript.ts";
import { settled } from "../support/core/fake-clock.ts";
import { buildRoom, FakeSocket, type Room } from "../support/core/room-harness.ts";
import { leakIn, mutateJson, mutateText, pick, type Random, randomOf } from "./mutate.ts";

/** Few ids at a time, so that frames of strangers meet each other's turns; new ones now and then, because ids run once. */
function idsOf(sent: number): readonly string[] {
  return Array.from({ length: 6 }, (_, index) => `t${Math.floor(sent / 400)}-${index}`);
}

function goodFrame(random: Random, ids: readonly string[]): ClientFrame {
  const turnId = pick(random, ids);
  const have = {
    epoch: "id0",
    seq: Math.floor(random() * 5),
    offsets: { [pick(random, ids)]: Math.floor(random() * 9) },
  };
  return pick<ClientFrame>(random, [
    { type: "hello", version: 2, have },
    { type: "hello", version: 2 },
    { type: "turn-submit", turnId, input: { prompt: "why?" }, params: { temperature: 0.5 }, metadata: { a: [1] } },
    {
      type: "turn-submit",
      turnId,
      input: { messages: [{ role: "user", content: "hi" }] },
      model: "m",
      onLeave: "keep",
    },
    {
      type: "turn-submit",
      turnId,
      input: {
        parts: [
          { type: "text", text: "what?" },
          { type: "file", mediaType: "image/png", url: "https://a.example/b.png" },
          { type: "data-page", data: { at: 1 } },
        ],
      },
    },
    {
      type: "turn-submit",
      turnId,
      continues: pick(random, ids),
      input: {
        answers: [
          { type: "tool-output", toolCallId: "c1", output: [1] },
          { type: "approval", approvalId: "p1", approved: true, reason: "yes" },
        ],
      },
    },
    { type: "turn-submit", turnId, input: { prompt: "again" }, replaces: pick(random, ids), epoch: "id0" },
    { type: "turn-cancel", turnId },
    { type: "turn-cancel", turnId: pick(random, ids) },
    { type: "sync-request", have },
    { type: "room-clear" },
    { type: "token-refresh", token: "not.a.token" },
  ]);
}

/** Now and then a good one, so that there is something in the room for the bad ones to meet. */
function badFrame(random: Random, ids: readonly string[]): string {
  const good = goodFrame(random, ids);
  if (random() < 0.1) return JSON.stringify(good);
  const text = JSON.stringify(mutateJson(good, random));
  return random() < 0.25 ? mutateText(text, random) : text;
}

/** Somebody in the room: takes what is sent, remembers what should not have been. */
class Witness implements RoomSocket {
  readonly transport = "websocket";
  readonly maxAttachmentBytes = 16_384;
  isOpen = true;
  readonly bufferedAmount = 0;
  readonly pongedAt = undefined;
  attachment: unknown;
  view: RoomView = EMPTY_VIEW;
  trouble: string | undefined;

  attach(value: unknown): void {
    this.attachment = value;
  }

  send(text: string): void {
    const frame = serverFrame.parse(JSON.parse(text)) as ServerFrame;
    if (frame.type === "error") this.trouble ??= text;
    const folded = foldFrame(this.view, frame);
    if (folded.needsSync) this.trouble ??= `a gap before ${text}`;
    this.view = folded.view;
  }

  close(code: number): void {
    this.isOpen = false;
    this.trouble ??= `closed with ${code}`;
  }
}

export interface FuzzResult {
  readonly closes: ReadonlyMap<number, number>;
  readonly errors: ReadonlyMap<string, number>;
  /** Heap after a collection at the end, as a multiple of that after the first tenth. */
  readonly heapGrowth: number;
}

/** @throws Error that names the seed, the number of the frame, and the frame, when an invariant broke. */
export async function fuzzFrames(count: number, seed: number): Promise<FuzzResult> {
  const random = randomOf(seed);
  const room = await buildRoom({
    // The witness's answer lasts as long as the test, which is hours of the room's time.
    policy: { maxQueuedTurns: 3, turnTimeoutMs: 1e9, silenceTimeoutMs: 1e9 },
    principalOf: async (token) => ok({ sub: token ?? "stranger", tenant: "default", scopes: ["read", "write"] }),
  });
  const witness = new Witness();
  const said = await enter(room, witness);
  const closes = new Map<number, number>();
  const errors = new Map<string, number>();
  let heapBefore = Number.NaN;
  for (let sent = 0; sent < count; ) {
    const socket = new FakeSocket();
    const texts: string[] = [];
    try {
      room.core.handleOpen(socket);
      if (random() < 0.8) room.core.handleMessage(socket, '{"type":"hello","version":2}');
      for (let more = 1 + Math.floor(random() * 4); more > 0 && sent < count; more -= 1) {
        const text = badFrame(random, idsOf(sent));
        texts.push(text);
        sent += 1;
        room.core.handleMessage(socket, random() < 0.02 ? undefined : text);
        if (random() < 0.3) await settled();
      }
      await settled();
      if (random() < 0.1) said.grow();
      if (random() < 0.1) await room.clock.advance(1_000);
      check(room, witness, socket, closes, errors);
    } catch (error) {
      const shown = texts.map((text) => text.slice(0, 300)).join("\n  ");
      throw new Error(`seed ${seed}, frame ${sent}: ${String(error)}\n  ${shown}`, { cause: error });
    }
    socket.isOpen = false;
    room.core.handleClose(socket);
    room.events.length = 0;
    if (Number.isNaN(heapBefore) && sent >= count / 10) heapBefore = heapInUse();
  }
  const heapGrowth = heapInUse() / heapBefore;
  await said.finish();
  return { closes, errors, heapGrowth };
}

/** The witness asks, and its answer grows while strangers talk. */
async function enter(room: Room, witness: Witness) {
  room.core.handleOpen(witness);
  room.core.handleMessage(witness, '{"type":"hello","version":2}');
  await settled();
  const turnId = "the-question-of-the-witness";
  room.core.handleMessage(witness, JSON.stringify({ type: "turn-submit", turnId, input: { prompt: "mine" } }));
  await settled();
  const { call } = room.upstream;
  call.start();
  let text = "";
  return {
    grow: () => {
      if (text.length > 10_000) return;
      call.text("word ");
      text += "word ";
    },
    finish: async () => {
      call.done();
      await room.clock.advance(2_000);
      const turn = witness.view.turns.find(({ id }) => id === turnId);
      const shown = textOf(turn?.parts ?? []);
      if (turn?.outcome !== "completed" || shown !== text) throw new Error("the witness did not get its answer");
    },
  };
}

function check(
  room: Room,
  witness: Witness,
  socket: FakeSocket,
  closes: Map<number, number>,
  errors: Map<string, number>,
): void {
  if (witness.trouble !== undefined) throw new Error(`the witness noticed: ${witness.trouble}`);
  if (room.broken !== undefined) throw new Error(`the room broke: ${String(room.broken)}`);
  for (const event of room.events)
    if (event.name === "session-fault") throw new Error("a fault", { cause: event.cause });
  for (const text of socket.sent) {
    const leak = leakIn(text);
    if (leak !== undefined) throw new Error(`told a stranger ${leak}: ${text.slice(0, 300)}`);
    if (text === "pong") continue;
    const frame = serverFrame.parse(JSON.parse(text)) as ServerFrame;
    if (frame.type === "error") errors.set(frame.code, (errors.get(frame.code) ?? 0) + 1);
  }
  if (socket.closed !== undefined) closes.set(socket.closed.code, (closes.get(socket.closed.code) ?? 0) + 1);
}

v8.setFlagsFromString("--expose-gc");
const collect = vm.runInNewContext("gc") as () => void;

function heapInUse(): number {
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}
