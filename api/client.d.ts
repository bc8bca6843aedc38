/** The browser library's public face. React lives beside it, in `react.tsx`. */
import { ChatMessage, ChunkPart, EMPTY_VIEW, ErrorFrame, NoticeFrame, Outcome, Part, RoomView, TextPart, ToolInputPart, TurnInput, TurnState, TurnView, Usage, textOf } from "./client/transcript.js";
import { ErrorCode } from "./client/errors.js";
import { Answer, AskOptions, ChatClientOptions, ChatRoomClient, ChatSnapshot, ConnectionState, ContinueOptions, OlderState, OutboxStorage, PendingTurn, ReplaceOptions, RequestOptions, StepReason, SubmitOptions, TransportName } from "./client/api.js";
export declare class ChatError extends Error {
  readonly name = "ChatError";
  /**
   * One of the gateway's codes (`queue-full`, `upstream-unavailable`, …); `interrupted` for an answer that broke off; `turn-unknown`
   * for a question that somebody removed; `closed` after `close()`.
   */
  readonly code: string;
  /** The same question may succeed later. */
  readonly retryable: boolean;
  /** As far as the answer came; undefined where the room never showed the question. */
  readonly turn: TurnView | undefined;
  constructor(code: string, message: string, retryable: boolean, turn: TurnView | undefined);
}
/**
 * What a continuing turn asks. The room sends the answer so far along, as part of the conversation, so this is all that is
 * to be said. Fixed words in one language: every page recognises them, whatever it speaks (docs/decisions/2026-11-22-continue.md).
 */
export declare const CONTINUE_PROMPT = "Continue exactly where you stopped. Do not repeat anything.";
/** An answer with text that ended before it was done. */
export declare function isContinuable(turn: TurnView): boolean;
/** Asks for the rest of the answer before it, rather than something of its own. */
export declare function isContinuation(input: TurnInput | undefined): boolean;
/** Connects when it is made, and stays until `close()`. What each call does is documented in `ChatRoomClient`. */
export declare class ChatClient implements ChatRoomClient {
  #private;
  /** Throws for a room or a gateway that cannot exist. */
  constructor(options: ChatClientOptions);
  subscribe(listener: () => void): () => void;
  getSnapshot(): ChatSnapshot;
  submit(input: string | TurnInput, options?: SubmitOptions): string;
  ask(input: string | TurnInput, options?: AskOptions): Answer;
  regenerate(turnId: string, options?: ReplaceOptions): string;
  edit(turnId: string, prompt: string, options?: ReplaceOptions): string;
  continueTurn(turnId: string, options?: ContinueOptions): string;
  loadOlder(): Promise<void>;
  cancel(turnId: string): void;
  dismiss(turnId: string): void;
  clear(): void;
  reconnect(): void;
  close(): void;
}
export { type Answer, type AskOptions, type ChatClientOptions, type ChatMessage, type ChatRoomClient, type ChatSnapshot, type ChunkPart, type ConnectionState, type ContinueOptions, EMPTY_VIEW, type ErrorCode, type ErrorFrame, type NoticeFrame, type OlderState, type OutboxStorage, type Outcome, type Part, type PendingTurn, type ReplaceOptions, type RequestOptions, type RoomView, type StepReason, type SubmitOptions, type TextPart, type ToolInputPart, type TransportName, type TurnInput, type TurnState, type TurnView, type Usage, textOf };