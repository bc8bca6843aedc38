/**
 * Reads a room by long-polls, for networks that hold back anything that streams. Each request is answered with a sync as soon
 * as there is something new. Between requests the reader's own cursor is the only state.
 */
import { formatCursor } from "../../../shared/protocol/cursor.ts";
import { maxPollWaitSeconds } from "../../../shared/protocol/limits.ts";
import { parsePoll } from "../../../shared/protocol/server-guard.ts";
import { briefPauseMs, maxRestMs, pollPauseMs, pollTimeoutMs, proofTimeoutMs } from "../../time/timing.ts";
import type { RoomAddress } from "../room-address.ts";
import type { TransportEvents } from "../transport.ts";
import { RequestReader } from "./http-reader.ts";
import { ForeignAnswer, requestRoom } from "./room-fetch.ts";

export interface PollPace {
  /** How long a request may be held until there is something new, in seconds. */
  readonly waitS: number;
  /** The shortest pause between an answer and the next request. */
  readonly pauseMs: number;
}

/** A request is held until something happens. */
export const patientPace: PollPace = { waitS: maxPollWaitSeconds, pauseMs: 0 };
/** Holds no connection: the tabs of a browser share six to each host (HTTP/1.1). */
export const briefPace: PollPace = { waitS: 0, pauseMs: briefPauseMs };

interface Poll {
  /** What no answer says about the network. */
  readonly fault: "blocked" | "lost";
  /** The answer comes at once and holds a sync. */
  readonly isGreeting: boolean;
  readonly answerWithinMs: number;
}

export class PollReader extends RequestReader<"answer" | "proof"> {
  readonly #pace: () => PollPace;

  /** @param pace called at each request and at its answer */
  constructor(address: RoomAddress, events: TransportEvents, pace: () => PollPace) {
    super(address, events);
    this.#pace = pace;
    this.#poll({ fault: "blocked", isGreeting: true, answerWithinMs: pollTimeoutMs });
  }

  resync(): void {
    this.#poll({ fault: "lost", isGreeting: true, answerWithinMs: pollTimeoutMs });
  }

  /** A request that proves the network already is left alone. */
  prove(): void {
    if (this.timers.has("proof")) return;
    this.#poll({ fault: "lost", isGreeting: true, answerWithinMs: proofTimeoutMs });
  }

  protected again(): void {
    this.#poll({ fault: "lost", isGreeting: false, answerWithinMs: pollTimeoutMs });
  }

  #poll({ fault, isGreeting, answerWithinMs }: Poll): void {
    void this.ask(fault, async (signal) => {
      const giveUp = () => this.end({ by: "network", fault: "lost" });
      this.timers.start("answer", pollTimeoutMs, giveUp);
      if (answerWithinMs < pollTimeoutMs) this.timers.start("proof", answerWithinMs, giveUp);
      const have = this.events.have();
      const response = await requestRoom(this.address, {
        query: {
          wait: isGreeting ? "0" : String(this.#pace().waitS),
          ...(have === undefined ? {} : { cursor: formatCursor(have) }),
        },
        headers: { accept: "application/json" },
        signal,
      });
      if (!signal.aborted) {
        this.timers.stop("proof");
        this.events.progress();
      }
      const answer = parsePoll(await response.text());
      if (signal.aborted) return;
      if (answer === undefined) throw new ForeignAnswer(response.status);
      this.events.welcomed(undefined);
      if (isGreeting && have !== undefined && !answer.frames.some(({ type }) => type === "sync")) {
        // The room has nothing new for this cursor, which is what an empty sync would say.
        const { epoch, seq } = have;
        this.events.frame({ type: "sync", epoch, seq, floor: 0, mode: "delta", turns: [] });
      }
      for (const frame of answer.frames) {
        // A frame may lead to the next request, or to the end.
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
