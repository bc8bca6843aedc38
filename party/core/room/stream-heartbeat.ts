/**
 * Open streams: a heartbeat now and then, which keeps proxies from closing the line and is how a departure is noticed at all,
 * and an end where nothing happens, because an open stream keeps the whole object awake
 * (docs/decisions/2026-11-23-idle-streams.md).
 */
import type { Conversation } from "../conversation/conversation.ts";
import type { RoomPolicy } from "../policy.ts";
import type { Clock, RoomSocket, StreamSocket, Timer } from "../ports.ts";

/** A reader that hears nothing within this time sits behind something that collects what it should pass on. */
const firstBeatMs = 1_000;
/** A stream that is cut off comes back in this time at the least, and up to `spreadMs` later, so that not all come at once. */
const comeBackMs = 1_000;
const spreadMs = 2_000;

interface Stay {
  readonly socket: StreamSocket;
  /** When it may go at the earliest. */
  readonly until: number;
  readonly onIdle: () => void;
}

export class Streams {
  readonly #conversation: Conversation;
  readonly #clock: Clock;
  readonly #policy: RoomPolicy;
  readonly #random: () => number;
  readonly #open = new Map<RoomSocket, { readonly socket: StreamSocket; timer: Timer }>();

  constructor(conversation: Conversation, clock: Clock, policy: RoomPolicy, random: () => number) {
    this.#conversation = conversation;
    this.#clock = clock;
    this.#policy = policy;
    this.#random = random;
  }

  /**
   * Looks after a stream until it is dropped. `onIdle` is called when it has told its reader when to come back, and is to end.
   * @param hasAll it came back and there was nothing new for it: where nothing goes on either, it need not stay.
   */
  keep(socket: StreamSocket, hasAll: boolean, onIdle: () => void): void {
    const now = this.#clock.now();
    const { streamIdleMs, streamLookMs, streamBeatMs } = this.#policy;
    socket.comeBackIn(comeBackMs + Math.floor(this.#random() * spreadMs));
    const stay = { socket, until: now + (hasAll ? streamLookMs : streamIdleMs), onIdle };
    this.#wait(stay, now + Math.min(firstBeatMs, streamBeatMs));
  }

  drop(socket: RoomSocket): void {
    this.#open.get(socket)?.timer.cancel();
    this.#open.delete(socket);
  }

  /** Tells a stream when to come back; any other socket nothing. */
  comeBackIn(socket: RoomSocket, ms: number): void {
    this.#open.get(socket)?.socket.comeBackIn(ms);
  }

  #wait(stay: Stay, beatAt: number): void {
    const wait = Math.min(beatAt, this.#idleAt(stay)) - this.#clock.now();
    const ring = () => {
      const now = this.#clock.now();
      if (now >= this.#idleAt(stay)) {
        this.drop(stay.socket);
        stay.socket.comeBackIn(this.#policy.streamRetryMs);
        stay.onIdle();
      } else if (now < beatAt) this.#wait(stay, beatAt);
      else {
        stay.socket.beat(JSON.stringify({ type: "heartbeat", at: now }));
        this.#wait(stay, now + this.#policy.streamBeatMs);
      }
    };
    this.#open.set(stay.socket, { socket: stay.socket, timer: this.#clock.after(Math.max(0, wait), ring) });
  }

  /** When the stream is to end; never while a turn is open. */
  #idleAt({ until }: Stay): number {
    const { idleSince } = this.#conversation.turns;
    return idleSince === undefined ? Infinity : Math.max(until, idleSince + this.#policy.streamIdleMs);
  }
}
