/**
 * Keeps streams (server-sent events) alive: a heartbeat now and then, which stops proxies from closing the connection and shows
 * a departure, and an end where nothing happens, because an open stream keeps the object awake
 * (docs/decisions/2026-11-23-idle-streams.md).
 */
import type { Conversation } from "../../conversation/conversation.ts";
import type { RoomPolicy } from "../../policy.ts";
import type { MonotonicClock, RoomSocket, StreamSocket, Timer } from "../../ports.ts";

/** The first heartbeat: a client that gets nothing within this time sits behind a proxy that buffers the stream. */
const firstBeatMs = 1_000;
/** The retry delay of a stream that is cut off, plus a random share of the spread, so that streams don't return in a wave. */
const comeBackMs = 1_000;
const spreadMs = 2_000;

interface OpenStream {
  readonly socket: StreamSocket;
  /** When the stream may end at the earliest, ms since 1970. */
  readonly until: number;
  readonly onIdle: () => void;
}

export class StreamHeartbeat {
  readonly #conversation: Conversation;
  readonly #clock: MonotonicClock;
  readonly #policy: RoomPolicy;
  readonly #random: () => number;
  readonly #open = new Map<RoomSocket, { readonly socket: StreamSocket; timer: Timer }>();

  constructor(conversation: Conversation, clock: MonotonicClock, policy: RoomPolicy, random: () => number) {
    this.#conversation = conversation;
    this.#clock = clock;
    this.#policy = policy;
    this.#random = random;
  }

  /**
   * Keeps a stream until it is dropped. `onIdle` is called when the stream must end; its client knows by then when to return.
   * @param hasAll the client returned and lacked nothing: without an open turn the stream needn't stay.
   */
  keep(socket: StreamSocket, hasAll: boolean, onIdle: () => void): void {
    const { streamIdleMs, streamLookMs, streamBeatMs } = this.#policy;
    socket.comeBackIn(comeBackMs + Math.floor(this.#random() * spreadMs));
    const stay = { socket, until: this.#clock.now() + (hasAll ? streamLookMs : streamIdleMs), onIdle };
    this.#wait(stay, this.#clock.elapsed() + Math.min(firstBeatMs, streamBeatMs));
  }

  /** The stream has ended. What its client hasn't taken of it stays counted, until it is taken or broken off (F2). */
  drop(socket: RoomSocket): void {
    const open = this.#open.get(socket);
    if (open === undefined) return;
    open.timer.cancel();
    this.#open.delete(socket);
    this.#conversation.delivery.keepBody(open.socket);
  }

  /** Sets the retry delay of a stream. Other sockets have none. */
  comeBackIn(socket: RoomSocket, ms: number): void {
    this.#open.get(socket)?.socket.comeBackIn(ms);
  }

  /** @param beatAt on `clock.elapsed()`: a proxy closes a stream that is silent, whatever became of the machine's clock. */
  #wait(stay: OpenStream, beatAt: number): void {
    const clock = this.#clock;
    const wait = Math.min(beatAt - clock.elapsed(), this.#idleAt(stay) - clock.now());
    const ring = () => {
      const now = clock.now();
      if (now >= this.#idleAt(stay)) {
        this.drop(stay.socket);
        stay.socket.comeBackIn(this.#policy.streamRetryMs);
        stay.onIdle();
      } else if (clock.elapsed() < beatAt) this.#wait(stay, beatAt);
      else {
        stay.socket.beat(JSON.stringify({ type: "heartbeat", at: now }));
        this.#wait(stay, clock.elapsed() + this.#policy.streamBeatMs);
      }
    };
    this.#open.set(stay.socket, { socket: stay.socket, timer: clock.after(Math.max(0, wait), ring) });
  }

  /** When the stream is to end; never while a turn is open. */
  #idleAt({ until }: OpenStream): number {
    const { idleSince } = this.#conversation.turns;
    return idleSince === undefined ? Infinity : Math.max(until, idleSince + this.#policy.streamIdleMs);
  }
}
