/**
 * What a client says, as requests: where frames come down a stream or by polls, submits and stops go up one by one. Submits
 * and clears keep their order; a stop waits for nobody, because the room remembers the stop of an id it does not know yet
 * (T1). A refusal that concerns a turn is told as the `error` frame that a WebSocket would bring; anything else that goes
 * wrong ends the transport, and what was said is said again on the next.
 */
import type { ClientFrame } from "../../shared/protocol/client-frames.ts";
import { ERRORS, type ErrorCode } from "../../shared/protocol/errors.ts";
import { requestTimeoutMs } from "../timing.ts";
import type { RoomAddress } from "./room-address.ts";
import { endOf, isErrorCode, Refusal, type RoomRequest, requestRoom } from "./room-http.ts";
import type { TransportEnd, TransportEvents } from "./transport.ts";

export interface HttpSenderEvents extends Pick<TransportEvents, "frame"> {
  /** A request did not get through, or the room refused the session itself. */
  failed(end: TransportEnd): void;
  /** The room took something: frames about it are on their way. */
  taken(): void;
  /** A sync is wanted for what the reader holds now. */
  resync(): void;
}

export class HttpSender {
  readonly #address: RoomAddress;
  readonly #events: HttpSenderEvents;
  #isClosed = false;
  #ordered: Promise<void> = Promise.resolve();

  constructor(address: RoomAddress, events: HttpSenderEvents) {
    this.#address = address;
    this.#events = events;
  }

  send(frame: ClientFrame): void {
    switch (frame.type) {
      case "turn-submit": {
        const { type: _, ...submit } = frame;
        // `watching`: the answer is read elsewhere, so that who leaves there leaves the turn too (T4).
        const query = { watching: "1" };
        this.#inOrder({ method: "POST", path: "/turns", query, body: JSON.stringify(submit) }, frame.turnId);
        return;
      }
      case "room-clear":
        this.#inOrder({ method: "DELETE", path: "/turns" });
        return;
      case "turn-cancel":
        void this.#request({ method: "DELETE", path: `/turns/${frame.turnId}` }, frame.turnId);
        return;
      case "sync-request":
        this.#events.resync();
        return;
      case "hello":
      case "token-refresh":
        // Each request carries a token of its own, and the stream or poll is the greeting.
        return;
    }
  }

  /** What is on its way is left to arrive, as what a closing socket has sent; nobody hears of it. */
  close(): void {
    this.#isClosed = true;
  }

  #inOrder(request: Omit<RoomRequest, "signal">, turnId?: string): void {
    this.#ordered = this.#ordered.then(() => this.#request(request, turnId));
  }

  async #request(request: Omit<RoomRequest, "signal">, turnId?: string): Promise<void> {
    if (this.#isClosed) return;
    try {
      const signal = AbortSignal.timeout(requestTimeoutMs);
      const response = await requestRoom(this.#address, { ...request, signal });
      // Read to its end, or the connection is not free for the next.
      await response.text();
      if (!this.#isClosed) this.#events.taken();
    } catch (cause) {
      if (!this.#isClosed) this.#refused(cause, turnId);
    }
  }

  #refused(cause: unknown, turnId: string | undefined): void {
    if (!(cause instanceof Refusal) || endsSession(cause.code)) {
      this.#events.failed(endOf(cause, "lost"));
      return;
    }
    const { code, message, retryAfterMs } = cause;
    this.#events.frame({
      type: "error",
      code,
      message,
      retryable: isErrorCode(code) && ERRORS[code].retryable,
      ...(turnId === undefined ? {} : { turnId }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  }
}

/** Who may not be here at all. Other mistakes cost the request that made them. */
const terminal: readonly string[] = ["unauthenticated", "room-forbidden", "origin-forbidden"] satisfies ErrorCode[];

/** What is not about this request: nobody may ask now, or this one may not at all. */
function endsSession(code: string): boolean {
  return terminal.includes(code) || !isErrorCode(code) || (ERRORS[code].retryable && ERRORS[code].close !== null);
}
