/**
 * Any OpenAI-compatible endpoint: streaming chat completions in, generation events out. The key stays here; nothing of the
 * service's own error text is passed on, because such texts quote keys, organisations and prompts.
 */

import { GenerationError, type GenerationEvent, type Usage } from "edge-chat-gateway/nestjs";
import { createParser, type EventSourceMessage } from "eventsource-parser";
import { z } from "zod";
import { openAiContent } from "../question-parts.ts";
import type { Provider, ProviderModel, ProviderRequest } from "./provider.ts";

export interface OpenAiOptions {
  /** With the version: `https://api.openai.com/v1`. */
  baseUrl: string;
  apiKey?: string | undefined;
  /** Model ids; the first is the default. */
  models: readonly [string, ...string[]];
}

const openAiParams = z.strictObject({
  temperature: z.number().min(0).max(2).optional(),
  top_p: z.number().min(0).max(1).optional(),
  max_tokens: z.int().min(1).optional(),
  max_completion_tokens: z.int().min(1).optional(),
  presence_penalty: z.number().min(-2).max(2).optional(),
  frequency_penalty: z.number().min(-2).max(2).optional(),
  reasoning_effort: z.enum(["minimal", "low", "medium", "high"]).optional(),
  seed: z.int().optional(),
  stop: z.union([z.string(), z.array(z.string()).max(4)]).optional(),
});

type OpenAiParams = z.infer<typeof openAiParams>;

/** What is used of a chunk. Loose: services add fields, and leave out what they have nothing for. */
const chunkSchema = z.object({
  model: z.string().nullish(),
  choices: z
    .array(
      z.object({
        delta: z
          .object({
            content: z.string().nullish(),
            reasoning_content: z.string().nullish(),
            reasoning: z.string().nullish(),
            tool_calls: z
              .array(
                z.object({
                  index: z.int().min(0).nullish(),
                  id: z.string().nullish(),
                  function: z.object({ name: z.string().nullish(), arguments: z.string().nullish() }).nullish(),
                }),
              )
              .nullish(),
          })
          .nullish(),
        finish_reason: z.string().nullish(),
      }),
    )
    .nullish(),
  usage: z.object({ prompt_tokens: z.int(), completion_tokens: z.int() }).nullish(),
  error: z.unknown().optional(),
});

type Chunk = z.infer<typeof chunkSchema>;

interface ToolCall {
  id: string;
  name: string;
  arguments: string;
}

export class OpenAiProvider implements Provider<OpenAiParams> {
  readonly id = "openai";
  readonly name = "OpenAI-compatible";
  readonly models: readonly [ProviderModel, ...ProviderModel[]];
  readonly params = openAiParams;
  readonly #options: OpenAiOptions;

  constructor(options: OpenAiOptions) {
    this.#options = options;
    const [first, ...rest] = options.models;
    const named = (id: string): ProviderModel => ({ id, name: id });
    this.models = [named(first), ...rest.map(named)];
  }

  async *generate(request: ProviderRequest<OpenAiParams>, signal: AbortSignal): AsyncGenerator<GenerationEvent> {
    const body = await this.#post(request, signal);
    // Not from the first chunk: some services send it with the first token only, and the caller waits for this event.
    yield { type: "start", model: request.model };

    const toolCalls = new Map<number, ToolCall>();
    let usage: Usage | undefined;
    let finishReason: string | undefined;
    for await (const chunk of chunks(body)) {
      if (chunk.error !== undefined && chunk.error !== null) throw unavailable("The model service failed.", 502);
      if (chunk.usage) usage = { inputTokens: chunk.usage.prompt_tokens, outputTokens: chunk.usage.completion_tokens };
      const choice = chunk.choices?.[0];
      const reasoning = choice?.delta?.reasoning_content ?? choice?.delta?.reasoning;
      if (reasoning) yield { type: "reasoning", data: reasoning };
      if (choice?.delta?.content) yield { type: "delta", data: choice.delta.content };
      collectToolCalls(toolCalls, choice?.delta?.tool_calls ?? []);
      finishReason = choice?.finish_reason ?? finishReason;
    }
    signal.throwIfAborted();
    if (finishReason === undefined) throw unavailable("The model service ended its answer early.", 502);

    for (const { id, name, arguments: text } of toolCalls.values()) {
      yield { type: "tool_call", id, name, args: parseArguments(text) };
    }
    if (usage) yield { type: "usage", ...usage };
    yield { type: "complete", finishReason, ...(usage && { usage }) };
  }

  async #post(request: ProviderRequest<OpenAiParams>, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const { baseUrl, apiKey } = this.#options;
    const headers: Record<string, string> = { "content-type": "application/json", accept: "text/event-stream" };
    if (apiKey !== undefined) headers["authorization"] = `Bearer ${apiKey}`;
    const { model, messages, params } = request;
    const body = JSON.stringify({
      ...params,
      model,
      messages: messages.map(({ role, content, parts }) => ({
        role,
        content: role === "user" && parts !== undefined ? openAiContent(parts) : content,
      })),
      stream: true,
      stream_options: { include_usage: true },
    });
    let response: Response;
    try {
      response = await fetch(`${baseUrl.replace(/\/$/, "")}/chat/completions`, {
        method: "POST",
        headers,
        body,
        signal,
      });
    } catch {
      signal.throwIfAborted();
      // The cause names hosts and ports, and may quote a malformed header: it is not kept.
      throw unavailable("The model service cannot be reached.", 503);
    }
    if (response.ok && response.body !== null) return response.body;
    await response.body?.cancel();
    throw refusal(response);
  }
}

async function* chunks(body: ReadableStream<Uint8Array>): AsyncGenerator<Chunk> {
  const pending: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => pending.push(event) });
  const decoder = new TextDecoder();
  try {
    for await (const bytes of body) {
      parser.feed(decoder.decode(bytes, { stream: true }));
      for (const { data } of pending.splice(0)) {
        if (data.trim() === "[DONE]") return;
        yield parseChunk(data);
      }
    }
  } catch (error) {
    if (error instanceof GenerationError || (error instanceof Error && error.name === "AbortError")) throw error;
    throw unavailable("The connection to the model service broke.", 502);
  }
}

function parseChunk(data: string): Chunk {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    // Falls through to the schema, which refuses undefined: one error for both kinds of nonsense.
  }
  const parsed = chunkSchema.safeParse(value);
  if (!parsed.success) throw unavailable("The model service sent something that is not a chat completion.", 502);
  return parsed.data;
}

/** Arguments arrive in fragments; a reader is shown a call when it is whole. */
function collectToolCalls(
  calls: Map<number, ToolCall>,
  deltas: NonNullable<NonNullable<Chunk["choices"]>[0]["delta"]>["tool_calls"],
): void {
  for (const delta of deltas ?? []) {
    const index = delta.index ?? calls.size;
    const call = calls.get(index) ?? { id: `call-${index}`, name: "", arguments: "" };
    if (delta.id) call.id = delta.id;
    if (delta.function?.name) call.name += delta.function.name;
    if (delta.function?.arguments) call.arguments += delta.function.arguments;
    calls.set(index, call);
  }
}

function parseArguments(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A model may write arguments that are not JSON; its text is then the value.
    return text;
  }
}

function unavailable(message: string, status: number): GenerationError {
  return new GenerationError("provider-unavailable", message, { status, retryable: true });
}

/** The service's status, told apart by what a caller can do: wait, try again, ask differently, or tell the operator. */
function refusal(response: Response): GenerationError {
  const { status } = response;
  const retryAfterMs = parseRetryAfter(response.headers.get("retry-after"));
  const retry = { retryable: true, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  if (status === 429) {
    return new GenerationError("provider-rate-limited", "The model service is busy.", { status, ...retry });
  }
  if (status >= 500 || status === 408 || response.ok) {
    const answer = status === 503 || status === 504 ? status : 502;
    return new GenerationError("provider-unavailable", "The model service is unavailable.", {
      status: answer,
      ...retry,
    });
  }
  if (status === 400 || status === 413 || status === 422) {
    return new GenerationError("provider-rejected", "The model service does not accept this request.", { status: 422 });
  }
  // A wrong key, model or address: 424, because neither the caller nor a retry can mend it.
  return new GenerationError("provider-misconfigured", "The model service refuses this backend.", { status: 424 });
}

/** Seconds or a date (RFC 9110 §10.2.3). */
function parseRetryAfter(value: string | null): number | undefined {
  if (value === null) return undefined;
  if (/^\d+(\.\d+)?$/.test(value.trim())) return Math.min(Number(value) * 1000, 86_400_000);
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}
