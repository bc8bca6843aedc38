/** The body of an answer made of server-sent events, written piece by piece, and what is known of who reads it. */

export class EventBody {
  readonly stream: ReadableStream<Uint8Array>;
  /** The reader has left. */
  onGone: () => void = () => undefined;
  readonly #encoder = new TextEncoder();
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #isOpen = true;
  #takenAt: number;

  constructor(now: () => number) {
    this.#takenAt = now();
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => {
          // Everything written so far has been taken: that is this transport's sign of life.
          this.#takenAt = now();
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
    this.write(":\n\n");
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Bytes written and not yet taken. */
  get bufferedAmount(): number {
    return Math.max(0, -(this.#controller?.desiredSize ?? 0));
  }

  /** When all that was written had been taken, ms since 1970. */
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

  /** Ends it in the middle: to the reader it is a lost connection, not an end. */
  breakOff(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#controller?.error(new Error("broken off"));
  }
}
