/** Errors over HTTP: `application/problem+json` (RFC 9457) with our code, and `Retry-After` where it applies. */
import { ERRORS, type ErrorCode } from "../../shared/protocol/errors.ts";
import { ERROR_MESSAGES } from "../../shared/protocol/messages-en.ts";
import type { Refusal } from "../core/principal.ts";
import { reportConfig } from "../telemetry.ts";

export interface ProblemOptions {
  /** What was wrong and what to do; safe for strangers. The code's own sentence when left out. */
  readonly detail?: string;
  readonly retryAfterMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An expected refusal as an answer; one for want of a token says which kind (RFC 6750 §3). */
export function refused(
  { code, detail, retryAfterMs }: Refusal,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return problem(code, {
    ...(detail === undefined ? {} : { detail }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    headers: code === "unauthenticated" ? { "www-authenticate": "Bearer", ...headers } : headers,
  });
}

/** A wrong setting: the log says all of it, the visitor is told its name, which is enough to find it (S6). */
export function notConfigured(problemText: string): Response {
  reportConfig(problemText);
  return problem("not-configured", { detail: `Setting ${problemText.split(/[ =]/)[0]} needs attention.` });
}

export function problem(code: ErrorCode, options: ProblemOptions = {}): Response {
  const { status, retryable } = ERRORS[code];
  const body = {
    type: `urn:edge-chat-gateway:error:${code}`,
    title: ERROR_MESSAGES[code],
    status,
    code,
    retryable,
    ...(options.detail === undefined ? {} : { detail: options.detail }),
  };
  const headers = new Headers({
    "content-type": "application/problem+json",
    "cache-control": "no-store",
    ...options.headers,
  });
  if (options.retryAfterMs !== undefined) headers.set("retry-after", String(Math.ceil(options.retryAfterMs / 1_000)));
  return new Response(JSON.stringify(body), { status, headers });
}
