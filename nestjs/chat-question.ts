/**
 * What the gateway asks: the request of the backend contract, from its two forms (POST body, GET query) and its headers. Nothing
 * here knows models or providers.
 */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { headerOf, type PlatformRequest } from "./http.ts";
import { ChatProblem, type FieldError } from "./problem.ts";
import { questionPart } from "./question-parts.ts";

export const chatLimits = {
  /** A conversation of a mebibyte, with room for JSON's escapes and for files as data URLs. Give it to your body parser. */
  maxBodyBytes: 4 * 1024 * 1024,
  maxMessages: 1_000,
  /** Of one question; the gateway allows as many. */
  maxParts: 32,
  maxPromptLength: 8_192,
  /** Of `params`, as JSON; the gateway allows less. */
  maxParamsLength: 16_384,
} as const;

/** Deeper nesting has no use, and ends the stack of whatever walks it. */
const maxParamsDepth = 32;

const generationId = z.string().regex(/^[A-Za-z0-9_-]{1,128}$/, "1 to 128 of A-Z a-z 0-9 _ -");

const chatParams = z
  .record(z.string(), z.unknown())
  .refine(isFlat, `nested deeper than ${maxParamsDepth}`)
  .refine((params) => !isFlat(params) || JSON.stringify(params).length <= chatLimits.maxParamsLength, "too large");

const chatMessage = z.discriminatedUnion("role", [
  z.object({
    role: z.enum(["system", "user"]),
    /** The text alone. */
    content: z.string(),
    /** Of a question with files or data: all of it, the text too. */
    parts: z.array(questionPart).max(chatLimits.maxParts).optional(),
  }),
  z.object({
    role: z.literal("assistant"),
    content: z.string(),
    /** Of an answer with tools, files or more: all of it, in the shape of the AI SDK's message parts. */
    parts: z.array(z.looseObject({ type: z.string() })).optional(),
  }),
]);
export type ChatMessage = z.infer<typeof chatMessage>;

const callAnswer = z.object({
  type: z.enum(["tool-output", "tool-error", "approval"]),
  toolCallId: z.string(),
  toolName: z.string(),
  output: z.unknown().optional(),
  errorText: z.string().optional(),
  approvalId: z.string().optional(),
  approved: z.boolean().optional(),
  reason: z.string().optional(),
  /** Who answered, and when (ms since 1970). */
  by: z.string(),
  at: z.number(),
});
/** An output of a tool that a client ran, or a person's decision about a call. */
export type CallAnswer = z.infer<typeof callAnswer>;

/** Fields that aren't listed are ignored: a newer gateway may send more. */
const chatBody = z.object({
  generationId: generationId.optional(),
  room: z.string().min(1).max(512),
  provider: z.string().min(1).max(64).optional(),
  model: z.string().min(1).max(256).optional(),
  messages: z
    .array(chatMessage)
    .min(1)
    .max(chatLimits.maxMessages)
    .refine((messages) => messages.some(({ role }) => role === "user"), "at least one message of the user"),
  answers: z.array(callAnswer).optional(),
  params: chatParams.optional(),
});

/** For an `EventSource` or a look with curl; `params` is the same object as in a body, as JSON. */
const chatQuery = z.strictObject({
  prompt: z.string().min(1).max(chatLimits.maxPromptLength),
  provider: z.string().min(1).max(64).optional(),
  model: z.string().min(1).max(256).optional(),
  params: z.string().max(chatLimits.maxParamsLength).optional(),
});

export interface ChatQuestion {
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

/**
 * The question of a `POST` (body) or `GET` (query) of the contract. All of it is wrong or none: every complaint is listed.
 *
 * @throws ChatProblem 400 `invalid-request`, 405 `method-not-allowed` for a HEAD
 */
export function parseQuestion(request: PlatformRequest): ChatQuestion {
  return request.method === "POST" ? parseBody(request) : parseQuery(request);
}

function parseBody(request: PlatformRequest): ChatQuestion {
  const parsed = chatBody.safeParse(request.body ?? {});
  if (!parsed.success) throw invalidRequest(fieldErrors(parsed.error, "#"));
  const { generationId: bodyId, ...asked } = parsed.data;
  const headerId = parseKey(headerOf(request, "idempotency-key"));
  if (headerId !== undefined && bodyId !== undefined && headerId !== bodyId) {
    throw invalidRequest([{ pointer: "#/generationId", detail: "differs from the Idempotency-Key header" }]);
  }
  const id = bodyId ?? headerId;
  if (id === undefined) {
    throw invalidRequest([{ pointer: "#/generationId", detail: "missing, and there is no Idempotency-Key header" }]);
  }
  const prompt = asked.messages.findLast(({ role }) => role === "user")?.content ?? "";
  return { generationId: id, prompt, ...asked };
}

function parseQuery(request: PlatformRequest): ChatQuestion {
  const parsed = chatQuery.safeParse({ ...(request.query as object) });
  if (!parsed.success) {
    throw invalidRequest(
      parsed.error.issues.map(({ path, message }) => ({
        parameter: path.length === 0 ? "(query)" : path.join("."),
        detail: message,
      })),
    );
  }
  const { prompt, params, ...asked } = parsed.data;
  return {
    generationId: parseKey(headerOf(request, "idempotency-key")) ?? randomUUID(),
    prompt,
    messages: [{ role: "user", content: prompt }],
    ...asked,
    ...(params !== undefined && { params: parseParams(params) }),
  };
}

export function parseGenerationId(value: string): string {
  const parsed = generationId.safeParse(value);
  if (!parsed.success) throw invalidRequest([{ parameter: "generationId", detail: "1 to 128 of A-Z a-z 0-9 _ -" }]);
  return parsed.data;
}

/** @throws ChatProblem 400 for an `Idempotency-Key` that can't be one */
export function parseKey(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const parsed = generationId.safeParse(value);
  if (!parsed.success) throw invalidRequest([{ header: "Idempotency-Key", detail: "1 to 128 of A-Z a-z 0-9 _ -" }]);
  return parsed.data;
}

/** An empty one is what a reader sends that has seen nothing. @throws ChatProblem 400 for one that was never given out */
export function parseLastEventId(value: string | undefined): number | undefined {
  if (value === undefined || value === "") return undefined;
  if (!/^\d{1,15}$/.test(value))
    throw invalidRequest([{ header: "Last-Event-ID", detail: "not an id of this service" }]);
  return Number(value);
}

function parseParams(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalidRequest([{ parameter: "params", detail: "not JSON" }]);
  }
  const parsed = chatParams.safeParse(value);
  if (!parsed.success) throw invalidRequest(fieldErrors(parsed.error, "#/params"));
  return parsed.data;
}

/** Without recursion: it guards the code that recurses. */
function isFlat(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxParamsDepth) return false;
    level = level.flatMap((item) => (item !== null && typeof item === "object" ? Object.values(item) : []));
  }
  return true;
}

/** A refusal (400) that lists what is wrong. */
export const invalidRequest = (errors: FieldError[]): ChatProblem =>
  new ChatProblem(400, "invalid-request", "The request does not have the expected form.", errors);

/** RFC 6901 pointers, as in RFC 9457's example. At most a screenful: a body of a thousand mistakes is one mistake. */
export function fieldErrors(error: z.core.$ZodError, root: string): FieldError[] {
  return error.issues.slice(0, 20).map(({ path, message }) => ({
    pointer: [root, ...path.map((key) => String(key).replace(/~/g, "~0").replace(/\//g, "~1"))].join("/"),
    detail: message,
  }));
}
