/** What every sink of events is handed, and the one place that hands it out: a sink that fails harms nobody but itself. */
import { LEVELS, type Level, type TelemetryEvent } from "./catalogue.ts";

/** Where an event happened. */
export interface EventContext {
  readonly room?: string;
  readonly tenant?: string;
}

export interface Entry {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly level: Level;
  readonly context: EventContext;
  readonly event: TelemetryEvent;
}

/** Takes an event and returns at once. May throw. */
export type Sink = (entry: Entry) => void;

export interface ReporterOptions {
  readonly context: EventContext;
  readonly sinks: readonly Sink[];
  readonly now: () => number;
  /** A sink threw. Users must not notice, so it goes on; tests pass one that throws. */
  readonly onFault: (cause: unknown) => void;
}

/** Hands each event to every sink. */
export function reporter({ context, sinks, now, onFault }: ReporterOptions): (event: TelemetryEvent) => void {
  return (event) => {
    const entry: Entry = { at: now(), level: LEVELS[event.name], context, event };
    for (const sink of sinks) {
      try {
        sink(entry);
      } catch (cause) {
        onFault(cause);
      }
    }
  };
}
