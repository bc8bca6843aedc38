/** Refuses a WebSocket in the Worker: a browser shows its page no status of a failed handshake, but it does show a close code. */
import { ERRORS } from "../../shared/protocol/errors.ts";
import type { AccessRefusal } from "../core/principal.ts";
import { errorFrame } from "./refusal-response.ts";

/** Opens the socket, sends the refusal as a room would, and closes it. No object wakes. */
export function refuseSocket(refusal: AccessRefusal): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.send(JSON.stringify(errorFrame(refusal)));
  server.close(ERRORS[refusal.code].close ?? ERRORS.internal.close, refusal.code);
  return new Response(null, { status: 101, webSocket: client });
}
