/** Errors over HTTP: `application/problem+json` (RFC 9457) with our code, and `Retry-After` where it applies. */
import { defined } from "../../shared/defined.ts";
import { ERRORS, type ErrorCode, errorHeader } from "../../shared/protocol/errors.ts";
import { ERROR_MESSAGES } from "../../shared/protocol/messages-en.ts";

export interface ProblemOptions {
  /** What was wrong and what to do; safe for strangers. The code's own sentence when left out. */
  readonly detail?: string;
  readonly retryAfterMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export function problem(code: ErrorCode, options: ProblemOptions = {}): Response {
  const { status, retryable } = ERRORS[code];
  const body = {
    type: `urn:edge-chat-gateway:error:${code}`,
    title: ERROR_MESSAGES[code],
    status,
    code,
    retryable,
    ...defined({ detail: options.detail }),
  };
  const headers = new Headers({
    "content-type": "application/problem+json",
    "cache-control": "no-store",
    [errorHeader]: code,
    ...options.headers,
  });
  if (options.retryAfterMs !== undefined) headers.set("retry-after", retryAfterOf(options.retryAfterMs));
  return new Response(JSON.stringify(body), { status, headers });
}

/** The field's value: whole seconds, never earlier than asked (RFC 9110 §10.2.3). */
export function retryAfterOf(ms: number): string {
  return String(Math.ceil(ms / 1_000));
}
