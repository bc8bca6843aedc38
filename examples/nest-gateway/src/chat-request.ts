/** What may be asked, and how the two ways of asking (POST body, GET query) and their headers become one request. */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { type FieldError, RequestProblem } from "./problem.ts";
import type { Provider, ProviderRequest } from "./providers/provider.ts";
import { questionPart } from "./question-parts.ts";

export const limits = {
  /** A conversation of a mebibyte, with room for JSON's escapes and for files as data URLs. */
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
  .refine((params) => !isFlat(params) || JSON.stringify(params).length <= limits.maxParamsLength, "too large");

const chatBody = z.strictObject({
  generationId: generationId.optional(),
  room: z.string().min(1).max(512),
  provider: z.string().min(1).max(64).optional(),
  model: z.string().min(1).max(256).optional(),
  messages: z
    .array(
      z.discriminatedUnion("role", [
        z.strictObject({
          role: z.enum(["system", "user"]),
          content: z.string(),
          parts: z.array(questionPart).max(limits.maxParts).optional(),
        }),
        z.strictObject({
          role: z.literal("assistant"),
          content: z.string(),
          parts: z.array(z.looseObject({ type: z.string() })).optional(),
        }),
      ]),
    )
    .min(1)
    .max(limits.maxMessages)
    .refine((messages) => messages.some(({ role }) => role === "user"), "at least one message of the user"),
  answers: z
    .array(
      z.strictObject({
        type: z.enum(["tool-output", "tool-error", "approval"]),
        toolCallId: z.string(),
        toolName: z.string(),
        output: z.unknown().optional(),
        errorText: z.string().optional(),
        approvalId: z.string().optional(),
        approved: z.boolean().optional(),
        reason: z.string().optional(),
        by: z.string(),
        at: z.number(),
      }),
    )
    .optional(),
  params: chatParams.optional(),
});

/** For an `EventSource` or a look with curl; `params` is the same object as in a body, as JSON. */
const chatQuery = z.strictObject({
  prompt: z.string().min(1).max(limits.maxPromptLength),
  provider: z.string().min(1).max(64).optional(),
  model: z.string().min(1).max(256).optional(),
  params: z.string().max(limits.maxParamsLength).optional(),
});

export interface ChatHeaders {
  idempotencyKey?: string | undefined;
  lastEventId?: string | undefined;
}

export interface ChatRequest {
  generationId: string;
  lastEventId: number | undefined;
  /** What makes two requests the same one, whatever they are called. */
  identity: unknown;
  provider: Provider;
  request: ProviderRequest;
}

/** All of it is wrong or none: every complaint is listed, not only the first. */
export function parseChatBody(body: unknown, headers: ChatHeaders, providers: Providers): ChatRequest {
  const parsed = chatBody.safeParse(body ?? {});
  if (!parsed.success) throw invalid(fieldErrors(parsed.error, "#"));
  const { generationId: bodyId, ...asked } = parsed.data;
  const headerId = parseKey(headers.idempotencyKey);
  if (headerId !== undefined && bodyId !== undefined && headerId !== bodyId) {
    throw invalid([{ pointer: "#/generationId", detail: "differs from the Idempotency-Key header" }]);
  }
  const id = bodyId ?? headerId;
  if (id === undefined) {
    throw invalid([{ pointer: "#/generationId", detail: "missing, and there is no Idempotency-Key header" }]);
  }
  return providers.prepare(id, asked, parseLastEventId(headers.lastEventId));
}

export function parseChatQuery(query: unknown, headers: ChatHeaders, providers: Providers): ChatRequest {
  const parsed = chatQuery.safeParse(query);
  if (!parsed.success) {
    throw invalid(
      parsed.error.issues.map(({ path, message }) => ({
        parameter: path.length === 0 ? "(query)" : path.join("."),
        detail: message,
      })),
    );
  }
  const { prompt, params, ...asked } = parsed.data;
  const messages = [{ role: "user" as const, content: prompt }];
  const id = parseKey(headers.idempotencyKey) ?? randomUUID();
  const lastEventId = parseLastEventId(headers.lastEventId);
  return providers.prepare(
    id,
    { ...asked, messages, ...(params !== undefined && { params: parseParams(params) }) },
    lastEventId,
  );
}

export function parseGenerationId(value: string): string {
  const parsed = generationId.safeParse(value);
  if (!parsed.success) throw invalid([{ parameter: "generationId", detail: "1 to 128 of A-Z a-z 0-9 _ -" }]);
  return parsed.data;
}

interface Asked {
  room?: string;
  provider?: string | undefined;
  model?: string | undefined;
  messages: ProviderRequest["messages"];
  answers?: ProviderRequest["answers"];
  params?: unknown;
}

/** The providers of this process, by id. */
export class Providers {
  readonly all: readonly Provider[];
  readonly #defaultId: string;

  constructor(all: readonly Provider[], defaultId: string) {
    this.all = all;
    this.#defaultId = defaultId;
    if (!all.some(({ id }) => id === defaultId))
      throw new RangeError(`the default provider ${defaultId} is not among the providers`);
  }

  prepare(generationId: string, asked: Asked, lastEventId: number | undefined): ChatRequest {
    const providerId = asked.provider ?? this.#defaultId;
    const provider = this.all.find(({ id }) => id === providerId);
    if (provider === undefined) {
      const names = this.all.map(({ id }) => id).join(", ");
      throw new RequestProblem(400, "provider-unknown", "There is no such provider here.", [
        { pointer: "#/provider", detail: `one of: ${names}` },
      ]);
    }
    const model = asked.model ?? provider.models[0].id;
    if (!provider.models.some(({ id }) => id === model)) {
      const names = provider.models.map(({ id }) => id).join(", ");
      throw new RequestProblem(400, "model-unknown", "The provider has no such model.", [
        { pointer: "#/model", detail: `one of: ${names}` },
      ]);
    }
    const params = provider.params.safeParse(asked.params ?? {});
    if (!params.success) throw invalid(fieldErrors(params.error, "#/params"));
    const { messages, answers } = asked;
    return {
      generationId,
      lastEventId,
      identity: asked,
      provider,
      request: { generationId, model, messages, answers, params: params.data },
    };
  }
}

function parseKey(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const parsed = generationId.safeParse(value);
  if (!parsed.success) throw invalid([{ header: "Idempotency-Key", detail: "1 to 128 of A-Z a-z 0-9 _ -" }]);
  return parsed.data;
}

/** An empty one is what a reader sends that has seen nothing. */
function parseLastEventId(value: string | undefined): number | undefined {
  if (value === undefined || value === "") return undefined;
  if (!/^\d{1,15}$/.test(value)) throw invalid([{ header: "Last-Event-ID", detail: "not an id of this service" }]);
  return Number(value);
}

function parseParams(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid([{ parameter: "params", detail: "not JSON" }]);
  }
  const parsed = chatParams.safeParse(value);
  if (!parsed.success) throw invalid(fieldErrors(parsed.error, "#/params"));
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

const invalid = (errors: FieldError[]): RequestProblem =>
  new RequestProblem(400, "invalid-request", "The request does not have the expected form.", errors);

/** RFC 6901 pointers, as in RFC 9457's example. At most a screenful: a body of a thousand mistakes is one mistake. */
function fieldErrors(error: z.ZodError, root: string): FieldError[] {
  return error.issues.slice(0, 20).map(({ path, message }) => ({
    pointer: [root, ...path.map((key) => String(key).replace(/~/g, "~0").replace(/\//g, "~1"))].join("/"),
    detail: message,
  }));
}
