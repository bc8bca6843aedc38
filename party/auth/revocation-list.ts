/**
 * Tokens that are refused before they expire: one by its `jti`, or all that a `sub` got until now. Pure. An entry is kept
 * for as long as a token can live, so the list stays short by itself.
 */
import { clockSkewMs, maxTokenLifeMs } from "./token-life.ts";

export type Revocation =
  /** One token. */
  | { readonly tokenId: string; readonly at: number }
  /** Every token of `sub` that was issued until `at`, ms since 1970, and those that do not say when. */
  | { readonly sub: string; readonly at: number };

/** What of a token or a session is held against the list. */
export interface Revocable {
  readonly sub: string;
  readonly tokenId?: string;
  readonly issuedAt?: number;
}

/** After that long every token that it names has run out. */
export const revocationLifeMs = maxTokenLifeMs + 2 * clockSkewMs;
/** Of one tenant at a time. More than that in an hour is a key to rotate, not tokens to name. */
export const maxRevocations = 10_000;

export function isRevoked(list: readonly Revocation[], { sub, tokenId, issuedAt }: Revocable): boolean {
  return list.some((entry) =>
    "tokenId" in entry ? entry.tokenId === tokenId : entry.sub === sub && (issuedAt ?? 0) <= entry.at,
  );
}

/** Two entries of one key name the same; the later one holds. */
export function revocationKey(entry: Revocation): string {
  return "tokenId" in entry ? `token/${entry.tokenId}` : `sub/${entry.sub}`;
}

export function isOver({ at }: Revocation, now: number): boolean {
  return now - at >= revocationLifeMs;
}
