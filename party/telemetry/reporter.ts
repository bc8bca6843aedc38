/**
 * Where the gateway speaks to its operator. What may be said is the catalogue (`telemetry/catalogue.ts`); each thing is
 * said once and goes to every sink. Outside of a room there is the log alone.
 */
import type { TelemetryEvent } from "./catalogue.ts";
import { LEVELS } from "./catalogue.ts";
import { type LogOptions, lineOf, logSink } from "./log.ts";
import { describeCause } from "./redact.ts";
import { type EventContext, reporter, type Sink } from "./sink.ts";

/** Never throws: what tells of a failure must not be another. */
export function report(event: TelemetryEvent, context: EventContext = {}): void {
  const level = LEVELS[event.name];
  try {
    console[level](lineOf({ level, context, event }));
  } catch (cause) {
    onSinkFault(cause);
  }
}

/** The configuration is wrong: named once at each request that needs it, because nothing else will. */
export function reportConfig(problem: string): void {
  report({ name: "not-configured", problem });
}

const maxRefusedOrigins = 100;
const refusedOrigins = new Set<string>();

/** Each origin once: strangers choose them, and the log must not be theirs to fill. */
export function reportOrigin(origin: string): void {
  if (refusedOrigins.has(origin) || refusedOrigins.size >= maxRefusedOrigins) return;
  refusedOrigins.add(origin);
  report({ name: "origin-refused", origin, setting: "ALLOWED_ORIGINS" });
}

export function reportFault(where: string, cause: unknown): void {
  report({ name: "fault", where, cause });
}

/** A hook of the Worker's author threw, took too long, or returned something invalid. */
export function reportHook(hook: string, cause: unknown): void {
  report({ name: "hook-failed", hook, cause });
}

/** For all that an object reports: the log and the given sinks. */
export function objectReporter(context: EventContext, log: LogOptions, sinks: readonly Sink[]) {
  return reporter({ context, sinks: [logSink(log), ...sinks], now: Date.now, onFault: onSinkFault });
}

/** Writes a line of the audit log (`auth/audit-log.ts`). Sampling doesn't apply to it. */
export function reportAudit(facts: Readonly<Record<string, unknown>>): void {
  console.info(JSON.stringify({ name: "audit", level: "info", ...facts }));
}

/** Not an event: it would go to the sink that failed. */
function onSinkFault(cause: unknown): void {
  console.error(JSON.stringify({ name: "telemetry-fault", level: "error", cause: describeCause(cause) }));
}
