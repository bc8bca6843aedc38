/**
 * The token that a WebSocket's handshake carries. A browser can send no `Authorization` header with a WebSocket, but it can
 * offer subprotocols: `edge-chat.v1` and `bearer.<token>`. A handshake without a token is legal; then the `hello` carries it.
 */
import { bearerOf } from "../auth/bearer.ts";

/** The subprotocol that the gateway selects: a browser fails a handshake whose offers were all ignored. */
export const socketProtocol = "edge-chat.v1";
const tokenPrefix = "bearer.";

export interface HandshakeOffer {
  readonly token: string | undefined;
  /** The client offered `edge-chat.v1`, and expects to see it selected. */
  readonly isOurProtocol: boolean;
}

export function handshakeOffer(request: Request): HandshakeOffer {
  const offered = (request.headers.get("sec-websocket-protocol") ?? "").split(",").map((name) => name.trim());
  const token = offered.find((name) => name.startsWith(tokenPrefix))?.slice(tokenPrefix.length);
  return { token: bearerOf(request) ?? token, isOurProtocol: offered.includes(socketProtocol) };
}

/** The answer that opens the socket, with the subprotocol that the client waits for. */
export function withSocketProtocol(response: Response, { isOurProtocol }: HandshakeOffer): Response {
  if (!isOurProtocol || response.webSocket === null) return response;
  const headers = { "sec-websocket-protocol": socketProtocol };
  return new Response(null, { status: 101, webSocket: response.webSocket, headers });
}
