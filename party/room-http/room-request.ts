/** One request to a room, by somebody who is known. */
import { defined } from "../../shared/defined.ts";
import type { Principal } from "../core/principal.ts";
import type { RoomCore } from "../core/room/room.ts";

export interface Ask {
  readonly request: Request;
  readonly url: URL;
  readonly core: RoomCore;
  readonly principal: Principal;
  /** Of a stream that a ticket opened: its `id:`s carry it (S1). */
  readonly proof?: string;
}

/** Between a cursor and a proof in an `id:`; neither holds one. */
export const proofMark = "~";

/** What a browser says of the stream that was cut: where its reader was, and the proof of its session. */
export function lastEventId(request: Request): { readonly cursor?: string; readonly proof?: string } {
  const id = request.headers.get("last-event-id");
  if (id === null) return {};
  const [cursor = "", proof] = id.split(proofMark, 2);
  return { cursor, ...defined({ proof }) };
}

/** Where the AI SDK's requests go inside a room: after its name in the address. */
export const aiSdkPath = "ai-sdk";

/** Of an address under `aiSdkPath`: the answer is wanted as the room's own frames, which the Worker writes in another format. */
export const framesParameter = "frames";

/** Names the turn that an answer of frames is about. */
export const turnHeader = "x-gateway-turn";

/** Where the Worker asks a room whose ticket it was shown: after the room's name in the address. No route leads there. */
export const ticketSessionPath = "ticket-session";
