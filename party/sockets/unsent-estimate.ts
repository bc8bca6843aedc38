/**
 * Estimates the unsent bytes of a WebSocket on a runtime without `bufferedAmount`: what was sent, less what a slow connection
 * takes in the time since. So a socket that never reads is sent at most this rate, and isn't noticed as slow otherwise (F2).
 */
import { utf8Length } from "../../shared/text.ts";

/** Of a slow mobile connection: 2 Mbit/s, forty times what a live answer needs. */
export const drainBytesPerSecond = 262_144;

export class UnsentEstimate {
  readonly #now: () => number;
  #bytes = 0;
  #at: number;

  constructor(now: () => number) {
    this.#now = now;
    this.#at = now();
  }

  /** Bytes that are taken to be unsent now. */
  get bytes(): number {
    const now = this.#now();
    // A clock that was set back drains nothing.
    const drained = (Math.max(0, now - this.#at) * drainBytesPerSecond) / 1_000;
    this.#bytes = Math.max(0, this.#bytes - drained);
    this.#at = now;
    return this.#bytes;
  }

  sent(text: string): void {
    this.#bytes = this.bytes + utf8Length(text);
  }
}
