/**
 * Reads a room as an event stream, with `fetch`: unlike `EventSource`, `fetch` sends the token in a header, gives the reason
 * of a refusal, and exists in workers and on servers.
 *
 * The room ends an idle stream, so that an open tab doesn't keep it awake, and says when to request it again (`retry:`). That
 * rest isn't a loss: the transport stays, and the rest is over at once when the client sends something.
 */
import { formatCursor } from "../../../shared/protocol/cursor.ts";
import type { ErrorFrame } from "../../../shared/protocol/server-frames.ts";
import { parseServerFrame } from "../../../shared/protocol/server-guard.ts";
import { monotonicMs } from "../../time/clock.ts";
import {
  firstHeartbeatMs,
  maxLagMs,
  maxRestMs,
  proofTimeoutMs,
  restMs,
  streamSilenceMs,
  welcomeTimeoutMs,
} from "../../time/timing.ts";
import type { RoomAddress } from "../room-address.ts";
import type { TransportEvents } from "../transport.ts";
import { EventStreamLines } from "./event-stream-lines.ts";
import { HeartbeatWatch } from "./heartbeat-watch.ts";
import { RequestReader } from "./http-reader.ts";
import { endOf, ForeignAnswer, RoomRefusal, requestRoom } from "./room-fetch.ts";

export class StreamReader extends RequestReader<"held-back" | "silence" | "proof"> {
  readonly #heartbeats = new HeartbeatWatch();
  /** The open stream has had a heartbeat. */
  #hasBeat = false;
  #restMs = restMs;
  /** The stream's last frame, if it was an error that names no turn: the room refused in a way that `EventSource` survives. */
  #refusal: ErrorFrame | undefined;

  constructor(address: RoomAddress, events: TransportEvents) {
    super(address, events);
    this.#open("blocked");
  }

  /** A stream begins with a sync. */
  resync(): void {
    this.again();
  }

  /** Opens the stream anew: an idle one may be silent for longer than a proof may take. */
  prove(): void {
    if (!this.timers.has("proof")) this.#open("lost", proofTimeoutMs);
  }

  protected again(): void {
    this.#open("lost");
  }

  #open(fault: "blocked" | "lost", answerWithinMs = welcomeTimeoutMs): void {
    void this.ask(fault, async (signal) => {
      this.#hasBeat = false;
      this.#refusal = undefined;
      const openedAt = monotonicMs();
      // A request that hangs is given up by the connection before the welcome, and here after it.
      if (fault === "lost") {
        const timer = answerWithinMs < welcomeTimeoutMs ? "proof" : "silence";
        this.timers.start(timer, answerWithinMs, () => this.end({ by: "network", fault: "lost" }));
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
      if (!isStream) throw new ForeignAnswer(response.status);
      // React Native's `fetch` has no body to stream.
      if (!response.body) throw new Error("no body to read");
      if (signal.aborted) return;
      await this.#read(response.body, signal);
      if (!signal.aborted) this.#handleEnd(monotonicMs() - openedAt);
    });
  }

  async #read(body: ReadableStream<Uint8Array>, signal: AbortSignal): Promise<void> {
    this.timers.stop("proof");
    this.events.progress();
    this.#expectBytes();
    this.#expectBeat(firstHeartbeatMs + maxLagMs);
    const lines = new EventStreamLines(
      (data) => {
        if (!signal.aborted) this.#handleData(data);
      },
      (ms) => {
        this.#restMs = Math.min(Math.max(ms, restMs), maxRestMs);
      },
    );
    const decoder = new TextDecoder();
    const reader = body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || signal.aborted) return;
      this.events.progress();
      this.#expectBytes();
      // Bytes that arrive aren't held back; a large sync on a slow line may take longer than the first heartbeat.
      if (!this.#hasBeat) this.#expectBeat(maxLagMs);
      lines.feed(decoder.decode(value, { stream: true }));
    }
  }

  #handleData(data: string): void {
    const frame = parseServerFrame(data);
    if (frame === undefined) return;
    this.#refusal = frame.type === "error" && frame.turnId === undefined ? frame : undefined;
    if (frame.type === "heartbeat") {
      this.#hasBeat = true;
      this.timers.stop("held-back");
      if (this.#heartbeats.isLate(frame.at, monotonicMs())) this.end({ by: "network", fault: "buffered" });
    } else if (frame.type === "welcome") this.events.welcomed(frame.sessionId);
    else this.events.frame(frame);
  }

  /** Waits for a heartbeat. */
  #expectBeat(withinMs: number): void {
    this.timers.start("held-back", withinMs, () => this.end({ by: "network", fault: "buffered" }));
  }

  /** Requests a silent stream again: a dead one doesn't answer, a living one was only slow. */
  #expectBytes(): void {
    this.timers.start("silence", streamSilenceMs, () => this.again());
  }

  /** The room ended the stream. */
  #handleEnd(lastedMs: number): void {
    this.timers.stopAll();
    if (this.#refusal !== undefined) {
      const { code, message, retryAfterMs } = this.#refusal;
      this.end(endOf(new RoomRefusal(code, message, retryAfterMs), "lost"));
      return;
    }
    // While a turn is open there is more to come, so this wasn't the room ending an idle stream.
    const isIdle = Object.keys(this.events.have()?.offsets ?? {}).length === 0;
    if (!isIdle && lastedMs >= restMs) this.again();
    else this.rest(isIdle ? this.#restMs : restMs);
  }
}
