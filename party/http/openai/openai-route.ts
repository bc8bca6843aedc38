/**
 * OpenAI's chat completions over rooms, for clients that know nothing else: `POST /v1/chat/completions` asks, and
 * `GET /v1/chat/completions/:id` reads an answer again or from where its reader was. Each question is a turn of a room, with
 * everything that this means: other tabs see it, it is stored, limited and resumed.
 */

import { parseJson } from "../../../shared/parse-json.ts";
import { isErrorCode } from "../../../shared/protocol/errors.ts";
import { turnIdPattern } from "../../../shared/protocol/limits.ts";
import type { TurnView } from "../../../shared/transcript.ts";
import { bearerOf } from "../../auth/bearer.ts";
import type { GatewayConfig } from "../../config/settings.ts";
import { readBounded } from "../../platform/read-bounded.ts";
import { problem, refused, refuseMethod } from "../../responses/refusal-response.ts";
import { sseEvent, wantsStream } from "../../responses/sse.ts";
import { type AnswerFormat, PeekedNews, streamOf } from "../answers/answer-stream.ts";
import { askTurn, type OpenTurn, turnOf, unnamedRoom } from "../answers/ask-turn.ts";
import type { TurnNews } from "../answers/turn-reader.ts";
import { routeBackend } from "../backend-route.ts";
import type { Bindings } from "../request-context.ts";
import { refuseRoom } from "../room-name.ts";
import { gateOf } from "../room-route.ts";
import { backendsModel, maxCompletionBytes, parseCompletion } from "./completion-request.ts";
import { type CompletionFacts, CompletionWriter, isFailed, wholeCompletion } from "./completion-writer.ts";
import { type OpenAiProblem, openAiError, openAiRefusal } from "./openai-error.ts";

/** Names the room of a request, and of its answer. In a request it wins over `metadata.room`. */
const roomHeader = "x-gateway-room";
/** How long a stream's status waits for its first words: a failure before them is told by status, which clients retry by. */
const statusWaitMs = 10_000;
const idPrefix = "chatcmpl-";

/** `POST /v1/chat/completions`. */
export async function routeCompletions(request: Request, bindings: Bindings, config: GatewayConfig): Promise<Response> {
  const wrongMethod = refuseMethod(request, "POST");
  if (wrongMethod !== undefined) return wrongMethod;
  // Before the body is read: a stranger's is not parsed.
  const caller = await gateOf(bindings, config).identify(bearerOf(request));
  if (!caller.ok) return refused(caller.error);
  const text = await readBounded(request, maxCompletionBytes);
  if (text === undefined) {
    return openAiRefusal({ code: "frame-too-large", detail: `The body is at most ${maxCompletionBytes} bytes.` });
  }
  const key = request.headers.get("idempotency-key")?.slice(0, 256) ?? undefined;
  const parsed = parseCompletion(text, key ?? crypto.randomUUID());
  if (!parsed.ok) return openAiRefusal(parsed.error);
  const { model, messages, fields, isStreamed, includesUsage } = parsed.value;
  const named = request.headers.get(roomHeader) ?? parsed.value.room;
  const room = named ?? (await unnamedRoom(caller.value, config, key));
  const wrong = refuseRoom(room, config);
  if (wrong !== undefined) {
    const detail = named === undefined ? `Name the room in the header ${roomHeader}.` : undefined;
    return detail === undefined ? wrong : problem("room-forbidden", { detail });
  }
  const asked = await askTurn({ request, bindings, config }, { room, messages, fields });
  if (!asked.ok) return asked.error;
  const facts = { id: completionId(asked.value), model, created: Math.floor(Date.now() / 1_000) };
  return answer(asked.value, facts, { isStreamed, includesUsage, from: 0 });
}

/** `GET /v1/chat/completions/:id`: whole when it has ended, or from `Last-Event-ID` as a stream. */
export async function routeCompletion(
  request: Request,
  id: string,
  bindings: Bindings,
  config: GatewayConfig,
): Promise<Response> {
  const wrongMethod = refuseMethod(request, "GET");
  if (wrongMethod !== undefined) return wrongMethod;
  // A turn's id has no dot, a room's name may.
  const cut = id.lastIndexOf(".");
  const [room, turnId] = [id.slice(idPrefix.length, cut), id.slice(cut + 1)];
  if (!id.startsWith(idPrefix) || cut === -1 || !turnIdPattern.test(turnId)) return problem("turn-unknown");
  const wrong = refuseRoom(room, config);
  if (wrong !== undefined) return wrong;
  const turn = await turnOf({ request, bindings, config }, room, turnId);
  if (!turn.ok) return turn.error;
  const from = Number(/^\d{1,9}$/.exec(request.headers.get("last-event-id") ?? "")?.[0] ?? 0);
  const facts = { id, model: backendsModel, created: Math.floor(Date.now() / 1_000) };
  return answer(turn.value, facts, { isStreamed: wantsStream(request), includesUsage: true, from });
}

/** `GET /v1/models`: those of the backend, or the one that leaves the choice to it. */
export async function routeModels(
  config: GatewayConfig,
  inBackground: (work: Promise<unknown>) => void,
): Promise<Response> {
  const listed = await routeBackend("/model/models", config, inBackground);
  const text = await listed.text();
  const parsed = listed.ok ? parseJson(text, text.length * 3) : undefined;
  const named = parsed?.ok === true ? modelsIn(parsed.value) : [];
  const models = named.length === 0 ? [{ id: backendsModel, owner: "gateway" }] : named;
  const data = models.map(({ id, owner }) => ({ id, object: "model", created: 0, owned_by: owner }));
  return Response.json({ object: "list", data }, { headers: { "cache-control": "no-store" } });
}

interface Model {
  readonly id: string;
  readonly owner: string;
}

/** Of our own list, or of one in OpenAI's shape. */
function modelsIn(body: unknown): Model[] {
  const lists = typeof body === "object" && body !== null ? Object.values(body) : [];
  const list = lists.find((value): value is unknown[] => Array.isArray(value)) ?? [];
  return list.flatMap((entry) => {
    if (typeof entry !== "object" || entry === null) return [];
    const { id, provider, owned_by } = entry as Readonly<Record<string, unknown>>;
    const owner = provider ?? owned_by;
    return typeof id === "string" ? [{ id, owner: typeof owner === "string" ? owner : "backend" }] : [];
  });
}

interface Wish {
  readonly isStreamed: boolean;
  readonly includesUsage: boolean;
  /** Units of the answer that the reader has. */
  readonly from: number;
}

async function answer(turn: OpenTurn, facts: CompletionFacts, wish: Wish): Promise<Response> {
  const news = new PeekedNews(turn.reader);
  const headers = { [roomHeader]: turn.room };
  const isOver = (next: TurnNews | undefined) =>
    next?.kind !== "alive" && (next?.kind !== "turn" || isSettled(next.turn));
  if (wish.isStreamed) {
    const timeout = new Promise<void>((resolve) => setTimeout(resolve, statusWaitMs));
    const first = await news.until((next) => isOver(next) || (next?.kind === "turn" && next.turn.length > 0), timeout);
    const failure = first === undefined ? undefined : failureIn(first.news);
    const isEmpty = first?.news?.kind !== "turn" || first.news.turn.length === 0;
    if (failure !== undefined && isEmpty) return withRoom(openAiRefusal(failure), turn.room);
    return streamOf(news, new CompletionStream(facts, wish), headers);
  }
  const end = await news.until(isOver, new Promise(() => undefined));
  const failure = failureIn(end?.news);
  if (failure !== undefined || end?.news?.kind !== "turn") {
    return withRoom(openAiRefusal(failure ?? { code: "internal" }), turn.room);
  }
  const whole = wholeCompletion(facts, end.news.turn);
  return Response.json(whole, { headers: { ...headers, "cache-control": "no-store" } });
}

function withRoom(response: Response, room: string): Response {
  response.headers.set(roomHeader, room);
  return response;
}

class CompletionStream implements AnswerFormat {
  readonly #writer: CompletionWriter;
  #at: number;
  isDone = false;

  constructor(facts: CompletionFacts, { includesUsage, from }: Wish) {
    this.#writer = new CompletionWriter(facts, includesUsage, from);
    this.#at = from;
  }

  write(news: TurnNews | undefined): string {
    if (news?.kind === "alive") return "";
    let text = "";
    if (news?.kind === "turn") {
      for (const { chunk, at } of this.#writer.advance(news.turn)) {
        text += sseEvent({ id: at === this.#at ? undefined : String(at), data: JSON.stringify(chunk) });
        this.#at = at;
      }
      if (!isSettled(news.turn)) return text;
    }
    this.isDone = true;
    const failure = failureIn(news);
    return text + sseEvent({ data: failure === undefined ? "[DONE]" : JSON.stringify(openAiError(failure)) });
  }
}

function isSettled({ state }: TurnView): boolean {
  return state === "settled";
}

/** Why there is no answer; undefined for a turn that has one, and for one that isn't over. */
function failureIn(news: TurnNews | undefined): OpenAiProblem | undefined {
  if (news === undefined) return { code: "internal" };
  if (news.kind === "refused") return news.refusal;
  if (news.kind === "removed") return { code: "turn-unknown", detail: "The question was removed from its room." };
  if (news.kind !== "turn" || !isFailed(news.turn)) return undefined;
  const { code = "", message } = news.turn.error ?? {};
  return { code: isErrorCode(code) ? code : "internal", detail: message };
}

function completionId({ room, turnId }: OpenTurn): string {
  return `${idPrefix}${room}.${turnId}`;
}
