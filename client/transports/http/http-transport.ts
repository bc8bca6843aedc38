/**
 * A transport over HTTP: a reader brings the room's frames (`http-reader.ts`), and a sender takes what the client says
 * (`request-sender.ts`). The reader is separate, so that tabs may change which of them reads while one of them sends.
 *
 * A refusal that concerns a turn becomes the `error` frame that a WebSocket would bring. A refusal of the session ends the
 * transport, and what was sent is sent again on the next.
 */

import { defined } from "../../../shared/defined.ts";
import type { ClientFrame } from "../../../shared/protocol/client-frames.ts";
import { ERRORS, type ErrorCode, isErrorCode } from "../../../shared/protocol/errors.ts";
import { assertNever } from "../../../shared/result.ts";
import type { RoomAddress } from "../room-address.ts";
import type { Transport, TransportEnd, TransportEvents } from "../transport.ts";
import type { OpenReader, RoomReader } from "./http-reader.ts";
import { type Delivery, type MethodMemory, RequestSender, type SaidRequest } from "./request-sender.ts";
import { endOf } from "./room-fetch.ts";

/** open → closed by its owner, who wants what was sent to leave, or ended by the room or the network. */
type Phase = "open" | "closed" | "ended";

export class HttpTransport implements Transport {
  readonly #events: TransportEvents;
  readonly #reader: RoomReader;
  readonly #sender: RequestSender;
  #phase: Phase = "open";
  /** Called when the reader next gets through. */
  #whenProven: (() => void)[] = [];

  constructor(address: RoomAddress, events: TransportEvents, methods: MethodMemory, open: OpenReader) {
    this.#events = events;
    this.#sender = new RequestSender(address, methods, () => this.#proof());
    this.#reader = open({
      ...events,
      progress: () => {
        for (const resolve of this.#whenProven.splice(0)) resolve();
        events.progress();
      },
      ended: (end) => this.#end(end),
    });
  }

  send(frame: ClientFrame): void {
    if (this.#phase !== "open") return;
    switch (frame.type) {
      case "turn-submit": {
        const { type: _, ...submit } = frame;
        // `watching`: this client reads the answer by other requests and leaves the turn when those end (T4).
        const query = { watching: "1" };
        const body = JSON.stringify(submit);
        this.#deliver({ method: "POST", path: "/turns", query, body, isQuick: true }, frame.turnId);
        return;
      }
      case "room-clear":
        this.#deliver({ method: "DELETE", path: "/turns", postPath: "/clear", isQuick: true });
        return;
      case "turn-cancel": {
        const path = `/turns/${frame.turnId}`;
        const stop: SaidRequest = { method: "DELETE", path, postPath: `${path}/cancel`, isQuick: false };
        void this.#sender.now(stop).then((delivery) => this.#handle(delivery, "stop", frame.turnId));
        return;
      }
      case "sync-request":
        this.#reader.resync();
        return;
      case "hello":
      case "token-refresh":
        // Each request carries a token of its own, and the stream or poll takes the place of the hello.
        return;
      default:
        assertNever(frame);
    }
  }

  prove(): void {
    if (this.#phase !== "open") return;
    this.#sender.resend();
    this.#reader.prove();
  }

  /** What was sent still leaves, as from a closing socket; nobody hears what becomes of it. */
  close(_reason: string): void {
    if (this.#phase !== "open") return;
    this.#phase = "closed";
    this.#reader.close();
    this.#sender.release();
    for (const resolve of this.#whenProven.splice(0)) resolve();
  }

  #deliver(request: SaidRequest, turnId?: string): void {
    const kind = turnId === undefined ? "clear" : "submit";
    void this.#sender.inOrder(request).then((delivery) => this.#handle(delivery, kind, turnId));
  }

  #handle(delivery: Delivery, kind: "submit" | "stop" | "clear", turnId: string | undefined): void {
    if (this.#phase !== "open") return;
    switch (delivery.result) {
      case "delivered":
        // Frames about it are ready to be read.
        this.#reader.hurry();
        return;
      case "refused": {
        const { code, message, retryAfterMs } = delivery.refusal;
        if (endsSession(code)) {
          this.#end(endOf(delivery.refusal, "lost"));
          return;
        }
        const retryable = isErrorCode(code) && ERRORS[code].retryable;
        this.#events.frame(defined({ type: "error", code, message, retryable, turnId, retryAfterMs }));
        return;
      }
      case "blocked":
      case "unreachable": {
        const status = delivery.result === "blocked" ? ` (HTTP ${delivery.answer.status})` : "";
        const message = `Something on this network blocks the ${kind}${status}.`;
        this.#events.frame(defined({ type: "error", code: "request-blocked", message, retryable: true, turnId }));
        return;
      }
      case "no-token":
        this.#end(endOf(delivery.fault, "lost"));
        return;
      default:
        assertNever(delivery);
    }
  }

  /** Settles when the reader gets through. If it doesn't, it ends this transport. */
  #proof(): Promise<void> {
    if (this.#phase !== "open") return Promise.resolve();
    return new Promise((resolve) => {
      this.#whenProven.push(resolve);
      this.#reader.prove();
    });
  }

  #end(end: TransportEnd): void {
    if (this.#phase !== "open") return;
    this.#phase = "ended";
    this.#reader.close();
    this.#sender.abandon();
    this.#events.ended(end);
  }
}

/** These errors say that the session may not be here at all. Other terminal errors cost only the request that made them. */
const terminal: readonly string[] = ["unauthenticated", "room-forbidden", "origin-forbidden"] satisfies ErrorCode[];

/** The error isn't about one request: nobody may send now, or this session may not at all. */
function endsSession(code: string): boolean {
  return terminal.includes(code) || !isErrorCode(code) || (ERRORS[code].retryable && ERRORS[code].close !== null);
}
