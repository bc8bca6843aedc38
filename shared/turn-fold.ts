/** Folds the frames of a stream of one turn (docs/protocol.md, "One turn as a stream"). Knows no sockets and no HTTP. */
import type { ServerFrame } from "./protocol/server-frames.ts";
import { EMPTY_VIEW, foldFrame, type RoomView, type TurnView } from "./transcript.ts";
import { wholeMessage } from "./ui-message-stream.ts";

export class TurnFold {
  readonly #turnId: string;
  #view: RoomView = EMPTY_VIEW;

  constructor(turnId: string) {
    this.#turnId = turnId;
  }

  /** The turn after this frame; undefined while nothing is known of it, and once it was removed. */
  add(frame: ServerFrame): TurnView | undefined {
    // Changes to other turns aren't sent in such a stream, so a gap in the numbers misses nothing.
    const before = "seq" in frame && frame.type !== "sync" ? { ...this.#view, seq: frame.seq - 1 } : this.#view;
    this.#view = foldFrame(before, frame).view;
    return this.#view.turns.find(({ id }) => id === this.#turnId);
  }

  /** The turn with the answers of the message that it continues, which its stream lists too. */
  whole(turn: TurnView): TurnView {
    return wholeMessage(this.#view.turns, turn);
  }
}
