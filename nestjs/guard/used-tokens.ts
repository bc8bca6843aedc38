/**
 * Remembers which tokens were used, so that each is good for one call. `UsedTokens` remembers in the memory of this process;
 * where several instances serve one address, give `usedTokens` of the module's options a store that they share.
 */

export interface UsedTokenStore {
  /**
   * Records a use, and tells whether it was the first one. Called only for tokens whose signature was verified.
   * @param id the token's `jti`
   * @param until when the token runs out, in seconds since 1970: it may be forgotten after that
   * @param now seconds since 1970
   */
  use(id: string, until: number, now: number): boolean | Promise<boolean>;
}

/** A gateway signs one token for each call. More calls than this within a token's life are refused, instead of being forgotten. */
const maxTokens = 200_000;

export class UsedTokens implements UsedTokenStore {
  /** When each token runs out, in seconds since 1970, by id. Oldest use first. */
  readonly #until = new Map<string, number>();

  get size(): number {
    return this.#until.size;
  }

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
