/**
 * How long a session may stay: until its token runs out or is revoked. Nobody waits for that with a timer, which would keep
 * the object awake: each frame of a session and each word to it compares the time with one number, and looks closer when
 * it has passed.
 */
import type { Principal } from "../principal.ts";

/** A client is told this long before its token runs out: time to ask its application for another, over a slow network too. */
export const warnBeforeMs = 60_000;
/** A revocation is noticed by an active session after this, and the call that finds it out (`auth/revocation-cache.ts`). */
export const revocationLookMs = 10_000;

export type Standing =
  | { readonly kind: "expired" }
  /** `lookAt`: when to look again. */
  | { readonly kind: "good"; readonly isEnding: boolean; readonly lookAt: number };

export function standingOf({ expiresAt }: Pick<Principal, "expiresAt">, now: number): Standing {
  if (expiresAt === undefined) return { kind: "good", isEnding: false, lookAt: Number.POSITIVE_INFINITY };
  if (now >= expiresAt) return { kind: "expired" };
  const warnAt = expiresAt - warnBeforeMs;
  const isEnding = now >= warnAt;
  return { kind: "good", isEnding, lookAt: Math.min(now + revocationLookMs, isEnding ? expiresAt : warnAt) };
}
