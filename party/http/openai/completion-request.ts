/**
 * The body of `POST /v1/chat/completions` (https://platform.openai.com/docs/api-reference/chat/create) as a question of a room.
 * Lenient with fields that it doesn't know: they go to the backend as `params`.
 */
import * as z from "zod/mini";
import { defined } from "../../../shared/defined.ts";
import { jsonOr } from "../../../shared/parse-json.ts";
import type { ErrorCode } from "../../../shared/protocol/errors.ts";
import { maxParamsBytes, roomNamePattern } from "../../../shared/protocol/limits.ts";
import { fail, ok, type Result } from "../../../shared/result.ts";
import { mayBeIllFormed, utf8Length, wellFormed } from "../../../shared/text.ts";
import type { AskedUiMessage } from "../answers/ask-turn.ts";

/** As large as the body of `POST /api/chat`. */
export const maxCompletionBytes = 4 * 1024 * 1024;

const partSchema = z.union([
  z.looseObject({ type: z.literal("text"), text: z.string() }),
  z.looseObject({ type: z.literal("refusal"), refusal: z.string() }),
  z.looseObject({ type: z.literal("image_url"), image_url: z.looseObject({ url: z.string() }) }),
  z.looseObject({ type: z.string().check(z.regex(/^(?!text$|refusal$|image_url$)/)) }),
]);
const messageSchema = z.looseObject({
  role: z.enum(["system", "developer", "user", "assistant", "tool", "function"]),
  content: z.nullish(z.union([z.string(), z.array(partSchema)])),
});
const bodySchema = z.looseObject({
  model: z.optional(z.string()),
  messages: z.array(messageSchema).check(z.minLength(1)),
  stream: z.nullish(z.boolean()),
  stream_options: z.nullish(z.looseObject({ include_usage: z.nullish(z.boolean()) })),
  n: z.nullish(z.number()),
  metadata: z.nullish(z.record(z.string(), z.unknown())),
});

/** The model of `GET /v1/models` that leaves the choice to the backend. */
export const backendsModel = "default";

export interface CompletionRequest {
  /** Undefined where the body names none. */
  readonly room: string | undefined;
  readonly model: string;
  readonly isStreamed: boolean;
  readonly includesUsage: boolean;
  readonly messages: readonly AskedUiMessage[];
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface RequestProblem {
  readonly code: ErrorCode;
  readonly detail: string;
  /** The field at fault. */
  readonly param?: string;
}

/** @param questionId names the question: the same id and words are the same turn (T1). */
export function parseCompletion(text: string, questionId: string): Result<CompletionRequest, RequestProblem> {
  const body = jsonOr(text, maxCompletionBytes);
  const parsed = bodySchema.safeParse(mayBeIllFormed(text) ? wellFormed(body) : body);
  if (!parsed.success) {
    const param = parsed.error.issues[0]?.path.join(".") ?? "";
    const detail =
      param === "" ? "The body must be a JSON object with messages." : `${param} is missing or not what it must be.`;
    return fail({ code: "bad-request", detail, ...(param === "" ? {} : { param }) });
  }
  const { model = backendsModel, messages, stream, stream_options, n, metadata, ...rest } = parsed.data;
  if ((n ?? 1) !== 1) return fail({ code: "bad-request", detail: "n must be 1: a turn has one answer.", param: "n" });
  const { room, provider, ...said } = metadata ?? {};
  if (room !== undefined && (typeof room !== "string" || !roomNamePattern.test(room))) {
    return fail({ code: "bad-room-name", detail: "metadata.room isn't a room's name.", param: "metadata.room" });
  }
  const last = messages.at(-1);
  if (last?.role !== "user") {
    const detail =
      last?.role === "tool" || last?.role === "function"
        ? "A tool's result can't be sent here. Send a question, or use the AI SDK's routes, which take results."
        : "The last of the messages must be the user's question.";
    return fail({ code: "unsupported-content", detail, param: "messages" });
  }
  const { user: _user, store: _store, ...params } = rest;
  if (utf8Length(JSON.stringify(params)) > maxParamsBytes) {
    const detail = `The fields beside messages must be at most ${maxParamsBytes} bytes as JSON together.`;
    return fail({ code: "bad-request", detail, param: Object.keys(params)[0] ?? "" });
  }
  return ok({
    room,
    model,
    isStreamed: stream === true,
    includesUsage: stream_options?.include_usage === true,
    messages: messages.flatMap((message, index) => uiMessageOf(message, `${questionId}-${index}`)),
    fields: defined({
      model: model === backendsModel ? undefined : model,
      provider: typeof provider === "string" ? provider : undefined,
      params: Object.keys(params).length === 0 ? undefined : params,
      metadata: Object.keys(said).length === 0 ? undefined : said,
    }),
  });
}

/** Of earlier tool calls and results nothing is passed on, as over the AI SDK's routes: the text of an answer is. */
function uiMessageOf({ role, content }: z.infer<typeof messageSchema>, id: string): AskedUiMessage[] {
  if (role === "tool" || role === "function") return [];
  const parts = typeof content === "string" ? [{ type: "text" as const, text: content }] : (content ?? []);
  return [{ id, role: role === "developer" ? "system" : role, parts: parts.map(uiPartOf) }];
}

function uiPartOf(part: z.infer<typeof partSchema>): AskedUiMessage["parts"][number] {
  if (part.type === "text") return { type: "text", text: part["text"] };
  if (part.type === "refusal") return { type: "text", text: part["refusal"] };
  if (part.type === "image_url") {
    const { url } = part["image_url"] as { readonly url: string };
    return { type: "file", mediaType: /^data:([\w.+-]+\/[\w.+-]+)[;,]/.exec(url)?.[1] ?? "image/*", url };
  }
  return { type: part.type };
}
