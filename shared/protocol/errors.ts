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

/** A row of the table. Pages download it, so it is short. */
function facts<C extends number | null = null>(status: number, retryable: boolean, close = null as C) {
  return { status, close, retryable };
}

export const ERRORS = {
  "bad-frame": facts(400, false, 4400),
  unauthenticated: facts(401, false, 4401),
  forbidden: facts(403, false, 4403),
  "room-forbidden": facts(403, false, 4404),
  "frame-too-large": facts(413, false, 4413),
  "version-unsupported": facts(400, false, 4426),
  "hello-timeout": facts(408, true, 4458),
  "rate-limited": facts(429, true, 4479),
  "slow-reader": facts(503, true, 4480),
  "room-full": facts(503, true, 4481),
  internal: facts(500, true, 4490),
  draining: facts(503, true, 4491),
  "turn-conflict": facts(409, false),
  "turn-stale": facts(409, false),
  "turn-unknown": facts(404, false),
  "queue-full": facts(429, true),
  "turn-not-allowed": facts(403, false),
  "prompt-too-large": facts(413, false),
  "call-unknown": facts(404, false),
  "answer-expired": facts(410, false),
  "already-answered": facts(409, false),
  "unsupported-content": facts(422, false),
  "token-invalid": facts(401, false),
  "turn-too-long": facts(502, false),
  "part-too-large": facts(502, false),
  "upstream-unreachable": facts(502, true),
  "upstream-headers-timeout": facts(504, true),
  "upstream-first-token-timeout": facts(504, true),
  "upstream-silence": facts(504, true),
  "upstream-deadline": facts(504, true),
  "upstream-rate-limited": facts(503, true),
  "upstream-unavailable": facts(503, true),
  "upstream-rejected": facts(502, false),
  "upstream-context-too-long": facts(502, false),
  "upstream-content-policy": facts(502, false),
  "upstream-auth-failed": facts(502, false),
  "upstream-quota-exceeded": facts(503, false),
  "upstream-token-lost": facts(503, true),
  "upstream-malformed": facts(502, true),
  "upstream-unrecognized": facts(502, false),
  "upstream-truncated": facts(502, true),
  "upstream-circuit-open": facts(503, true),
  "file-unknown": facts(404, false),
  "file-expired": facts(410, false),
  "file-too-large": facts(413, false),
  "file-type-refused": facts(415, false),
  "file-conflict": facts(409, false),
  "too-many-files": facts(409, false),
  "uploads-off": facts(501, false),
  "bad-request": facts(400, false),
  "bad-room-name": facts(400, false),
  "not-found": facts(404, false),
  "method-not-allowed": facts(405, false),
  "origin-forbidden": facts(403, false),
  "not-configured": facts(503, true),
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
