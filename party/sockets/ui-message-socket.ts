/**
 * RoomSocket of a reader of one turn who speaks the AI SDK's UI message stream: the room's frames go in, chunks come out
 * (`shared/ui-message-stream.ts`). Their SSE `id:` says how much of the answer the reader has; clients that know of no ids
 * skip it, and heartbeats are comments.
 */
import { isRetryableClose } from "../../shared/protocol/errors.ts";
import type { ErrorFrame } from "../../shared/protocol/server-frames.ts";
import { parseServerFrame } from "../../shared/protocol/server-guard.ts";
import { EMPTY_VIEW, foldFrame, type RoomView } from "../../shared/transcript.ts";
import {
  sseOfChunk,
  type UiMessageStep,
  UiMessageWriter,
  uiMessageStreamDone,
} from "../../shared/ui-message-stream.ts";
import type { StreamSocket } from "../core/ports.ts";
import { EventBody } from "./event-body.ts";

export class UiMessageSocket implements StreamSocket {
  readonly transport = "sse";
  readonly #turnId: string;
  readonly #writer: UiMessageWriter;
  readonly #body: EventBody;
  #view: RoomView = EMPTY_VIEW;
  /** The last that was wrong with this reader. */
  #error: ErrorFrame | undefined;
  #lastAt = 0;

  /** @param from units of the answer that the reader has already. */
  constructor(turnId: string, from: number, now: () => number) {
    this.#turnId = turnId;
    this.#writer = new UiMessageWriter(turnId, from);
    this.#body = new EventBody(now);
  }

  get body(): ReadableStream<Uint8Array> {
    return this.#body.stream;
  }

  set onGone(onGone: () => void) {
    this.#body.onGone = onGone;
  }

  get isOpen(): boolean {
    return this.#body.isOpen;
  }

  get bufferedAmount(): number {
    return this.#body.bufferedAmount;
  }

  get pongedAt(): number {
    return this.#body.takenAt;
  }

  /** A stream does not outlive its object. */
  readonly attachment = undefined;
  attach(): void {}

  send(text: string): void {
    const frame = parseServerFrame(text);
    if (frame === undefined || !this.isOpen) return;
    if (frame.type === "error") this.#error = frame;
    // Changes to other turns are not told here, so no number is missing that is missed.
    const before = "seq" in frame && frame.type !== "sync" ? { ...this.#view, seq: frame.seq - 1 } : this.#view;
    this.#view = foldFrame(before, frame).view;
    const turn = this.#view.turns.find(({ id }) => id === this.#turnId);
    if (turn !== undefined) this.#tell(this.#writer.advance(turn));
  }

  beat(): void {
    this.#body.write(":\n\n");
  }

  comeBackIn(): void {
    // A page comes back when a person or `useChat` thinks of it.
  }

  /** The turn is over or gone: an end in order. Anything else is a lost connection, which is resumed, or a refusal in words. */
  close(code: number): void {
    if (!this.#writer.isDone && code === 1000) this.#tell(this.#writer.removed());
    if (!this.#writer.isDone && isRetryableClose(code)) {
      this.#body.breakOff();
      return;
    }
    if (!this.#writer.isDone) {
      this.#body.write(sseOfChunk({ type: "error", errorText: this.#error?.message ?? String(code) }));
    }
    this.#body.write(uiMessageStreamDone);
    this.#body.end();
  }

  #tell(steps: readonly UiMessageStep[]): void {
    let text = "";
    for (const { chunk, at } of steps) {
      if (at !== this.#lastAt) text += `id: ${this.#turnId}.${at}\n`;
      this.#lastAt = at;
      text += sseOfChunk(chunk);
    }
    if (text !== "") this.#body.write(text);
  }
}
