/** The browser library's public face. React lives beside it, in `react.tsx`. */
export { type ChunkPart, type Part, type TextPart, type ToolInputPart, textOf } from "../shared/content.ts";
export type { ChatMessage, TurnInput } from "../shared/protocol/client-frames.ts";
export type { ErrorCode } from "../shared/protocol/errors.ts";
export type { ErrorFrame, NoticeFrame, Outcome, TurnState, Usage } from "../shared/protocol/server-frames.ts";
export { EMPTY_VIEW, type RoomView, type TurnView } from "../shared/transcript.ts";
export type {
  Answer,
  AskOptions,
  ChatClientOptions,
  ChatRoomClient,
  ChatSnapshot,
  ConnectionState,
  ContinueOptions,
  OlderState,
  OutboxStorage,
  PendingTurn,
  ReplaceOptions,
  RequestOptions,
  SubmitOptions,
} from "./api/api.ts";
export { ChatError } from "./api/chat-error.ts";
export type { StepReason, TransportName } from "./api/connection-types.ts";
export { CONTINUE_PROMPT, isContinuable, isContinuation } from "./api/follow-ups.ts";
export { ChatClient } from "./chat/chat-client.ts";
