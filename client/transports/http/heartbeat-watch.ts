/**
 * Detects a stream that is held back on its way, from the heartbeats in it. Each heartbeat says when the room sent it. The
 * clocks differ, so a heartbeat's delay counts from the smallest delay seen. Pure; used by the event stream.
 */
import { maxLagMs } from "../../time/timing.ts";

/** One late heartbeat may be the device's own sleep. */
const maxLateBeats = 2;

export class HeartbeatWatch {
  /** The reader's clock minus the room's, where it was smallest. */
  #smallest = Number.POSITIVE_INFINITY;
  #late = 0;

  /**
   * @param sentAt by the room's clock
   * @param receivedAt by the reader's monotonic clock
   * @returns whether the stream is held back, by all that is known now
   */
  isLate(sentAt: number, receivedAt: number): boolean {
    const delay = receivedAt - sentAt;
    this.#smallest = Math.min(this.#smallest, delay);
    this.#late = delay - this.#smallest > maxLagMs ? this.#late + 1 : 0;
    return this.#late >= maxLateBeats;
  }
}
