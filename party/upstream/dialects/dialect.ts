/**
 * The contract of all dialects: events in, a batch out. Rules for every one of them (U5): a name or type that a dialect
 * doesn't know is noted and left out, and an event that says "failure" ends the answer as one, however it says so. A stream
 * that turns into another format ends as `upstream-malformed`, after the text so far.
 */
import type { UpstreamEnd } from "../../core/ports.ts";
import type { BatchBuilder } from "../batch-builder.ts";
import type { StreamEvent } from "./stream-event.ts";

/** Reads one attempt's stream, so it may remember what it has read. */
export interface Dialect {
  /** The unified format is being read: its event ids are promised to last, so they are passed on. */
  readonly isUnified?: boolean;
  /** The end was said, but what follows until the stream closes belongs to the answer. */
  readonly isFinished?: boolean;
  /** @throws UpstreamFailure `upstream-malformed` */
  read(event: StreamEvent, into: BatchBuilder): void;
  /** Called when the stream is over without an end event. Undefined: the answer is truncated. */
  endOfStream(into: BatchBuilder): UpstreamEnd | undefined;
}
