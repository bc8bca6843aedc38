/**
 * The body of one JSON answer, handed out in chunks as its client takes them: so the room knows how much of it is unsent (F2).
 * Short answers need none: what the runtime and the kernel hold of a connection anyway is more.
 */
import type { AnswerBody } from "../core/ports.ts";

/** An answer up to this many UTF-16 units is sent as text. */
export const maxPlainUnits = 16_384;
/** A slow connection takes this much within seconds: a chunk that is taken shows that the client lives. */
const chunkBytes = 16_384;

export class JsonBody implements AnswerBody {
  readonly stream: ReadableStream<Uint8Array>;
  #bytes: Uint8Array;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  constructor(json: string) {
    this.#bytes = new TextEncoder().encode(json);
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: (controller) => this.#pull(controller),
        cancel: () => this.#free(),
      },
      // Nothing is pulled ahead, so that what is left here is what is unsent.
      { highWaterMark: 0 },
    );
  }

  get unsentBytes(): number {
    return this.#bytes.length;
  }

  breakOff(): void {
    if (this.#bytes.length === 0) return;
    this.#free();
    this.#controller?.error(new Error("broken off"));
  }

  #pull(controller: ReadableStreamDefaultController<Uint8Array>): void {
    controller.enqueue(this.#bytes.slice(0, chunkBytes));
    this.#bytes = this.#bytes.subarray(chunkBytes);
    if (this.#bytes.length > 0) return;
    this.#free();
    controller.close();
  }

  #free(): void {
    this.#bytes = new Uint8Array();
  }
}
