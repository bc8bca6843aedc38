/**
 * `resumable()` marks what a route returns as an answer that can be resumed and stopped, and `ResumableInterceptor` sends it:
 * as server-sent events with ids that last, the ones after `Last-Event-ID` for a reader that comes back, from one run of the
 * model. Works the same on Express and on Fastify, because Nest sends the stream as a `StreamableFile`.
 */
import { randomUUID } from "node:crypto";
import {
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
  StreamableFile,
} from "@nestjs/common";
import { from, mergeMap, type Observable, of } from "rxjs";
import { type AnswerStream, answerEvents } from "./answer-events.ts";
import { parseKey, parseLastEventId } from "./chat-question.ts";
import { fingerprint } from "./generations/fingerprint.ts";
import { ResumableGenerations } from "./generations/resumable-generations.ts";
import { headerOf, type PlatformRequest, type PlatformResponse, rawResponse, setHeader } from "./http.ts";
import { SseStream } from "./sse-stream.ts";

/** Makes an answer. Called once for each generation, and not for a reader that comes back. */
export type AnswerSource = (signal: AbortSignal) => AnswerStream | Promise<AnswerStream>;

export interface ResumableRequest {
  /** The idempotency key: 1 to 128 of A-Z a-z 0-9 _ -. The `Idempotency-Key` header if absent, or a new one. */
  readonly key?: string | undefined;
  /** What is asked, as JSON has it: the key with another question is refused with 409. The body and the query if absent. */
  readonly asked?: unknown;
}

/** What `resumable()` returns, for the interceptor. */
export class ResumableAnswer {
  readonly source: AnswerSource;
  readonly request: ResumableRequest;

  constructor(source: AnswerSource, request: ResumableRequest) {
    this.source = source;
    this.request = request;
  }
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
export function resumable(answer: AnswerStream | AnswerSource, request: ResumableRequest = {}): ResumableAnswer {
  return new ResumableAnswer(typeof answer === "function" ? answer : () => answer, request);
}

/** As Nest's own event streams have it. `no-transform`: a proxy that compresses would hold tokens back. */
const cacheControl = "private, no-cache, no-store, must-revalidate, max-age=0, no-transform";

@Injectable()
export class ResumableInterceptor implements NestInterceptor {
  readonly #generations: ResumableGenerations;

  constructor(@Inject(ResumableGenerations) generations: ResumableGenerations) {
    this.#generations = generations;
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const request = http.getRequest<PlatformRequest>();
    const response = http.getResponse<PlatformResponse>();
    return next
      .handle()
      .pipe(
        mergeMap((value: unknown) =>
          value instanceof ResumableAnswer ? from(this.#open(value, request, response)) : of(value),
        ),
      );
  }

  async #open(
    { source, request: { key, asked } }: ResumableAnswer,
    request: PlatformRequest,
    response: PlatformResponse,
  ): Promise<StreamableFile> {
    const raw = rawResponse(response);
    const gone = new AbortController();
    raw.once("close", () => gone.abort());
    if (raw.closed || raw.destroyed) gone.abort();
    const generationId = key ?? parseKey(headerOf(request, "idempotency-key")) ?? randomUUID();
    const opened = await this.#generations.open(
      {
        key: generationId,
        fingerprint: fingerprint(asked ?? { body: request.body, query: request.query }),
        lastEventId: parseLastEventId(headerOf(request, "last-event-id")),
      },
      (signal) => answerEvents(source(signal), signal),
      gone.signal,
    );
    setHeader(response, "Generation-Id", generationId);
    setHeader(response, "Cache-Control", cacheControl);
    setHeader(response, "X-Accel-Buffering", "no");
    if (opened.isUiMessageStream) setHeader(response, "x-vercel-ai-ui-message-stream", "v1");
    const stream = new SseStream(opened.events, () => raw.destroy());
    gone.signal.addEventListener("abort", () => stream.destroy(), { once: true });
    return new StreamableFile(stream, { type: "text/event-stream" });
  }
}
