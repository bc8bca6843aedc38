/**
 * The checks of submits that the application makes before the room accepts them. They run side by side and end in the order in
 * which the submits came, so that questions keep their order. Their number is bounded, for the room and for one user.
 */
import type { RoomPolicy } from "../policy.ts";
import type { Principal } from "../principal.ts";
import { isOneUser } from "./fair-share.ts";

export class OrderedChecks {
  readonly #most: number;
  readonly #mostOfOne: number;
  /** Running checks by user. */
  readonly #running = new Map<string, number>();
  #total = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** @param userShare of all places, how many one user may hold. */
  constructor({ maxActiveTurns, maxQueuedTurns }: RoomPolicy, userShare: number) {
    this.#most = maxActiveTurns + maxQueuedTurns;
    this.#mostOfOne = Math.ceil(this.#most * userShare);
  }

  isFull(by: Principal): boolean {
    return this.#total >= this.#most || (isOneUser(by) && (this.#running.get(by.sub) ?? 0) >= this.#mostOfOne);
  }

  /** Resolves with what `check` resolves with, after all earlier checks have resolved. `check` never rejects. */
  async inOrder<T>({ sub }: Principal, check: () => Promise<T>): Promise<T> {
    this.#total += 1;
    this.#running.set(sub, (this.#running.get(sub) ?? 0) + 1);
    const result = check();
    const inTurn = Promise.all([result, this.#last]);
    this.#last = inTurn;
    try {
      return (await inTurn)[0];
    } finally {
      this.#total -= 1;
      const left = (this.#running.get(sub) ?? 1) - 1;
      if (left === 0) this.#running.delete(sub);
      else this.#running.set(sub, left);
    }
  }
}
