/** What an HTTP status, or one inside an error event, means for the turn (U2, U4), and when the upstream wants to be asked again. */
import type { ErrorCode } from "../../shared/protocol/errors.ts";

/** Statuses worth another try. 520–527 and 530 are Cloudflare's own in front of a backend; 529 is some models' "overloaded". */
const codes: ReadonlyMap<number, ErrorCode> = new Map([
  [429, "upstream-rate-limited"],
  ...[408, 500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 527, 529, 530].map(
    (status) => [status, "upstream-unavailable"] as const,
  ),
]);

/** Of these, the ones that say "too much to do": the tenant's rooms slow down together (U3). */
export const overloadStatuses: ReadonlySet<number> = new Set([429, 503, 529]);

/** The code of a status worth another try; undefined where it is the backend's final word. */
export function retryableCode(status: number): ErrorCode | undefined {
  return codes.get(status);
}

/**
 * `Retry-After` as ms from now: delay-seconds or an HTTP-date (RFC 9110 §10.2.3). Undefined where it says neither. A date
 * must look like one, because `Date.parse` takes "-1" for a day in 2001, and the wait would be none.
 */
export function retryAfter(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  const text = value.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  if (!/^[A-Za-z]{3,9},? .*\d\d:\d\d:\d\d/.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
