/**
 * How a WebSocket's handshake carries a token. A browser can send no `Authorization` header with a WebSocket, but it can offer
 * subprotocols: `edge-chat.v1` and `bearer.<token>`. The client makes the offer, and the gateway reads it.
 */

/** The subprotocol that the gateway selects: a browser fails a handshake whose offers were all ignored. */
export const socketProtocol = "edge-chat.v1";
export const tokenProtocolPrefix = "bearer.";

/** The subprotocols to offer; null for a token that a header can't carry, which goes into the `hello`. */
export function offerOf(token = ""): string[] | null {
  // A JWT has these characters. Proxies accept headers of 8 KiB together, and cookies come beside this one.
  return /^[\w.-]{1,4096}$/.test(token) ? [socketProtocol, tokenProtocolPrefix + token] : null;
}
