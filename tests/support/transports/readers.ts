/**
 * One reader of a room over each transport, written by docs/protocol.md alone, as a stranger would: no part of the client
 * library. They run in Node and inside workerd, and each can be cut off and taken up again by its cursor.
 */
import { createParser } from "eventsource-parser";
import { defined } from "../../../shared/defined.ts";
import type { ClientFrame, TurnSubmitFrame } from "../../../shared/protocol/client-frames.ts";
import type { ServerFrame } from "../../../shared/protocol/server-frames.ts";
import { serverFrame } from "../../../shared/protocol/server-frames.ts";
import { EMPTY_VIEW, foldFrame, haveOf, type RoomView, type TurnView } from "../../../shared/transcript.ts";

/** Where the rooms are. */
export interface RoomHost {
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** An open WebSocket. */
  connect(path: string): Promise<WebSocket>;
}

export type TransportName = "websocket" | "sse" | "long-poll";

export function openReader(transport: TransportName, host: RoomHost, room: string): Promise<Reader> {
  const reader = new { websocket: SocketReader, sse: StreamReader, "long-poll": PollReader }[transport](host, room);
  return reader.open();
}

export abstract class Reader {
  view: RoomView = EMPTY_VIEW;
  /** Every frame it ever got, in order. */
  readonly frames: ServerFrame[] = [];
  /** Frames that did not fit what it held: a room that keeps its order sends none. */
  gaps = 0;
  protected readonly path: string;
  protected readonly host: RoomHost;
  #wakers: Array<() => void> = [];
  #failure: unknown;

  constructor(host: RoomHost, room: string) {
    this.host = host;
    this.path = `/parties/chat/${room}`;
  }

  /** Comes, or comes back, and resolves with its next sync. */
  abstract open(): Promise<this>;
  /** Is cut off: nothing more arrives. */
  abstract cut(): void;
  abstract ask(prompt: string, more?: Partial<TurnSubmitFrame>): Promise<string>;
  /** Resolves when the turn's end is known. */
  abstract stop(turnId: string): Promise<void>;

  /** Looks now, where a reader would otherwise wait before it asks again. */
  async look(): Promise<void> {}

  turn(id: string): TurnView | undefined {
    return this.view.turns.find((turn) => turn.id === id);
  }

  of<T extends ServerFrame["type"]>(type: T): Extract<ServerFrame, { type: T }>[] {
    return this.frames.filter((frame): frame is Extract<ServerFrame, { type: T }> => frame.type === type);
  }

  /** Resolves when `done` holds; looks again at each frame. The suite's own timeout bounds it. */
  async until(done: () => boolean): Promise<this> {
    while (!done()) {
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>((resolve) => this.#wakers.push(resolve));
    }
    return this;
  }

  untilTurn(id: string, done: (turn: TurnView) => boolean): Promise<this> {
    return this.until(() => {
      const turn = this.turn(id);
      return turn !== undefined && done(turn);
    });
  }

  protected take(frame: unknown): void {
    const parsed = serverFrame.parse(frame) as ServerFrame;
    this.frames.push(parsed);
    const { view, needsSync } = foldFrame(this.view, parsed);
    this.view = view;
    if (needsSync) this.missed();
    this.wake();
  }

  protected missed(): void {
    this.gaps += 1;
  }

  /** A reader that cannot go on says so to whoever waits. */
  protected fail(cause: unknown): void {
    this.#failure = cause;
    this.wake();
  }

  protected wake(): void {
    for (const wake of this.#wakers.splice(0)) wake();
  }

  protected async nextSync(): Promise<this> {
    const before = this.of("sync").length;
    return this.until(() => this.of("sync").length > before);
  }

  protected async post(prompt: string, more: Partial<TurnSubmitFrame> = {}): Promise<string> {
    const turnId = more.turnId ?? `t-${crypto.randomUUID()}`;
    const body = JSON.stringify({ input: { prompt }, onLeave: "cancel", ...more, turnId });
    const response = await this.host.fetch(`${this.path}/turns`, { method: "POST", body });
    if (response.status !== 202) throw new Error(`submit: ${response.status} ${await response.text()}`);
    await response.text();
    return turnId;
  }

  protected async delete(turnId: string): Promise<void> {
    const response = await this.host.fetch(`${this.path}/turns/${turnId}`, { method: "DELETE" });
    if (!response.ok) throw new Error(`stop: ${response.status} ${await response.text()}`);
    await response.text();
  }
}

class SocketReader extends Reader {
  #socket: WebSocket | undefined;

  override async open(): Promise<this> {
    const socket = await this.host.connect(this.path);
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      if (socket === this.#socket && data !== "pong") this.take(JSON.parse(String(data)));
    });
    const synced = this.nextSync();
    const have = haveOf(this.view);
    this.#say({ type: "hello", version: 2, ...defined({ have }) });
    return synced;
  }

  override cut(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }

  override async ask(prompt: string, more: Partial<TurnSubmitFrame> = {}): Promise<string> {
    const turnId = more.turnId ?? `t-${crypto.randomUUID()}`;
    this.#say({ type: "turn-submit", input: { prompt }, ...more, turnId });
    await this.untilTurn(turnId, () => true);
    return turnId;
  }

  override async stop(turnId: string): Promise<void> {
    this.#say({ type: "turn-cancel", turnId });
    await this.untilTurn(turnId, ({ state }) => state === "settled");
  }

  #say(frame: ClientFrame): void {
    this.#socket?.send(JSON.stringify(frame));
  }
}

export class StreamReader extends Reader {
  /** The last `id:`, which goes back as it came. */
  #cursor = "";
  #leaving = new AbortController();
  /** Set while it takes nothing. */
  #pause: Promise<void> | undefined;
  #resume: () => void = () => undefined;

  override async open(): Promise<this> {
    const leaving = new AbortController();
    this.#leaving = leaving;
    const headers = { accept: "text/event-stream", ...(this.#cursor === "" ? {} : { "last-event-id": this.#cursor }) };
    const response = await this.host.fetch(this.path, { headers, signal: leaving.signal });
    if (response.status !== 200 || response.body === null) throw new Error(`stream: ${response.status}`);
    const synced = this.nextSync();
    void this.#read(response.body, leaving.signal);
    return synced;
  }

  override cut(): void {
    this.#leaving.abort();
  }

  /** Reads nothing more until `resume`. */
  pause(): void {
    this.#pause = new Promise((resolve) => (this.#resume = resolve));
  }

  resume(): void {
    this.#pause = undefined;
    this.#resume();
  }

  override ask(prompt: string, more?: Partial<TurnSubmitFrame>): Promise<string> {
    return this.post(prompt, more);
  }

  override stop(turnId: string): Promise<void> {
    return this.delete(turnId);
  }

  async #read(body: ReadableStream<Uint8Array>, left: AbortSignal): Promise<void> {
    const parser = createParser({
      onEvent: ({ id, event, data }) => {
        if (left.aborted) return;
        if (event !== undefined) this.fail(new Error(`an event: line: ${event}`));
        this.#cursor = id ?? this.#cursor;
        this.take(JSON.parse(data));
      },
    });
    const decoder = new TextDecoder();
    const reader = body.getReader();
    // A runtime that does not end the body with the request is told by the body itself.
    left.addEventListener("abort", () => void reader.cancel().catch(() => undefined));
    try {
      for (;;) {
        await this.#pause;
        const { done, value } = await reader.read();
        if (done || left.aborted) return;
        parser.feed(decoder.decode(value, { stream: true }));
      }
    } catch (error) {
      if (!left.aborted) this.fail(error);
    }
  }
}

class PollReader extends Reader {
  #cursor = "";
  #leaving = new AbortController();

  override async open(): Promise<this> {
    const leaving = new AbortController();
    this.#leaving = leaving;
    const answered = this.#poll(leaving.signal, 0);
    void answered.then(() => this.#loop(leaving.signal)).catch((error) => this.#stopped(leaving.signal, error));
    await answered;
    return this;
  }

  override cut(): void {
    this.#leaving.abort();
  }

  override async ask(prompt: string, more?: Partial<TurnSubmitFrame>): Promise<string> {
    const turnId = await this.post(prompt, more);
    // After a submit of its own a client asks at once.
    await this.look();
    return turnId;
  }

  override async look(): Promise<void> {
    this.cut();
    await this.open();
  }

  override stop(turnId: string): Promise<void> {
    return this.delete(turnId);
  }

  async #loop(left: AbortSignal): Promise<void> {
    let pause = 0;
    while (!left.aborted) {
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
      pause = await this.#poll(left, 25);
    }
  }

  async #poll(left: AbortSignal, wait: number): Promise<number> {
    const query = new URLSearchParams({ wait: String(wait), ...(this.#cursor === "" ? {} : { cursor: this.#cursor }) });
    const response = await this.host.fetch(`${this.path}?${query}`, { signal: left });
    const answer = (await response.json()) as { frames: unknown[]; cursor: string; retryAfterMs: number };
    if (response.status !== 200) throw new Error(`poll: ${response.status} ${JSON.stringify(answer)}`);
    if (left.aborted) return 0;
    this.#cursor = answer.cursor;
    for (const frame of answer.frames) this.take(frame);
    return answer.retryAfterMs;
  }

  #stopped(left: AbortSignal, error: unknown): void {
    if (!left.aborted) this.fail(error);
  }
}
