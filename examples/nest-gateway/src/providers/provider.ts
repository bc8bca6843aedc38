/** What the application asks of a source of answers. A provider knows one model service and nothing of HTTP, keys or readers. */
import type { z } from "zod";
import type { GenerationEvent } from "../resumable/index.ts";

export interface ChatMessage {
  role: "system" | "user" | "assistant";
  content: string;
}

export interface ProviderModel {
  id: string;
  name: string;
  description?: string;
}

export interface ProviderRequest<Params = unknown> {
  generationId: string;
  /** One of `models`. */
  model: string;
  messages: readonly ChatMessage[];
  params: Params;
}

export interface Provider<Params = unknown> {
  readonly id: string;
  readonly name: string;
  /** The first is the default. */
  readonly models: readonly [ProviderModel, ...ProviderModel[]];
  /** Strict: a misspelt parameter is an error, not a default. */
  readonly params: z.ZodType<Params>;
  /** Sent with each answer, beside those of the contract. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Yields `start` once it is sure of an answer; before that it throws a GenerationError with the HTTP status to give.
   * Must end soon after `signal` aborts, by returning or throwing.
   */
  generate(request: ProviderRequest<Params>, signal: AbortSignal): AsyncIterable<GenerationEvent>;
}

export const lastUserText = (messages: readonly ChatMessage[]): string =>
  messages.findLast((message) => message.role === "user")?.content ?? "";

/** A rough count for providers that are not told one: about four Latin letters, or one Chinese character, to a token. */
export function estimateTokens(text: string): number {
  const wide = text.match(/[\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef]/g)?.length ?? 0;
  return wide + Math.ceil((text.length - wide) / 4);
}
