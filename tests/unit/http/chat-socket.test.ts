/** The AI SDK's chat socket without a runtime: its clock is the test's, and its rooms are scripted. */
import { expect, test } from "vitest";
import type { TurnNews, TurnReader } from "../../../party/http/answers/turn-reader.ts";
import {
  type Asked,
  ChatSocket,
  type ChatSocketPorts,
  type Request,
} from "../../../party/http/chat-socket/chat-socket.ts";

/** A reader whose news the test gives. */
class ScriptedReader {
  readonly #news: TurnNews[] = [];
  #wake: () => void = () => undefined;
  isLeft = false;

  give(news: TurnNews): void {
    this.#news.push(news);
    this.#wake();
  }

  async read(): Promise<TurnNews | undefined> {
    while (this.#news.length === 0 && !this.isLeft) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#news.shift();
  }

  leave(): void {
    this.isLeft = true;
    this.#wake();
  }
}

class Harness implements ChatSocketPorts {
  readonly sent: { type: string; requestId: string; errorText?: string }[] = [];
  readonly stops: Request[] = [];
  readonly readers: ScriptedReader[] = [];
  readonly socket = new ChatSocket(this);
  closed: number | undefined;
  unsentBytes = 0;
  isVerified = true;
  #time = 0;
  #sleepers: (() => void)[] = [];

  now = () => this.#time;
  sleep = () => new Promise<void>((resolve) => this.#sleepers.push(resolve));
  send = (text: string) => void this.sent.push(JSON.parse(text));
  close = (code: number) => {
    this.closed = code;
  };
  ask = () => this.#answer();
  resume = () => this.#answer();
  stop = async (request: Request) => void this.stops.push(request);

  say(frame: object): void {
    this.socket.handleMessage(JSON.stringify(frame));
  }

  /** Ends all waits. */
  async wakeSleepers(): Promise<void> {
    for (const wake of this.#sleepers.splice(0)) wake();
    await settled();
  }

  async #answer(): Promise<Asked> {
    const reader = new ScriptedReader();
    this.readers.push(reader);
    return { kind: "answer", turnId: "turn", reader: reader as unknown as TurnReader };
  }
}

const settled = () => new Promise((resolve) => setTimeout(resolve));
const resume = (requestId: string) => ({ type: "resume", requestId, id: "chat", headers: {}, body: {} });

test("[C8] a resume that is aborted stops the turn, unless another resume follows", async () => {
  const harness = new Harness();
  harness.say(resume("first"));
  await settled();
  harness.say({ type: "abort", requestId: "first" });
  harness.say(resume("second"));
  await settled();
  await harness.wakeSleepers();
  expect([harness.stops, harness.readers.map(({ isLeft }) => isLeft)]).toEqual([[], [true, false]]);
  harness.say({ type: "abort", requestId: "second" });
  await settled();
  expect(harness.stops).toEqual([]);
  await harness.wakeSleepers();
  expect(harness.stops.map(({ requestId }) => requestId)).toEqual(["second"]);
});

test("[F2] nothing is read from a room for a client that doesn't take what it was sent", async () => {
  const harness = new Harness();
  harness.unsentBytes = 10_000_000;
  harness.say(resume("slow"));
  await settled();
  harness.readers[0]?.give({ kind: "removed" });
  await harness.wakeSleepers();
  expect(harness.sent.map(({ type }) => type)).toEqual(["start"]);
  harness.unsentBytes = 0;
  await harness.wakeSleepers();
  expect(harness.sent.map(({ type }) => type)).toEqual(["start", "chunk", "end"]);
});

test("[S2] a socket on which nobody was verified in time is closed, and its frames are small before that", async () => {
  const harness = new Harness();
  harness.isVerified = false;
  harness.say({ ...resume("large"), body: { text: "x".repeat(300_000) } });
  expect(harness.closed).toBe(4413);
  const late = new Harness();
  late.isVerified = false;
  late.socket.expire();
  expect(late.closed).toBe(4458);
});

test("[C8] a reader that is quiet is sent what clients ignore, and a refusal ends its request alone", async () => {
  const harness = new Harness();
  harness.say(resume("a"));
  harness.say(resume("b"));
  await settled();
  harness.readers[0]?.give({ kind: "alive" });
  harness.readers[0]?.give({ kind: "refused", refusal: { code: "token-invalid" } });
  await settled();
  expect(harness.sent.filter(({ requestId }) => requestId === "a").map(({ type }) => type)).toEqual([
    ...["start", "start", "error"],
  ]);
  expect([harness.closed, harness.readers[1]?.isLeft]).toEqual([undefined, false]);
});
