/** The log: one line of JSON an event, on the console that the platform collects. */
import { hash } from "../platform/hash.ts";
import type { EventName, Level, TelemetryEvent } from "./catalogue.ts";
import { describeCause, redact } from "./redact.ts";
import type { Entry, Sink } from "./sink.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const satisfies readonly Level[];

export interface LogOptions {
  /** Lines below it are not written. */
  readonly level: Level;
  /** Of a hundred turns, how many have their `debug` and `info` lines written. `warn` and `error` always are. */
  readonly samplePercent: number;
}

/** Any object with the console's methods. */
export type LogConsole = Readonly<Record<Level, (line: string) => void>>;

export function logSink({ level, samplePercent }: LogOptions, out: LogConsole = console): Sink {
  const lowest = LOG_LEVELS.indexOf(level);
  return (entry) => {
    const rank = LOG_LEVELS.indexOf(entry.level);
    if (rank < lowest || (rank < LOG_LEVELS.indexOf("warn") && !isSampled(entry, samplePercent))) return;
    out[entry.level](lineOf(entry));
  };
}

/** By turn, so that what is told of one is told to its end; else by room, or by trace. */
function isSampled({ event, context }: Entry, percent: number): boolean {
  if (percent >= 100) return true;
  const whose = "turnId" in event ? event.turnId : (context.room ?? ("traceId" in event ? event.traceId : ""));
  return hash(whose ?? "") % 100 < percent;
}

export function lineOf({ level, context, event }: Pick<Entry, "level" | "context" | "event">): string {
  return JSON.stringify({ level, ...context, ...plainFields(event) });
}

/** The event's fields as JSON can hold them: causes described, text redacted. */
export function plainFields(event: TelemetryEvent): Readonly<Record<string, unknown>> & { readonly name: EventName } {
  const fields: Record<string, unknown> & { name: EventName } = { ...event };
  if ("cause" in event) fields["cause"] = describeCause(event.cause);
  if ("problem" in event) fields["problem"] = redact(event.problem);
  return fields;
}
