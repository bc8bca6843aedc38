/**
 * Tries a better transport beside the one in use. It opens at most one attempt at a time and reports whether it was welcomed.
 * When to try, and what a success means, is decided by `connection.ts` with the rules of `transport-fallback.ts`.
 */
import type { TransportName } from "../api/connection-types.ts";
import { Timers } from "../time/timers.ts";
import type { OpenTransport } from "../transports/transport.ts";
import { Attempt, type AttemptEvents } from "./attempt.ts";

export interface UpgradeEvents {
  /** It is time: which transport to try, if any. */
  due(): TransportName | undefined;
  /** The better transport was welcomed. Its attempt now belongs to the connection. */
  succeeded(attempt: Attempt): void;
  failed(): void;
}

export class UpgradeProbe {
  readonly #transports: ReadonlyMap<TransportName, OpenTransport>;
  readonly #events: UpgradeEvents;
  readonly #timers = new Timers<"upgrade">();
  #attempt: Attempt | undefined;

  constructor(transports: ReadonlyMap<TransportName, OpenTransport>, events: UpgradeEvents) {
    this.#transports = transports;
    this.#events = events;
  }

  /** Starts or restarts the wait for the next attempt. A running attempt is left alone. */
  schedule(afterMs: number, attemptEvents: AttemptEvents): void {
    if (this.#attempt !== undefined) return;
    this.#timers.start("upgrade", Math.max(0, afterMs), () => this.#try(attemptEvents));
  }

  /** Closes a running attempt and forgets the schedule. */
  stop(): void {
    this.#timers.stopAll();
    this.#attempt?.close("not needed");
    this.#attempt = undefined;
  }

  #try(attemptEvents: AttemptEvents): void {
    const name = this.#events.due();
    const open = name === undefined ? undefined : this.#transports.get(name);
    if (name === undefined || open === undefined) return;
    this.#attempt = new Attempt(name, open, false, {
      have: () => attemptEvents.have(),
      welcomed: (attempt) => {
        if (attempt !== this.#attempt) return attemptEvents.welcomed(attempt);
        this.#attempt = undefined;
        this.#events.succeeded(attempt);
      },
      frame: (attempt, frame) => attemptEvents.frame(attempt, frame),
      ended: (attempt, end) => {
        if (attempt !== this.#attempt) return attemptEvents.ended(attempt, end);
        this.#attempt = undefined;
        this.#events.failed();
      },
    });
  }
}
