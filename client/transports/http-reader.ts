/**
 * What reads a room over HTTP: requests, one after the other or one that goes on, with rests between them. What is said to
 * the room meanwhile is `http-transport.ts`; an event stream and polls (`sse.ts`, `poll.ts`) are what can be asked for.
 */
import { Timers } from "../time/timers.ts";
import type { RoomAddress } from "./room-address.ts";
import { endOf } from "./room-fetch.ts";
import type { TransportEnd, TransportEvents } from "./transport.ts";

export interface RoomReader {
  /** There may be something to hear: a rest is over. A request that is out is left alone. */
  hurry(): void;
  /** A sync is wanted for what is held now. */
  resync(): void;
  /** Leaves without a word to its events. Idempotent. */
  close(): void;
}

/** Starts to read at once. */
export type OpenReader = (events: TransportEvents) => RoomReader;

export abstract class RequestReader<Timer extends string> implements RoomReader {
  protected readonly address: RoomAddress;
  protected readonly events: TransportEvents;
  /** Of the request that is out, or of the rest after it. */
  protected readonly timers = new Timers<Timer | "rest">();
  /** The last that was made. Aborted, nothing that it still brings counts. */
  #request: AbortController | undefined;

  constructor(address: RoomAddress, events: TransportEvents) {
    this.address = address;
    this.events = events;
  }

  /** Asks from where the reader is. */
  protected abstract again(): void;
  abstract resync(): void;

  hurry(): void {
    if (this.timers.has("rest")) this.again();
  }

  close(): void {
    this.timers.stopAll();
    this.#request?.abort();
  }

  /** In place of the request before. @param fault what it says of the network when no answer comes */
  protected async ask(fault: "blocked" | "lost", read: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.close();
    const request = new AbortController();
    const { signal } = request;
    this.#request = request;
    try {
      await read(signal);
    } catch (cause) {
      if (!signal.aborted) this.end(endOf(cause, fault));
    }
  }

  protected rest(forMs: number): void {
    this.timers.start("rest", forMs, () => this.again());
  }

  protected end(end: TransportEnd): void {
    this.close();
    this.events.ended(end);
  }
}
