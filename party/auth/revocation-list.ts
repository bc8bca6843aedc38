/**
 * Decides which tokens are refused before they expire: one by its `jti`, or all that were issued to a `sub` until now. Pure.
 * An entry outlives every token that it names and is forgotten then, so the list stays short. Storage is the Revocations
 * object's.
 */
import { clockSkewMs, maxTokenLifeMs } from "./token-life.ts";

export type Revocation =
  /** One token. */
  | { readonly tokenId: string; readonly at: number }
  /** Every token of `sub` that was issued until `at`, ms since 1970, by a clock that may be ahead by the allowed skew. */
  | { readonly sub: string; readonly at: number };

/** The part of a token or a session that is compared with the list. */
export interface Revocable {
  readonly sub: string;
  readonly tokenId?: string;
  readonly issuedAt?: number;
}

/**
 * After this, every token that an entry names has expired: it was issued at most one skew after the entry, lives at most an
 * hour and one skew, and the clock of whoever checks it may be one skew behind.
 */
export const revocationLifeMs = maxTokenLifeMs + 3 * clockSkewMs;
/** Per tenant. With more than that in an hour, rotate the key instead. */
export const maxRevocations = 10_000;

export function isRevoked(list: readonly Revocation[], { sub, tokenId, issuedAt }: Revocable): boolean {
  return list.some((entry) =>
    "tokenId" in entry ? entry.tokenId === tokenId : entry.sub === sub && (issuedAt ?? 0) <= entry.at + clockSkewMs,
  );
}

/** Two entries of one key name the same; the later one holds. */
export function revocationKey(entry: Revocation): string {
  return "tokenId" in entry ? `token/${entry.tokenId}` : `sub/${entry.sub}`;
}

export function isOver({ at }: Revocation, now: number): boolean {
  return now - at >= revocationLifeMs;
}
