/**
 * What a room answers over HTTP, inside the object: the Worker has checked the request. The same on both hosts. Streams are
 * `room-streams.ts`; here is one request, one answer.
 */
import { formatCursor, parseCursor } from "../../shared/protocol/cursor.ts";
import { maxPageTurns, maxPollWaitSeconds, turnIdPattern } from "../../shared/protocol/limits.ts";
import type { Result } from "../../shared/result.ts";
import type { AccessRefusal, Principal } from "../core/principal.ts";
import type { RoomCore } from "../core/room/room.ts";
import { problem, refused, wrongMethod } from "../responses/refusal-response.ts";
import { ROOM_METHODS } from "../responses/room-methods.ts";
import { wantsStream } from "../responses/sse.ts";
import { refuse } from "../responses/sse-response.ts";
import { reportFault } from "../telemetry/reporter.ts";
import { longJson, shortJson } from "./json-answer.ts";
import { type Ask, aiSdkPath, lastEventId, ticketSessionPath } from "./room-request.ts";
import { openRoomStream, openTurnStream } from "./room-streams.ts";
import { readSubmit } from "./submit-body.ts";

/** When to come back to a room that could not start. */
const restartMs = 1_000;

/**
 * Never rejects.
 * @param core undefined where the room could not start: it may the next time.
 * @param asker who asks, or why they may not; an operator's request is judged before it comes here.
 */
export async function answerInRoom(
  request: Request,
  core: RoomCore | undefined,
  asker: Result<Principal, AccessRefusal>,
): Promise<Response> {
  try {
    if (core === undefined) return refuse(request, { code: "internal", retryAfterMs: restartMs });
    const url = new URL(request.url);
    const [, , , , ...path] = url.pathname.split("/");
    const ticket = url.searchParams.get("ticket");
    if (!asker.ok && ticket !== null && request.method === "GET" && wantsStream(request)) {
      const session = await core.redeemTicket(ticket, lastEventId(request).proof);
      if (!session.ok) return refuse(request, session.error);
      return await answer({ request, url, core, ...session.value }, path);
    }
    if (path[0] === ticketSessionPath && path.length === 1) {
      const session = await core.redeemTicket(ticket ?? "", undefined);
      return session.ok ? shortJson(session.value.principal) : refused(session.error);
    }
    if (!asker.ok) return refuse(request, asker.error);
    if (request.method === "POST" && path.join("/") === "tickets") {
      const issued = await core.issueTicket(asker.value);
      return issued.ok ? shortJson(issued.value, { status: 201 }) : refuse(request, issued.error);
    }
    return await answer({ request, url, core, principal: asker.value }, path);
  } catch (error) {
    // Thrown on, the host would show the browser a stack.
    reportFault("in-room", error);
    return refuse(request, { code: "internal", retryAfterMs: restartMs });
  }
}

/** @param path what follows the room's name in the address. */
async function answer(ask: Ask, path: readonly string[]): Promise<Response> {
  const { request, core, principal } = ask;
  if (path[0] === aiSdkPath) {
    const { answerAiSdk } = await import("./ai-sdk-handler.ts");
    return answerAiSdk(ask, path[1]);
  }
  const [turns, turnId] = path;
  if (path.length > 2 || (turns !== undefined && turns !== "turns")) return problem("not-found");
  if (turnId !== undefined && !turnIdPattern.test(turnId)) return problem("turn-unknown");
  const at = turnId !== undefined ? "turn" : turns !== undefined ? "turns" : "room";
  switch (`${request.method} ${at}`) {
    case "GET room":
      return readRoom(ask);
    case "DELETE room":
      return said(ask, await core.requests.erase(principal), () => new Response(null, { status: 204 }));
    case "GET turns":
      return olderTurns(ask);
    case "POST turns":
      return submit(ask);
    case "DELETE turns":
      return said(ask, await core.requests.clear(principal), () => new Response(null, { status: 204 }));
    case "GET turn":
      if (wantsStream(request)) return openTurnStream(ask, turnId ?? "");
      return said(ask, await core.requests.turn(principal, turnId ?? ""), (state) =>
        longJson(ask, JSON.stringify(state)),
      );
    case "DELETE turn":
      return said(ask, await core.requests.cancel(principal, turnId ?? ""), (stopped) => shortJson(stopped));
    default:
      return wrongMethod(ROOM_METHODS[at]);
  }
}

/** The room as a stream, as what is new since a cursor, or as it is. */
async function readRoom(ask: Ask): Promise<Response> {
  const { request, url, core, principal } = ask;
  if (wantsStream(request)) return openRoomStream(ask);
  const [cursor, wait] = [url.searchParams.get("cursor"), url.searchParams.get("wait")];
  if (cursor === null && wait === null) {
    return said(ask, await core.requests.snapshot(principal), ({ frame, holds }) =>
      longJson(ask, JSON.stringify({ ...frame, cursor: formatCursor(holds) })),
    );
  }
  const seconds = Number(wait ?? 0);
  if (!/^\d{1,2}$/.test(wait ?? "0") || seconds > maxPollWaitSeconds) {
    return problem("bad-request", { detail: `wait is a number of seconds from 0 to ${maxPollWaitSeconds}.` });
  }
  const have = parseCursor(cursor ?? "");
  const polled = await core.requests.poll(principal, have, seconds * 1_000);
  return said(ask, polled, ({ frames, holds, retryAfterMs }) => {
    // The frames are JSON already.
    const body = `{"frames":[${frames.join(",")}],"cursor":"${formatCursor(holds)}","retryAfterMs":${retryAfterMs}}`;
    return longJson(ask, body);
  });
}

async function submit(ask: Ask): Promise<Response> {
  const { request, url, core, principal } = ask;
  const read = await readSubmit(request, () => crypto.randomUUID());
  if (!read.ok) return refused(read.error);
  const streams = wantsStream(request);
  // Who takes 202 for an answer leaves at once, and means the question all the same (T4); unless they watch the room by
  // other requests, and leave when those end.
  const stays = streams || url.searchParams.has("watching");
  const frame = stays ? read.value : { onLeave: "keep" as const, ...read.value };
  const submitted = await core.requests.submit(principal, frame, streams ? "stream" : "state");
  if (submitted.ok && streams) return openTurnStream(ask, frame.turnId);
  return said(ask, submitted, (state) => {
    const location = `${url.pathname}/${state.turn.id}`;
    const options = { status: state.turn.state === "settled" ? 200 : 202, headers: { location } };
    // A turn that has just been accepted has no answer: its client must learn of it, or it would submit it again.
    if (state.turn.length === 0) return shortJson(state, options);
    return longJson(ask, JSON.stringify(state), options);
  });
}

async function olderTurns(ask: Ask): Promise<Response> {
  const { url, core, principal } = ask;
  const before = url.searchParams.get("before") ?? undefined;
  if (before !== undefined && !turnIdPattern.test(before)) return problem("turn-unknown");
  const limit = Math.min(maxPageTurns, Math.max(1, Number(url.searchParams.get("limit") ?? 20) || 1));
  return said(ask, await core.requests.older(principal, before, limit), (page) => longJson(ask, JSON.stringify(page)));
}

function said<T>({ request }: Ask, result: Result<T, AccessRefusal>, say: (value: T) => Response): Response {
  return result.ok ? say(result.value) : refuse(request, result.error);
}
