/** Checks the claims of a verified token. Which rooms they open is decided in `tenants.ts`. */
import * as z from "zod/mini";
import { fail, ok, type Result } from "../../shared/result.ts";
import type { AccessRefusal } from "../core/principal.ts";
import { ALL_SCOPES, type Scope } from "../core/scopes.ts";
import { tenantPattern } from "./tenant-name.ts";
import { clockSkewMs, maxTokenLifeMs } from "./token-life.ts";

/** The claims of a token. Times are in ms since 1970. */
export interface TokenFacts {
  readonly sub: string;
  readonly tenant: string | undefined;
  /** Exact names, or prefixes that end in `*`. */
  readonly rooms: readonly string[];
  readonly scopes: readonly Scope[];
  readonly expiresAt: number;
  readonly issuedAt: number;
  readonly tokenId: string | undefined;
}

/** A room's exact name, or the start of one and `*`. */
const roomPattern = /^[A-Za-z0-9_.-]{0,128}\*?$/;

const shortText = z.string().check(z.minLength(1), z.maxLength(256));
const seconds = z.number().check(z.minimum(0), z.maximum(8.64e12));
const oneRoom = z.string().check(z.minLength(1), z.regex(roomPattern));
const claimsSchema = z.object({
  sub: shortText,
  tenant: z.optional(z.string().check(z.regex(tenantPattern))),
  room: z.union([oneRoom, z.array(oneRoom).check(z.minLength(1), z.maxLength(32))]),
  /** Names with spaces between (RFC 8693 §4.2). Unknown ones are ignored. */
  scope: z.string().check(z.maxLength(1_024)),
  exp: seconds,
  iat: seconds,
  jti: z.optional(shortText),
});

/** @param now ms since 1970. */
export function parseClaims(claims: unknown, now: number): Result<TokenFacts, AccessRefusal> {
  const parsed = claimsSchema.safeParse(claims);
  if (!parsed.success) {
    const claim = String(parsed.error.issues[0]?.path[0] ?? "claims");
    return refuse(`The token's ${claim} is missing or not what it must be.`);
  }
  const { sub, tenant, room, scope, exp, iat, jti } = parsed.data;
  const expiresAt = exp * 1_000;
  if (expiresAt <= now) return refuse("The token has expired.");
  const issuedAt = iat * 1_000;
  // Without this bound, a revocation of "all tokens until now" would miss it.
  if (issuedAt > now + clockSkewMs) return refuse("The token's iat is in the future.");
  // From its issue, not from now: a token of a month must not be good in its last hour.
  if (expiresAt - issuedAt > maxTokenLifeMs + clockSkewMs) return refuse("The token lives longer than an hour.");
  const named = new Set(scope.split(" "));
  return ok({
    sub,
    tenant,
    rooms: typeof room === "string" ? [room] : room,
    scopes: ALL_SCOPES.filter((name) => named.has(name)),
    expiresAt,
    issuedAt,
    tokenId: jti,
  });
}

function refuse(detail: string): { readonly ok: false; readonly error: AccessRefusal } {
  return fail({ code: "unauthenticated", detail });
}
