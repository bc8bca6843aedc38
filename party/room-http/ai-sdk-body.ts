/**
 * The body that the AI SDK's default transport posts, `{id, messages, trigger, messageId, …}`, and what a room makes of it.
 * Lenient with what is not read here: each version adds fields.
 */

import * as z from "zod/mini";
import { jsonOr } from "../../shared/parse-json.ts";
import {
  type ContextMessage,
  contextMessageSchema,
  type TurnSubmitFrame,
  turnSubmitFrame,
} from "../../shared/protocol/client-frames.ts";
import { parseClientFrame } from "../../shared/protocol/codec.ts";
import type { ErrorCode } from "../../shared/protocol/errors.ts";
import { maxDataUrlBytes, maxOpenCalls, maxSubmitBytes } from "../../shared/protocol/limits.ts";
import { dataUrlBytes, type QuestionPart } from "../../shared/protocol/question.ts";
import { fail, ok, type Result } from "../../shared/result.ts";
import { mayBeIllFormed, utf8Length, wellFormed } from "../../shared/text.ts";
import { askedBy, turnIdAgain, turnIdOf } from "../../shared/ui-messages.ts";
import { readBounded } from "../platform/read-bounded.ts";
import { traced } from "./submit-body.ts";

/** The messages that the backend is asked with, as JSON: more than any model reads, and four questions with files of full size. */
const maxTextBytes = 1024 * 1024;
const maxContextBytes = maxTextBytes + 4 * maxDataUrlBytes;
/** All of it: what pages keep of tools, reasoning and data comes along, and is passed on where it fits. */
const maxBodyBytes = 2 * maxContextBytes;

/** Of what goes on into the room. */
const maxRequestBytes = maxContextBytes + 2 * maxSubmitBytes;

const postSchema = z.looseObject({
  id: z.string(),
  messages: z.array(
    z.looseObject({
      id: z.string(),
      role: z.string(),
      parts: z.array(z.looseObject({ type: z.string(), text: z.optional(z.unknown()) })),
    }),
  ),
  trigger: z.optional(z.string()),
  messageId: z.nullish(z.string()),
});

/** What a room is told of such a request. Parsed on both sides: during a deploy they may be of two versions. */
const chatRequestSchema = z.object({
  frame: turnSubmitFrame,
  context: z.array(contextMessageSchema),
  /** Present where the answer is asked for again, or another question put in a question's place. */
  again: z.exactOptional(
    z.object({
      /** The page's id of the question. */
      question: z.string(),
      /** Of the message that the page named: an answer's is its turn's id. */
      messageId: z.exactOptional(z.string()),
    }),
  ),
});

export interface ChatRequest {
  readonly frame: TurnSubmitFrame;
  readonly context: readonly ContextMessage[];
  readonly again?: { readonly question: string; readonly messageId?: string };
}

/** In the room: what the Worker made. Undefined for what one of another version did. */
export async function readChatRequest(request: Request): Promise<ChatRequest | undefined> {
  const text = await readBounded(request, maxRequestBytes);
  const parsed = chatRequestSchema.safeParse(text === undefined ? undefined : jsonOr(text, maxRequestBytes));
  return parsed.success ? parsed.data : undefined;
}

export interface ChatPost {
  readonly room: string;
  readonly request: ChatRequest;
}

export interface PostProblem {
  readonly code: ErrorCode;
  /** A sentence for people: `useChat` shows it. */
  readonly detail: string;
}

/**
 * Makes the turn's id, before anything is routed: of the question's id and words, so that the same request sent again
 * starts nothing (T1).
 * @param newId for an answer that is asked for again, which is to be another one each time.
 */
export async function readChatPost(request: Request, newId: () => string): Promise<Result<ChatPost, PostProblem>> {
  const text = await readBounded(request, maxBodyBytes);
  if (text === undefined) return tooLarge();
  const body = jsonOr(text, maxBodyBytes);
  const parsed = postSchema.safeParse(mayBeIllFormed(text) ? wellFormed(body) : body);
  if (!parsed.success) {
    return fail({
      code: "bad-request",
      detail: "The request is not one of the AI SDK's useChat: JSON with an id and messages that have parts.",
    });
  }
  const { id, messages, trigger, messageId, ...rest } = parsed.data;
  const asked = askedBy(messages);
  if (!asked.ok) return fail({ code: asked.error, detail: asked.detail });
  const { message, input, answers } = asked;
  // Large results of tools don't end a conversation: without room for them, the answers go as text.
  const context = [asked.messages, asked.messages.map(asText)].find(isWithinBounds);
  if (context === undefined) return tooLarge();
  const isRegenerate = trigger === "regenerate-message";
  const ask =
    input === undefined
      ? // The room knows which of them are asked for, and makes the turn's id of those.
        { turnId: newId(), input: { answers: answers.slice(-maxOpenCalls) }, continues: message.id }
      : { turnId: isRegenerate ? turnIdAgain(message.id, newId()) : turnIdOf(message.id, input), input };
  const frame = parseClientFrame(JSON.stringify({ type: "turn-submit", ...ask, ...asksFor(traced(rest, request)) }));
  if (!frame.ok && frame.error.code !== "bad-frame") return fail(frame.error);
  if (!frame.ok || frame.value.type !== "turn-submit") {
    const detail = frame.ok ? "" : frame.error.detail;
    return fail({ code: "bad-request", detail: `The request asks for something a turn cannot have: ${detail}.` });
  }
  // An edit names the message that it replaces, which is the question itself.
  const isAgain = input !== undefined && (isRegenerate || (messageId !== undefined && messageId !== null));
  const again = { question: message.id, ...(typeof messageId === "string" ? { messageId } : {}) };
  return ok({ room: id, request: { frame: frame.value, context, ...(isAgain ? { again } : {}) } });
}

function isWithinBounds(context: readonly ContextMessage[]): boolean {
  const bytes = utf8Length(JSON.stringify(context));
  const fileBytes = dataUrlBytes({ parts: context.flatMap(({ parts = [] }) => parts) as QuestionPart[] });
  return bytes <= maxContextBytes && bytes - fileBytes <= maxTextBytes;
}

function asText(message: ContextMessage): ContextMessage {
  if (message.role !== "assistant") return message;
  const { parts: _, ...text } = message;
  return text;
}

/** What `useChat` was told to send along (`body`) that a turn knows. */
function asksFor(rest: object): object {
  const said = rest as Readonly<Record<string, unknown>>;
  const known = ["provider", "model", "params", "metadata", "onLeave"] as const;
  return Object.fromEntries(known.flatMap((name) => (said[name] === undefined ? [] : [[name, said[name]]])));
}

function tooLarge(): Result<never, PostProblem> {
  return fail({
    code: "frame-too-large",
    detail: "The conversation is too long to be sent along. Start a new one, or send less of it.",
  });
}
