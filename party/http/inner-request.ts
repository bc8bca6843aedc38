/**
 * Builds the request that a room's object gets: an address of ours, headers from an allow-list, and the identity that the
 * Worker verified. Nothing else that the requester wrote goes further. Used by every route into a room.
 */
import type { SocketIdentity } from "../core/principal.ts";
import { ipKey } from "../limits/ip-key.ts";
import { callerTokenHeader, setIdentity } from "../responses/principal-header.ts";

/** The headers that a room reads. `content-length` is the runtime's own: it is set from the body. */
const passedHeaders = ["accept", "content-type", "last-event-id", "traceparent"] as const;

export interface InnerRequest {
  readonly method: string;
  /** Absent: the request carries no body. The runtime warns about a body that is still arriving when the answer leaves. */
  readonly body?: BodyInit | null;
  readonly identity: SocketIdentity;
  /** The token that was verified, where the backend wants the caller's own. */
  readonly callerToken?: string | undefined;
}

/** @param request of the client: only its passed headers and its signal are used. */
export function innerRequest(
  inside: URL,
  request: Request,
  { method, body = null, identity, callerToken }: InnerRequest,
): Request {
  const headers = new Headers();
  for (const name of passedHeaders) {
    const value = request.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  setIdentity(headers, identity);
  if (callerToken !== undefined) headers.set(callerTokenHeader, callerToken);
  return new Request(inside, { method, headers, body, signal: request.signal });
}

/** The request that opens a WebSocket in the room. */
export function innerUpgrade(
  inside: URL,
  request: Request,
  { identity, callerToken }: Pick<InnerRequest, "identity" | "callerToken">,
): Request {
  // partysocket keeps one `_pk` for life and PartyServer takes it as the connection's id, so two sockets of one tab would
  // share it. Every socket gets a fresh id.
  inside.searchParams.set("_pk", crypto.randomUUID());
  const headers = new Headers({ upgrade: "websocket" });
  setIdentity(headers, identity);
  if (callerToken !== undefined) headers.set(callerTokenHeader, callerToken);
  return new Request(inside, { headers, signal: request.signal });
}

/** What the Worker knows of a client before anything is verified: the address that limits count by. */
export function addressOf(request: Request): string | undefined {
  const address = request.headers.get("cf-connecting-ip");
  return address === null ? undefined : ipKey(address);
}

/** The address of a room as the object sees it, without the client's query. */
export function roomUrl(room: string, path: string): URL {
  return new URL(`/parties/chat/${room}${path}`, "https://room.internal");
}
