/**
 * `edge-chat-gateway/nestjs`: a NestJS service as the gateway's backend. Works with NestJS 10, 11 and 12, on Express and Fastify.
 *
 * `EdgeChatModule` and `EdgeChatController` make a service of it; `resumable()`, `ResumableInterceptor` and `GatewayGuard` do the
 * same for routes of your own.
 */
import { Observable } from "rxjs";
import { z } from "zod";
import "node:http";
import { ArgumentsHost, CallHandler, CanActivate, DynamicModule, ExceptionFilter, ExecutionContext, FactoryProvider, HttpException, MessageEvent, ModuleMetadata, NestInterceptor, OnApplicationBootstrap, OnModuleDestroy } from "@nestjs/common";
/**
 * The events of a generation. In the unified format `start` comes first and once, then content (`delta`, `reasoning`,
 * `tool_call`, `tool_result`) and `usage`, then exactly one of `complete` and `error`. A producer may speak the AI SDK's UI
 * message stream instead: then each of its events is a `chunk`, and the first one holds a `start`.
 */
interface Usage {
  inputTokens: number;
  outputTokens: number;
}
/** A chunk of the UI message stream, version 1, with its fields as they are sent. */
interface UiChunk {
  readonly type: string;
  readonly [field: string]: unknown;
}
type GenerationEvent = {
  type: "chunk";
  chunk: UiChunk;
} | {
  type: "start";
  model?: string;
} | {
  type: "delta";
  data: string;
} | {
  type: "reasoning";
  data: string;
} | {
  type: "tool_call";
  id: string;
  name: string;
  args: unknown;
} | {
  type: "tool_result";
  id: string;
  name: string;
  result: unknown;
} | {
  type: "tool_result";
  id: string;
  name: string;
  error: unknown;
} | ({
  type: "usage";
} & Usage) | {
  type: "complete";
  finishReason: string;
  usage?: Usage;
} | {
  type: "error";
  code: string;
  message: string;
  retryable: boolean;
  retryAfterMs?: number;
};
/** Chunks of the AI SDK's UI message stream (https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol), as `toUIMessageStream` gives them. */
type AnswerChunk = UiChunk & {
  readonly type: UiChunkType;
};
type UiChunkType = "start" | "finish" | "abort" | "error" | "file" | "custom" | `${string}-${string}`;
/** One piece of an answer: text, an event of the unified format, or a chunk of the AI SDK. An answer doesn't mix events and chunks. */
type AnswerItem = string | GenerationEvent | AnswerChunk;
/** An answer. An Observable must be cold: it is subscribed once, when the answer begins. */
type AnswerStream = Observable<AnswerItem> | AsyncIterable<AnswerItem>;
/** One thing wrong with a request: where in the body (JSON pointer, RFC 6901) or which query parameter or header. */
interface FieldError {
  pointer?: string;
  parameter?: string;
  header?: string;
  detail: string;
}
/** Throw it in `answer` to refuse a question. `detail` reaches the caller. */
export declare class ChatProblem extends HttpException {
  readonly code: string;
  readonly errors: readonly FieldError[];
  constructor(status: number, code: string, detail: string, errors?: readonly FieldError[]);
}
export declare const chatLimits: {
  /** A conversation of a mebibyte, with room for JSON's escapes and for files as data URLs. Give it to your body parser. */
  readonly maxBodyBytes: number;
  readonly maxMessages: 1000;
  /** Of one question; the gateway allows as many. */
  readonly maxParts: 32;
  readonly maxPromptLength: 8192;
  /** Of `params`, as JSON; the gateway allows less. */
  readonly maxParamsLength: 16384;
};
declare const chatMessage: z.ZodDiscriminatedUnion<[z.ZodObject<{
  role: z.ZodEnum<{
    system: "system";
    user: "user";
  }>;
  content: z.ZodString;
  parts: z.ZodOptional<z.ZodArray<z.ZodUnion<readonly [z.ZodObject<{
    type: z.ZodLiteral<"text">;
    text: z.ZodString;
  }, z.core.$loose>, z.ZodObject<{
    type: z.ZodLiteral<"file">;
    mediaType: z.ZodString;
    filename: z.ZodOptional<z.ZodString>;
    url: z.ZodString;
  }, z.core.$loose>, z.ZodObject<{
    type: z.ZodTemplateLiteral<`data-${string}`>;
    id: z.ZodOptional<z.ZodString>;
    data: z.ZodUnknown;
  }, z.core.$loose>]>>>;
}, z.core.$strip>, z.ZodObject<{
  role: z.ZodLiteral<"assistant">;
  content: z.ZodString;
  parts: z.ZodOptional<z.ZodArray<z.ZodObject<{
    type: z.ZodString;
  }, z.core.$loose>>>;
}, z.core.$strip>], "role">;
type ChatMessage = z.infer<typeof chatMessage>;
declare const callAnswer: z.ZodObject<{
  type: z.ZodEnum<{
    approval: "approval";
    "tool-error": "tool-error";
    "tool-output": "tool-output";
  }>;
  toolCallId: z.ZodString;
  toolName: z.ZodString;
  output: z.ZodOptional<z.ZodUnknown>;
  errorText: z.ZodOptional<z.ZodString>;
  approvalId: z.ZodOptional<z.ZodString>;
  approved: z.ZodOptional<z.ZodBoolean>;
  reason: z.ZodOptional<z.ZodString>;
  by: z.ZodString;
  at: z.ZodNumber;
}, z.core.$strip>;
/** An output of a tool that a client ran, or a person's decision about a call. */
type CallAnswer = z.infer<typeof callAnswer>;
interface ChatQuestion {
  /** Names the answer. It is the same in every try and every resume of one question. */
  readonly generationId: string;
  /** Absent where the question came as a query. */
  readonly room?: string | undefined;
  /** The conversation, oldest first. At least one is the user's. */
  readonly messages: readonly ChatMessage[];
  /** The text of the user's last message. */
  readonly prompt: string;
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  /** What was answered of the calls that the last message left open. */
  readonly answers?: readonly CallAnswer[] | undefined;
  /** Parameters for the model, as the client gave them: not validated beyond their size and depth. */
  readonly params?: Readonly<Record<string, unknown>> | undefined;
}
/** A refusal (400) that lists what is wrong. */
export declare const invalidRequest: (errors: FieldError[]) => ChatProblem;
/** RFC 6901 pointers, as in RFC 9457's example. At most a screenful: a body of a thousand mistakes is one mistake. */
export declare function fieldErrors(error: z.core.$ZodError, root: string): FieldError[];
interface ChatAnswerer {
  /**
   * Answers a question: an async generator, or what returns an Observable or async iterable. Called once for each question, not
   * for a reader that comes back. Must end soon after `signal` aborts, which is a stop; an Observable is unsubscribed then.
   *
   * What it throws before the first item is an HTTP status (`ChatProblem`, `GenerationError`), and a failed answer after that.
   */
  answer(question: ChatQuestion, signal: AbortSignal): AnswerStream | Promise<AnswerStream>;
}
/**
 * Adds `POST <path>`, `GET <path>?prompt=` and `DELETE <path>/:generationId`. Needs `EdgeChatModule` in the application.
 *
 * @param path where the gateway calls: `UPSTREAM_PATH` in its settings, `model/chat` if absent
 * @throws Error when the class is declared without a method `answer`
 */
export declare function EdgeChatController(path?: string): <Answerer extends new (...dependencies: never[]) => ChatAnswerer>(target: Answerer) => void;
/** Every bound of the store, with its reason. All are per process: a second instance knows nothing of the first one's generations. */
interface ResumableOptions {
  /** How long a generation goes on without a reader: long enough for a gateway to be restarted, short enough to be worth its tokens. 0 stops at once. */
  holdMs: number;
  /** How long an ended generation can be read again. */
  keepMs: number;
  /** How long a stop is remembered for an id that was never seen: a submit that was overtaken by its own stop must not run. */
  tombstoneMs: number;
  /** A comment is written after this much silence, so that proxies keep the connection and a gone reader is noticed. */
  heartbeatMs: number;
  /** How long a stop waits for the producer to fall silent before it says that it could not confirm it. */
  stopConfirmMs: number;
  /** Events kept of one generation; beyond it the oldest go, and a resume from before them is refused. */
  maxGenerationBytes: number;
  /** Events kept of all ended generations together; beyond it the oldest generations go. */
  maxBufferedBytes: number;
  /** Ended generations kept, whatever their size. */
  maxKept: number;
  /** Generations running at once; beyond it a start is refused with 503. */
  maxActive: number;
  /** Stops and evictions remembered. */
  maxTombstones: number;
}
export declare const defaultResumableOptions: ResumableOptions;
/**
 * Remembers which tokens were used, so that each is good for one call. `UsedTokens` remembers in the memory of this process;
 * where several instances serve one address, give `usedTokens` of the module's options a store that they share.
 */
interface UsedTokenStore {
  /**
   * Records a use, and tells whether it was the first one. Called only for tokens whose signature was verified.
   * @param id the token's `jti`
   * @param until when the token runs out, in seconds since 1970: it may be forgotten after that
   * @param now seconds since 1970
   */
  use(id: string, until: number, now: number): boolean | Promise<boolean>;
}
interface EdgeChatOptions {
  /**
   * The gateway's address, `https://chat.example.com`: its public keys are read from `/.well-known/jwks.json` there, and only
   * calls that it signed are served (`UPSTREAM_SIGNING_KEYS` in its settings). Without it anybody may call, which suits
   * development; a warning at start says so.
   */
  readonly gatewayUrl?: string | undefined;
  /** Where the gateway's public keys are, in place of `gatewayUrl`. */
  readonly jwksUrl?: string | undefined;
  /** The `aud` of the gateway's tokens, `UPSTREAM_AUDIENCE` in its settings. `model-backend` if absent. */
  readonly audience?: string | undefined;
  /** Allows `http` addresses beyond loopback, for a private network. */
  readonly allowHttp?: boolean | undefined;
  /** Shared by all instances of a service, so that a token can't be used once on each. In memory if absent. */
  readonly usedTokens?: UsedTokenStore | undefined;
  /** How long and how much of answers is kept. */
  readonly resumable?: Partial<ResumableOptions> | undefined;
}
/** Options as they are used. */
interface EdgeChatSettings {
  /** Undefined lets everybody in. */
  readonly jwksUrl: URL | undefined;
  readonly audience: string;
  readonly usedTokens: UsedTokenStore;
  readonly resumable: ResumableOptions;
}
/** Injects the settings of the module. */
export declare const EDGE_CHAT_SETTINGS: unique symbol;
export declare class EdgeChatOptionsError extends Error {
  readonly name = "EdgeChatOptionsError";
  constructor(sentences: readonly string[]);
}
declare const claimsSchema: z.ZodObject<{
  exp: z.ZodNumber;
  iat: z.ZodNumber;
  jti: z.ZodString;
  method: z.ZodString;
  path: z.ZodString;
  bodySha256: z.ZodOptional<z.ZodString>;
  room: z.ZodOptional<z.ZodString>;
  generation: z.ZodOptional<z.ZodString>;
}, z.core.$strip>;
type GatewayClaims = z.infer<typeof claimsSchema>;
declare class GatewayTokens {
  #private;
  constructor(settings: EdgeChatSettings);
  /** False where the options name no gateway: then anybody may call. */
  get isRequired(): boolean;
  /** @param token the bearer token of a call. @throws ChatProblem 401 `unauthenticated`, or 503 `keys-unavailable` */
  verify(token: string | undefined): Promise<GatewayClaims>;
  /** Records that a call was let in with its token. @throws ChatProblem 401 `token-used` for a second call */
  use({ jti, exp }: GatewayClaims): Promise<void>;
}
type OptionsFactory = FactoryProvider<EdgeChatOptions | Promise<EdgeChatOptions>>;
interface EdgeChatAsyncOptions {
  /** Modules whose providers the factory injects. */
  readonly imports?: ModuleMetadata["imports"];
  /** What the factory receives, in this order. */
  readonly inject?: OptionsFactory["inject"];
  readonly useFactory: OptionsFactory["useFactory"];
}
export declare class EdgeChatModule implements OnApplicationBootstrap {
  #private;
  constructor(tokens: GatewayTokens);
  /** @throws EdgeChatOptionsError, at once, for options that can't be used */
  static forRoot(options?: EdgeChatOptions): DynamicModule;
  /** The application doesn't start when the factory returns options that can't be used. */
  static forRootAsync({ imports, inject, useFactory }: EdgeChatAsyncOptions): DynamicModule;
  onApplicationBootstrap(): void;
}
export declare function fingerprint(value: unknown): string;
/** starting → running → finished | failed | aborted. `starting` may jump to failed or aborted; nothing leaves the last three. */
type GenerationState = "starting" | "running" | "finished" | "failed" | "aborted";
/** Events of one generation. Must begin with `start`, and must end soon after `signal` aborts; a return without `complete` counts as one. */
type Producer = (signal: AbortSignal) => AsyncIterable<GenerationEvent>;
/** What statistics show of a generation, kept longer than the generation itself. */
interface GenerationRecord {
  id: string;
  state: GenerationState;
  /** Times this id was started: more than one only after failures before any content. */
  starts: number;
  tokens: number;
  /** Tokens the producer still made after it was told to stop. They reach nobody, but somebody pays for them. */
  tokensAfterStop: number;
}
interface GenerationErrorOptions {
  /** The answer's status when nothing has been sent yet; later the failure travels as an `error` event. */
  status: number;
  retryable?: boolean;
  retryAfterMs?: number;
  cause?: unknown;
}
/** Throw it in an answer to end it. `message` reaches the reader: never put a key, a stack or a foreign response body in it. */
export declare class GenerationError extends HttpException {
  readonly code: string;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  constructor(code: string, message: string, options: GenerationErrorOptions);
}
interface OpenRequest {
  /** The idempotency key. */
  key: string;
  /** Hash of what is asked (see fingerprint.ts): the same key with another one is refused. */
  fingerprint: string;
  /** Present on a resume: the last event the reader holds. */
  lastEventId?: number | undefined;
}
/** What a reader gets. */
interface OpenGeneration {
  /** The events that the reader lacks, then the live ones. Completes with the generation, or when another reader takes over. */
  events: Observable<MessageEvent>;
  /** Whether they are chunks of the AI SDK's UI message stream, which has a response header of its own. */
  isUiMessageStream: boolean;
}
interface GenerationStats {
  started: number;
  finished: number;
  aborted: number;
  failed: number;
  active: number;
  tokens: number;
  generations: GenerationRecord[];
}
export declare class ResumableGenerations implements OnModuleDestroy {
  #private;
  constructor({ resumable }: Pick<EdgeChatSettings, "resumable">);
  /**
   * Joins the key's generation, or starts it with `produce` when the key is new. Resolves when the answer can begin; until then it
   * rejects with a GenerationError, so refusals and a producer's early failure keep their HTTP status. What `produce` throws when
   * it is called is thrown here, and then nothing was started. Abort `gone` when the reader leaves.
   */
  open(request: OpenRequest, produce: Producer, gone: AbortSignal): Promise<OpenGeneration>;
  /** Resolves when the key's generation is over and silent. Idempotent, and remembered for a key that was never seen. */
  stop(key: string): Promise<void>;
  stats(): GenerationStats;
  record(key: string): GenerationRecord | undefined;
  /** What a process that stops owes its readers: an end they can tell from a lost connection. */
  onModuleDestroy(): Promise<void>;
}
export declare class GatewayGuard implements CanActivate {
  #private;
  constructor(tokens: GatewayTokens);
  /** @throws ChatProblem 401 or 403 for a caller that may not ask this, 503 where the gateway's keys can't be fetched */
  canActivate(context: ExecutionContext): Promise<boolean>;
}
export declare class ProblemFilter implements ExceptionFilter {
  #private;
  catch(error: unknown, host: ArgumentsHost): void;
}
declare const filePart: z.ZodObject<{
  type: z.ZodLiteral<"file">;
  mediaType: z.ZodString;
  filename: z.ZodOptional<z.ZodString>;
  url: z.ZodString;
}, z.core.$loose>;
type QuestionFile = z.infer<typeof filePart>;
/** In the shape of the AI SDK's message parts. Fields that aren't listed pass as they are. */
declare const questionPart: z.ZodUnion<readonly [z.ZodObject<{
  type: z.ZodLiteral<"text">;
  text: z.ZodString;
}, z.core.$loose>, z.ZodObject<{
  type: z.ZodLiteral<"file">;
  mediaType: z.ZodString;
  filename: z.ZodOptional<z.ZodString>;
  url: z.ZodString;
}, z.core.$loose>, z.ZodObject<{
  type: z.ZodTemplateLiteral<`data-${string}`>;
  id: z.ZodOptional<z.ZodString>;
  data: z.ZodUnknown;
}, z.core.$loose>]>;
type QuestionPart = z.infer<typeof questionPart>;
/** Makes an answer. Called once for each generation, and not for a reader that comes back. */
type AnswerSource = (signal: AbortSignal) => AnswerStream | Promise<AnswerStream>;
interface ResumableRequest {
  /** The idempotency key: 1 to 128 of A-Z a-z 0-9 _ -. The `Idempotency-Key` header if absent, or a new one. */
  readonly key?: string | undefined;
  /** What is asked, as JSON has it: the key with another question is refused with 409. The body and the query if absent. */
  readonly asked?: unknown;
}
/** What `resumable()` returns, for the interceptor. */
export declare class ResumableAnswer {
  readonly source: AnswerSource;
  readonly request: ResumableRequest;
  constructor(source: AnswerSource, request: ResumableRequest);
}
/**
 * Return it from a route that has `@UseInterceptors(ResumableInterceptor)`, and `@HttpCode(200)` where it is a POST.
 *
 * ```ts
 * return resumable((signal) => this.model.stream(body.messages, signal), { key: body.generationId });
 * ```
 *
 * @param answer a function that makes the answer; or the answer itself, where it does nothing before it is read: a cold
 * Observable, or what an async generator function returned.
 */
export declare function resumable(answer: AnswerStream | AnswerSource, request?: ResumableRequest): ResumableAnswer;
export declare class ResumableInterceptor implements NestInterceptor {
  #private;
  constructor(generations: ResumableGenerations);
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown>;
}
export type { AnswerChunk, AnswerItem, AnswerSource, AnswerStream, CallAnswer, ChatAnswerer, ChatMessage, ChatQuestion, EdgeChatAsyncOptions, EdgeChatOptions, EdgeChatSettings, FieldError, GenerationErrorOptions, GenerationEvent, GenerationRecord, GenerationState, GenerationStats, OpenGeneration, OpenRequest, Producer, QuestionFile, QuestionPart, ResumableOptions, ResumableRequest, UiChunk, Usage, UsedTokenStore };