/**
 * Holds the tokens of a room's users for `UPSTREAM_AUTH=forward`: the backend is called with the token of whoever asked. In
 * memory only, so that no token is ever stored; after a restart or a sleep of the room it is empty.
 */
import type { Principal } from "../../core/principal.ts";

/** The longest unused token is dropped beyond this. */
const maxTokens = 1_000;

interface Held {
  readonly token: string;
  readonly expiresAt: number;
}

export class CallerTokens {
  readonly #tokens = new Map<string, Held>();

  /** Remembers the newest token of a user. It must have been verified. */
  remember({ sub, expiresAt = Number.POSITIVE_INFINITY }: Principal, token: string): void {
    this.#tokens.delete(sub);
    this.#tokens.set(sub, { token, expiresAt });
    const [oldest] = this.#tokens.keys();
    if (this.#tokens.size > maxTokens && oldest !== undefined) this.#tokens.delete(oldest);
  }

  tokenOf(sub: string, now: number): string | undefined {
    const held = this.#tokens.get(sub);
    if (held === undefined) return undefined;
    if (held.expiresAt > now) return held.token;
    this.#tokens.delete(sub);
    return undefined;
  }
}
