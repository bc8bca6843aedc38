/**
 * The body of an AG-UI run (`RunAgentInput`, https://docs.ag-ui.com/sdk/js/core/types) as a question of a room: the thread is the
 * room, and the last message is the question. Lenient with what isn't read here.
 */
import * as z from "zod/mini";
import { jsonOr } from "../../../shared/parse-json.ts";
import type { ErrorCode } from "../../../shared/protocol/errors.ts";
import { fail, ok, type Result } from "../../../shared/result.ts";
import { mayBeIllFormed, wellFormed } from "../../../shared/text.ts";
import type { AskedUiMessage } from "../answers/ask-turn.ts";

/** As large as the body of `POST /api/chat`. */
export const maxRunBytes = 4 * 1024 * 1024;

const contentPart = z.looseObject({
  type: z.string(),
  text: z.optional(z.string()),
  source: z.optional(z.looseObject({ type: z.string(), value: z.string(), mimeType: z.optional(z.string()) })),
});
const messageSchema = z.looseObject({
  id: z.optional(z.string()),
  role: z.string(),
  content: z.nullish(z.union([z.string(), z.array(contentPart)])),
});
const runSchema = z.looseObject({
  threadId: z.string().check(z.minLength(1), z.maxLength(256)),
  runId: z.string().check(z.minLength(1), z.maxLength(256)),
  messages: z.array(messageSchema),
  forwardedProps: z.optional(z.unknown()),
});

export interface RunInput {
  readonly threadId: string;
  readonly runId: string;
  readonly messages: readonly AskedUiMessage[];
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface RunProblem {
  readonly code: ErrorCode;
  readonly detail: string;
}

export function parseRun(text: string): Result<RunInput, RunProblem> {
  const body = jsonOr(text, maxRunBytes);
  const parsed = runSchema.safeParse(mayBeIllFormed(text) ? wellFormed(body) : body);
  if (!parsed.success) {
    const where = parsed.error.issues[0]?.path.join(".") ?? "";
    const what = where === "" ? "The body" : where;
    return fail({
      code: "bad-request",
      detail: `${what} must be as in AG-UI's RunAgentInput: threadId, runId, messages.`,
    });
  }
  const { threadId, runId, messages, forwardedProps } = parsed.data;
  if (messages.at(-1)?.role !== "user") {
    const detail = "The last of the messages must be the user's question.";
    return fail({ code: "unsupported-content", detail });
  }
  const said = typeof forwardedProps === "object" && forwardedProps !== null ? forwardedProps : {};
  // A run without ids of its messages is told apart by its own.
  const asked = messages.flatMap((message, index) => uiMessageOf(message, `${runId}-${index}`));
  return ok({ threadId, runId, messages: asked, fields: said as Readonly<Record<string, unknown>> });
}

/** Of tool results, reasoning and activities of earlier runs nothing is passed on: the text of an answer is. */
function uiMessageOf({ id, role, content }: z.infer<typeof messageSchema>, name: string): AskedUiMessage[] {
  const known = role === "developer" ? "system" : role;
  if (known !== "user" && known !== "assistant" && known !== "system") return [];
  const parts = typeof content === "string" ? [{ type: "text", text: content }] : (content ?? []);
  return [{ id: id ?? name, role: known, parts: parts.map(uiPartOf) }];
}

/** Content of the current protocol (`source`); files of its earlier versions (`binary`) are refused with the question. */
function uiPartOf({ type, text = "", source }: z.infer<typeof contentPart>): AskedUiMessage["parts"][number] {
  if (type === "text") return { type, text };
  if (source === undefined || (source.type !== "url" && source.type !== "data")) return { type };
  const mediaType = source.mimeType ?? (type === "document" ? "application/octet-stream" : `${type}/*`);
  return {
    type: "file",
    mediaType,
    url: source.type === "url" ? source.value : `data:${mediaType};base64,${source.value}`,
  };
}
