/**
 * Events as the bytes of a stream of server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), for a
 * response to send. It buffers what a slow reader hasn't taken, up to a bound.
 */
import { Readable } from "node:stream";
import type { MessageEvent } from "@nestjs/common";
import type { Observable, Subscription } from "rxjs";

/** Past this the reader is hung up on, and can resume. The longest answer fits. */
const maxPendingBytes = 32 * 1024 * 1024;

export class SseStream extends Readable {
  readonly #subscription: Subscription;

  /** @param onOverflow called once, when the reader is too slow; the stream is destroyed then. */
  constructor(events: Observable<MessageEvent>, onOverflow: () => void) {
    super();
    // An empty line is no event. It sends the headers, also where the first event is still to come.
    this.push("\n");
    this.#subscription = events.subscribe({
      next: (event) => {
        this.push(textOf(event));
        if (this.readableLength <= maxPendingBytes || this.destroyed) return;
        this.destroy();
        onOverflow();
      },
      error: (error: unknown) => this.destroy(error instanceof Error ? error : new Error(String(error))),
      complete: () => this.push(null),
    });
    if (this.destroyed) this.#subscription.unsubscribe();
  }

  /** Events are pushed when they come. */
  override _read(): void {}

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    // Undefined while the constructor subscribes, which then ends the subscription itself.
    this.#subscription?.unsubscribe();
    done(error);
  }
}

/** JSON has no line breaks, so each event has one line of data. */
function textOf({ id, data, comment }: MessageEvent & { comment?: string }): string {
  if (comment !== undefined) return `: ${comment}\n\n`;
  return `id: ${id}\ndata: ${JSON.stringify(data)}\n\n`;
}
