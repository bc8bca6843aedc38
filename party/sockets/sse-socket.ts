/**
 * RoomSocket over a stream of server-sent events: each frame is a `data:` line, and the last of those written together says
 * in `id:` where the reader stands after them. No `event:` line: a frame has its `type`, and `event: error` would fire an
 * EventSource's `onerror`. https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
import type { StreamSocket } from "../core/ports.ts";
import { EventBody } from "./event-body.ts";

export class SseSocket implements StreamSocket {
  readonly transport = "sse";
  readonly #body: EventBody;
  /** Where the reader stands once it has all that was sent; undefined where that cannot be said now. */
  cursorOf: () => string | undefined = () => undefined;
  /** Frames of this tick. */
  #batch: string[] = [];
  #lastId: string | undefined;

  constructor(now: () => number) {
    this.#body = new EventBody(now);
  }

  /** The answer's body. */
  get body(): ReadableStream<Uint8Array> {
    return this.#body.stream;
  }

  /** Called when the reader has left. */
  set onGone(onGone: () => void) {
    this.#body.onGone = onGone;
  }

  get isOpen(): boolean {
    return this.#body.isOpen;
  }

  get bufferedAmount(): number {
    return this.#body.bufferedAmount;
  }

  get pongedAt(): number {
    return this.#body.takenAt;
  }

  /** A stream does not outlive its object. */
  readonly attachment = undefined;
  attach(): void {}

  send(text: string): void {
    if (!this.isOpen) return;
    this.#batch.push(text);
    // The room sends first and moves the reader's position then: after this tick both are known.
    if (this.#batch.length === 1) queueMicrotask(() => this.#flush());
  }

  beat(text: string): void {
    this.#flush();
    this.#body.write(`data: ${text}\n\n`);
  }

  comeBackIn(ms: number): void {
    this.#flush();
    this.#body.write(`retry: ${ms}\n\n`);
  }

  /** Says where the reader stands before anything was sent: a browser keeps it, and shows nothing for it. */
  mark(id: string): void {
    this.#lastId = id;
    this.#body.write(`id: ${id}\n\n`);
  }

  close(): void {
    this.#flush();
    this.#body.end();
  }

  #flush(): void {
    const last = this.#batch.pop();
    if (last === undefined) return;
    const before = this.#batch.map((text) => `data: ${text}\n\n`).join("");
    this.#batch = [];
    const id = this.cursorOf();
    const idLine = id === undefined || id === this.#lastId ? "" : `id: ${id}\n`;
    this.#lastId = id ?? this.#lastId;
    this.#body.write(`${before}${idLine}data: ${last}\n\n`);
  }
}
