/**
 * Polling as a transport, for networks that hold back anything that streams: each request is answered as soon as there is
 * something to tell, with a sync of it. Between requests the reader's own cursor is all there is.
 */

import type { ClientFrame } from "../../shared/protocol/client-frames.ts";
import { formatCursor } from "../../shared/protocol/cursor.ts";
import { maxPollWaitSeconds } from "../../shared/protocol/limits.ts";
import { parsePoll } from "../../shared/protocol/server-guard.ts";
import { Timers } from "../timers.ts";
import { briefPauseMs, maxRestMs, pollPauseMs, pollTimeoutMs } from "../timing.ts";
import { HttpSender } from "./http-sender.ts";
import type { RoomAddress } from "./room-address.ts";
import { endOf, requestRoom } from "./room-http.ts";
import type { Transport, TransportEnd, TransportEvents } from "./transport.ts";

export interface PollPace {
  /** How long a request may be held until there is something to tell, in s. */
  readonly waitS: number;
  /** The least between an answer and the next request. */
  readonly pauseMs: number;
}

/** Held until something happens. */
export const patientPace: PollPace = { waitS: maxPollWaitSeconds, pauseMs: 0 };
/** Holds no connection: the tabs of a browser have six to each host between them (HTTP/1.1). */
export const briefPace: PollPace = { waitS: 0, pauseMs: briefPauseMs };

export interface PollOptions {
  /** Asked at each request and at its answer. */
  pace(): PollPace;
  /** The room took what was said. */
  onTaken?(): void;
}

export class PollTransport implements Transport {
  readonly #address: RoomAddress;
  readonly #events: TransportEvents;
  readonly #options: PollOptions;
  readonly #sender: HttpSender;
  readonly #timers = new Timers<"rest" | "answer">();
  #poll: AbortController | undefined;
  #isOver = false;

  constructor(address: RoomAddress, events: TransportEvents, options: PollOptions) {
    this.#address = address;
    this.#events = events;
    this.#options = options;
    this.#sender = new HttpSender(address, {
      frame: (frame) => events.frame(frame),
      failed: (end) => this.#end(end),
      taken: () => {
        options.onTaken?.();
        this.#hurry();
      },
      resync: () => this.#greet("lost"),
    });
    this.#greet("blocked");
  }

  send(frame: ClientFrame): void {
    if (!this.#isOver) this.#sender.send(frame);
  }

  probe(): void {
    this.#hurry();
  }

  close(_reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timers.stopAll();
    this.#sender.close();
    this.#poll?.abort();
  }

  /** Ends a rest. A request that is out is answered as soon as there is something. */
  #hurry(): void {
    if (!this.#isOver && this.#timers.has("rest")) this.#again();
  }

  #again(): void {
    this.#poll?.abort();
    void this.#ask("lost");
  }

  /** Answered at once, and always with a sync: whoever asks for one waits for it. */
  #greet(fault: "blocked" | "lost"): void {
    this.#poll?.abort();
    void this.#ask(fault, true);
  }

  async #ask(fault: "blocked" | "lost", isGreeting = false): Promise<void> {
    this.#timers.stopAll();
    const poll = new AbortController();
    this.#poll = poll;
    this.#timers.start("answer", pollTimeoutMs, () => this.#end({ by: "network", fault: "lost" }));
    try {
      const have = this.#events.have();
      const response = await requestRoom(this.#address, {
        query: {
          wait: isGreeting ? "0" : String(this.#options.pace().waitS),
          ...(have === undefined ? {} : { cursor: formatCursor(have) }),
        },
        headers: { accept: "application/json" },
        signal: poll.signal,
      });
      if (!poll.signal.aborted) this.#events.progress();
      const answer = parsePoll(await response.text());
      if (poll.signal.aborted) return;
      // Someone else's page, in the room's place.
      if (answer === undefined) throw new Error("not an answer to a poll");
      this.#events.welcomed(undefined);
      if (isGreeting && have !== undefined && !answer.frames.some(({ type }) => type === "sync")) {
        // The room has nothing new for this cursor, which is what an empty sync would say.
        const { epoch, seq } = have;
        this.#events.frame({ type: "sync", epoch, seq, floor: 0, mode: "delta", turns: [] });
      }
      for (const frame of answer.frames) {
        // What a frame leads to may be the next request already, or the end.
        if (!poll.signal.aborted) this.#events.frame(frame);
      }
      if (poll.signal.aborted) return;
      this.#timers.stop("answer");
      const pauseMs = Math.max(this.#options.pace().pauseMs, answer.frames.length === 0 ? pollPauseMs : 0);
      const restForMs = Math.max(pauseMs, Math.min(answer.retryAfterMs, maxRestMs));
      this.#timers.start("rest", restForMs, () => this.#again());
    } catch (cause) {
      if (!poll.signal.aborted) this.#end(endOf(cause, fault));
    }
  }

  #end(end: TransportEnd): void {
    if (this.#isOver) return;
    this.close("");
    this.#events.ended(end);
  }
}
