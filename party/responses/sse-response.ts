/** Answers requests with streams of server-sent events, and with refusals that don't make an `EventSource` give up. */
import { ERRORS, errorHeader } from "../../shared/protocol/errors.ts";
import type { AccessRefusal } from "../core/principal.ts";
import { errorFrame, refused } from "./refusal-response.ts";
import { sseComment, sseEvent, sseHeaders, wantsStream } from "./sse.ts";

/** The shortest retry delay after a refusal without one. A random part of up to half of it spreads the clients. */
const defaultRetryMs = 5_000;

export function streamAnswer(body: ReadableStream<Uint8Array> | string): Response {
  return new Response(body, { headers: sseHeaders });
}

/**
 * Answers with a problem. A stream that may be granted later is answered with a stream that holds the error and ends, because
 * an `EventSource` gives up for good on any status other than 200.
 */
export function refuse(request: Request, refusal: AccessRefusal): Response {
  const { code } = refusal;
  if (request.method !== "GET" || !wantsStream(request) || !ERRORS[code].retryable) return refused(refusal);
  const retryAfterMs = refusal.retryAfterMs ?? Math.floor(defaultRetryMs * (1 + Math.random() / 2));
  const data = JSON.stringify(errorFrame({ ...refusal, retryAfterMs }));
  const answer = streamAnswer(sseComment + sseEvent({ retryMs: retryAfterMs }) + sseEvent({ data }));
  answer.headers.set(errorHeader, code);
  return answer;
}
