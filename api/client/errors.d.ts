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
export declare const ERRORS: {
  readonly "bad-frame": {
    status: number;
    close: 4400;
    retryable: boolean;
  };
  readonly unauthenticated: {
    status: number;
    close: 4401;
    retryable: boolean;
  };
  readonly forbidden: {
    status: number;
    close: 4403;
    retryable: boolean;
  };
  readonly "room-forbidden": {
    status: number;
    close: 4404;
    retryable: boolean;
  };
  readonly "frame-too-large": {
    status: number;
    close: 4413;
    retryable: boolean;
  };
  readonly "version-unsupported": {
    status: number;
    close: 4426;
    retryable: boolean;
  };
  readonly "hello-timeout": {
    status: number;
    close: 4458;
    retryable: boolean;
  };
  readonly "rate-limited": {
    status: number;
    close: 4479;
    retryable: boolean;
  };
  readonly "slow-reader": {
    status: number;
    close: 4480;
    retryable: boolean;
  };
  readonly "room-full": {
    status: number;
    close: 4481;
    retryable: boolean;
  };
  readonly internal: {
    status: number;
    close: 4490;
    retryable: boolean;
  };
  readonly draining: {
    status: number;
    close: 4491;
    retryable: boolean;
  };
  readonly "turn-conflict": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "turn-stale": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "turn-unknown": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "queue-full": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "turn-not-allowed": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "prompt-too-large": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "call-unknown": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "answer-expired": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "already-answered": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "unsupported-content": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "token-invalid": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "turn-too-long": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "part-too-large": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "upstream-unreachable": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "upstream-headers-timeout": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "upstream-first-token-timeout": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "upstream-silence": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "upstream-deadline": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "upstream-rate-limited": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "upstream-unavailable": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "upstream-rejected": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "upstream-context-too-long": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "upstream-content-policy": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "upstream-auth-failed": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "upstream-quota-exceeded": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "upstream-token-lost": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "upstream-malformed": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "upstream-unrecognized": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "upstream-truncated": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "upstream-circuit-open": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "file-unknown": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "file-expired": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "file-too-large": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "file-type-refused": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "file-conflict": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "too-many-files": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "uploads-off": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "bad-request": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "bad-room-name": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "not-found": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "method-not-allowed": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "origin-forbidden": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
  readonly "not-configured": {
    status: number;
    close: number | null;
    retryable: boolean;
  };
};
export type ErrorCode = keyof typeof ERRORS;
/** Whether a client should reconnect after this close code. Codes that are not ours (1001, 1006, 1012…) are network weather. */
export declare function isRetryableClose(code: number): boolean;
/** The code a close code stands for, if it is one of ours. */
export declare function errorOfClose(close: number): ErrorCode | undefined;