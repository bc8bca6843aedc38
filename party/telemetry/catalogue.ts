/**
 * Every event of the gateway: its name, its level and its fields. A new one is a member of a union here (or of the core's,
 * `core/events.ts`) and a level below; docs/observability.md lists them, which a test holds. Fields are names, codes, ids
 * and numbers: nothing of a conversation, no token, no address.
 */
import type { RoomEvent } from "../core/events.ts";
import type { TenantEvent } from "../tenant-config.ts";

/** Of the gateway as a whole, outside of any room. */
export type GatewayEvent =
  /** A setting is missing or wrong; told at each request that needs it, because nothing else will. */
  | { readonly name: "not-configured"; readonly problem: string }
  /** What nobody expected: it broke one request or call, at `where`. */
  | { readonly name: "fault"; readonly where: string; readonly cause: unknown };

export type TelemetryEvent = RoomEvent | TenantEvent | GatewayEvent;
export type EventName = TelemetryEvent["name"];
export type Level = "debug" | "info" | "warn" | "error";

/** `debug`: one of many within a turn. `info`: the life of a turn. `warn`: somebody waits or was refused. `error`: look now. */
export const LEVELS: Readonly<Record<EventName, Level>> = {
  "turn-queued": "info",
  "turn-refused": "warn",
  "turn-started": "info",
  "turn-waiting": "info",
  "turn-stopping": "info",
  "turn-settled": "info",
  "upstream-attempt": "info",
  "upstream-answered": "debug",
  "upstream-failure": "warn",
  "stop-unconfirmed": "warn",
  "limiter-degraded": "warn",
  "session-fault": "error",
  "room-broken": "error",
  "tenant-config-invalid": "error",
  "tenant-config-unread": "warn",
  "not-configured": "error",
  fault: "error",
};
