/** What the application asks of a source of answers. A provider knows one model service and nothing of HTTP, keys or readers. */
import type { CallAnswer, ChatMessage, GenerationEvent } from "edge-chat-gateway/nestjs";
import type { z } from "zod";
import { describeParts, type MessagePart } from "../question-parts.ts";

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
  /** What was answered of the calls that the last message left open. */
  answers?: readonly CallAnswer[] | undefined;
  params: Params;
}

export interface Provider<Params = unknown> {
  readonly id: string;
  readonly name: string;
  /** The first is the default. */
  readonly models: readonly [ProviderModel, ...ProviderModel[]];
  /** Strict: a misspelt parameter is an error, not a default. */
  readonly params: z.ZodType<Params>;
  /**
   * Yields `start` once it is sure of an answer; before that it throws a GenerationError with the HTTP status to give.
   * Must end soon after `signal` aborts, by returning or throwing.
   */
  generate(request: ProviderRequest<Params>, signal: AbortSignal): AsyncIterable<GenerationEvent>;
}

export const lastUserText = (messages: readonly ChatMessage[]): string =>
  messages.findLast((message) => message.role === "user")?.content ?? "";

/** The same, with a line for each file and each piece of data. @param parts in place of the question's own. */
export function lastQuestion(messages: readonly ChatMessage[], parts?: readonly MessagePart[]): string {
  const question = messages.findLast((message) => message.role === "user");
  return [question?.content ?? "", ...describeParts(parts ?? question?.parts)].filter((line) => line !== "").join("\n");
}

/** A rough count for providers that are not told one: about four Latin letters, or one Chinese character, to a token. */
export function estimateTokens(text: string): number {
  const wide = text.match(/[\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef]/g)?.length ?? 0;
  return wide + Math.ceil((text.length - wide) / 4);
}
