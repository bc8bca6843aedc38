/**
 * The event stream, read with `fetch`: unlike `EventSource` that carries a token in a header, tells why it was refused, and
 * is there in workers and on servers.
 *
 * The room ends an idle stream, so that nobody's open tab keeps it awake, and says when to ask again (`retry:`). That rest
 * is no loss: the transport stands, and comes back at once when there is something to say.
 */
import { createParser } from "eventsource-parser";
import { formatCursor } from "../../shared/protocol/cursor.ts";
import type { ErrorFrame } from "../../shared/protocol/server-frames.ts";
import { parseServerFrame } from "../../shared/protocol/server-guard.ts";
import { firstHeartbeatMs, maxLagMs, maxRestMs, restMs, streamSilenceMs, welcomeTimeoutMs } from "../time/timing.ts";
import { HeartbeatWatch } from "./heartbeat-watch.ts";
import { RequestReader } from "./http-reader.ts";
import type { RoomAddress } from "./room-address.ts";
import { endOf, Refusal, requestRoom } from "./room-fetch.ts";
import type { TransportEvents } from "./transport.ts";

export class StreamReader extends RequestReader<"held-back" | "silence"> {
  readonly #heartbeats = new HeartbeatWatch();
  /** Heard on the stream that is open. */
  #hasBeat = false;
  #restMs = restMs;
  /** The room's last word on a stream, if that was an error about no turn: it refused, in a way that `EventSource` survives. */
  #refusal: ErrorFrame | undefined;

  constructor(address: RoomAddress, events: TransportEvents) {
    super(address, events);
    this.#open("blocked");
  }

  /** A stream begins with a sync. */
  resync(): void {
    this.again();
  }

  protected again(): void {
    this.#open("lost");
  }

  #open(fault: "blocked" | "lost"): void {
    void this.ask(fault, async (signal) => {
      this.#hasBeat = false;
      this.#refusal = undefined;
      const openedAt = Date.now();
      // A request that hangs is given up by the link before its welcome, and here after it.
      if (fault === "lost") {
        this.timers.start("silence", welcomeTimeoutMs, () => this.end({ by: "network", fault: "lost" }));
      }
      const have = this.events.have();
      const response = await requestRoom(this.address, {
        headers: {
          accept: "text/event-stream",
          ...(have === undefined ? {} : { "last-event-id": formatCursor(have) }),
        },
        signal,
      });
      const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") === true;
      if (!isStream || response.body === null) throw new Error("not a stream");
      if (signal.aborted) return;
      await this.#read(response.body, signal);
      if (!signal.aborted) this.#handleEnd(Date.now() - openedAt);
    });
  }

  async #read(body: ReadableStream<Uint8Array>, signal: AbortSignal): Promise<void> {
    this.events.progress();
    this.#expectBeat(firstHeartbeatMs + maxLagMs);
    const parser = createParser({
      onEvent: ({ data }) => {
        if (!signal.aborted) this.#handleData(data);
      },
      onRetry: (ms) => {
        this.#restMs = Math.min(Math.max(ms, restMs), maxRestMs);
      },
    });
    const decoder = new TextDecoder();
    const reader = body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || signal.aborted) return;
      this.events.progress();
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
      this.timers.stop("held-back");
      if (this.#heartbeats.isLate(frame.at, Date.now())) this.end({ by: "network", fault: "buffered" });
    } else if (frame.type === "welcome") this.events.welcomed(frame.sessionId);
    else this.events.frame(frame);
  }

  /** A heartbeat, or at least bytes. One that runs is not shortened by those. */
  #expectBeat(withinMs: number): void {
    this.timers.start("held-back", withinMs, () => this.end({ by: "network", fault: "buffered" }));
  }

  /** One that goes silent is asked for again: dead, it does not answer; alive, it was only slow to beat. */
  #expectBytes(): void {
    this.timers.start("silence", streamSilenceMs, () => this.again());
  }

  /** A stream that the room ended. */
  #handleEnd(lastedMs: number): void {
    this.timers.stopAll();
    if (this.#refusal !== undefined) {
      const { code, message, retryAfterMs } = this.#refusal;
      this.end(endOf(new Refusal(code, message, retryAfterMs), "lost"));
      return;
    }
    // With a turn open there is more to come: it was not the room that had enough.
    const isIdle = Object.keys(this.events.have()?.offsets ?? {}).length === 0;
    if (!isIdle && lastedMs >= restMs) this.again();
    else this.rest(isIdle ? this.#restMs : restMs);
  }
}
