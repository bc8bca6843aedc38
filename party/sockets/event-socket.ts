/** What every RoomSocket over a stream of server-sent events has in common: its body, and what is known of its reader. */
import type { StreamSocket } from "../core/ports.ts";
import { EventBody } from "./event-body.ts";

export abstract class EventSocket implements StreamSocket {
  readonly transport = "sse";
  /** A stream does not outlive its object. */
  readonly attachment = undefined;
  readonly maxAttachmentBytes = 0;
  protected readonly out: EventBody;

  constructor(now: () => number) {
    this.out = new EventBody(now);
  }

  /** The answer's body. */
  get body(): ReadableStream<Uint8Array> {
    return this.out.stream;
  }

  /** Called when the reader has left. */
  set onGone(onGone: () => void) {
    this.out.onGone = onGone;
  }

  get isOpen(): boolean {
    return this.out.isOpen;
  }

  get bufferedAmount(): number {
    return this.out.bufferedAmount;
  }

  get unsentBytes(): number {
    return this.out.bufferedAmount;
  }

  get pongedAt(): number {
    return this.out.takenAt;
  }

  attach(): void {}

  breakOff(): void {
    this.out.breakOff();
  }

  abstract send(text: string): void;
  abstract beat(text: string): void;
  abstract comeBackIn(ms: number): void;
  abstract close(code: number): void;
}
