/** Whether there can be such a room: told by its name, before any object wakes (S2, S5). */
import { roomNamePattern } from "../../shared/protocol/limits.ts";
import { tenantOfRoom } from "../auth/tenants.ts";
import type { GatewayConfig } from "../config/settings.ts";
import { problem } from "../responses/refusal-response.ts";

/** The answer where there cannot; undefined where there can. */
export function refuseRoom(room: string, { tenant }: Pick<GatewayConfig, "tenant">): Response | undefined {
  if (!roomNamePattern.test(room)) return problem("bad-room-name");
  if (tenantOfRoom(tenant, room) !== undefined) return undefined;
  return problem("room-forbidden", { detail: "Rooms here are named <tenant>.<name>." });
}
