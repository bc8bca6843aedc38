/** What `ask` rejects with. `message` is for people. */
import type { TurnView } from "../../shared/transcript.ts";

export class ChatError extends Error {
  override readonly name = "ChatError";
  /**
   * One of the gateway's codes (`queue-full`, `upstream-unavailable`, …); `interrupted` for an answer that broke off; `turn-unknown`
   * for a question that somebody removed; `closed` after `close()`.
   */
  readonly code: string;
  /** The same question may succeed later. */
  readonly retryable: boolean;
  /** As far as the answer came; undefined where the room never showed the question. */
  readonly turn: TurnView | undefined;

  constructor(code: string, message: string, retryable: boolean, turn: TurnView | undefined) {
    super(message);
    this.code = code;
    this.retryable = retryable;
    this.turn = turn;
  }
}
