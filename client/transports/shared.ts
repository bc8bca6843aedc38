/**
 * One stream for all tabs of a browser that are in the same room. HTTP/1.1 allows six connections to a host; a stream in
 * each of seven tabs would leave none for a stop. So the tab that holds a lock reads the stream and passes on what it says
 * (BroadcastChannel); the others fetch what they lack by polls of their own, which wait for nothing, and speak for
 * themselves. When the tab that reads goes, the lock passes to another, which starts from what it holds.
 *
 * Positions make this safe: a frame that comes twice, late or not at all changes nothing or is asked for again.
 */
import type { ClientFrame } from "../../shared/protocol/client-frames.ts";
import type { ServerFrame } from "../../shared/protocol/server-frames.ts";
import { Timers } from "../timers.ts";
import { followPauseMs, followQuietMs, loneFollowPauseMs } from "../timing.ts";
import { type PollPace, PollTransport } from "./poll.ts";
import type { RoomAddress } from "./room-address.ts";
import type { OpenTransport, Transport, TransportEnd, TransportEvents } from "./transport.ts";

/** What tabs say to each other. All are pages of one origin; a tab of another version is the one thing to be careful of. */
type TabMessage =
  | { readonly v: 1; readonly kind: "frame"; readonly frame: ServerFrame }
  /** The reading tab is in step with the room at this point. */
  | { readonly v: 1; readonly kind: "synced"; readonly epoch: string; readonly seq: number }
  /** Something was said to the room: whoever reads should not rest. */
  | { readonly v: 1; readonly kind: "wake" }
  /** This network holds streams back: no tab need find out again. */
  | { readonly v: 1; readonly kind: "buffered" };

/** Whether the tabs of this runtime can find each other. */
export function canShare(): boolean {
  return typeof navigator !== "undefined" && navigator.locks !== undefined && typeof BroadcastChannel !== "undefined";
}

export class SharedTransport implements Transport {
  readonly #address: RoomAddress;
  readonly #events: TransportEvents;
  readonly #openStream: OpenTransport;
  readonly #channel: BroadcastChannel;
  readonly #timers = new Timers<"quiet">();
  readonly #leaving = new AbortController();
  readonly #lockName: string;
  #isReading = false;
  /** What this tab itself has open: the stream, or its own polls. */
  #inner: Transport | undefined;
  /** When the tab that reads was last heard of, ms since 1970. */
  #heardAt = 0;
  #release: (() => void) | undefined;
  #isOver = false;

  constructor(address: RoomAddress, events: TransportEvents, openStream: OpenTransport) {
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

  send(frame: ClientFrame): void {
    this.#inner?.send(frame);
    if (!this.#isReading) this.#tell({ v: 1, kind: "wake" });
  }

  probe(): void {
    this.#inner?.probe();
    if (!this.#isReading) this.#tell({ v: 1, kind: "wake" });
  }

  close(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timers.stopAll();
    this.#inner?.close(reason);
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
  #read(): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    const held = new Promise<void>((resolve) => {
      this.#release = resolve;
    });
    this.#isReading = true;
    this.#timers.stopAll();
    this.#inner?.close("reads for all");
    this.#inner = this.#openStream({
      have: () => this.#events.have(),
      progress: () => this.#events.progress(),
      welcomed: (sessionId) => this.#events.welcomed(sessionId),
      frame: (frame) => this.#passOn(frame),
      ended: (end) => {
        if (end.by === "network" && end.fault === "buffered") this.#tell({ v: 1, kind: "buffered" });
        this.#end(end);
      },
    });
    return held;
  }

  #follow(): void {
    this.#inner = new PollTransport(
      this.#address,
      {
        have: () => this.#events.have(),
        progress: () => this.#events.progress(),
        welcomed: (sessionId) => this.#events.welcomed(sessionId),
        frame: (frame) => this.#events.frame(frame),
        ended: (end) => this.#end(end),
      },
      () => this.#pace(),
    );
  }

  /** Rarely while another tab tells what happens: a sign of life, and the room's own word that one may still be here. */
  #pace(): PollPace {
    const isTold = Date.now() - this.#heardAt < followQuietMs;
    return { waitS: 0, pauseMs: isTold ? followPauseMs : loneFollowPauseMs };
  }

  #passOn(frame: ServerFrame): void {
    this.#events.frame(frame);
    switch (frame.type) {
      case "sync":
        // It says what this tab lacked. The others ask for what they lack.
        this.#tell({ v: 1, kind: "synced", epoch: frame.epoch, seq: frame.seq });
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
    if (message.kind === "wake") {
      if (this.#isReading) this.#inner?.probe();
      return;
    }
    if (this.#isReading) return;
    this.#heardAt = Date.now();
    this.#timers.start("quiet", followQuietMs, () => this.#handleQuiet());
    switch (message.kind) {
      case "frame":
        if (message.frame !== undefined) this.#events.frame(message.frame);
        return;
      case "synced":
        if (!this.#isAt(message)) this.#inner?.probe();
        return;
      case "buffered":
        this.#end({ by: "network", fault: "buffered" });
    }
  }

  /** Whether this tab lacks nothing that a reader at this point has. */
  #isAt({ epoch, seq }: { epoch?: string; seq?: number }): boolean {
    const have = this.#events.have();
    return have?.epoch === epoch && have?.seq === seq && Object.keys(have?.offsets ?? {}).length === 0;
  }

  /** The tab that reads says nothing more, though an answer is open: it may have been put to sleep with its lock. */
  #handleQuiet(): void {
    if (Object.keys(this.#events.have()?.offsets ?? {}).length > 0) this.#inner?.probe();
  }

  #end(end: TransportEnd): void {
    if (this.#isOver) return;
    this.close("");
    this.#events.ended(end);
  }
}
