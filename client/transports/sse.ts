/**
 * The event stream as a transport, read with `fetch`: unlike `EventSource` that carries a token in a header, tells why it was
 * refused, and is there in workers and on servers. Frames come down the stream, what the client says goes up in requests.
 *
 * The room ends an idle stream, so that nobody's open tab keeps it awake, and says when to ask again (`retry:`). That rest
 * is no loss: the transport stands, and comes back at once when there is something to say.
 */
import { createParser } from "eventsource-parser";
import type { ClientFrame } from "../../shared/protocol/client-frames.ts";
import { formatCursor } from "../../shared/protocol/cursor.ts";
import type { ErrorFrame } from "../../shared/protocol/server-frames.ts";
import { parseServerFrame } from "../../shared/protocol/server-guard.ts";
import { Timers } from "../timers.ts";
import { firstHeartbeatMs, maxLagMs, maxRestMs, restMs, streamSilenceMs, welcomeTimeoutMs } from "../timing.ts";
import { HeartbeatWatch } from "./heartbeat-watch.ts";
import { HttpSender } from "./http-sender.ts";
import type { RoomAddress } from "./room-address.ts";
import { endOf, Refusal, requestRoom } from "./room-http.ts";
import type { Transport, TransportEnd, TransportEvents } from "./transport.ts";

export class SseTransport implements Transport {
  readonly #address: RoomAddress;
  readonly #events: TransportEvents;
  readonly #sender: HttpSender;
  readonly #timers = new Timers<"rest" | "held-back" | "silence">();
  readonly #heartbeats = new HeartbeatWatch();
  #stream: AbortController | undefined;
  /** Heard on the stream that is open. */
  #hasBeat = false;
  #restMs = restMs;
  /** The room's last word on a stream, if that was an error about no turn: it refused, in a way that `EventSource` survives. */
  #refusal: ErrorFrame | undefined;
  #isOver = false;

  constructor(address: RoomAddress, events: TransportEvents) {
    this.#address = address;
    this.#events = events;
    this.#sender = new HttpSender(address, {
      frame: (frame) => events.frame(frame),
      failed: (end) => this.#end(end),
      taken: () => this.#hurry(),
      resync: () => this.#reopen(),
    });
    void this.#open("blocked");
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
    this.#stream?.abort();
  }

  /** Ends a rest. A stream that is open is left alone. */
  #hurry(): void {
    if (!this.#isOver && this.#timers.has("rest")) this.#reopen();
  }

  #reopen(): void {
    this.#stream?.abort();
    void this.#open("lost");
  }

  async #open(fault: "blocked" | "lost"): Promise<void> {
    this.#timers.stopAll();
    const stream = new AbortController();
    this.#stream = stream;
    this.#hasBeat = false;
    this.#refusal = undefined;
    const openedAt = Date.now();
    // A request that hangs is given up by the link before its welcome, and here after it.
    if (fault === "lost") {
      this.#timers.start("silence", welcomeTimeoutMs, () => this.#end({ by: "network", fault: "lost" }));
    }
    try {
      const have = this.#events.have();
      const response = await requestRoom(this.#address, {
        headers: {
          accept: "text/event-stream",
          ...(have === undefined ? {} : { "last-event-id": formatCursor(have) }),
        },
        signal: stream.signal,
      });
      const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") === true;
      if (!isStream || response.body === null) throw new Error("not a stream");
      if (this.#isOver || stream !== this.#stream) return;
      await this.#read(response.body, stream);
    } catch (cause) {
      if (!stream.signal.aborted) this.#end(endOf(cause, fault));
      return;
    }
    if (!stream.signal.aborted) this.#handleEnd(Date.now() - openedAt);
  }

  async #read(body: ReadableStream<Uint8Array>, stream: AbortController): Promise<void> {
    this.#events.progress();
    this.#expectBeat(firstHeartbeatMs + maxLagMs);
    const parser = createParser({
      onEvent: ({ data }) => {
        if (!stream.signal.aborted) this.#handleData(data);
      },
      onRetry: (ms) => {
        this.#restMs = Math.min(Math.max(ms, restMs), maxRestMs);
      },
    });
    const decoder = new TextDecoder();
    const reader = body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || stream.signal.aborted) return;
      this.#events.progress();
      this.#expectBytes();
      // What comes is not held back; a large sync on a slow line may take longer than the first heartbeat.
      if (!this.#hasBeat) this.#expectBeat(maxLagMs);
      parser.feed(decoder.decode(value, { stream: true }));
    }
  }

  #handleData(data: string): void {
    const frame = parseServerFrame(data);
    if (frame === undefined) return;
    this.#refusal = frame.type === "error" && frame.turnId === undefined ? frame : undefined;
    if (frame.type === "heartbeat") {
      this.#hasBeat = true;
      this.#timers.stop("held-back");
      if (this.#heartbeats.isLate(frame.at, Date.now())) this.#end({ by: "network", fault: "buffered" });
    } else if (frame.type === "welcome") this.#events.welcomed(frame.sessionId);
    else this.#events.frame(frame);
  }

  /** A heartbeat, or at least bytes. One that runs is not shortened by those. */
  #expectBeat(withinMs: number): void {
    this.#timers.start("held-back", withinMs, () => this.#end({ by: "network", fault: "buffered" }));
  }

  /** One that goes silent is asked for again: dead, it does not answer; alive, it was only slow to beat. */
  #expectBytes(): void {
    this.#timers.start("silence", streamSilenceMs, () => this.#reopen());
  }

  /** A stream that the room ended. */
  #handleEnd(lastedMs: number): void {
    this.#timers.stopAll();
    if (this.#refusal !== undefined) {
      const { code, message, retryAfterMs } = this.#refusal;
      this.#end(endOf(new Refusal(code, message, retryAfterMs), "lost"));
      return;
    }
    // With a turn open there is more to come: it was not the room that had enough.
    const isIdle = Object.keys(this.#events.have()?.offsets ?? {}).length === 0;
    if (!isIdle && lastedMs >= restMs) void this.#open("lost");
    else this.#timers.start("rest", isIdle ? this.#restMs : restMs, () => this.#reopen());
  }

  #end(end: TransportEnd): void {
    if (this.#isOver) return;
    this.close("");
    this.#events.ended(end);
  }
}
