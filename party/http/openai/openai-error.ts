/** Errors in the shape of OpenAI's API, which its clients make exceptions of. */
import { ERRORS, type ErrorCode, errorHeader, isErrorCode } from "../../../shared/protocol/errors.ts";
import { ERROR_MESSAGES } from "../../../shared/protocol/messages-en.ts";
import { retryAfterOf } from "../../responses/problem.ts";

export interface OpenAiProblem {
  readonly code: ErrorCode;
  readonly detail?: string | undefined;
  readonly param?: string | undefined;
  readonly retryAfterMs?: number | undefined;
}

/** The body of a refusal, and the last event of a stream that failed. */
export function openAiError({ code, detail, param }: OpenAiProblem): object {
  const message = detail ?? ERROR_MESSAGES[code];
  return { error: { message, type: typeOf(ERRORS[code].status), param: param ?? null, code } };
}

export function openAiRefusal(refusal: OpenAiProblem): Response {
  const { code, retryAfterMs } = refusal;
  const { status, retryable } = ERRORS[code];
  const headers = new Headers({ "cache-control": "no-store", [errorHeader]: code });
  if (retryAfterMs !== undefined) headers.set("retry-after", retryAfterOf(retryAfterMs));
  // The client library would send any 409, 429 or 5xx again.
  headers.set("x-should-retry", String(retryable));
  if (status === 401) headers.set("www-authenticate", "Bearer");
  return Response.json(openAiError(refusal), { status, headers });
}

/** The same refusal of another route of the gateway. Everything else stays as it is. */
export async function inOpenAiShape(response: Response): Promise<Response> {
  const type = response.headers.get("content-type") ?? "";
  if (!type.startsWith("application/problem+json")) return response;
  const said: { readonly detail?: string; readonly code: string } = await response.json();
  const code = isErrorCode(said.code) ? said.code : "internal";
  const answer = openAiRefusal({ code, detail: said.detail });
  const headers = new Headers(response.headers);
  for (const [name, value] of answer.headers) headers.set(name, value);
  return new Response(answer.body, { status: response.status, headers });
}

function typeOf(status: number): string {
  if (status === 401) return "authentication_error";
  if (status === 403) return "permission_error";
  if (status === 429) return "rate_limit_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}
