/** The room, or one turn of it, as server-sent events that an `EventSource` resumes by itself. */
import { defined } from "../../shared/defined.ts";
import type { Have } from "../../shared/protocol/client-frames.ts";
import { formatCursor, parseCursor } from "../../shared/protocol/cursor.ts";
import { problem } from "../responses/refusal-response.ts";
import { refuse, streamAnswer } from "../responses/sse-response.ts";
import { SseSocket } from "../sockets/sse-socket.ts";
import { type Ask, lastEventId, proofMark } from "./room-request.ts";

/** Before the cursor of a reader of one turn: for the room's stream, which would believe it, it says too much. */
const turnPrefix = "turn.";

/** Where the reader was: what the browser says of the stream that was cut wins over what the page wrote into the address. */
function cursorIn({ request, url }: Ask): string {
  return lastEventId(request).cursor || (url.searchParams.get("cursor") ?? "");
}

export function openRoomStream(ask: Ask): Response {
  return open(ask, parseCursor(cursorIn(ask)));
}

/** 204 when the reader has all of the turn that there will be, after which an `EventSource` asks no more. */
export function openTurnStream(ask: Ask, turnId: string): Response {
  const cursor = cursorIn(ask);
  const have = parseCursor(cursor.startsWith(turnPrefix) ? cursor.slice(turnPrefix.length) : cursor);
  const { conversation } = ask.core;
  const turn = conversation.turn(turnId);
  if (turn === undefined) return problem("turn-unknown");
  const endSeq = turn.record.end?.seq ?? Infinity;
  const hasAll = have?.epoch === conversation.epoch && endSeq <= have.seq && !Object.hasOwn(have.offsets, turnId);
  return hasAll ? new Response(null, { status: 204 }) : open(ask, have, turnId);
}

function open({ request, core, principal, proof }: Ask, have: Have | undefined, only?: string): Response {
  const socket = new SseSocket(() => Date.now());
  const opened = core.openStream(socket, principal, { have, ...defined({ only }) });
  if (!opened.ok) {
    socket.close(1000);
    return refuse(request, { code: opened.error });
  }
  const ofSession = proof === undefined ? "" : `${proofMark}${proof}`;
  // Before anything can be lost: a browser that is cut off at once may come again.
  if (proof !== undefined) socket.mark(ofSession);
  socket.cursorOf = () => {
    const holds = opened.value();
    return holds === undefined
      ? undefined
      : `${only === undefined ? "" : turnPrefix}${formatCursor(holds)}${ofSession}`;
  };
  socket.onGone = () => core.handleClose(socket);
  return streamAnswer(socket.body);
}
