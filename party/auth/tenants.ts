/**
 * Which rooms belong to which tenant, and whether a token opens one (S5). Pure: decided from the token and the room's name alone,
 * before any storage is read.
 */
import { fail, ok, type Result } from "../../shared/result.ts";
import type { Refusal } from "../core/principal.ts";
import type { TokenFacts } from "./claims.ts";
import { tenantPattern } from "./tenant-name.ts";

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
