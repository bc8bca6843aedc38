/** The body of a response with server-sent events: written piece by piece, and it knows how much its reader has taken. */
import { sseComment } from "../responses/sse.ts";

export class EventBody {
  readonly stream: ReadableStream<Uint8Array>;
  /** The reader has left. */
  onGone: () => void = () => undefined;
  readonly #encoder = new TextEncoder();
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #isOpen = true;
  /** Its reader has left, or it was broken off: nothing of it is sent any more. */
  #isDropped = false;
  #takenAt: number;

  constructor(now: () => number) {
    this.#takenAt = now();
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => {
          // The reader has taken everything so far: this transport's sign of life (R6).
          this.#takenAt = now();
        },
        cancel: () => {
          this.#isOpen = false;
          this.#isDropped = true;
          this.onGone();
        },
      },
      // The stream pulls nothing ahead, so that the queued bytes are the unsent ones.
      new ByteLengthQueuingStrategy({ highWaterMark: 0 }),
    );
    // At once, so that a proxy which buffers the first bytes shows it at once.
    this.write(sseComment);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Bytes written and not yet taken, also after its end. */
  get bufferedAmount(): number {
    return this.#isDropped ? 0 : Math.max(0, -(this.#controller?.desiredSize ?? 0));
  }

  /** When the reader had last taken everything, ms since 1970. */
  get takenAt(): number {
    return this.#takenAt;
  }

  write(text: string): void {
    if (this.#isOpen) this.#controller?.enqueue(this.#encoder.encode(text));
  }

  end(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#controller?.close();
  }

  /**
   * Ends the body in the middle, also where its end was written and not yet taken: the reader sees a lost connection, and what
   * was held for it is free.
   */
  breakOff(): void {
    if (this.#isDropped) return;
    this.#isOpen = false;
    this.#isDropped = true;
    this.#controller?.error(new Error("broken off"));
  }
}
