/** What a framing is given, and what it reports: events, a document, bare text, or a failure. */
import type { UpstreamFailure } from "../core/ports.ts";

/** An event larger than this is a fault: in UTF-16 units. The largest part (`maxPartBytes`) and its envelope fit. */
export const maxEventUnits = 2_097_152;

export interface FramingSink {
  onEvent(name: string | undefined, data: string, id: string | undefined): void;
  /** A JSON document that came whole. */
  onDocument(text: string): void;
  /** Text without any frame. */
  onText(text: string): void;
  onFailure(failure: UpstreamFailure): void;
}

export interface Framing {
  feed(text: string): void;
  /** The body is over. False where it ended inside an event that can't be read. */
  end(): boolean;
}
