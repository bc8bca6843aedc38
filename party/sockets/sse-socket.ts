/**
 * RoomSocket over a stream of server-sent events: each frame is a `data:` line, and the last of those written together carries
 * the reader's cursor in `id:`. There is no `event:` line: a frame has its `type`, and `event: error` would fire the `onerror`
 * of an EventSource. https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
import { ERRORS } from "../../shared/protocol/errors.ts";
import { sseEvent } from "../responses/sse.ts";
import { EventSocket } from "./event-socket.ts";

export class SseSocket extends EventSocket {
  /** The reader's cursor after all that was sent; undefined while a sync is being prepared. */
  cursorOf: () => string | undefined = () => undefined;
  /** Frames of this tick. */
  #batch: string[] = [];
  #lastId: string | undefined;

  override send(text: string): void {
    if (!this.isOpen) return;
    this.#batch.push(text);
    // The room sends first and then moves the cursor: after this tick both are done.
    if (this.#batch.length === 1) queueMicrotask(() => this.#flush());
  }

  override beat(text: string): void {
    this.#flush();
    this.out.write(sseEvent({ data: text }));
  }

  override comeBackIn(ms: number): void {
    this.#flush();
    this.out.write(sseEvent({ retryMs: ms }));
  }

  /** Sends an `id:` before any frame. A browser keeps it and fires no event. */
  mark(id: string): void {
    this.#lastId = id;
    this.out.write(sseEvent({ id }));
  }

  override close(code: number): void {
    // Bytes that a reader hasn't taken would stay in memory behind the end for as long as its connection stays (F2).
    if (code === ERRORS["slow-reader"].close) this.out.breakOff();
    this.#flush();
    this.out.end();
  }

  #flush(): void {
    const last = this.#batch.pop();
    if (last === undefined) return;
    const before = this.#batch.map((text) => sseEvent({ data: text })).join("");
    this.#batch = [];
    const id = this.cursorOf();
    const event = sseEvent({ id: id === this.#lastId ? undefined : id, data: last });
    this.#lastId = id ?? this.#lastId;
    this.out.write(before + event);
  }
}
