/**
 * Sends every refusal as `application/problem+json` (RFC 9457) with a stable code, and nothing of what went on inside.
 * `EdgeChatController` applies it to its routes; `app.useGlobalFilters(new ProblemFilter())` applies it to all.
 */
import { type IncomingMessage, STATUS_CODES } from "node:http";
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from "@nestjs/common";
import { GenerationError } from "./generations/generation-error.ts";
import { type PlatformResponse, rawResponse, sendText, setHeader } from "./http.ts";
import { ChatProblem, type FieldError } from "./problem.ts";

/** What is said where the framework refused; its own texts quote paths and bodies. */
const known: Readonly<Record<number, { code: string; detail: string }>> = {
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
  readonly #logger = new Logger("EdgeChat");

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<IncomingMessage>();
    const response = host.switchToHttp().getResponse<PlatformResponse>();
    const { status, code, detail, errors = [], retryAfterMs } = this.#problemOf(error);
    if (rawResponse(response).headersSent) {
      rawResponse(response).end();
      return;
    }
    if (retryAfterMs !== undefined) setHeader(response, "Retry-After", String(Math.ceil(retryAfterMs / 1000)));
    // A body that was refused is still coming in: the connection cannot serve another request after it.
    if (status === 413) setHeader(response, "Connection", "close");
    const problem = { type: "about:blank", title: STATUS_CODES[status] ?? "Error", status, detail, code };
    setHeader(response, "Cache-Control", "no-store");
    setHeader(response, "Content-Type", "application/problem+json");
    const text = JSON.stringify(errors.length > 0 ? { ...problem, errors } : problem);
    sendText(response, status, request.method === "HEAD" ? "" : text);
  }

  #problemOf(error: unknown): Problem {
    if (error instanceof GenerationError) {
      return { status: error.getStatus(), code: error.code, detail: error.message, retryAfterMs: error.retryAfterMs };
    }
    if (error instanceof ChatProblem) {
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

/** Nest's own exceptions, and those of Express's and Fastify's parsers and routers, which carry a status without being one. */
function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  if (error instanceof URIError) return 400;
  if (error instanceof Error && "status" in error && typeof error.status === "number") return error.status;
  if (error instanceof Error && "statusCode" in error && typeof error.statusCode === "number") return error.statusCode;
  return 500;
}
