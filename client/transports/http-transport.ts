/**
 * A transport over HTTP: what a reader hears of the room (`reader.ts`), and what a client says, as requests of their own. A
 * reader knows nothing of those, so that tabs may change who reads while something is being said (`shared.ts`).
 *
 * Submits and clears keep their order; a stop waits for nobody, because the room remembers the stop of an id it does not
 * know yet (T1). A refusal that concerns a turn is told as the `error` frame that a WebSocket would bring; anything else that
 * goes wrong ends the transport, and what was said is said again on the next.
 */
import { defined } from "../../shared/defined.ts";
import type { ClientFrame } from "../../shared/protocol/client-frames.ts";
import { ERRORS, type ErrorCode } from "../../shared/protocol/errors.ts";
import { requestTimeoutMs } from "../time/timing.ts";
import type { OpenReader, RoomReader } from "./http-reader.ts";
import type { RoomAddress } from "./room-address.ts";
import { endOf, isErrorCode, Refusal, type RoomRequest, requestRoom, untilAborted } from "./room-fetch.ts";
import type { Transport, TransportEnd, TransportEvents } from "./transport.ts";

export class HttpTransport implements Transport {
  readonly #address: RoomAddress;
  readonly #events: TransportEvents;
  readonly #reader: RoomReader;
  #isOver = false;
  #ordered: Promise<void> = Promise.resolve();

  constructor(address: RoomAddress, events: TransportEvents, open: OpenReader) {
    this.#address = address;
    this.#events = events;
    this.#reader = open({ ...events, ended: (end) => this.#end(end) });
  }

  send(frame: ClientFrame): void {
    if (this.#isOver) return;
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
        this.#reader.resync();
        return;
      case "hello":
      case "token-refresh":
        // Each request carries a token of its own, and the stream or poll is the greeting.
        return;
    }
  }

  probe(): void {
    if (!this.#isOver) this.#reader.hurry();
  }

  /** What is on its way is left to arrive, as what a closing socket has sent; nobody hears of it. */
  close(_reason: string): void {
    this.#isOver = true;
    this.#reader.close();
  }

  #inOrder(request: Omit<RoomRequest, "signal">, turnId?: string): void {
    this.#ordered = this.#ordered.then(() => this.#request(request, turnId));
  }

  async #request(request: Omit<RoomRequest, "signal">, turnId?: string): Promise<void> {
    if (this.#isOver) return;
    try {
      const signal = AbortSignal.timeout(requestTimeoutMs);
      const asked = requestRoom(this.#address, { ...request, signal });
      // Read to its end, or the connection is not free for the next.
      await untilAborted(
        signal,
        asked.then((response) => response.text()),
      );
      // Frames about it are on their way.
      this.probe();
    } catch (cause) {
      if (!this.#isOver) this.#refused(cause, turnId);
    }
  }

  #refused(cause: unknown, turnId: string | undefined): void {
    if (!(cause instanceof Refusal) || endsSession(cause.code)) {
      this.#end(endOf(cause, "lost"));
      return;
    }
    const { code, message, retryAfterMs } = cause;
    const retryable = isErrorCode(code) && ERRORS[code].retryable;
    this.#events.frame(defined({ type: "error", code, message, retryable, turnId, retryAfterMs }));
  }

  #end(end: TransportEnd): void {
    if (this.#isOver) return;
    this.close("");
    this.#events.ended(end);
  }
}

/** Who may not be here at all. Other mistakes cost the request that made them. */
const terminal: readonly string[] = ["unauthenticated", "room-forbidden", "origin-forbidden"] satisfies ErrorCode[];

/** What is not about this request: nobody may ask now, or this one may not at all. */
function endsSession(code: string): boolean {
  return terminal.includes(code) || !isErrorCode(code) || (ERRORS[code].retryable && ERRORS[code].close !== null);
}
