/** Every refusal as `application/problem+json` (RFC 9457) with a stable code, and nothing of what went on inside. */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from "@nestjs/common";
import { GenerationError } from "./resumable/index.ts";

/** One thing wrong with a request: where in the body (JSON pointer) or which query parameter or header. */
export interface FieldError {
  pointer?: string;
  parameter?: string;
  header?: string;
  detail: string;
}

export class RequestProblem extends HttpException {
  readonly code: string;
  readonly errors: readonly FieldError[];

  constructor(status: number, code: string, detail: string, errors: readonly FieldError[] = []) {
    super({ code, detail }, status);
    this.message = detail;
    this.code = code;
    this.errors = errors;
  }
}

/** What is said where the framework refused; its own texts quote paths and bodies. */
const known: Record<number, { code: string; detail: string }> = {
  400: { code: "bad-request", detail: "The request cannot be read: malformed JSON, address or encoding." },
  404: { code: "not-found", detail: "There is nothing at this address." },
  413: { code: "body-too-large", detail: "The body is too large." },
  415: { code: "unsupported-media-type", detail: "The body's encoding or character set is not supported." },
};

interface Problem {
  status: number;
  code: string;
  detail: string;
  errors?: readonly FieldError[];
  retryAfterMs?: number | undefined;
}

@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #logger = new Logger("ProblemFilter");

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<IncomingMessage>();
    const response = host.switchToHttp().getResponse<ServerResponse>();
    const { status, code, detail, errors, retryAfterMs } = this.#problemOf(error);
    if (response.headersSent) {
      response.end();
      return;
    }
    if (retryAfterMs !== undefined) response.setHeader("Retry-After", String(Math.ceil(retryAfterMs / 1000)));
    // A body that was refused is still coming in: the connection cannot serve another request after it.
    if (status === 413) response.setHeader("Connection", "close");
    const problem = { type: "about:blank", title: STATUS_CODES[status] ?? "Error", status, detail, code };
    response.statusCode = status;
    response.setHeader("Cache-Control", "no-store").setHeader("Content-Type", "application/problem+json");
    const hasErrors = errors !== undefined && errors.length > 0;
    response.end(request.method === "HEAD" ? undefined : JSON.stringify(hasErrors ? { ...problem, errors } : problem));
  }

  #problemOf(error: unknown): Problem {
    if (error instanceof GenerationError) {
      return { status: error.getStatus(), code: error.code, detail: error.message, retryAfterMs: error.retryAfterMs };
    }
    if (error instanceof RequestProblem) {
      return { status: error.getStatus(), code: error.code, detail: error.message, errors: error.errors };
    }
    const status = statusOf(error);
    const text = known[status];
    if (text !== undefined) return { status, ...text };
    if (status < 500) return { status, code: "bad-request", detail: "The request is not acceptable." };
    this.#logger.error(error);
    return { status: 500, code: "internal", detail: "Something went wrong here." };
  }
}

/** Nest's own exceptions, and those of Express's body parser and router, which carry a status without being one. */
function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  if (error instanceof URIError) return 400;
  if (error instanceof Error && "status" in error && typeof error.status === "number") return error.status;
  return 500;
}
