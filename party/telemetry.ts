/** Where the gateway speaks to its operator: one JSON line an event, on the console the platform collects. */
import type { RoomEvent } from "./core/ports.ts";
import type { TenantEvent } from "./tenant-config.ts";

const levels: Readonly<Record<(RoomEvent | TenantEvent)["name"], "info" | "warn" | "error">> = {
  "limiter-degraded": "warn",
  "tenant-config-invalid": "error",
  "tenant-config-unread": "warn",
  "turn-settled": "info",
  "upstream-attempt": "info",
  "upstream-failure": "warn",
  "stop-unconfirmed": "warn",
  "session-fault": "error",
  "room-broken": "error",
};

/** Never throws: a log must not be the reason that something fails. */
export function report(room: string, event: RoomEvent | TenantEvent): void {
  const line = JSON.stringify({ room, ...event, ...("cause" in event ? { cause: describe(event.cause) } : {}) });
  console[levels[event.name]](line);
}

/** The configuration is wrong: named once at each request that needs it, because nothing else will. */
export function reportConfig(problem: string): void {
  console.error(JSON.stringify({ name: "not-configured", problem }));
}

export function reportFault(where: string, cause: unknown): void {
  console.error(JSON.stringify({ name: "fault", where, cause: describe(cause) }));
}

function describe(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.stack ?? `${cause.name}: ${cause.message}`;
}
