/**
 * The one table of errors. Codes are stable: clients and dashboards switch on them; add, never rename.
 * `status` is the HTTP answer, `close` the WebSocket close code: 4400–4449 terminal, 4450–4499 come back.
 * A code with `close: null` is told in a frame (`error`, or a turn's `error`) and the socket stays.
 */
export interface ErrorFacts {
  readonly status: number;
  readonly close: number | null;
  readonly retryable: boolean;
}

export const ERRORS = {
  "bad-frame": { status: 400, close: 4400, retryable: false },
  unauthenticated: { status: 401, close: 4401, retryable: false },
  forbidden: { status: 403, close: 4403, retryable: false },
  "room-forbidden": { status: 403, close: 4404, retryable: false },
  "frame-too-large": { status: 413, close: 4413, retryable: false },
  "version-unsupported": { status: 400, close: 4426, retryable: false },
  "hello-timeout": { status: 408, close: 4458, retryable: true },
  "rate-limited": { status: 429, close: 4479, retryable: true },
  "slow-reader": { status: 503, close: 4480, retryable: true },
  "room-full": { status: 503, close: 4481, retryable: true },
  internal: { status: 500, close: 4490, retryable: true },
  draining: { status: 503, close: 4491, retryable: true },
  "turn-conflict": { status: 409, close: null, retryable: false },
  "turn-stale": { status: 409, close: null, retryable: false },
  "turn-unknown": { status: 404, close: null, retryable: false },
  "queue-full": { status: 429, close: null, retryable: true },
  "turn-not-allowed": { status: 403, close: null, retryable: false },
  "unsupported-content": { status: 422, close: null, retryable: false },
  "token-invalid": { status: 401, close: null, retryable: false },
  "turn-too-long": { status: 502, close: null, retryable: false },
  "part-too-large": { status: 502, close: null, retryable: false },
  "upstream-unreachable": { status: 502, close: null, retryable: true },
  "upstream-headers-timeout": { status: 504, close: null, retryable: true },
  "upstream-first-token-timeout": { status: 504, close: null, retryable: true },
  "upstream-silence": { status: 504, close: null, retryable: true },
  "upstream-deadline": { status: 504, close: null, retryable: true },
  "upstream-rate-limited": { status: 503, close: null, retryable: true },
  "upstream-unavailable": { status: 503, close: null, retryable: true },
  "upstream-rejected": { status: 502, close: null, retryable: false },
  "upstream-context-too-long": { status: 502, close: null, retryable: false },
  "upstream-content-policy": { status: 502, close: null, retryable: false },
  "upstream-auth-failed": { status: 502, close: null, retryable: false },
  "upstream-quota-exceeded": { status: 503, close: null, retryable: false },
  "upstream-token-lost": { status: 503, close: null, retryable: true },
  "upstream-malformed": { status: 502, close: null, retryable: true },
  "upstream-unrecognized": { status: 502, close: null, retryable: false },
  "upstream-truncated": { status: 502, close: null, retryable: true },
  "upstream-circuit-open": { status: 503, close: null, retryable: true },
  "bad-request": { status: 400, close: null, retryable: false },
  "bad-room-name": { status: 400, close: null, retryable: false },
  "not-found": { status: 404, close: null, retryable: false },
  "method-not-allowed": { status: 405, close: null, retryable: false },
  "origin-forbidden": { status: 403, close: null, retryable: false },
  "not-configured": { status: 503, close: null, retryable: true },
} as const satisfies Record<string, ErrorFacts>;

export type ErrorCode = keyof typeof ERRORS;

/** Of an HTTP answer that is an error: its code, for who does not read the body. */
export const errorHeader = "x-gateway-error";

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}

/** The first of the close codes after which a client comes back by itself. */
const firstRetryClose = 4450;

/** Whether a client should reconnect after this close code. Codes that are not ours (1001, 1006, 1012…) are network weather. */
export function isRetryableClose(code: number): boolean {
  return code < 4400 || code > 4499 || code >= firstRetryClose;
}

/** The code a close code stands for, if it is one of ours. */
export function errorOfClose(close: number): ErrorCode | undefined {
  for (const [code, facts] of Object.entries(ERRORS)) if (facts.close === close) return code as ErrorCode;
  return undefined;
}

/**
 * A failure with one of our codes. Code and message may cross the wire; `cause` stays here, for the log.
 * The message starts with the code, because that is all most tools show.
 */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  readonly detail: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, detail?: string, options: { cause?: unknown; retryAfterMs?: number } = {}) {
    super(`[${code}] ${detail ?? ""}`.trimEnd(), { cause: options.cause });
    this.name = "GatewayError";
    this.code = code;
    this.detail = detail;
    this.retryAfterMs = options.retryAfterMs;
  }
}
