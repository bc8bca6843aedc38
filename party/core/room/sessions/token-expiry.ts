/**
 * How long a session may stay: until its token expires or is revoked. No timer waits for that, because a timer prevents
 * hibernation: each frame compares the clock with one number, and the token is checked again once it has passed.
 */
import type { Principal } from "../../principal.ts";

/** A client is warned this long before its token expires: time to get another one over a slow network too. */
export const warnBeforeMs = 60_000;
/** An active session notices a revocation after this time, plus the call that reads the list (`auth/revocation-cache.ts`). */
export const revocationCheckMs = 10_000;

/** How long a token is valid, as frames say it: as a date, and as a duration for a client whose clock is wrong. */
export function lifeOf({ expiresAt }: Pick<Principal, "expiresAt">, now: number) {
  return expiresAt === undefined ? {} : { expiresAt, expiresInMs: Math.max(0, expiresAt - now) };
}

export type TokenState =
  | { readonly kind: "expired" }
  /** `checkAt`: when to check again, ms since 1970. `isEnding`: the client must be warned. */
  | { readonly kind: "good"; readonly isEnding: boolean; readonly checkAt: number };

export function tokenStateOf({ expiresAt }: Pick<Principal, "expiresAt">, now: number): TokenState {
  if (expiresAt === undefined) return { kind: "good", isEnding: false, checkAt: Number.POSITIVE_INFINITY };
  if (now >= expiresAt) return { kind: "expired" };
  const warnAt = expiresAt - warnBeforeMs;
  const isEnding = now >= warnAt;
  return { kind: "good", isEnding, checkAt: Math.min(now + revocationCheckMs, isEnding ? expiresAt : warnAt) };
}
