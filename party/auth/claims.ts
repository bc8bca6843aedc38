/**
 * What a verified token says, and whether that opens a room: the claims, the room pattern, and which rooms belong to
 * which tenant (S5). Pure: decided from the token and the room's name alone, before any storage is read.
 */
import * as z from "zod/mini";
import { fail, ok, type Result } from "../../shared/result.ts";
import { ALL_SCOPES, type Refusal, type Scope } from "../core/principal.ts";
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

/** No dot: it is what divides tenant and name in a room's name (S5). */
export const tenantPattern = /^[A-Za-z0-9_-]{1,64}$/;
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

/** The one tenant of this gateway, or `*`: each room's name begins with its tenant's. */
export type TenantSetting = string;
export const everyTenant = "*";

/** The tenant that owns a room by its name; undefined where the name has none (S5). */
export function tenantOfRoom(setting: TenantSetting, room: string): string | undefined {
  if (setting !== everyTenant) return setting;
  const dot = room.indexOf(".");
  const tenant = room.slice(0, Math.max(0, dot));
  return tenantPattern.test(tenant) && dot < room.length - 1 ? tenant : undefined;
}

/**
 * The tenant a token speaks for: the room's owner, or a refusal before anything of the room is read.
 * @param room undefined for what belongs to no room.
 */
export function tenantAdmitted(
  facts: TokenFacts,
  room: string | undefined,
  setting: TenantSetting,
): Result<string, Refusal> {
  // With one tenant a token need not name it; with many it must, or it would open whatever room it points at.
  const claimed = facts.tenant ?? (setting === everyTenant ? undefined : setting);
  if (room === undefined) {
    const isTenant = claimed !== undefined && (setting === everyTenant || claimed === setting);
    return isTenant ? ok(claimed) : fail({ code: "forbidden" });
  }
  const owner = tenantOfRoom(setting, room);
  if (owner === undefined || claimed !== owner) return fail({ code: "room-forbidden" });
  return facts.rooms.some((pattern) => matchesRoom(pattern, room)) ? ok(owner) : fail({ code: "room-forbidden" });
}

export function matchesRoom(pattern: string, room: string): boolean {
  return pattern.endsWith("*") ? room.startsWith(pattern.slice(0, -1)) : room === pattern;
}

function refuse(detail: string): { readonly ok: false; readonly error: Refusal } {
  return fail({ code: "unauthenticated", detail });
}
