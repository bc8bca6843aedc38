/**
 * Every event of the gateway: its name, its level and its fields. A new one is a member of a union here (or of the core's,
 * `core/events.ts`) and a level below; docs/observability.md lists them, which a test holds. Fields are names, codes, ids
 * and numbers: nothing of a conversation, no token, no address.
 */
import type { ErrorCode } from "../../shared/protocol/errors.ts";
import type { RoomEvent, SpanEvent } from "../core/events.ts";

/** A request's way through the Worker, from its arrival to the head of its answer. */
export type RequestSpan = Omit<SpanEvent, "operation" | "turnId"> & { readonly operation: "request" };

/** Of the gateway as a whole, outside of any room. */
export type GatewayEvent =
  | RequestSpan
  /** Requests answered with an error, since the isolate told of them last: once for each code. */
  | { readonly name: "requests-refused"; readonly code: ErrorCode; readonly count: number }
  /** A setting is missing or wrong; told at each request that needs it, because nothing else will. */
  | { readonly name: "not-configured"; readonly problem: string }
  /** A page of this origin was refused. Logged once for each origin and isolate, 100 origins at most. */
  | { readonly name: "origin-refused"; readonly origin: string; readonly setting: "ALLOWED_ORIGINS" }
  /** A hook given to `createGateway` threw, took too long, or returned something invalid. */
  | { readonly name: "hook-failed"; readonly hook: string; readonly cause: unknown }
  /** What nobody expected: it broke one request or call, at `where`. */
  | { readonly name: "fault"; readonly where: string; readonly cause: unknown };

/** Of a tenant's Limiter: it began or ceased to spare the upstream. */
export type LimiterEvent =
  /** Open or half open after failures: the upstream is not asked, or by one turn at a time. */
  | { readonly name: "circuit-changed"; readonly isOpen: boolean }
  /** It allows fewer turns at a time than the upstream refused. */
  | { readonly name: "slow-down-changed"; readonly isSlowing: boolean };

export type TelemetryEvent = RoomEvent | TenantEvent | LimiterEvent | GatewayEvent;
export type EventName = TelemetryEvent["name"];
export type Level = "debug" | "info" | "warn" | "error";

/** `debug`: one of many within a turn. `info`: the life of a turn. `warn`: somebody waits or was refused. `error`: look now. */
export const LEVELS: Readonly<Record<EventName, Level>> = {
  "session-opened": "info",
  "session-refused": "warn",
  "session-closed": "info",
  "sync-sent": "debug",
  "turn-queued": "info",
  "turn-refused": "warn",
  "turn-started": "info",
  "turn-waiting": "info",
  "turn-stopping": "info",
  "turn-settled": "info",
  "upstream-attempt": "info",
  "upstream-answered": "debug",
  "upstream-failure": "warn",
  span: "debug",
  "stop-unconfirmed": "warn",
  "files-undeleted": "warn",
  "limiter-degraded": "warn",
  "session-fault": "error",
  "room-broken": "error",
  "circuit-changed": "warn",
  "slow-down-changed": "warn",
  "requests-refused": "warn",
  "tenant-config-invalid": "error",
  "tenant-config-unread": "warn",
  "origin-refused": "warn",
  "not-configured": "error",
  "hook-failed": "error",
  fault: "error",
};
export type TenantEvent =
  /** The entry is not what it must be: the defaults hold. `cause` says where it is wrong. */
  | { readonly name: "tenant-config-invalid"; readonly tenant: string; readonly cause: unknown }
  /** KV did not answer: what was known holds. */
  | { readonly name: "tenant-config-unread"; readonly tenant: string; readonly cause: unknown };
