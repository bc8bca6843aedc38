/**
 * What every dialect has in common: events in, a batch out. Rules that hold for all of them (U5): a name or type that a
 * dialect does not know is ignored, so that a backend may say more than we understand; a known one that fails its schema
 * ends the answer as `upstream-malformed`, after what came before it; an event named `error` is a failure in any of them,
 * because that is how NestJS tells one after the headers.
 */

import type { EventSourceMessage } from "eventsource-parser";
import { jsonOr, parseJson } from "../../../shared/parse-json.ts";
import { type UpstreamEnd, UpstreamFailure } from "../../core/ports.ts";
import type { BatchBuilder } from "../batch-builder.ts";

/** One per attempt: it may remember what it has read. */
export interface Dialect {
  /** @throws UpstreamFailure `upstream-malformed` */
  read(event: EventSourceMessage, into: BatchBuilder): void;
  /** The stream is over without an end event, at the end of an event. Undefined: then the answer is truncated. */
  endOfStream(into: BatchBuilder): UpstreamEnd | undefined;
}

/** Data of the event that ends a stream of JSON chunks. */
export const doneData = "[DONE]";

/** `message` is the name of an event without one. */
export function nameOf(event: EventSourceMessage): string | undefined {
  return event.event === "message" ? undefined : event.event;
}

export function malformed(cause?: unknown): UpstreamFailure {
  return new UpstreamFailure("upstream-malformed", false, { cause });
}

interface Schema<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false; error: unknown };
}

/** @throws UpstreamFailure `upstream-malformed` */
export function checked<T>(schema: Schema<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw malformed(parsed.error);
  return parsed.data;
}

/** More than the largest answer as one event; bytes of UTF-8. */
const maxEventBytes = 8 * 1024 * 1024;

/** @throws UpstreamFailure `upstream-malformed` */
export function json(data: string): unknown {
  const parsed = parseJson(data, maxEventBytes);
  // The error of the parser would quote the answer into the log.
  if (!parsed.ok) throw malformed(new Error(parsed.error));
  return parsed.value;
}

/** Undefined for what isn't JSON: the caller reads it as text. */
export function jsonOrUndefined(data: string): unknown {
  return jsonOr(data, maxEventBytes);
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
