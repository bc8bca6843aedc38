/** What rooms, Limiters and the Worker send to the object that counts for them (`party/objects/metrics-object.ts`), and what it hands to `/metrics`. */
import type { TelemetryEvent } from "../catalogue.ts";
import type { FamilyName, GaugeName } from "./families.ts";

/** What is so right now where the report comes from: a room's viewers and turns, a Limiter's circuit. */
export type Census = Readonly<Partial<Record<GaugeName, number>>>;

/** An event as it is counted: causes stay in the log. */
export type CountedEvent = TelemetryEvent extends infer Event
  ? Event extends unknown
    ? Omit<Event, "cause">
    : never
  : never;

export interface MetricsReport {
  /** Absent from the Worker, which refuses before it knows whose a request is. */
  readonly tenant?: string;
  /** Who reports: its census replaces the one it sent before. */
  readonly source: string;
  /** Absent from who has none. */
  readonly census?: Census;
  readonly events: readonly CountedEvent[];
  /** Events that were not kept until they could be sent. */
  readonly dropped: number;
}

/** One line's worth of a counter or gauge, or a histogram with as many counts as its family has buckets, and one more. */
export interface Sample {
  readonly family: FamilyName;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number | { readonly counts: readonly number[]; readonly sum: number };
}
