/**
 * Ambient words of a room: how many watch it, and where each waiting turn stands. Only the latest counts, and they change at
 * most once a second on a reader's screen (Q2).
 */
import type { Conversation } from "../conversation/conversation.ts";
import type { RoomPolicy } from "../policy.ts";
import type { Clock, Timer } from "../ports.ts";

const everyMs = 1_000;

export class Ambient {
  readonly #conversation: Conversation;
  readonly #clock: Clock;
  readonly #maxActiveTurns: number;
  readonly #viewers: () => number;
  readonly #life: AbortSignal;
  #timer: Timer | undefined;
  #saidAt = Number.NEGATIVE_INFINITY;
  #positioned = new Set<string>();

  /** @param life aborts when this life of the room is over: nothing is sent any more, and the timer is cancelled. */
  constructor(
    conversation: Conversation,
    clock: Clock,
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

  /** Something of it may have changed: says it now, or when a second has passed since the last time. */
  soon(): void {
    if (this.#timer !== undefined || this.#life.aborted) return;
    const wait = this.#saidAt + everyMs - this.#clock.now();
    if (wait <= 0) this.#say();
    else {
      this.#timer = this.#clock.after(wait, () => {
        this.#timer = undefined;
        this.#say();
      });
    }
  }

  #say(): void {
    this.#saidAt = this.#clock.now();
    const { delivery, turns } = this.#conversation;
    delivery.say("presence", JSON.stringify({ type: "presence", viewers: this.#viewers() }));
    const queued = turns.queue();
    const positioned = new Set<string>();
    for (const [position, turn] of queued.entries()) {
      positioned.add(turn.id);
      const frame = { type: "turn-position", turnId: turn.id, position, ...turns.eta(position, this.#maxActiveTurns) };
      delivery.say(`position/${turn.id}`, JSON.stringify(frame));
    }
    for (const id of this.#positioned) if (!positioned.has(id)) delivery.unsay(`position/${id}`);
    this.#positioned = positioned;
  }
}
