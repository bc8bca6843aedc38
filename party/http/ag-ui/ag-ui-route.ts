/**
 * AG-UI over rooms (https://docs.ag-ui.com): `POST /ag-ui` asks in the room that its `threadId` names, and
 * `GET /ag-ui?threadId=…` reads the answer that is being given there. Answers are server-sent events. Each has an id; with it as
 * `Last-Event-ID`, the same POST or a GET goes on behind it.
 */
import { ERROR_MESSAGES } from "../../../shared/protocol/messages-en.ts";
import { bearerOf } from "../../auth/bearer.ts";
import type { GatewayConfig } from "../../config/settings.ts";
import { readBounded } from "../../platform/read-bounded.ts";
import { problem, refused, refuseMethod } from "../../responses/refusal-response.ts";
import { sseEvent } from "../../responses/sse.ts";
import { type AnswerFormat, streamOf } from "../answers/answer-stream.ts";
import { askTurn, currentTurn, type OpenTurn } from "../answers/ask-turn.ts";
import type { TurnNews } from "../answers/turn-reader.ts";
import { refuseRoom } from "../room-name.ts";
import { gateOf, type RoomBindings } from "../room-route.ts";
import { maxRunBytes, parseRun } from "./run-input.ts";
import { type PlacedEvent, parsePosition, RunWriter } from "./run-writer.ts";

export async function routeAgUi(request: Request, bindings: RoomBindings, config: GatewayConfig): Promise<Response> {
  const wrongMethod = refuseMethod(request, "GET, POST");
  if (wrongMethod !== undefined) return wrongMethod;
  // Before the body is read: a stranger's is not parsed.
  const caller = await gateOf(bindings, config).identify(bearerOf(request));
  if (!caller.ok) return refused(caller.error);
  return request.method === "POST" ? run(request, bindings, config) : join(request, bindings, config);
}

async function run(request: Request, bindings: RoomBindings, config: GatewayConfig): Promise<Response> {
  const text = await readBounded(request, maxRunBytes);
  if (text === undefined) return problem("frame-too-large", { detail: `The body is at most ${maxRunBytes} bytes.` });
  const parsed = parseRun(text);
  if (!parsed.ok) return problem(parsed.error.code, { detail: parsed.error.detail });
  const { threadId, runId, messages, fields } = parsed.value;
  const wrong = refuseRoom(threadId, config);
  if (wrong !== undefined) return wrong;
  const asked = await askTurn({ request, bindings, config }, { room: threadId, messages, fields });
  return asked.ok ? answer(request, asked.value, runId) : asked.error;
}

async function join(request: Request, bindings: RoomBindings, config: GatewayConfig): Promise<Response> {
  const query = new URL(request.url).searchParams;
  const threadId = query.get("threadId");
  if (threadId === null) return problem("bad-request", { detail: "Name the room as threadId." });
  const wrong = refuseRoom(threadId, config);
  if (wrong !== undefined) return wrong;
  const turn = await currentTurn({ request, bindings, config }, threadId);
  if (!turn.ok) return turn.error;
  if (turn.value === undefined) return new Response(null, { status: 204 });
  return answer(request, turn.value, query.get("runId")?.slice(0, 256) ?? turn.value.turnId);
}

function answer(request: Request, { room, turnId, reader }: OpenTurn, runId: string): Response {
  const from = parsePosition(request.headers.get("last-event-id"));
  return streamOf(reader, new RunStream(new RunWriter({ threadId: room, runId, turnId }, from)));
}

class RunStream implements AnswerFormat {
  readonly #writer: RunWriter;

  constructor(writer: RunWriter) {
    this.#writer = writer;
  }

  get isDone(): boolean {
    return this.#writer.isDone;
  }

  write(news: TurnNews | undefined): string {
    return this.#events(news)
      .map(({ event, id }) => sseEvent({ id, data: JSON.stringify(event) }))
      .join("");
  }

  #events(news: TurnNews | undefined): PlacedEvent[] {
    switch (news?.kind) {
      case "turn":
        return this.#writer.advance(news.turn);
      case "removed":
        return this.#writer.removed();
      case "alive":
        return [];
      case "refused":
        return this.#writer.fail(news.refusal.detail ?? ERROR_MESSAGES[news.refusal.code], news.refusal.code);
      default:
        return this.#writer.fail(ERROR_MESSAGES.internal, "internal");
    }
  }
}
