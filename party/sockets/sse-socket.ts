/**
 * RoomSocket over a stream of server-sent events: each frame is a `data:` line, and the last of those written together says
 * in `id:` where the reader stands after them. No `event:` line: a frame has its `type`, and `event: error` would fire an
 * EventSource's `onerror`. https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
import type { StreamSocket } from "../core/ports.ts";

export class SseSocket implements StreamSocket {
  readonly transport = "sse";
  /** The answer's body. */
  readonly body: ReadableStream<Uint8Array>;
  /** Where the reader stands once it has all that was sent; undefined where that cannot be said now. */
  cursorOf: () => string | undefined = () => undefined;
  /** The reader has left. */
  onGone: () => void = () => undefined;
  readonly #now: () => number;
  readonly #encoder = new TextEncoder();
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  /** Frames of this tick. */
  #batch: string[] = [];
  #lastId: string | undefined;
  #isOpen = true;
  #takenAt: number;

  constructor(now: () => number) {
    this.#now = now;
    this.#takenAt = now();
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => {
          // Everything written so far has been taken: that is this transport's sign of life.
          this.#takenAt = this.#now();
        },
        cancel: () => {
          this.#isOpen = false;
          this.onGone();
        },
      },
      // Not more is taken than is asked for, so what is queued is what is unsent.
      new ByteLengthQueuingStrategy({ highWaterMark: 0 }),
    );
    // At once, so that whoever collects a stream before passing it on shows it at once.
    this.#write(":\n\n");
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get bufferedAmount(): number {
    return Math.max(0, -(this.#controller?.desiredSize ?? 0));
  }

  get pongedAt(): number {
    return this.#takenAt;
  }

  /** A stream does not outlive its object. */
  readonly attachment = undefined;
  attach(): void {}

  send(text: string): void {
    if (!this.#isOpen) return;
    this.#batch.push(text);
    // The room sends first and moves the reader's position then: after this tick both are known.
    if (this.#batch.length === 1) queueMicrotask(() => this.#flush());
  }

  beat(text: string): void {
    this.#flush();
    this.#write(`data: ${text}\n\n`);
  }

  comeBackIn(ms: number): void {
    this.#flush();
    this.#write(`retry: ${ms}\n\n`);
  }

  /** Says where the reader stands before anything was sent: a browser keeps it, and shows nothing for it. */
  mark(id: string): void {
    this.#lastId = id;
    this.#write(`id: ${id}\n\n`);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#flush();
    this.#isOpen = false;
    this.#controller?.close();
  }

  #flush(): void {
    const last = this.#batch.pop();
    if (last === undefined) return;
    const before = this.#batch.map((text) => `data: ${text}\n\n`).join("");
    this.#batch = [];
    const id = this.cursorOf();
    const idLine = id === undefined || id === this.#lastId ? "" : `id: ${id}\n`;
    this.#lastId = id ?? this.#lastId;
    this.#write(`${before}${idLine}data: ${last}\n\n`);
  }

  #write(text: string): void {
    if (this.#isOpen) this.#controller?.enqueue(this.#encoder.encode(text));
  }
}
