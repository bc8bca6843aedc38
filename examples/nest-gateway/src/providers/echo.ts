/** Says the last user message back, exactly, at a pace and with the accidents that its parameters ask for. What tests use. */
import { setTimeout as after } from "node:timers/promises";
import { GenerationError, type GenerationEvent } from "edge-chat-gateway/nestjs";
import { z } from "zod";
import type { MessagePart } from "../question-parts.ts";
import { withReadFiles } from "../uploaded-files.ts";
import { echoChunks } from "./echo-text.ts";
import { paced, sleep } from "./pace.ts";
import { estimateTokens, lastQuestion, type Provider, type ProviderRequest } from "./provider.ts";

const delayMs = z.int().min(0).max(600_000);
const count = z.int().min(0).max(1_000_000);

export const echoParams = z.strictObject({
  /** Token events a second. */
  tokensPerSecond: z.number().min(0.1).max(100_000).default(100),
  /** As fast as it goes; `tokensPerSecond` does not count then. */
  burst: z.boolean().default(false),
  tokens: count.optional(),
  chunkSize: z.int().min(1).max(65_536).optional(),
  repeat: z.int().min(1).max(100_000).optional(),
  /** Before the response's headers. */
  startDelayMs: delayMs.default(0),
  /** Between `start` and the first content. */
  delayMs: delayMs.default(0),
  /** Said as one reasoning event a word, before the text. */
  reasoning: z.string().max(4_096).optional(),
  /** One tool step before the text: its call, then its result (or error). */
  tool: z
    .strictObject({
      toolName: z.string().min(1).max(64),
      input: z.json().default({}),
      result: z.json().optional(),
      error: z.string().max(1_024).optional(),
    })
    .optional(),
  /** `event: error` after this many tokens; 0 fails between `start` and any content. */
  failAfter: count.optional(),
  /** Fail with this HTTP status instead, before any event. */
  failStatus: z.int().min(400).max(599).optional(),
  /** Only the first this many attempts of a generation id fail. */
  failTimes: z.int().min(1).max(100).optional(),
  /** What the failure says. */
  failWith: z
    .strictObject({
      code: z.string().min(1).max(64).default("provider-failed"),
      message: z.string().max(1_024).default("The model failed."),
      retryable: z.boolean().default(true),
      retryAfterMs: delayMs.optional(),
    })
    .prefault({}),
  /** Silent for good after this many tokens. */
  stallAfter: count.optional(),
  finishReason: z.string().min(1).max(64).default("stop"),
});

export type EchoParams = z.infer<typeof echoParams>;

/** Attempts are counted for `failTimes` only, so for a test's few ids. */
const maxCountedIds = 1_000;
const longestTimerMs = 2 ** 31 - 1;

export class EchoProvider implements Provider<EchoParams> {
  readonly id = "echo";
  readonly name = "Echo";
  readonly models = [{ id: "echo-1", name: "Echo", description: "Says your message back. For tests." }] as const;
  readonly params = echoParams;
  readonly #attempts = new Map<string, number>();
  readonly #filesOrigin: string | undefined;

  /** @param filesOrigin where the gateway is, whose uploaded files it reads; undefined for one on this machine. */
  constructor(filesOrigin?: string) {
    this.#filesOrigin = filesOrigin;
  }

  async *generate(request: ProviderRequest<EchoParams>, signal: AbortSignal): AsyncGenerator<GenerationEvent> {
    const params = this.#fails(request)
      ? request.params
      : { ...request.params, failAfter: undefined, failStatus: undefined };
    const asked = request.messages.findLast(({ role }) => role === "user");
    const read = asked?.parts && (await withReadFiles<MessagePart>(asked.parts, this.#filesOrigin, signal));
    const prompt = lastQuestion(request.messages, read);
    const { code, message, retryable, retryAfterMs } = params.failWith;
    const failure = { code, message, retryable, ...(retryAfterMs !== undefined && { retryAfterMs }) };

    await sleep(params.startDelayMs, signal);
    if (params.failStatus !== undefined)
      throw new GenerationError(code, message, { ...failure, status: params.failStatus });
    yield { type: "start", model: request.model };

    await sleep(params.delayMs, signal);
    for (const text of params.reasoning?.match(/\S+\s*|\s+/g) ?? []) yield { type: "reasoning", data: text };
    if (params.tool !== undefined) yield* toolStep(params.tool);

    const perSecond = params.burst ? Number.POSITIVE_INFINITY : params.tokensPerSecond;
    let outputTokens = 0;
    for await (const text of paced(echoChunks(params, prompt), perSecond, signal)) {
      outputTokens += 1;
      yield { type: "delta", data: text };
    }
    if (params.failAfter === outputTokens) {
      yield { type: "error", ...failure };
      return;
    }
    if (params.stallAfter === outputTokens) await after(longestTimerMs, undefined, { signal });
    const inputTokens = request.messages.reduce((sum, { content }) => sum + estimateTokens(content), 0);
    yield { type: "usage", inputTokens, outputTokens };
    yield { type: "complete", finishReason: params.finishReason, usage: { inputTokens, outputTokens } };
  }

  #fails({ generationId, params }: ProviderRequest<EchoParams>): boolean {
    if (params.failTimes === undefined) return true;
    const attempt = (this.#attempts.get(generationId) ?? 0) + 1;
    this.#attempts.set(generationId, attempt);
    for (const oldest of this.#attempts.keys()) {
      if (this.#attempts.size <= maxCountedIds) break;
      this.#attempts.delete(oldest);
    }
    return attempt <= params.failTimes;
  }
}

function* toolStep({ toolName, input, result, error }: NonNullable<EchoParams["tool"]>): Generator<GenerationEvent> {
  const step = { id: "call-1", name: toolName } as const;
  yield { type: "tool_call", ...step, args: input };
  if (error === undefined) yield { type: "tool_result", ...step, result: result ?? null };
  else yield { type: "tool_result", ...step, error };
}
