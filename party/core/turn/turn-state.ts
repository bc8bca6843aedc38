/**
 * One turn: what is stored of it, and the states it goes through.
 *
 * queued → waiting ⇄ opening → streaming ⇄ resuming → settled. Any state may jump to settled; nothing leaves it (T2).
 */
import { ERRORS, type ErrorCode } from "../../../shared/protocol/errors.ts";
import { ERROR_MESSAGES } from "../../../shared/protocol/messages-en.ts";
import type { TurnError } from "../../../shared/protocol/server-frames.ts";
import { assertNever } from "../../../shared/result.ts";
import type { Ending } from "../log/turn-record.ts";

export type TurnPhase =
  | { readonly state: "queued" }
  /** Started, and holding no open call: before a retry, or for a lease. */
  | { readonly state: "waiting" }
  | { readonly state: "opening" }
  | { readonly state: "streaming" }
  | { readonly state: "resuming" }
  | { readonly state: "settled"; readonly ending: Ending };

export type TurnEvent =
  | { readonly type: "open" }
  | { readonly type: "wait" }
  | { readonly type: "content" }
  | { readonly type: "resume" }
  | { readonly type: "settle"; readonly ending: Ending };

/** Pure. A late event on a settled turn is ignored, not an error (T2). */
export function advance(phase: TurnPhase, event: TurnEvent): TurnPhase {
  if (phase.state === "settled") return phase;
  switch (event.type) {
    case "open":
      // A call that continues an answer is not a new opening: people see "resuming" until text flows.
      return phase.state === "resuming" ? phase : { state: "opening" };
    case "wait":
      return phase.state === "resuming" ? phase : { state: "waiting" };
    case "content":
      return phase.state === "streaming" ? phase : { state: "streaming" };
    case "resume":
      return { state: "resuming" };
    case "settle":
      return { state: "settled", ending: event.ending };
    default:
      return assertNever(event);
  }
}

/** The outside of an error: its stable code and a sentence, never what the upstream said. */
export function turnError(code: ErrorCode): TurnError {
  return { code, message: ERROR_MESSAGES[code], retryable: ERRORS[code].retryable };
}
