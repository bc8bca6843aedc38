/**
 * One stream for all tabs of a browser that are in the same room. HTTP/1.1 allows six connections to a host; a stream in
 * each of seven tabs would leave none for a stop. So the tab that holds a lock reads the stream and passes on what it says
 * (BroadcastChannel); the others fetch what they lack by polls of their own, which wait for nothing, and speak for
 * themselves. When the tab that reads goes, the lock passes to another, which starts from what it holds.
 *
 * Positions make this safe: a frame that comes twice, late or not at all changes nothing or is asked for again.
 */
import type { Have } from "../../shared/protocol/client-frames.ts";
import type { ServerFrame, SyncFrame } from "../../shared/protocol/server-frames.ts";
import type { TransportName } from "../api/connection-types.ts";
import { Timers } from "../time/timers.ts";
import { followPauseMs, followQuietMs } from "../time/timing.ts";
import { takeSlot } from "./connection-slots.ts";
import type { OpenReader, RoomReader } from "./http-reader.ts";
import { briefPace, type PollPace, PollReader } from "./poll.ts";
import type { RoomAddress } from "./room-address.ts";
import type { TransportEnd, TransportEvents } from "./transport.ts";

/** What tabs say to each other. All are pages of one origin; a tab of another version is the one thing to be careful of. */
type TabMessage =
  | { readonly v: 1; readonly kind: "frame"; readonly frame: ServerFrame }
  /** What the reading tab lacked, and from where. */
  | { readonly v: 1; readonly kind: "sync"; readonly base: Have | undefined; readonly frame: SyncFrame }
  /** Something was said to the room: whoever reads should not rest. */
  | { readonly v: 1; readonly kind: "wake" }
  /** A page that was just opened listens from here on. */
  | { readonly v: 1; readonly kind: "joined" }
  /** This network holds streams back, and they are not read as such: no tab need find out again. */
  | { readonly v: 1; readonly kind: "buffered" };

/** What one tab may read for all. */
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
  /** What this tab itself has open: the stream, or its own polls. */
  #inner: RoomReader | undefined;
  /** When the tab that reads was last heard of, ms since 1970. */
  #heardAt = 0;
  #release: (() => void) | undefined;
  #isOver = false;

  /** @param openStream what the tab that reads for all opens; polls where `name` says so */
  constructor(name: SharedName, address: RoomAddress, events: TransportEvents, openStream: OpenReader) {
    this.#name = name;
    this.#address = address;
    this.#events = events;
    this.#openStream = openStream;
    this.#lockName = `edge-chat.stream.${address.url.host}/${address.room}`;
    this.#channel = new BroadcastChannel(this.#lockName);
    this.#channel.onmessage = ({ data }: MessageEvent<unknown>) => this.#handleMessage(data);
    this.#join().catch(() => {
      // Sandboxed frames may not lock: such a tab is on its own, and holds no connection.
      if (!this.#isOver && this.#inner === undefined) this.#follow();
    });
  }

  /** Also of the one that reads for all: something was said. */
  hurry(): void {
    this.#inner?.hurry();
    if (!this.#isReading) this.#tell({ v: 1, kind: "wake" });
  }

  resync(): void {
    this.#inner?.resync();
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
      // Left before its turn came: nothing to tell.
      if (!this.#isOver) throw cause;
    }
  }

  /** Settles when this tab reads no more; until then it holds the lock. */
  async #read(): Promise<void> {
    const giveBack = this.#isOver ? undefined : await takeSlot(this.#address.url.host);
    if (!this.#isOver) {
      const held = new Promise<void>((resolve) => {
        this.#release = resolve;
      });
      this.#readForAll(giveBack === undefined);
      await held;
    }
    giveBack?.();
  }

  /** @param isBrief other rooms hold all connections that may be held */
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
        if (end.by === "network" && end.fault === "buffered") this.#tell({ v: 1, kind: "buffered" });
        this.#end(end);
      },
    });
  }

  #follow(): void {
    const events = { ...this.#events, ended: (end: TransportEnd) => this.#end(end) };
    this.#inner = new PollReader(this.#address, events, () => this.#pace());
    // One that climbs back to a stream is to find out for itself, once it is the one that reads.
    if (this.#events.have() === undefined) this.#tell({ v: 1, kind: "joined" });
  }

  /** Rarely while another tab tells what happens: a sign of life, and the room's own word that one may still be here. */
  #pace(): PollPace {
    const isTold = Date.now() - this.#heardAt < followQuietMs;
    return isTold ? { waitS: 0, pauseMs: followPauseMs } : briefPace;
  }

  #passOn(frame: ServerFrame): void {
    const base = this.#events.have();
    this.#events.frame(frame);
    switch (frame.type) {
      case "sync":
        this.#tell({ v: 1, kind: "sync", base, frame });
        return;
      case "error":
      case "goaway":
      case "token-accepted":
        return;
      default:
        this.#tell({ v: 1, kind: "frame", frame });
    }
  }

  #tell(message: TabMessage): void {
    if (!this.#isOver) this.#channel.postMessage(message);
  }

  #handleMessage(data: unknown): void {
    const message = data as Partial<TabMessage> | null;
    if (this.#isOver || message?.v !== 1) return;
    if (message.kind === "buffered") {
      // Also of one that has only just been given the lock.
      if (this.#name === "sse") this.#end({ by: "network", fault: "buffered" });
      return;
    }
    if (this.#isReading) {
      if (message.kind === "wake") this.#inner?.hurry();
      if (message.kind === "joined" && this.#name === "poll") this.#tell({ v: 1, kind: "buffered" });
      return;
    }
    if (message.kind === "wake" || message.kind === "joined") return;
    this.#heardAt = Date.now();
    this.#timers.start("quiet", followQuietMs, () => this.#handleQuiet());
    switch (message.kind) {
      case "frame":
        if (message.frame !== undefined) this.#events.frame(message.frame);
        return;
      case "sync":
        if (message.frame !== undefined) this.#handleSync(message.base, message.frame);
        return;
    }
  }

  /** What another tab lacked: all that this one lacks if it holds what that one held, else a reason to ask. */
  #handleSync(base: Have | undefined, frame: SyncFrame): void {
    const have = this.#events.have();
    if (frame.mode === "delta" && have !== undefined && base !== undefined && holds(have, base)) {
      this.#events.frame(frame);
    } else if (have?.epoch !== frame.epoch || have.seq !== frame.seq || hasOpen(have)) this.#inner?.hurry();
  }

  /** The tab that reads says nothing more, though an answer is open: it may have been put to sleep with its lock. */
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

/** Whether a reader at `have` has all that one at `base` has, and lacks nothing that was not told from there on. */
function holds(have: Have, base: Have): boolean {
  if (have.epoch !== base.epoch || have.seq !== base.seq) return false;
  // A turn that only one of them lists is held whole by the other.
  return Object.entries(have.offsets).every(([turnId, offset]) => offset >= (base.offsets[turnId] ?? Infinity));
}

function hasOpen(have: Have): boolean {
  return Object.keys(have.offsets).length > 0;
}
