/**
 * The chat routes of the upstream contract. Nest's own `@Sse` serves them, for its headers, its disconnect signal and its
 * interceptors; two things about it are easy to get wrong and are done here on purpose:
 * the handler is async, so whatever rejects before the Observable is returned is an ordinary HTTP error and not a broken 200;
 * and every event has an id, because Nest numbers those without one anew on each connection.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  Headers,
  HttpCode,
  Inject,
  type MessageEvent,
  Param,
  Query,
  Req,
  RequestMethod,
  Res,
  Sse,
  SseSignal,
  UseGuards,
} from "@nestjs/common";
import type { Observable } from "rxjs";
import { type ChatRequest, Providers, parseChatBody, parseChatQuery, parseGenerationId } from "./chat-request.ts";
import { GatewayGuard } from "./gateway-guard.ts";
import { RequestProblem } from "./problem.ts";
import { fingerprint, type GenerationRecord, type GenerationStats, ResumableGenerations } from "./resumable/index.ts";
import { Tracing } from "./tracing.ts";

/** Nest queues what a slow reader has not taken; past this it hangs up, and the reader can resume. The longest answer fits. */
const maxPendingDataLength = 32 * 1024 * 1024;

@Controller("model")
export class ChatController {
  readonly #generations: ResumableGenerations;
  readonly #providers: Providers;
  readonly #tracing: Tracing;

  constructor(
    @Inject(ResumableGenerations) generations: ResumableGenerations,
    @Inject(Providers) providers: Providers,
    @Inject(Tracing) tracing: Tracing,
  ) {
    this.#generations = generations;
    this.#providers = providers;
    this.#tracing = tracing;
  }

  @UseGuards(GatewayGuard)
  // 200, or Nest answers a POST with 201, which readers of event streams refuse.
  @Sse("chat", { method: RequestMethod.POST, maxPendingDataLength })
  @HttpCode(200)
  post(
    @Body() body: unknown,
    @Headers("idempotency-key") idempotencyKey: string | undefined,
    @Headers("last-event-id") lastEventId: string | undefined,
    @Headers("traceparent") traceparent: string | undefined,
    @Res({ passthrough: true }) response: ServerResponse,
    @SseSignal() gone: AbortSignal,
  ): Promise<Observable<MessageEvent>> {
    const chat = parseChatBody(body, { idempotencyKey, lastEventId }, this.#providers);
    return this.#answer(chat, traceparent, response, gone);
  }

  @UseGuards(GatewayGuard)
  @Sse("chat", { maxPendingDataLength })
  get(
    @Query() query: unknown,
    @Headers("idempotency-key") idempotencyKey: string | undefined,
    @Headers("last-event-id") lastEventId: string | undefined,
    @Headers("traceparent") traceparent: string | undefined,
    @Req() request: IncomingMessage,
    @Res({ passthrough: true }) response: ServerResponse,
    @SseSignal() gone: AbortSignal,
  ): Promise<Observable<MessageEvent>> {
    // Express answers HEAD with the GET route, and asking for headers must not run a model.
    if (request.method === "HEAD") {
      response.setHeader("Allow", "GET, POST");
      throw new RequestProblem(405, "method-not-allowed", "Use GET or POST.");
    }
    const chat = parseChatQuery(query, { idempotencyKey, lastEventId }, this.#providers);
    return this.#answer(chat, traceparent, response, gone);
  }

  @UseGuards(GatewayGuard)
  @Delete("chat/:generationId")
  @HttpCode(204)
  async stop(@Param("generationId") generationId: string): Promise<void> {
    await this.#generations.stop(parseGenerationId(generationId));
  }

  @Get("stats")
  @Header("Cache-Control", "no-store")
  stats(@Query("id") id: unknown): GenerationStats | GenerationRecord {
    if (id === undefined) return this.#generations.stats();
    const record = typeof id === "string" ? this.#generations.record(id) : undefined;
    if (record === undefined)
      throw new RequestProblem(404, "generation-unknown", "No generation with this id is remembered.");
    return record;
  }

  #answer(
    chat: ChatRequest,
    traceparent: string | undefined,
    response: ServerResponse,
    gone: AbortSignal,
  ): Promise<Observable<MessageEvent>> {
    const { generationId, lastEventId, provider, request } = chat;
    // For a GET without a key: what DELETE needs.
    response.setHeader("Generation-Id", generationId);
    for (const [name, value] of Object.entries(provider.headers ?? {})) response.setHeader(name, value);
    const key = { key: generationId, fingerprint: fingerprint(chat.identity), lastEventId };
    const isResume = lastEventId !== undefined;
    return this.#tracing.follow({ traceparent, provider: provider.id, model: request.model, isResume }, () =>
      this.#generations.open(key, (signal) => provider.generate(request, signal), gone),
    );
  }
}
