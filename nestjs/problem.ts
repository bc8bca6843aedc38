/** A refusal of a request: an HTTP status with a stable code, and what is wrong with the request. `problem-filter.ts` sends it. */
import { HttpException } from "@nestjs/common";

/** One thing wrong with a request: where in the body (JSON pointer, RFC 6901) or which query parameter or header. */
export interface FieldError {
  pointer?: string;
  parameter?: string;
  header?: string;
  detail: string;
}

/** Throw it in `answer` to refuse a question. `detail` reaches the caller. */
export class ChatProblem extends HttpException {
  readonly code: string;
  readonly errors: readonly FieldError[];

  constructor(status: number, code: string, detail: string, errors: readonly FieldError[] = []) {
    super({ code, detail }, status);
    this.message = detail;
    this.code = code;
    this.errors = errors;
  }
}
