/**
 * Counts the events of an answer that nothing was read from, until something of the answer is. Says when there were too many,
 * because a stream of which nothing is understood may never close. Used by the batch builder.
 */
import { UpstreamFailure } from "../core/ports.ts";
import { adviceFor } from "./dialects/recognition/event-shape.ts";
import type { StreamEvent } from "./dialects/stream-event.ts";

/** Far more than an agent sends of its progress before the first token. */
export const maxUnreadEvents = 1_000;
/** In UTF-16 units: a few states of a graph with a long history in each. */
export const maxUnreadUnits = 4 * 1_048_576;

export class UnreadEvents {
  #first: StreamEvent | undefined;
  #events = 0;
  #units = 0;

  get first(): StreamEvent | undefined {
    return this.#first;
  }

  /** Notes an event. True where the answer has had more of them than it may before its first content. */
  add(event: StreamEvent): boolean {
    this.#first ??= event;
    this.#events += 1;
    this.#units += event.data.length;
    return this.#events > maxUnreadEvents || this.#units > maxUnreadUnits;
  }
}

/**
 * The failure of an answer of which nothing was understood. It was paid for, so it isn't asked for again.
 * @param isOver the upstream closed the answer itself, so that nothing runs there that must be stopped.
 */
export function unrecognized(first: StreamEvent, isOver: boolean): UpstreamFailure {
  return new UpstreamFailure("upstream-unrecognized", false, { cause: adviceFor(first), byUpstream: isOver });
}
