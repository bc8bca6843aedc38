/**
 * One transport, from its opening to its end, with the deadlines that it has to meet: progress towards the welcome, the
 * welcome, and each sync that is due. It ends by itself when it misses one. It doesn't decide what follows its end; that is
 * `connection.ts`, for the attempt in use, and `upgrade-probe.ts`, for a better transport beside it.
 */
import type { Have } from "../../shared/protocol/client-frames.ts";
import type { ErrorFrame, ServerFrame } from "../../shared/protocol/server-frames.ts";
import type { TransportName } from "../api/connection-types.ts";
import { monotonicMs } from "../time/clock.ts";
import { Timers } from "../time/timers.ts";
import { progressTimeoutMs, proofTimeoutMs, syncTimeoutMs, welcomeTimeoutMs } from "../time/timing.ts";
import type { OpenTransport, Transport, TransportEnd } from "../transports/transport.ts";

/** opening → welcomed → synced. Any state may go to ended, which is final. */
export type AttemptState =
  | { readonly phase: "opening"; readonly openedAt: number }
  | { readonly phase: "welcomed"; readonly sessionId: string | undefined }
  | { readonly phase: "synced"; readonly sessionId: string | undefined; readonly syncedAt: number }
  | { readonly phase: "ended"; readonly syncedAt: number | undefined };

export interface AttemptEvents {
  /** Returns the reader's cursor for the hello. */
  have(): Have | undefined;
  welcomed(attempt: Attempt): void;
  /** A frame of a welcomed transport, or an `error` or `notice` before the welcome (R2). */
  frame(attempt: Attempt, frame: ServerFrame): void;
  /** Once, by the room, by the network or by a missed deadline. Not after `close`. */
  ended(attempt: Attempt, end: TransportEnd): void;
}

export class Attempt {
  readonly name: TransportName;
  readonly #events: AttemptEvents;
  readonly #timers = new Timers<"welcome" | "sync">();
  readonly #transport: Transport;
  readonly #isPatient: boolean;
  #state: AttemptState = { phase: "opening", openedAt: monotonicMs() };
  /** The last error frame that named no turn: it explains the end that follows it. */
  #lastError: ErrorFrame | undefined;

  /** @param isPatient no other transport can be tried, so only the welcome has a deadline, not each step towards it */
  constructor(name: TransportName, open: OpenTransport, isPatient: boolean, events: AttemptEvents) {
    this.name = name;
    this.#events = events;
    this.#isPatient = isPatient;
    this.#transport = open({
      have: () => events.have(),
      progress: () => this.#expectProgress(progressTimeoutMs),
      welcomed: (sessionId) => this.#handleWelcome(sessionId),
      frame: (frame) => this.#handleFrame(frame),
      ended: (end) => this.#end(end),
    });
    this.#expectProgress(progressTimeoutMs);
  }

  get state(): AttemptState {
    return this.#state;
  }

  get lastError(): ErrorFrame | undefined {
    return this.#lastError;
  }

  /** Only for a welcomed attempt. */
  get transport(): Transport {
    return this.#transport;
  }

  /** The reader's transcript is in step with the room. @returns false if that was known, or cannot be yet */
  markSynced(): boolean {
    if (this.#state.phase !== "welcomed") return false;
    this.#state = { phase: "synced", sessionId: this.#state.sessionId, syncedAt: monotonicMs() };
    return true;
  }

  /** A sync is due: the attempt ends when none comes. */
  expectSync(): void {
    this.#timers.start("sync", syncTimeoutMs, () => this.#giveUp("no sync", { by: "network", fault: "lost" }));
  }

  /** The room refused what a sync was to answer. */
  stopExpectingSync(): void {
    this.#timers.stop("sync");
  }

  /** The network may have changed or the device slept: the attempt proves that it works, or ends. */
  prove(): void {
    if (this.#state.phase === "opening") this.#expectProgress(proofTimeoutMs, true);
    else if (this.#state.phase !== "ended") this.#transport.prove();
  }

  /** Ends without telling its owner. Idempotent. */
  close(reason: string): void {
    if (!this.#finish()) return;
    this.#transport.close(reason);
  }

  #expectProgress(withinMs: number, isDoubted = false): void {
    if (this.#state.phase !== "opening") return;
    const leftMs = this.#state.openedAt + welcomeTimeoutMs - monotonicMs();
    const waitMs = this.#isPatient && !isDoubted ? leftMs : Math.min(leftMs, withinMs);
    this.#timers.start("welcome", waitMs, () => this.#giveUp("no welcome", { by: "network", fault: "stalled" }));
  }

  #handleWelcome(sessionId: string | undefined): void {
    if (this.#state.phase !== "opening") return;
    this.#state = { phase: "welcomed", sessionId };
    this.#timers.stop("welcome");
    this.expectSync();
    this.#events.welcomed(this);
  }

  #handleFrame(frame: ServerFrame): void {
    if (this.#state.phase === "ended") return;
    if (frame.type === "error") {
      if (frame.turnId === undefined) this.#lastError = frame;
    } else if (this.#state.phase === "opening" && frame.type !== "notice" && frame.type !== "goaway") return;
    if (frame.type === "sync") this.#timers.stop("sync");
    this.#events.frame(this, frame);
  }

  #giveUp(reason: string, end: TransportEnd): void {
    this.#transport.close(reason);
    this.#end(end);
  }

  #end(end: TransportEnd): void {
    if (this.#finish()) this.#events.ended(this, end);
  }

  #finish(): boolean {
    if (this.#state.phase === "ended") return false;
    this.#state = { phase: "ended", syncedAt: this.#state.phase === "synced" ? this.#state.syncedAt : undefined };
    this.#timers.stopAll();
    return true;
  }
}
