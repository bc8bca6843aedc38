/**
 * Places for long-polls that wait. When all are taken, the user with the most polls loses the oldest one, which is answered
 * with what there is.
 */
import type { RoomPolicy } from "../../policy.ts";
import type { Principal } from "../../principal.ts";
import { isOneUser, oldestOfLargest } from "../fair-share.ts";

interface Poll {
  readonly sub: string;
  readonly isOneUser: boolean;
  readonly controller: AbortController;
}

export interface PollPlace {
  /** Aborts when the poll must give up its place. */
  readonly signal: AbortSignal;
  giveBack(): void;
}

export class PollPlaces {
  readonly #max: number;
  /** Oldest first. */
  readonly #polls = new Set<Poll>();

  constructor({ maxSockets }: RoomPolicy) {
    this.#max = maxSockets;
  }

  /** Undefined where no place is free, and none can be made free for this user. */
  take(principal: Principal): PollPlace | undefined {
    if (this.#polls.size >= this.#max && !this.#free(principal.sub)) return undefined;
    const poll = { sub: principal.sub, isOneUser: isOneUser(principal), controller: new AbortController() };
    this.#polls.add(poll);
    return { signal: poll.controller.signal, giveBack: () => this.#polls.delete(poll) };
  }

  #free(sub: string): boolean {
    const users = [...this.#polls].filter((poll) => poll.isOneUser);
    const loser = oldestOfLargest(users, (poll) => poll.sub);
    const isShared = loser !== undefined && users.filter((poll) => poll.sub === loser.sub).length > 1;
    if (loser === undefined || !isShared || loser.sub === sub) return false;
    this.#polls.delete(loser);
    loser.controller.abort();
    return true;
  }
}
