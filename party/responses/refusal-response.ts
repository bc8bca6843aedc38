/** Errors over HTTP (`party/responses/problem.ts`), and the one that only an operator can mend. */
import { defined } from "../../shared/defined.ts";
import { ERRORS } from "../../shared/protocol/errors.ts";
import { maxSubmitBytes } from "../../shared/protocol/limits.ts";
import { ERROR_MESSAGES } from "../../shared/protocol/messages-en.ts";
import type { ErrorFrame } from "../../shared/protocol/server-frames.ts";
import type { AccessRefusal } from "../core/principal.ts";
import { reportConfig } from "../telemetry/reporter.ts";
import { problem } from "./problem.ts";

export { problem } from "./problem.ts";

/** Of a submit over HTTP, which is a frame by another name. */
export const tooLarge: AccessRefusal = {
  code: "frame-too-large",
  detail: `The body is at most ${maxSubmitBytes} bytes.`,
};

/** An expected refusal as an answer; one for want of a token says which kind (RFC 6750 §3). */
export function refused({ code, detail, retryAfterMs }: AccessRefusal): Response {
  return problem(code, {
    ...defined({ detail, retryAfterMs }),
    ...(code === "unauthenticated" ? { headers: { "www-authenticate": "Bearer" } } : {}),
  });
}

/** A refusal as a frame, for a client that reads frames. */
export function errorFrame({ code, detail, retryAfterMs }: AccessRefusal): ErrorFrame {
  const { retryable } = ERRORS[code];
  return defined({ type: "error", code, message: detail ?? ERROR_MESSAGES[code], retryable, retryAfterMs });
}

/** @param allow the methods that are right, as `Allow` lists them. */
export function wrongMethod(allow: string): Response {
  return problem("method-not-allowed", { headers: { allow } });
}

/** The answer to a request by another method than those of `allow`; undefined to one of them. */
export function refuseMethod({ method }: Request, allow: string): Response | undefined {
  return allow.split(", ").includes(method) ? undefined : wrongMethod(allow);
}

/** A wrong setting: the log says all of it, the visitor is told its name, which is enough to find it (S6). */
export function notConfigured(problemText: string): Response {
  reportConfig(problemText);
  return problem("not-configured", { detail: `Setting ${problemText.split(/[ =]/)[0]} needs attention.` });
}
