/**
 * `edge-chat-gateway/nestjs`: a NestJS service as the gateway's backend. Works with NestJS 10, 11 and 12, on Express and Fastify.
 *
 * `EdgeChatModule` and `EdgeChatController` make a service of it; `resumable()`, `ResumableInterceptor` and `GatewayGuard` do the
 * same for routes of your own.
 */
export type { AnswerChunk, AnswerItem, AnswerStream } from "./answer-events.ts";
export { type ChatAnswerer, EdgeChatController } from "./chat-controller.ts";
export {
  type CallAnswer,
  type ChatMessage,
  type ChatQuestion,
  chatLimits,
  fieldErrors,
  invalidRequest,
} from "./chat-question.ts";
export { type EdgeChatAsyncOptions, EdgeChatModule } from "./edge-chat.module.ts";
export type { GenerationEvent, UiChunk, Usage } from "./generations/events.ts";
export { fingerprint } from "./generations/fingerprint.ts";
export type { GenerationRecord, GenerationState, Producer } from "./generations/generation.ts";
export { GenerationError, type GenerationErrorOptions } from "./generations/generation-error.ts";
export { defaultResumableOptions, type ResumableOptions } from "./generations/limits.ts";
export {
  type GenerationStats,
  type OpenGeneration,
  type OpenRequest,
  ResumableGenerations,
} from "./generations/resumable-generations.ts";
export { GatewayGuard } from "./guard/gateway-guard.ts";
export type { UsedTokenStore } from "./guard/used-tokens.ts";
export { EDGE_CHAT_SETTINGS, type EdgeChatOptions, EdgeChatOptionsError, type EdgeChatSettings } from "./options.ts";
export { ChatProblem, type FieldError } from "./problem.ts";
export { ProblemFilter } from "./problem-filter.ts";
export type { QuestionFile, QuestionPart } from "./question-parts.ts";
export {
  type AnswerSource,
  ResumableAnswer,
  ResumableInterceptor,
  type ResumableRequest,
  resumable,
} from "./resumable.ts";
