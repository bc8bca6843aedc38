/**
 * Whether a stream is held back on its way, from the heartbeats in it: each says when it was sent, by the room's clock.
 * Clocks differ, so how late one is counts from the one that came soonest. Pure.
 */
import { maxLagMs } from "../time/timing.ts";

/** One late heartbeat may be this device's own sleep. */
const maxLateBeats = 2;

export class HeartbeatWatch {
  /** The reader's clock minus the room's, where it was least. */
  #least = Number.POSITIVE_INFINITY;
  #late = 0;

  /** @returns whether what the stream carries comes late, by all that is known now */
  isLate(sentAt: number, receivedAt: number): boolean {
    const apart = receivedAt - sentAt;
    this.#least = Math.min(this.#least, apart);
    this.#late = apart - this.#least > maxLagMs ? this.#late + 1 : 0;
    return this.#late >= maxLateBeats;
  }
}
