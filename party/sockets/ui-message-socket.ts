/**
 * RoomSocket of a reader of one turn who speaks the AI SDK's UI message stream: the room's frames go in, chunks come out
 * (`shared/ui-message-stream.ts`). Their SSE `id:` says how much of the answer the reader has; clients that know of no ids
 * skip it, and heartbeats are comments.
 */
import { isRetryableClose } from "../../shared/protocol/errors.ts";
import type { ErrorFrame } from "../../shared/protocol/server-frames.ts";
import { parseServerFrame } from "../../shared/protocol/server-guard.ts";
import { ReopenedRuns } from "../../shared/reopened-runs.ts";
import { TurnFold } from "../../shared/turn-fold.ts";
import { type UiMessageChunk, type UiMessageStep, UiMessageWriter } from "../../shared/ui-message-stream.ts";
import { sseComment, sseEvent } from "../responses/sse.ts";
import { EventSocket } from "./event-socket.ts";

/** The header by which clients of the AI SDK recognize the stream. */
export const uiMessageStreamHeader = { name: "x-vercel-ai-ui-message-stream", value: "v1" } as const;

/** The last event of the stream. */
export const uiMessageStreamDone = sseEvent({ data: "[DONE]" });

export function eventOfChunk(chunk: UiMessageChunk, id?: string): string {
  return sseEvent({ id, data: JSON.stringify(chunk) });
}

export class UiMessageSocket extends EventSocket {
  readonly #turnId: string;
  readonly #writer: UiMessageWriter;
  readonly #fold: TurnFold;
  /** The last that was wrong with this reader. */
  #error: ErrorFrame | undefined;
  #lastAt = 0;
  readonly #content: "turn" | "whole";
  /** Units of the message before this turn. An event's id counts this turn's own. */
  #before = 0;

  /**
   * @param from units of the answer that the reader has already.
   * @param content `whole`: of a turn that continues a message, also what comes before it.
   */
  constructor(turnId: string, from: number, now: () => number, content: "turn" | "whole" = "turn") {
    super(now);
    this.#turnId = turnId;
    this.#content = content;
    this.#fold = new TurnFold(turnId);
    this.#writer = new UiMessageWriter(turnId, from, (held) => new ReopenedRuns(held));
  }

  override send(text: string): void {
    const frame = parseServerFrame(text);
    if (frame === undefined || !this.isOpen) return;
    if (frame.type === "error") this.#error = frame;
    const turn = this.#fold.add(frame);
    if (turn === undefined) return;
    const shown = this.#content === "whole" ? this.#fold.whole(turn) : turn;
    this.#before = shown.length - turn.length;
    this.#tell(this.#writer.advance(shown));
  }

  override beat(): void {
    this.out.write(sseComment);
  }

  override comeBackIn(): void {
    // A page comes back when a person or `useChat` thinks of it.
  }

  /** The turn is over or gone: an end in order. Anything else is a lost connection, which is resumed, or a refusal in words. */
  override close(code: number): void {
    if (!this.#writer.isDone && code === 1000) this.#tell(this.#writer.removed());
    if (!this.#writer.isDone && isRetryableClose(code)) {
      this.out.breakOff();
      return;
    }
    if (!this.#writer.isDone) {
      this.out.write(eventOfChunk({ type: "error", errorText: this.#error?.message ?? String(code) }));
    }
    this.out.write(uiMessageStreamDone);
    this.out.end();
  }

  #tell(steps: readonly UiMessageStep[]): void {
    let text = "";
    for (const { chunk, at } of steps) {
      text += eventOfChunk(
        chunk,
        at === this.#lastAt || at < this.#before ? undefined : `${this.#turnId}.${at - this.#before}`,
      );
      this.#lastAt = at;
    }
    if (text !== "") this.out.write(text);
  }
}
