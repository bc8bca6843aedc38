/** Sends single frames to one session, outside of the room's order: welcome, errors, notices of the session. */
import { defined } from "../../../../shared/defined.ts";
import { ERRORS, type ErrorCode } from "../../../../shared/protocol/errors.ts";
import { ERROR_MESSAGES } from "../../../../shared/protocol/messages-en.ts";
import type { ErrorFrame, ServerFrame } from "../../../../shared/protocol/server-frames.ts";
import type { Session } from "./session.ts";

export interface SessionProblem {
  readonly code: ErrorCode;
  readonly detail?: string | undefined;
  readonly turnId?: string | undefined;
}

export function sendFrame(session: Session, frame: ServerFrame): void {
  session.socket.send(JSON.stringify(frame));
}

export function sendError(session: Session, { code, detail, turnId }: SessionProblem): void {
  const frame: ErrorFrame = {
    type: "error",
    code,
    message: detail ?? ERROR_MESSAGES[code],
    retryable: ERRORS[code].retryable,
    ...defined({ turnId }),
  };
  sendFrame(session, frame);
}
