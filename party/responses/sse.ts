/**
 * The headers of a stream of server-sent events and the framing of one event, for every route that answers with a stream.
 * Doesn't write to a body: that is done by `sockets/event-body.ts` and `bridge/event-stream-body.ts`.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html
 */

/** Proxies must not reuse, compress or buffer a stream, because each of these would hold tokens back. */
export const sseHeaders = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
} as const;

export interface SseFields {
  /** The position that an `EventSource` sends back as `Last-Event-ID` when it reconnects. */
  readonly id?: string | undefined;
  /** The time after which an `EventSource` reconnects, in ms. */
  readonly retryMs?: number | undefined;
  /** Text without line breaks, such as JSON. A browser fires no event for a block without data. */
  readonly data?: string | undefined;
}

/** Frames one event. */
export function sseEvent({ id, retryMs, data }: SseFields): string {
  const retryLine = retryMs === undefined ? "" : `retry: ${retryMs}\n`;
  const idLine = id === undefined ? "" : `id: ${id}\n`;
  const dataLine = data === undefined ? "" : `data: ${data}\n`;
  return `${retryLine}${idLine}${dataLine}\n`;
}

/** A comment that may stand between the lines of an event, because it doesn't end the event. Readers ignore it. */
export const sseCommentLine = ":\n";

/** A comment between two events. Readers ignore it. */
export const sseComment = `${sseCommentLine}\n`;

export function wantsStream(request: Request): boolean {
  return request.headers.get("accept")?.includes("text/event-stream") ?? false;
}
