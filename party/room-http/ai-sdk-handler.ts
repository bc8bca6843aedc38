/** Answers the AI SDK's routes inside the room's object. The Worker has validated the request (`http/ai-sdk-route.ts`). */
import { defined } from "../../shared/defined.ts";
import { answersIn, answerTurnId } from "../../shared/open-calls.ts";
import { maxPageTurns } from "../../shared/protocol/limits.ts";
import type { Result } from "../../shared/result.ts";
import { turnAsking, uiMessagesOf } from "../../shared/ui-messages.ts";
import { askedAnswers, chainOf } from "../core/conversation/call-answers.ts";
import type { Submit } from "../core/log/turn-record.ts";
import { type AccessRefusal, mayDo } from "../core/principal.ts";
import type { TurnState } from "../core/room/plain-http/http-requests.ts";
import { problem, refused } from "../responses/refusal-response.ts";
import { streamAnswer } from "../responses/sse-response.ts";
import { UiMessageSocket, uiMessageStreamHeader } from "../sockets/ui-message-socket.ts";
import { type ChatRequest, readChatRequest } from "./ai-sdk-body.ts";
import { longJson } from "./json-answer.ts";
import { type Ask, framesParameter, turnHeader } from "./room-request.ts";
import { openTurnStream } from "./room-streams.ts";

/** Back and forth between the same wordings of one question; more than a person does. */
const maxWordings = 64;

/** How long after its end an answer is replayed to a reader that resumes: a gateway or a device is back within this time. */
const replayMs = 60_000;

/** @param part what follows in the address. */
export async function answerAiSdk(ask: Ask, part: string | undefined): Promise<Response> {
  switch (`${ask.request.method} ${part ?? ""}`) {
    case "POST ":
      return submit(ask);
    case "GET stream":
      return resume(ask);
    case "GET messages":
      return messages(ask);
    case "DELETE ":
      return stop(ask);
    default:
      return problem("not-found");
  }
}

async function submit(ask: Ask): Promise<Response> {
  const asked = await readChatRequest(ask.request);
  // During a deploy: the same again meets a Worker of this version.
  if (asked === undefined) return problem("draining", { retryAfterMs: 1_000 });
  // Who may ask but not read would start what nobody hears.
  if (!mayDo(ask.principal, "look")) return refused({ code: "forbidden" });
  const { frame, context, again } = asked;
  const { continues } = frame;
  if (continues !== undefined) return answerCalls(ask, { ...frame, context }, continues);
  const submitted = await submitAs(ask, { ...frame, context }, again);
  return submitted.ok ? answerFrom(ask, submitted.value.turn.id, 0) : refused(submitted.error);
}

/** Outputs and decisions that the page has added to an answer (T8). The rest of what the answer's tools did isn't new. */
async function answerCalls(ask: Ask, submit: Submit, continues: string): Promise<Response> {
  const { core, principal } = ask;
  const turns = core.conversation.turns.all();
  if (chainOf(continues, turns).length === 0) return refused({ code: "turn-unknown" });
  const answers = askedAnswers(continues, answersIn(submit.input), turns);
  if (answers.length === 0) return refused({ code: "call-unknown" });
  const turnId = answerTurnId(continues, answers);
  const submitted = await core.requests.submit(principal, { ...submit, turnId, input: { answers } });
  return submitted.ok ? answerFrom(ask, submitted.value.turn.id, 0) : refused(submitted.error);
}

async function submitAs(
  { core, principal }: Ask,
  submit: Submit,
  again: ChatRequest["again"],
): Promise<Result<TurnState, AccessRefusal>> {
  if (again === undefined) return core.requests.submit(principal, submit);
  const ids = core.conversation.turns.all().map(({ id }) => id);
  const named = again.messageId !== undefined && ids.includes(again.messageId) ? again.messageId : undefined;
  const replaces = named ?? turnAsking(again.question, ids);
  const whole = { ...submit, ...defined({ replaces }) };
  for (let wording = 1; ; wording += 1) {
    const turnId = wording === 1 ? whole.turnId : `${whole.turnId}-${wording}`;
    const submitted = await core.requests.submit(principal, { ...whole, turnId });
    // A question that was put back into words it had before: that turn was replaced and must not run again (T1).
    if (submitted.ok || submitted.error.code !== "turn-stale" || wording === maxWordings) return submitted;
  }
}

/** The open answer from its start, or from where a reader says that it stands; 204 when none is open. */
async function resume(ask: Ask): Promise<Response> {
  const { request, core, principal } = ask;
  if (wantsFrames(ask)) return resumeFrames(ask);
  const held = /^([A-Za-z0-9_-]{1,64})\.(\d{1,9})$/.exec(request.headers.get("last-event-id") ?? "");
  const [, heldTurn = "", heldUnits = "0"] = held ?? [];
  if (core.conversation.turn(heldTurn) !== undefined) return stream(ask, heldTurn, Number(heldUnits));
  const open = core.conversation.turns.unsettled()[0];
  if (open !== undefined) return stream(ask, open.id, 0, "whole");
  // Also a sign of life, and whether this person may look.
  const looked = await core.requests.older(principal, undefined, 1);
  return looked.ok ? new Response(null, { status: 204 }) : refused(looked.error);
}

/**
 * The open answer, or one that ended a moment ago: a reader whose connection was cut in between would be told that nothing is
 * being answered, and keep half of it.
 */
async function resumeFrames(ask: Ask): Promise<Response> {
  const { core, principal } = ask;
  const looked = await core.requests.older(principal, undefined, 1);
  if (!looked.ok) return refused(looked.error);
  const last = core.conversation.turns.unsettled()[0] ?? core.conversation.turns.all().at(-1);
  const endedAt = last?.record.end?.at ?? Number.POSITIVE_INFINITY;
  if (last === undefined || endedAt < Date.now() - replayMs) return new Response(null, { status: 204 });
  return answerFrom(ask, last.id, 0);
}

/** The newest turns as messages, at most one sync's worth; without the answer that is being given. */
async function messages(ask: Ask): Promise<Response> {
  const { core, principal } = ask;
  const page = await core.requests.older(principal, undefined, maxPageTurns);
  if (!page.ok) return refused(page.error);
  return longJson(ask, JSON.stringify(uiMessagesOf(page.value.turns)));
}

/** Stops what is being answered; 204 when nothing is. */
async function stop({ core, principal }: Ask): Promise<Response> {
  if (!mayDo(principal, "turn-cancel")) return refused({ code: "forbidden" });
  const open = core.conversation.turns.unsettled()[0];
  if (open === undefined) return new Response(null, { status: 204 });
  const stopped = await core.requests.cancel(principal, open.id);
  if (!stopped.ok) return refused(stopped.error);
  return Response.json({ turnId: open.id, ...stopped.value }, { headers: { "cache-control": "no-store" } });
}

function wantsFrames({ url }: Ask): boolean {
  return url.searchParams.has(framesParameter);
}

function answerFrom(ask: Ask, turnId: string, from: number): Response {
  if (!wantsFrames(ask)) return stream(ask, turnId, from);
  const answer = openTurnStream(ask, turnId);
  answer.headers.set(turnHeader, turnId);
  return answer;
}

/** Closing it is leaving, not stopping (T4). */
function stream({ core, principal }: Ask, turnId: string, from: number, content: "turn" | "whole" = "turn"): Response {
  const socket = new UiMessageSocket(turnId, from, () => Date.now(), content);
  const opened = core.openStream(socket, principal, { have: undefined, only: turnId });
  if (!opened.ok) {
    socket.close(1000);
    return refused({ code: opened.error });
  }
  socket.onGone = () => core.handleClose(socket);
  const answer = streamAnswer(socket.body);
  answer.headers.set(uiMessageStreamHeader.name, uiMessageStreamHeader.value);
  return answer;
}
