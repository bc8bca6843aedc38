/**
 * Ambient words of a room: how many watch it, and where each waiting turn stands. Only the latest counts, and they change at
 * most once a second on a reader's screen (Q2).
 */
import type { Conversation } from "../conversation/conversation.ts";
import type { Clock, Timer } from "../ports.ts";

const everyMs = 1_000;

export class Ambient {
  readonly #conversation: Conversation;
  readonly #clock: Clock;
  readonly #viewers: () => number;
  #timer: Timer | undefined;
  #saidAt = Number.NEGATIVE_INFINITY;
  #positioned = new Set<string>();
  #closed = false;

  constructor(conversation: Conversation, clock: Clock, viewers: () => number) {
    this.#conversation = conversation;
    this.#clock = clock;
    this.#viewers = viewers;
  }

  /** Something of it may have changed: says it now, or when a second has passed since the last time. */
  soon(): void {
    if (this.#timer !== undefined || this.#closed) return;
    const wait = this.#saidAt + everyMs - this.#clock.now();
    if (wait <= 0) this.#say();
    else {
      this.#timer = this.#clock.after(wait, () => {
        this.#timer = undefined;
        this.#say();
      });
    }
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #say(): void {
    this.#saidAt = this.#clock.now();
    const { delivery } = this.#conversation;
    delivery.say("presence", JSON.stringify({ type: "presence", viewers: this.#viewers() }));
    const queued = this.#conversation.queue();
    const positioned = new Set<string>();
    for (const [position, turn] of queued.entries()) {
      positioned.add(turn.id);
      const frame = { type: "turn-position", turnId: turn.id, position, ...this.#conversation.eta(position) };
      delivery.say(`position/${turn.id}`, JSON.stringify(frame));
    }
    for (const id of this.#positioned) if (!positioned.has(id)) delivery.unsay(`position/${id}`);
    this.#positioned = positioned;
  }
}
