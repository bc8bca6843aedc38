/**
 * Publishes the number of viewers, and the position and expected wait of each queued turn, when they change and at most once
 * a second (Q2). Both are ephemeral state: only the latest value counts.
 */
import type { Conversation } from "../conversation/conversation.ts";
import type { RoomPolicy } from "../policy.ts";
import type { MonotonicClock, Timer } from "../ports.ts";

const everyMs = 1_000;

export class Presence {
  readonly #conversation: Conversation;
  readonly #clock: MonotonicClock;
  readonly #maxActiveTurns: number;
  readonly #viewers: () => number;
  readonly #life: AbortSignal;
  #timer: Timer | undefined;
  #publishedAt = Number.NEGATIVE_INFINITY;
  /** Turns whose position is published. */
  #positioned = new Set<string>();

  /** @param life aborts when this life of the room is over: nothing is sent any more, and the timer is cancelled. */
  constructor(
    conversation: Conversation,
    clock: MonotonicClock,
    { maxActiveTurns }: RoomPolicy,
    viewers: () => number,
    life: AbortSignal,
  ) {
    this.#conversation = conversation;
    this.#clock = clock;
    this.#maxActiveTurns = maxActiveTurns;
    this.#viewers = viewers;
    this.#life = life;
    life.addEventListener("abort", () => this.#timer?.cancel(), { once: true });
  }

  /** Something may have changed: publishes it now, or when a second has passed since the last time. */
  changed(): void {
    if (this.#timer !== undefined || this.#life.aborted) return;
    const wait = this.#publishedAt + everyMs - this.#clock.elapsed();
    if (wait <= 0) this.#publish();
    else {
      this.#timer = this.#clock.after(wait, () => {
        this.#timer = undefined;
        this.#publish();
      });
    }
  }

  #publish(): void {
    this.#publishedAt = this.#clock.elapsed();
    const { delivery, turns } = this.#conversation;
    delivery.setState("presence", JSON.stringify({ type: "presence", viewers: this.#viewers() }));
    const positioned = new Set<string>();
    for (const [position, turn] of turns.queue().entries()) {
      positioned.add(turn.id);
      const frame = { type: "turn-position", turnId: turn.id, position, ...turns.eta(position, this.#maxActiveTurns) };
      delivery.setState(`position/${turn.id}`, JSON.stringify(frame));
    }
    for (const id of this.#positioned) if (!positioned.has(id)) delivery.deleteState(`position/${id}`);
    this.#positioned = positioned;
  }
}
