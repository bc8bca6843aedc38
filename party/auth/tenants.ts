/**
 * Decides which tenant a room belongs to, and whether a token opens it (S5). Pure: it uses the token and the room's name alone,
 * before any storage is read.
 */
import { fail, ok, type Result } from "../../shared/result.ts";
import type { AccessRefusal } from "../core/principal.ts";
import type { TokenFacts } from "./claims.ts";
import { tenantPattern } from "./tenant-name.ts";

/** The one tenant of this gateway, or `*`: each room's name begins with its tenant's. */
export type TenantSetting = string;
export const everyTenant = "*";
const bridgeName = "bridge";

/** The tenant that owns a room by its name; undefined where the name has none (S5). */
export function tenantOfRoom(setting: TenantSetting, room: string): string | undefined {
  if (setting !== everyTenant) return setting;
  const dot = room.indexOf(".");
  const tenant = room.slice(0, Math.max(0, dot));
  return tenantPattern.test(tenant) && dot < room.length - 1 ? tenant : undefined;
}

/**
 * The tenant a token speaks for: the room's owner, or a refusal before anything of the room is read.
 * @param room undefined for the bridge, which belongs to no room.
 */
export function tenantAdmitted(
  facts: TokenFacts,
  room: string | undefined,
  setting: TenantSetting,
): Result<string, AccessRefusal> {
  // With one tenant a token need not name it; with many it must, or it would open whatever room it points at.
  const claimed = facts.tenant ?? (setting === everyTenant ? undefined : setting);
  if (room === undefined) {
    if (claimed === undefined || (setting !== everyTenant && claimed !== setting)) return fail({ code: "forbidden" });
    return opens(facts, bridgeRoomOf(setting, claimed)) ? ok(claimed) : fail({ code: "room-forbidden" });
  }
  const owner = tenantOfRoom(setting, room);
  if (owner === undefined || claimed !== owner) return fail({ code: "room-forbidden" });
  return opens(facts, room) ? ok(owner) : fail({ code: "room-forbidden" });
}

/**
 * The name that a token's `room` must match for the bridge, which has no room: a token for one room must not ask outside of it.
 * With one tenant it is `bridge`, with many `<tenant>.bridge`.
 */
export function bridgeRoomOf(setting: TenantSetting, tenant: string): string {
  return setting === everyTenant ? `${tenant}.${bridgeName}` : bridgeName;
}

function opens({ rooms }: TokenFacts, room: string): boolean {
  return rooms.some((pattern) => matchesRoom(pattern, room));
}

export function matchesRoom(pattern: string, room: string): boolean {
  return pattern.endsWith("*") ? room.startsWith(pattern.slice(0, -1)) : room === pattern;
}
