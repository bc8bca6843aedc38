/** A refusal of the store (409, 410, 503 …) or a failure of an answer, with a stable code and an HTTP status. */
import { HttpException } from "@nestjs/common";
import { ChatProblem } from "../problem.ts";

export interface GenerationErrorOptions {
  /** The answer's status when nothing has been sent yet; later the failure travels as an `error` event. */
  status: number;
  retryable?: boolean;
  retryAfterMs?: number;
  cause?: unknown;
}

/** Throw it in an answer to end it. `message` reaches the reader: never put a key, a stack or a foreign response body in it. */
export class GenerationError extends HttpException {
  readonly code: string;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(code: string, message: string, options: GenerationErrorOptions) {
    super({ code, message }, options.status, { cause: options.cause });
    this.message = message;
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Surprises become one harmless code; the caller logs the original. */
export function toGenerationError(error: unknown): GenerationError {
  if (error instanceof GenerationError) return error;
  if (error instanceof ChatProblem)
    return new GenerationError(error.code, error.message, { status: error.getStatus() });
  return new GenerationError("internal", "The model service failed.", { status: 500, retryable: true, cause: error });
}
