/**
 * Reads a room over HTTP by requests: one after the other, or one that goes on, with rests between them. The event stream and
 * polls (`sse.ts`, `poll.ts`) extend it. It doesn't send anything to the room; `http-transport.ts` does.
 */
import { Timers } from "../../time/timers.ts";
import type { RoomAddress } from "../room-address.ts";
import type { TransportEnd, TransportEvents } from "../transport.ts";
import { endOf } from "./room-fetch.ts";

export interface RoomReader {
  /** There may be something to read: a rest is over. A request that is out is left alone. */
  hurry(): void;
  /** A sync is wanted for what is held now. */
  resync(): void;
  /** The network may have changed: shows within `proofTimeoutMs` that the room can be read, or ends. */
  prove(): void;
  /** Leaves without an event. Idempotent. */
  close(): void;
}

/** Starts to read at once. */
export type OpenReader = (events: TransportEvents) => RoomReader;

export abstract class RequestReader<Timer extends string> implements RoomReader {
  protected readonly address: RoomAddress;
  protected readonly events: TransportEvents;
  /** For the request that is out, or the rest after it. */
  protected readonly timers = new Timers<Timer | "rest">();
  /** The latest request. Once it is aborted, nothing that it still brings counts. */
  #request: AbortController | undefined;

  constructor(address: RoomAddress, events: TransportEvents) {
    this.address = address;
    this.events = events;
  }

  /** Requests what follows the reader's position. */
  protected abstract again(): void;
  abstract resync(): void;
  abstract prove(): void;

  hurry(): void {
    if (this.timers.has("rest")) this.again();
  }

  close(): void {
    this.timers.stopAll();
    this.#request?.abort();
  }

  /** Replaces the request before. @param fault what no answer says about the network */
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
