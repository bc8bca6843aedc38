/**
 * Reads the token that a WebSocket's handshake carries (`shared/protocol/handshake.ts`), and answers the offer. A handshake without
 * a token is legal; then the `hello` carries it.
 */
import { socketProtocol, tokenProtocolPrefix } from "../../shared/protocol/handshake.ts";
import { bearerOf } from "../auth/bearer.ts";

export interface HandshakeOffer {
  readonly token: string | undefined;
  /** The client offered `edge-chat.v1`, and expects to see it selected. */
  readonly isOurProtocol: boolean;
}

export function handshakeOffer(request: Request): HandshakeOffer {
  const offered = (request.headers.get("sec-websocket-protocol") ?? "").split(",").map((name) => name.trim());
  const token = offered.find((name) => name.startsWith(tokenProtocolPrefix))?.slice(tokenProtocolPrefix.length);
  return { token: bearerOf(request) ?? token, isOurProtocol: offered.includes(socketProtocol) };
}

/** The answer that opens the socket, with the subprotocol that the client waits for. */
export function withSocketProtocol(response: Response, { isOurProtocol }: HandshakeOffer): Response {
  if (!isOurProtocol || response.webSocket === null) return response;
  const headers = { "sec-websocket-protocol": socketProtocol };
  return new Response(null, { status: 101, webSocket: response.webSocket, headers });
}
