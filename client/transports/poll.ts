/**
 * Polling, for networks that hold back anything that streams: each request is answered as soon as there is something to
 * tell, with a sync of it. Between requests the reader's own cursor is all there is.
 */
import { formatCursor } from "../../shared/protocol/cursor.ts";
import { maxPollWaitSeconds } from "../../shared/protocol/limits.ts";
import { parsePoll } from "../../shared/protocol/server-guard.ts";
import { briefPauseMs, maxRestMs, pollPauseMs, pollTimeoutMs } from "../time/timing.ts";
import { RequestReader } from "./http-reader.ts";
import type { RoomAddress } from "./room-address.ts";
import { requestRoom } from "./room-fetch.ts";
import type { TransportEvents } from "./transport.ts";

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

export class PollReader extends RequestReader<"answer"> {
  readonly #pace: () => PollPace;

  /** @param pace asked at each request and at its answer */
  constructor(address: RoomAddress, events: TransportEvents, pace: () => PollPace) {
    super(address, events);
    this.#pace = pace;
    this.#poll("blocked", true);
  }

  /** Answered at once, and always with a sync: whoever asks for one waits for it. */
  resync(): void {
    this.#poll("lost", true);
  }

  protected again(): void {
    this.#poll("lost", false);
  }

  #poll(fault: "blocked" | "lost", isGreeting: boolean): void {
    void this.ask(fault, async (signal) => {
      this.timers.start("answer", pollTimeoutMs, () => this.end({ by: "network", fault: "lost" }));
      const have = this.events.have();
      const response = await requestRoom(this.address, {
        query: {
          wait: isGreeting ? "0" : String(this.#pace().waitS),
          ...(have === undefined ? {} : { cursor: formatCursor(have) }),
        },
        headers: { accept: "application/json" },
        signal,
      });
      if (!signal.aborted) this.events.progress();
      const answer = parsePoll(await response.text());
      if (signal.aborted) return;
      // Someone else's page, in the room's place.
      if (answer === undefined) throw new Error("not an answer to a poll");
      this.events.welcomed(undefined);
      if (isGreeting && have !== undefined && !answer.frames.some(({ type }) => type === "sync")) {
        // The room has nothing new for this cursor, which is what an empty sync would say.
        const { epoch, seq } = have;
        this.events.frame({ type: "sync", epoch, seq, floor: 0, mode: "delta", turns: [] });
      }
      for (const frame of answer.frames) {
        // What a frame leads to may be the next request already, or the end.
        if (!signal.aborted) this.events.frame(frame);
      }
      if (signal.aborted) return;
      this.timers.stop("answer");
      const pauseMs = Math.max(this.#pace().pauseMs, answer.frames.length === 0 ? pollPauseMs : 0);
      const restForMs = Math.max(pauseMs, Math.min(answer.retryAfterMs, maxRestMs));
      this.rest(restForMs);
    });
  }
}
