/**
 * Events as data points of Workers Analytics Engine: kept for three months and asked with SQL, at no cost to the turn. One
 * table of columns for all events; a column that an event does not have is "" or 0. Yes is 1 and no is 0.
 * Limits: https://developers.cloudflare.com/analytics/analytics-engine/limits/
 */
import type { EventName } from "./catalogue.ts";
import type { Sink } from "./sink.ts";

/** Columns in their order: `blob1` is the first. Add at the end, never in between: old points stay. */
export const BLOBS = [
  ...["name", "tenant", "room", "outcome", "error", "code", "provider", "model", "transport", "stoppedBy", "stop"],
  ...["mode", "scope", "by", "finishReason"],
] as const;
export const DOUBLES = [
  ...["queueMs", "firstTokenMs", "firstChunkMs", "operationMs", "chunkMs", "stopMs", "waitMs", "stayedMs"],
  ...["length", "inputTokens", "outputTokens", "attempts", "resumes", "bytes", "afterMs", "count"],
  ...["isOpen", "isSlowing"],
] as const;

/** The rest of a turn's story is in the point of its end. */
export const WRITTEN: ReadonlySet<EventName> = new Set([
  ...(["session-opened", "session-refused", "session-closed", "sync-sent"] as const),
  ...(["turn-refused", "turn-waiting", "turn-settled", "upstream-failure", "stop-unconfirmed"] as const),
  ...(["limiter-degraded", "circuit-changed", "slow-down-changed", "session-fault", "room-broken"] as const),
  "requests-refused",
]);

/**
 * The platform takes 250 in one invocation (page of 2026-04-23).
 * https://developers.cloudflare.com/analytics/analytics-engine/limits/
 */
export const pointsPerInvocation = 200;
/** Bytes of an index; ours are of one to four a character. */
const maxIndexUnits = 24;
const maxBlobUnits = 256;

/** What is used of an `AnalyticsEngineDataset`. */
export interface PointWriter {
  writeDataPoint(point: { indexes: string[]; blobs: string[]; doubles: number[] }): void;
}

export class PointSink {
  readonly #writer: PointWriter;
  #left = pointsPerInvocation;

  constructor(writer: PointWriter) {
    this.#writer = writer;
  }

  /** The platform has called the object: a new invocation, with a new allowance. */
  invoked(): void {
    this.#left = pointsPerInvocation;
  }

  readonly sink: Sink = ({ event, context }) => {
    if (!WRITTEN.has(event.name) || this.#left === 0) return;
    this.#left -= 1;
    const fields: Readonly<Record<string, unknown>> = { ...context, ...event };
    this.#writer.writeDataPoint({
      indexes: [(context.tenant ?? "").slice(0, maxIndexUnits)],
      blobs: BLOBS.map((name) => textOf(fields[name]).slice(0, maxBlobUnits)),
      doubles: DOUBLES.map((name) => numberOf(fields[name])),
    });
  };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function numberOf(value: unknown): number {
  return typeof value === "number" || typeof value === "boolean" ? Number(value) : 0;
}
