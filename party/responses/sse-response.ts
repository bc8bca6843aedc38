/** Answers that are streams of server-sent events, and refusals that an `EventSource` survives. */
import { ERRORS, errorHeader } from "../../shared/protocol/errors.ts";
import type { Refusal } from "../core/principal.ts";
import { errorFrame, refused } from "./refusal-response.ts";

/** When to come back after a refusal that does not say. Half as much again at the most, so that not all come at once. */
const comeBackMs = 5_000;

export function wantsStream(request: Request): boolean {
  return request.headers.get("accept")?.includes("text/event-stream") ?? false;
}

export function streamAnswer(body: ReadableStream<Uint8Array> | string): Response {
  const headers = {
    "content-type": "text/event-stream; charset=utf-8",
    // Not stored, not compressed, not collected: each would hold tokens back.
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
  };
  return new Response(body, { headers });
}

/**
 * A problem; for a stream that may be granted later, a stream that says so and ends: an `EventSource` gives up for good on
 * any other status than 200.
 */
export function refuse(request: Request, refusal: Refusal): Response {
  const { code } = refusal;
  if (request.method !== "GET" || !wantsStream(request) || !ERRORS[code].retryable) return refused(refusal);
  const retryAfterMs = refusal.retryAfterMs ?? Math.floor(comeBackMs * (1 + Math.random() / 2));
  const frame = errorFrame({ ...refusal, retryAfterMs });
  const answer = streamAnswer(`:

retry: ${retryAfterMs}

data: ${JSON.stringify(frame)}

`);
  answer.headers.set(errorHeader, code);
  return answer;
}
