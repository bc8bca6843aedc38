/**
 * Remembers which tokens were used, so that each is good for one call. In the memory of this process: where several instances serve
 * the same address, replace it by a store that they share. Used by `gateway-guard.ts`.
 */

/** A gateway signs one token for each call. More calls than this within a token's life are refused, instead of being forgotten. */
const maxTokens = 200_000;

export class UsedTokens {
  /** When each token runs out, in seconds since 1970, by id. Oldest use first. */
  readonly #until = new Map<string, number>();

  get size(): number {
    return this.#until.size;
  }

  /** Whether this is the first use of a token. Only for tokens whose signature was verified. @param now seconds since 1970. */
  use(id: string, until: number, now: number): boolean {
    this.#forget(now);
    if (this.#until.has(id) || this.#until.size >= maxTokens) return false;
    this.#until.set(id, until);
    return true;
  }

  /** All tokens live equally long, so the first ones used are about the first that run out. */
  #forget(now: number): void {
    for (const [id, until] of this.#until) {
      if (until >= now) return;
      this.#until.delete(id);
    }
  }
}
