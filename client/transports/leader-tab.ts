/**
 * Shares one stream among all tabs of a browser that are in the same room. HTTP/1.1 allows six connections to a host; a stream in
 * each of seven tabs would leave none for a stop. The leader tab, which holds a lock, reads the stream and passes its frames
 * on (BroadcastChannel). Follower tabs fetch what they lack by short polls of their own, and send for themselves. When the
 * leader goes, the lock passes to a follower, which continues from its own position.
 *
 * Positions make this safe: a frame that comes twice, late or not at all changes nothing or is requested again.
 */
import type { Have } from "../../shared/protocol/client-frames.ts";
import type { ServerFrame, SyncFrame } from "../../shared/protocol/server-frames.ts";
import type { TransportName } from "../api/connection-types.ts";
import { monotonicMs } from "../time/clock.ts";
import { Timers } from "../time/timers.ts";
import { followPauseMs, followQuietMs } from "../time/timing.ts";
import { takeSlot } from "./http/connection-slots.ts";
import type { OpenReader, RoomReader } from "./http/http-reader.ts";
import { briefPace, type PollPace, PollReader } from "./http/poll.ts";
import type { RoomAddress } from "./room-address.ts";
import type { TransportEnd, TransportEvents } from "./transport.ts";

/** The messages between tabs. All tabs are pages of one origin, but one may run another version of this library. */
type TabMessage =
  | { readonly v: 1; readonly kind: "frame"; readonly frame: ServerFrame }
  /** A sync that the leader received, and the position it answers. */
  | { readonly v: 1; readonly kind: "sync"; readonly base: Have | undefined; readonly frame: SyncFrame }
  /** A tab sent something to the room: the leader should not rest. */
  | { readonly v: 1; readonly kind: "wake" }
  /** The network may have changed: the leader should prove that its stream works. */
  | { readonly v: 1; readonly kind: "prove" }
  /** A page was opened and listens from here on. */
  | { readonly v: 1; readonly kind: "joined" }
  /** This network holds streams back, so no other tab needs to find out. */
  | { readonly v: 1; readonly kind: "buffered" };

/** The transports that one tab may read for all. */
export type SharedName = Exclude<TransportName, "websocket">;

/** Whether the tabs of this runtime can find each other. */
export function canShare(): boolean {
  return typeof navigator !== "undefined" && navigator.locks !== undefined && typeof BroadcastChannel !== "undefined";
}

export class SharedReader implements RoomReader {
  readonly #name: SharedName;
  readonly #address: RoomAddress;
  readonly #events: TransportEvents;
  readonly #openStream: OpenReader;
  readonly #channel: BroadcastChannel;
  readonly #timers = new Timers<"quiet">();
  readonly #leaving = new AbortController();
  readonly #lockName: string;
  #isReading = false;
  /** This tab's own reader: of the stream, or of its own polls. */
  #inner: RoomReader | undefined;
  /** When the leader last sent a message, by the monotonic clock. */
  #heardAt = Number.NEGATIVE_INFINITY;
  #release: (() => void) | undefined;
  #isOver = false;

  /** @param openStream opens the leader's reader: an event stream, or polls where `name` says so */
  constructor(name: SharedName, address: RoomAddress, events: TransportEvents, openStream: OpenReader) {
    this.#name = name;
    this.#address = address;
    this.#events = events;
    this.#openStream = openStream;
    this.#lockName = `edge-chat.stream.${address.gateway.hostAndPrefix}/${address.room}`;
    this.#channel = new BroadcastChannel(this.#lockName);
    this.#channel.onmessage = ({ data }: MessageEvent<unknown>) => this.#handleMessage(data);
    this.#join().catch(() => {
      // Sandboxed frames may not lock: such a tab is on its own and holds no connection.
      if (!this.#isOver && this.#inner === undefined) this.#follow();
    });
  }

  hurry(): void {
    this.#inner?.hurry();
    if (!this.#isReading) this.#post({ v: 1, kind: "wake" });
  }

  resync(): void {
    this.#inner?.resync();
  }

  prove(): void {
    this.#inner?.prove();
    if (!this.#isReading) this.#post({ v: 1, kind: "prove" });
  }

  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timers.stopAll();
    this.#inner?.close();
    this.#channel.close();
    this.#leaving.abort();
    this.#release?.();
  }

  async #join(): Promise<void> {
    const { locks } = navigator;
    const hasRead = await locks.request(this.#lockName, { ifAvailable: true }, (lock) =>
      lock === null ? false : this.#read().then(() => true),
    );
    if (hasRead || this.#isOver) return;
    this.#follow();
    try {
      await locks.request(this.#lockName, { signal: this.#leaving.signal }, () => this.#read());
    } catch (cause) {
      // Closed while it waited for the lock.
      if (!this.#isOver) throw cause;
    }
  }

  /** Settles when this tab stops reading; until then it holds the lock. */
  async #read(): Promise<void> {
    const giveBack = this.#isOver ? undefined : await takeSlot(this.#address.gateway.hostAndPrefix);
    if (!this.#isOver) {
      const held = new Promise<void>((resolve) => {
        this.#release = resolve;
      });
      this.#readForAll(giveBack === undefined);
      await held;
    }
    giveBack?.();
  }

  /** @param isBrief tabs of other rooms hold all connections that may be held */
  #readForAll(isBrief: boolean): void {
    this.#isReading = true;
    this.#timers.stopAll();
    this.#inner?.close();
    const open: OpenReader = isBrief
      ? (events) => new PollReader(this.#address, events, () => briefPace)
      : this.#openStream;
    this.#inner = open({
      ...this.#events,
      frame: (frame) => this.#passOn(frame),
      ended: (end) => {
        if (end.by === "network" && end.fault === "buffered") this.#post({ v: 1, kind: "buffered" });
        this.#end(end);
      },
    });
  }

  #follow(): void {
    const events = { ...this.#events, ended: (end: TransportEnd) => this.#end(end) };
    this.#inner = new PollReader(this.#address, events, () => this.#pace());
    // A tab that returns to a stream finds out for itself whether it is held back, once it leads.
    if (this.#events.have() === undefined) this.#post({ v: 1, kind: "joined" });
  }

  /** Rarely while the leader passes frames on: as a sign of life, and to hear from the room whether this tab may still read. */
  #pace(): PollPace {
    const isFollowing = monotonicMs() - this.#heardAt < followQuietMs;
    return isFollowing ? { waitS: 0, pauseMs: followPauseMs } : briefPace;
  }

  #passOn(frame: ServerFrame): void {
    const base = this.#events.have();
    this.#events.frame(frame);
    switch (frame.type) {
      case "sync":
        this.#post({ v: 1, kind: "sync", base, frame });
        return;
      case "error":
      case "goaway":
      case "token-accepted":
        return;
      default:
        this.#post({ v: 1, kind: "frame", frame });
    }
  }

  #post(message: TabMessage): void {
    if (!this.#isOver) this.#channel.postMessage(message);
  }

  #handleMessage(data: unknown): void {
    const message = data as Partial<TabMessage> | null;
    if (this.#isOver || message?.v !== 1) return;
    if (message.kind === "buffered") {
      // A tab that has just got the lock hears this too.
      if (this.#name === "sse") this.#end({ by: "network", fault: "buffered" });
      return;
    }
    if (this.#isReading) {
      if (message.kind === "wake") this.#inner?.hurry();
      if (message.kind === "prove") this.#inner?.prove();
      if (message.kind === "joined" && this.#name === "poll") this.#post({ v: 1, kind: "buffered" });
      return;
    }
    if (message.kind !== "frame" && message.kind !== "sync") return;
    this.#heardAt = monotonicMs();
    this.#timers.start("quiet", followQuietMs, () => this.#handleQuiet());
    if (message.kind === "sync" && message.frame !== undefined) this.#handleSync(message.base, message.frame);
    if (message.kind === "frame" && message.frame !== undefined) this.#events.frame(message.frame);
  }

  /** The leader's sync: it fits if this tab holds what the leader held. Otherwise this tab requests its own. */
  #handleSync(base: Have | undefined, frame: SyncFrame): void {
    const have = this.#events.have();
    if (frame.mode === "delta" && have !== undefined && base !== undefined && holds(have, base)) {
      this.#events.frame(frame);
    } else if (have?.epoch !== frame.epoch || have.seq !== frame.seq || hasOpen(have)) this.#inner?.hurry();
  }

  /** The leader is silent though an answer is open: its tab may have been put to sleep while it holds the lock. */
  #handleQuiet(): void {
    const have = this.#events.have();
    if (have !== undefined && hasOpen(have)) this.#inner?.hurry();
  }

  #end(end: TransportEnd): void {
    if (this.#isOver) return;
    this.close();
    this.#events.ended(end);
  }
}

/** Whether a reader at `have` holds all that a reader at `base` holds, so that a delta from `base` fits both. */
function holds(have: Have, base: Have): boolean {
  if (have.epoch !== base.epoch || have.seq !== base.seq) return false;
  // A turn that only one of them lists is held whole by the other one.
  return Object.entries(have.offsets).every(([turnId, offset]) => offset >= (base.offsets[turnId] ?? Infinity));
}

function hasOpen(have: Have): boolean {
  return Object.keys(have.offsets).length > 0;
}
