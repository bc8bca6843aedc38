/** What both sides agree on, for pages and for clients in other places: the wire, offsets, the fold of frames into a room. */
export { type BackoffPolicy, backoffMs } from "./backoff.ts";
export {
  type ChunkPart,
  isText,
  joinParts,
  lengthOf,
  type Part,
  sliceParts,
  type TextKind,
  type TextPart,
  type ToolInputPart,
  textOf,
  unitsOf,
} from "./content.ts";
export { type FoldedMessage, foldMessage } from "./message-fold.ts";
export { promptOf } from "./prompt.ts";
export {
  type ChatMessage,
  type ClientFrame,
  clientFrame,
  type Have,
  type HelloFrame,
  type TurnInput,
  type TurnSubmitFrame,
} from "./protocol/client-frames.ts";
export { ERRORS, type ErrorCode, type ErrorFacts, errorOfClose, isRetryableClose } from "./protocol/errors.ts";
export {
  heartbeatMs,
  helloTimeoutMs,
  maxFrameBytes,
  maxHaveOffsets,
  maxPageTurns,
  maxParamsBytes,
  roomNamePattern,
  turnIdPattern,
} from "./protocol/limits.ts";
export { LOCALES, type Locale, MESSAGES, messageFor } from "./protocol/messages.ts";
export {
  type ErrorFrame,
  type NoticeFrame,
  type Outcome,
  type ServerFrame,
  type StopProof,
  type SyncFrame,
  type SyncTurn,
  serverFrame,
  type TurnDeltaFrame,
  type TurnEndFrame,
  type TurnError,
  type TurnQueuedFrame,
  type TurnState,
  type Usage,
  type WelcomeFrame,
} from "./protocol/server-frames.ts";
export { parseServerFrame } from "./protocol/server-guard.ts";
export { PROTOCOL_VERSION } from "./protocol/version.ts";
export {
  EMPTY_VIEW,
  type Folded,
  foldFrame,
  haveOf,
  prependTurns,
  type RoomView,
  type TurnsPage,
  type TurnView,
} from "./transcript.ts";
export {
  type GatewayData,
  type UiMessageChunk,
  type UiMessageStep,
  UiMessageWriter,
} from "./ui-message-stream.ts";
export { uiMessagesOf } from "./ui-messages.ts";
export {
  type DataUiPart,
  isDataUiPart,
  isTextUiPart,
  isToolUiPart,
  type TextUiPart,
  type ToolState,
  type ToolUiPart,
  toolNameOf,
  type UiPart,
} from "./ui-parts.ts";
export { backendEvents, type UpstreamRequestBody, unifiedEvents, upstreamRequestSchema } from "./upstream-contract.ts";
