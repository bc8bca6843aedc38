/** What a verified token says: its claims, checked. What it opens is left to `tenants.ts`. */
import * as z from "zod/mini";
import { fail, ok, type Result } from "../../shared/result.ts";
import type { Refusal } from "../core/principal.ts";
import { ALL_SCOPES, type Scope } from "../core/scopes.ts";
import { tenantPattern } from "./tenant-name.ts";
import { clockSkewMs, maxTokenLifeMs } from "./token-life.ts";

/** Who asks, as the token says it. Times in ms since 1970. */
export interface TokenFacts {
  readonly sub: string;
  readonly tenant: string | undefined;
  /** Exact names, or prefixes that end in `*`. */
  readonly rooms: readonly string[];
  readonly scopes: readonly Scope[];
  readonly expiresAt: number;
  readonly issuedAt: number | undefined;
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
  /** Names with spaces between (RFC 8693 §4.2). Those that mean nothing here are left aside. */
  scope: z.string().check(z.maxLength(1_024)),
  exp: seconds,
  iat: z.optional(seconds),
  jti: z.optional(shortText),
});

/** @param now ms since 1970. */
export function parseClaims(claims: unknown, now: number): Result<TokenFacts, Refusal> {
  const parsed = claimsSchema.safeParse(claims);
  if (!parsed.success) {
    const claim = String(parsed.error.issues[0]?.path[0] ?? "claims");
    return refuse(`The token's ${claim} is missing or not what it must be.`);
  }
  const { sub, tenant, room, scope, exp, iat, jti } = parsed.data;
  const expiresAt = exp * 1_000;
  if (expiresAt <= now) return refuse("The token has expired.");
  if (expiresAt > now + maxTokenLifeMs + clockSkewMs) return refuse("The token lives longer than an hour.");
  const named = new Set(scope.split(" "));
  return ok({
    sub,
    tenant,
    rooms: typeof room === "string" ? [room] : room,
    scopes: ALL_SCOPES.filter((name) => named.has(name)),
    expiresAt,
    issuedAt: iat === undefined ? undefined : iat * 1_000,
    tokenId: jti,
  });
}

function refuse(detail: string): { readonly ok: false; readonly error: Refusal } {
  return fail({ code: "unauthenticated", detail });
}
