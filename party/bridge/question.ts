/**
 * Parses a request to the bridge: `GET ?q=&provider=&model=` for an `EventSource` or curl, or `POST` with JSON. A GET may leave
 * everything out, and then says hello. Everything is bounded and checked here, before the backend is called; a problem says what
 * to send instead.
 */

import * as z from "zod/mini";
import { jsonOr } from "../../shared/parse-json.ts";
import { type ChatMessage, messageSchema, turnSubmitFrame } from "../../shared/protocol/client-frames.ts";
import type { ErrorCode } from "../../shared/protocol/errors.ts";
import { fail, ok, type Result } from "../../shared/result.ts";
import { mayBeIllFormed, wellFormed } from "../../shared/text.ts";
import { readBounded } from "../platform/read-bounded.ts";
import { type Position, parsePosition } from "./resume-position.ts";

/** Of `?q=`, in UTF-16 units: what the reference backend takes, and a URL may be 16 KB. */
const maxQueryUnits = 8_192;
/** Of a POST: a conversation of a mebibyte is more than any model reads. */
const maxBodyBytes = 1_048_576;
const maxMessages = 1_000;
/** What a GET says that asks nothing: enough to see a stream. */
const presetPrompt = "hello";

export interface Question {
  readonly messages: readonly ChatMessage[];
  readonly provider?: string;
  readonly model?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  /** Where the reader stood when it lost its connection. */
  readonly position?: Position;
}

export interface QuestionProblem {
  readonly code: ErrorCode;
  readonly detail: string;
}

// As in a submit of a room: the same names mean the same, with the same bounds.
const { provider, model, params } = turnSubmitFrame.shape;
const content = z.string().check(z.refine((text) => text.trim() !== "", "must not be empty"));
const prompted = z.strictObject({ prompt: content, provider, model, params });
const conversation = z.strictObject({
  messages: z.array(messageSchema).check(
    z.maxLength(maxMessages),
    z.refine((messages) => messages.some(({ role }) => role === "user"), "must hold something of the user's"),
  ),
  provider,
  model,
  params,
});
const bodySchema = z.union([prompted, conversation]);
const querySchema = z.object({ provider, model });

/** Reads the body at most once, and not beyond its bound. */
export async function readQuestion(request: Request): Promise<Result<Question, QuestionProblem>> {
  const asked = request.method === "POST" ? await fromBody(request) : fromQuery(new URL(request.url).searchParams);
  if (!asked.ok) return asked;
  const lastEventId = request.headers.get("last-event-id");
  if (lastEventId === null || lastEventId === "") return asked;
  return ok({ ...asked.value, position: parsePosition(lastEventId) });
}

function fromQuery(query: URLSearchParams): Result<Question, QuestionProblem> {
  const prompt = query.get("q") ?? presetPrompt;
  if (prompt.trim() === "") return refuse("Say what to ask, for example /chat?q=hello.");
  if (prompt.length > maxQueryUnits) {
    return refuse(`q is at most ${maxQueryUnits} characters. POST a longer one as JSON: {"prompt": "…"}.`);
  }
  const named = ["provider", "model"].flatMap((name) => {
    const value = query.get(name);
    return value === null ? [] : [[name, value]];
  });
  const parsed = querySchema.safeParse(Object.fromEntries(named));
  if (!parsed.success) return refuse(`${parsed.error.issues[0]?.path.join(".")} is a name, or left out.`);
  return ok({ messages: [{ role: "user", content: prompt }], ...parsed.data });
}

async function fromBody(request: Request): Promise<Result<Question, QuestionProblem>> {
  const text = await readBounded(request, maxBodyBytes);
  if (text === undefined) {
    return fail({
      code: "frame-too-large",
      detail: `A body is at most ${maxBodyBytes} bytes. Leave out old messages.`,
    });
  }
  const body = jsonOr(text, maxBodyBytes);
  const parsed = bodySchema.safeParse(mayBeIllFormed(text) ? wellFormed(body) : body);
  if (!parsed.success) {
    return refuse(
      'Send JSON: {"prompt": "…"} or {"messages": [{"role": "user", "content": "…"}]}, with "provider", "model" and "params" if you like.',
    );
  }
  const { data } = parsed;
  if ("messages" in data) return ok(data);
  const { prompt, ...rest } = data;
  return ok({ messages: [{ role: "user", content: prompt }], ...rest });
}

function refuse(detail: string): Result<never, QuestionProblem> {
  return fail({ code: "bad-request", detail });
}
